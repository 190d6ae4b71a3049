"""What a type checker sees of the package: the stubs made at build, and annotations in the sources."""

import ast
import inspect
import runpy
from pathlib import Path

import rustybt
from rustybt import _core, api, errors

_PACKAGE = Path(rustybt.__file__).resolve().parent  # in a build tree a folder of links to it
_FILES = sorted(
    f for f in _PACKAGE.rglob("*.py") if not any(p[0] == "_" and p != "__init__.py" for p in f.relative_to(_PACKAGE).parts)
)


def stub(name="_core"):
    return ast.parse((Path(_core.__file__).parent / f"{name}.pyi").read_text())


def signatures(owner, method):
    """Names of the arguments of each overload."""
    classes = {node.name: node for node in stub().body if isinstance(node, ast.ClassDef)}
    found = [n for n in classes[owner].body if isinstance(n, ast.FunctionDef) and n.name == method]
    return [[a.arg for a in n.args.args] for n in found]


def test_stub_names_what_the_module_has():
    named = {node.name for node in stub().body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    public = {name for name, value in vars(_core).items() if not name.startswith("_") and callable(value)}
    assert public <= named and {"BarData", "Algorithm", "Asset", "run_cli"} <= named


def test_stub_names_the_attributes_that_classes_have():
    for node in stub().body:
        if isinstance(node, ast.ClassDef):
            has = {n.name for n in node.body if isinstance(n, ast.FunctionDef)}
            missing = {n for n in has if not hasattr(getattr(_core, node.name), n)} - {"__getattr__"}
            assert not missing, f"{node.name} has no {missing}"


def test_fast_calls_have_their_signatures():
    assert signatures("BarData", "history")[-1] == ["self", "assets", "fields", "bar_count", "frequency", "currency"]
    assert signatures("BarData", "window") == [["self", "asset", "field", "n"]]
    assert signatures("Algorithm", "order") == [["self", "asset", "amount", "limit_price", "stop_price", "style"]]
    assert signatures("Algorithm", "order_percent") == [["self", "asset", "percent", "limit_price", "stop_price", "style"]]


def test_package_says_that_it_is_typed():
    assert (_PACKAGE / "py.typed").exists()


def test_stub_of_the_api_has_its_functions_as_they_are():
    functions = {n.name: n for n in stub("api").body if isinstance(n, ast.FunctionDef)}
    assert {name for name in api.__all__ if callable(getattr(api, name)) and name.islower()} <= set(functions) | {
        "calendars", "date_rules", "time_rules"
    }
    for name, node in functions.items():
        written = [a.arg for a in (*node.args.args, *node.args.kwonlyargs)]
        try:
            parameters = inspect.signature(getattr(rustybt.TradingAlgorithm, name)).parameters.values()
        except ValueError:  # methods of nanobind
            continue
        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        real = [p.name for p in parameters if p.name != "self" and p.kind not in kinds]
        assert written == real, f"{name}: make command makes the stub anew"


def test_stub_of_the_errors_has_every_class_below_its_base():
    classes = {n.name: [ast.unparse(b) for b in n.bases] for n in stub("errors").body if isinstance(n, ast.ClassDef)}
    real = {
        name: [b.__name__ for b in cls.__bases__]
        for name, cls in vars(errors).items()
        if isinstance(cls, type) and cls.__module__ == "rustybt.errors" and not name.startswith("_")
    }
    assert classes == real, "make command makes the stub anew"


def test_public_functions_are_annotated_and_say_what_they_do():
    """`make types` tells more; what is added for one release at a time may lag behind a little."""
    seen, wanting = 0, []

    def look_at(body, prefix, listed):
        nonlocal seen
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                look_at(node.body, f"{prefix}{node.name}.", ())
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                seen += 1
                is_method = len(prefix.split(".")) > 2 and "staticmethod" not in map(ast.unparse, node.decorator_list)
                arguments = [*node.args.posonlyargs, *node.args.args][is_method:] + node.args.kwonlyargs
                without_docstring = node.name in listed and not ast.get_docstring(node)
                if without_docstring or node.returns is None or any(a.annotation is None for a in arguments):
                    wanting.append(prefix + node.name)

    for file in _FILES:
        tree = ast.parse(file.read_text())
        look_at(tree.body, f"{file.stem}.", _listed(tree))
    assert seen > 400 and len(wanting) < 0.05 * seen, f"of {seen} these have no types, or no docstring: {', '.join(wanting)}"


def _listed(tree):
    lists = (n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__")
    return {e.value for value in lists for e in getattr(value, "elts", ()) if isinstance(e, ast.Constant)}


def test_typed_strategy_runs(market, monkeypatch, tmp_path):
    names = runpy.run_path(str(Path(__file__).with_name("typed_strategy.py")))
    monkeypatch.setenv("RUSTYBT_ROOT", str(market.root))
    ending, orders = names["figures"](names["run"]("market"))
    assert orders > 0 and 99_000 < ending < 101_000
    assert names["write"]("typed", [10.0, 10.5], tmp_path)["name"] == "typed"

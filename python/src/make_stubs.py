"""Stubs of the modules whose names are made at import: make_stubs.py CORE_STUB FOLDER writes api.pyi and errors.pyi there.

The build runs it with the package on the path; only rustybt.errors is imported, the rest is read as source.
"""

import ast
import builtins
import re
import sys
from pathlib import Path

_PACKAGE = Path(__file__).parents[1] / "rustybt"
_HEAD = "# Made by python/src/make_stubs.py at build.\n"


def main(core_stub, folder):
    Path(folder, "api.pyi").write_text(_HEAD + api(Path(core_stub).read_text()))
    Path(folder, "errors.pyi").write_text(_HEAD + errors())


def api(core_stub):
    """The methods of TradingAlgorithm that the API has, as functions."""
    facade = (_PACKAGE / "api.py").read_text()
    algorithm = (_PACKAGE / "algorithm.py").read_text()
    names = _value(ast.parse(algorithm), "api_methods")
    methods = {}
    for source, owner in ((core_stub, "Algorithm"), (algorithm, "TradingAlgorithm")):
        methods |= _methods(ast.parse(source), owner)
    listed = [*ast.literal_eval(_list(ast.parse(facade), "__all__")), *names]
    aliases = [line for line in core_stub.splitlines() if re.match(r"_(Priced|Style|T) = ", line)]
    functions = [ast.unparse(_as_function(node)) for name in names for node in methods[name]]
    body = "\n".join([*aliases, "", *(text + "\n" for text in functions)])
    used = {n.id for n in ast.walk(ast.parse(body)) if isinstance(n, ast.Name)} | set(listed)
    imports = [f"from rustybt._core import {name}" for name in sorted(_classes(core_stub) & used)]
    imports += [line for source in (core_stub, algorithm, facade) for line in _imports(source, used)]
    return "\n".join([*dict.fromkeys(imports), f"\n__all__ = {listed!r}\n", body])


def _classes(source):
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}


def _imports(source, used=None):
    """Import statements, those for type checkers included, one a name; of names that are used."""
    found = []
    for node in ast.parse(source).body:
        for each in node.body if isinstance(node, ast.If) else [node]:
            if isinstance(each, (ast.Import, ast.ImportFrom)) and getattr(each, "module", None) != "__future__":
                origin = f"from {each.module} " if isinstance(each, ast.ImportFrom) else ""
                for name in each.names:
                    if used is None or (name.asname or name.name) in used:
                        found.append(f"{origin}import {ast.unparse(name)}")
    return found


def _methods(tree, owner):
    """The definitions of each method: its overloads, or the one it has."""
    found = {}
    for node in next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == owner).body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(node)
    for name, nodes in found.items():
        overloads = [n for n in nodes if any(ast.unparse(d).endswith("overload") for d in n.decorator_list)]
        found[name] = overloads or nodes[-1:]
    return found


def _as_function(node):
    """A method without self, and without its body but for the docstring."""
    (node.args.posonlyargs or node.args.args).pop(0)
    node.body = [ast.Expr(ast.Constant(ast.get_docstring(node, clean=False) or ...))]
    return node


def _value(tree, name):
    return ast.literal_eval(_assigned(tree, name))


def _list(tree, name):
    """A list without its starred parts."""
    node = _assigned(tree, name)
    node.elts = [e for e in node.elts if not isinstance(e, ast.Starred)]
    return node


def _assigned(tree, name):
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(getattr(target, "id", "") == name for target in targets):
            return node.value
    raise SystemExit(f"{name} is not assigned")


def errors():
    """Every class of rustybt.errors: those written out as they are, the others by name, base and docstring."""
    import rustybt.errors as module

    tree = ast.parse((_PACKAGE / "errors.py").read_text())
    written = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in written:
        _strip(node)
    lines = [*_imports((_PACKAGE / "errors.py").read_text()), ""]
    done = set()

    def add(cls):
        if cls.__name__ in done or cls.__module__ != module.__name__:
            return
        for base in cls.__bases__:
            add(base)
        done.add(cls.__name__)
        node = next((n for n in written if n.name == cls.__name__), None)
        bases = ", ".join(base.__name__ for base in cls.__bases__)
        lines.append(ast.unparse(node) if node else f"class {cls.__name__}({bases}):\n    {_remedy(cls)!r}\n")

    for value in list(vars(module).values()):
        if isinstance(value, type) and not value.__name__.startswith("_") and not hasattr(builtins, value.__name__):
            add(value)
    return "\n".join([*lines, ""])


def _remedy(cls):
    text = cls.hint or (cls.msg if isinstance(cls.msg, str) else "")
    return f"Error {cls.code}: {text}." if cls.code else text


def _strip(node):
    """Leave signatures, annotations and docstrings."""
    kept = []
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            part.body = [ast.Expr(ast.Constant(ast.get_docstring(part, clean=False) or ...))]
        if isinstance(part, ast.Assign) and not isinstance(part.targets[0], ast.Name):
            continue
        kept.append(part)
    node.body = kept


if __name__ == "__main__":
    main(*sys.argv[1:])

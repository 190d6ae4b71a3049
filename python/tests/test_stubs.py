"""The stub of the native module, made at build."""

import ast
from pathlib import Path

import rustybt
from rustybt import _core

_PACKAGE = Path(rustybt.__file__).parent


def stub():
    return ast.parse((Path(_core.__file__).parent / "_core.pyi").read_text())


def test_stub_names_what_the_module_has():
    named = {node.name for node in stub().body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    public = {name for name, value in vars(_core).items() if not name.startswith("_") and callable(value)}
    assert public <= named and {"BarData", "Algorithm", "Asset", "run_cli"} <= named


def test_fast_calls_have_their_signatures():
    classes = {node.name: node for node in stub().body if isinstance(node, ast.ClassDef)}

    def arguments(owner, method):
        found = [n for n in classes[owner].body if isinstance(n, ast.FunctionDef) and n.name == method]
        return [a.arg for a in found[-1].args.args]

    assert arguments("BarData", "history") == ["self", "assets", "fields", "bar_count", "frequency", "currency"]
    assert arguments("BarData", "window") == ["self", "asset", "field", "n"]
    assert arguments("Algorithm", "order") == ["self", "asset", "amount", "limit_price", "stop_price", "style"]


def test_package_says_that_it_is_typed():
    assert (_PACKAGE / "py.typed").exists()

"""`rustybt run script.py`: names given with -D, extensions, and the two roots."""

import json
import os
import subprocess
import sys

import pytest

SCRIPT = """
from rustybt.api import order, record, symbol

def initialize(context):
    context.asset = symbol("AAA")

def handle_data(context, data):
    if not context.portfolio.positions:
        order(context.asset, SHARES)
    record(half=HALF)
"""


def run(script, market, *options, environment=()):
    made = subprocess.run(
        [sys.executable, "-m", "rustybt", "run", str(script), "--bundle", "market", "--json", *options],
        env={
            **os.environ,
            "RUSTYBT_ROOT": str(market.root),
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            **dict(environment),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    return made.returncode, json.loads(made.stdout or "{}"), made.stderr


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "hold.py"
    path.write_text(SCRIPT)
    return path


def test_definitions_are_there_when_the_script_begins(script, market, tmp_path):
    script.write_text("HALVES = [HALF]\n" + SCRIPT)
    status, facts, errors = run(script, market, "-D", "SHARES=5 * 2", "-D", "HALF=SHARES / 2", "-o", str(tmp_path / "out"))
    assert status == 0, errors
    assert facts["headline"]["transactions"] == 1
    assert "-D 'SHARES=5 * 2' -D 'HALF=SHARES / 2'" in facts["command"]
    import pyarrow.parquet

    assert pyarrow.parquet.read_table(tmp_path / "out" / "transactions.parquet")["amount"].to_pylist() == [10]


@pytest.mark.parametrize(
    ("definition", "said"),
    [("SHARES", "-D takes NAME=EXPRESSION"), ("2x=1", "-D takes NAME=EXPRESSION"), ("SHARES=AAPL", "NameError")],
)
def test_wrong_definitions_are_refused(script, market, definition, said):
    status, _, errors = run(script, market, "-D", definition)
    assert status != 0 and said in errors


def test_definitions_are_not_for_compiled_strategies(market, tmp_path):
    (tmp_path / "s.cpp").write_text("")
    status, _, errors = run(tmp_path / "s.cpp", market, "-D", "X=1")
    assert status != 0 and ".py strategies" in errors


EXTENSION = """
from zipline.finance.metrics import register

@register("mine")
def mine():
    from rustybt.finance.metrics import default_metrics
    return default_metrics()
print("extension has run", file=__import__("sys").stderr)
"""


def test_extension_py_of_the_root_runs_first(script, market, tmp_path):
    options = ("-D", "SHARES=1", "-D", "HALF=1", "--metrics-set", "mine")
    status, _, errors = run(script, market, *options)
    assert status != 0 and "'mine'" in errors
    extension = market.root / "extension.py"
    extension.write_text(EXTENSION)
    try:
        status, facts, errors = run(script, market, *options)
    finally:
        extension.unlink()
    assert status == 0 and errors.count("extension has run") == 1, errors
    assert facts["preset"]["name"] == "rustybt", "the extension's import of zipline is not the script's"


def test_extension_py_of_zipline_s_root_runs_where_there_is_none_of_ours(script, market, tmp_path):
    (tmp_path / "extension.py").write_text(EXTENSION)
    options = ("-D", "SHARES=1", "-D", "HALF=1", "--metrics-set", "mine")
    status, _, errors = run(script, market, *options, environment={"ZIPLINE_ROOT": str(tmp_path)})
    assert status == 0, errors


def test_an_extension_may_be_named(script, market, tmp_path):
    (tmp_path / "mine.py").write_text(EXTENSION)
    options = ("-D", "SHARES=1", "-D", "HALF=1", "--metrics-set", "mine", "--extension", str(tmp_path / "mine.py"))
    status, _, errors = run(script, market, *options)
    assert status == 0, errors


def test_functions_take_extensions_too(market, tmp_path):
    import rustybt

    (tmp_path / "one.py").write_text("import builtins\nbuiltins.runs_of_one = getattr(builtins, 'runs_of_one', 0) + 1\n")
    for _ in range(2):
        rustybt.run_algorithm(bundle="market", root=market.root, extensions=[str(tmp_path / "one.py")])
    import builtins

    assert builtins.runs_of_one == 1, "once in a process"
    (tmp_path / "bad.py").write_text("1 / 0")
    with pytest.raises(ZeroDivisionError):
        rustybt.run_algorithm(bundle="market", root=market.root, extensions=[str(tmp_path / "bad.py")])
    with pytest.warns(UserWarning, match="Failed to load extension"):
        rustybt.run_algorithm(
            bundle="market", root=market.root, extensions=[str(tmp_path / "bad.py")], strict_extensions=False
        )

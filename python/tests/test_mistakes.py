"""Mistakes of users: each error names the line of their file, a code and the remedy, from Python and on the command line."""

import json
import re
import runpy

import pytest

import rustybt

HEAD = """
from rustybt import api
from rustybt.api import *
import math

def initialize(context):
    context.aaa, context.ccc = symbol("AAA"), symbol("CCC")
"""

# body (the line with the mistake ends in "# here"), class of the error, code, part of the text, part of the hint
IN_BAR = {
    "wrong field": ('data.current(context.aaa, "prices")', "UnknownField", 2205, "'prices'", "fields are open, high"),
    "wrong field of history": ('data.history(context.aaa, "clos", 2, "1d")', "InvalidArgument", 1001, "Invalid field: clos", "close"),
    "wrong frequency": ('data.history(context.aaa, "close", 2, "1x")', "InvalidArgument", 1001, "Invalid frequency: 1x", '"1d" or "1m"'),
    "no bars": ('data.history(context.aaa, "close", 0, "1d")', "InvalidArgument", 1001, "bar_count must be >= 1", "one bar"),
    "too many bars": ('data.history(context.aaa, "close", 50, "1d")', "HistoryWindowStartsBeforeData", 2203, "2020-01-02", "fewer bars"),
    "symbol for an asset": ('data.current("AAA", "close")', "WrongType", 1005, "'AAA'", 'symbol("AAA")'),
    "misspelt method": ('data.curent(context.aaa, "close")', "AttributeError", 1008, "'curent'", "did you mean 'current'?"),
    "misspelt function": ("api.order_targt(context.aaa, 1)", "AttributeError", 1008, "'order_targt'", "did you mean 'order_target'?"),
    "misspelt name": ("ordr(context.aaa, 1)", "NameError", 1008, "'ordr'", "did you mean 'order'?"),
    "misspelt keyword": (
        "order(context.aaa, 1, limit_prize=5)", "WrongType", 1005, "unexpected keyword argument 'limit_prize'", "names its arguments",
    ),
    "misspelt attribute": ("context.portfolio.cahs", "AttributeError", 1008, "'cahs'", "did you mean 'cash'?"),
    "NaN shares": ("order(context.aaa, math.nan)", "InvalidArgument", 1001, "amount of nan", "finite"),
    "NaN percent": ("order_target_percent(context.aaa, math.nan)", "InvalidArgument", 1001, "amount of nan", "finite"),
    "NaN limit": ("order(context.aaa, 1, limit_price=math.nan)", "BadOrderParameters", 3102, "limit price of nan", "finite"),
    "text for shares": ('order(context.aaa, "10")', "WrongType", 1005, "expected a number for amount, found '10'", "number"),
    "symbol in order": ('order("AAA", 1)', "UnsupportedOrderParameters", 3101, "non-Asset argument", "pass an asset"),
    "limit and style": (
        "order(context.aaa, 1, limit_price=5, style=execution.MarketOrder())",
        "UnsupportedOrderParameters", 3101, "limit_price and style", "either prices or a style",
    ),
    "closed market": (
        'order(context.ccc, 1) if get_datetime().day > 13 else None',
        "CannotOrderDelistedAsset", 3103, "stopped trading on 2020-01-09", "data.can_trade",
    ),
    "model after initialize": ("set_slippage(slippage.NoSlippage())", "SetSlippagePostInit", 3108, "initialize", "in initialize"),
    "benchmark after initialize": ("set_benchmark(context.aaa)", "SetBenchmarkOutsideInitialize", 3112, "initialize", "in initialize"),
    "own arithmetic": ("1 / 0", "ZeroDivisionError", 1008, "division by zero", "this line"),
}
IN_INITIALIZE = {
    "wrong symbol": ('symbol("AAAA")', "SymbolNotFound", 2101, "Symbol 'AAAA' was not found.", "did you mean AAA"),
    "number for a symbol": ("symbol(5)", "WrongType", 1005, "to be a string", "sid()"),
    "wrong sid": ("sid(99)", "SidsNotFound", 2104, "99", "sids"),
    "order too early": ("order(context.aaa, 1)", "OrderDuringInitialize", 3104, "handle_data", "handle_data"),
    "model of another kind": ("set_slippage(5)", "UnsupportedSlippageModel", 3106, "unsupported class", "rustybt.finance.slippage"),
    "rule that is a text": ('schedule_function(f, "daily")', "WrongType", 1005, "invalid rule: 'daily'", "date_rules.every_day()"),
    "misspelt rule": ("schedule_function(f, date_rules.everyday())", "AttributeError", 1008, "'everyday'", "'every_day'"),
    "offset beyond the month": ("schedule_function(f, date_rules.month_end(40))", "InvalidArgument", 1001, "0 and 22", "0 is the first"),
}
BEFORE = {"order before trading": ("order(context.aaa, 1)", "OrderInBeforeTradingStart", 3105, "before_trading_start", "handle_data")}


def script_of(name):
    if name in IN_INITIALIZE:
        return HEAD + f"    {IN_INITIALIZE[name][0]}  # here\n\ndef f(context, data):\n    pass\n"
    if name in BEFORE:
        return HEAD + f"\ndef before_trading_start(context, data):\n    {BEFORE[name][0]}  # here\n"
    return HEAD + f"\ndef handle_data(context, data):\n    {IN_BAR[name][0]}  # here\n"


# whole scripts: what goes wrong is not inside a function that runs
SCRIPTS = {
    "missing argument": ("def handle_data(context):  # here\n    pass\n", "WrongType", 1005, "(context, data)", "define handle_data(context, data)"),
    "misspelt import": ("from rustybt.api import order_targt  # here\n", "ImportError", 1008, "'order_targt'", "'order_target'"),
    "wrong syntax": ("def handle_data(context, data)  # here\n    pass\n", "SyntaxError", 1008, "expected ':'", "syntax"),
}
CASES = {**IN_BAR, **IN_INITIALIZE, **BEFORE, **SCRIPTS}


@pytest.fixture
def script(tmp_path):
    """script(mistake): its file, and the line that is wrong."""

    def write(name):
        text = SCRIPTS[name][0] if name in SCRIPTS else script_of(name)
        file = tmp_path / "strategy.py"
        file.write_text(text)
        return file, next(i for i, line in enumerate(text.splitlines(), 1) if line.endswith("# here"))

    return write


def source_of(name, file, line):
    return file.read_text().splitlines()[line - 1].strip()


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("misspelt import", "wrong syntax")])
def test_error_of_a_run_names_line_code_and_remedy(market, script, name):
    _, kind, code, text, hint = CASES[name]
    file, line = script(name)
    functions = runpy.run_path(str(file))
    names = ("initialize", "handle_data", "before_trading_start")
    with pytest.raises(Exception) as caught:
        rustybt.run_algorithm(bundle=market.bundle, **{n: functions.get(n) for n in names})
    error = caught.value
    assert (type(error).__name__, error.code) == (kind, code)
    assert text in str(error) and hint in error.hint
    assert (error.where.file, error.where.line) == (str(file), line)
    assert error.where.source == source_of(name, file, line)
    note = error.__notes__[-1]
    assert f"rustybt error {code}\nat {file}:{line} in " in note and f"hint: {error.hint}" in note, "what a traceback shows"


@pytest.mark.parametrize("name", CASES)
def test_command_line_names_line_code_and_remedy(market, command_line, script, name):
    _, kind, code, text, hint = CASES[name]
    file, line = script(name)
    done = command_line(market.root, "run", str(file), "--bundle", "market", "--json")
    said = done.stderr
    assert re.search(rf"^error {code} \w+: .*{re.escape(text)}", said, re.M), said
    assert re.search(rf"^  where: {re.escape(str(file))}:{line}( in \w+)?: {re.escape(source_of(name, file, line))}$", said, re.M), said
    assert re.search(rf"^hint: .*{re.escape(hint)}", said, re.M), said
    assert done.returncode == code // 1000 + 1
    error = json.loads(done.stdout)["error"]
    assert error["code"] == code and error["context"]["where"].startswith(f"{file}:{line}")
    assert kind in said, "the traceback names the class"


def test_error_without_a_running_line_names_the_call_of_the_run(market):
    with pytest.raises(rustybt.errors.ZeroCapitalError) as caught:
        rustybt.run_algorithm(bundle=market.bundle, capital_base=0)  # this line
    assert caught.value.where.file == __file__
    assert "this line" in caught.value.where.source


def test_misspelt_option_of_the_run_is_named(market):
    with pytest.raises(TypeError, match="captal_base") as caught:
        rustybt.run_algorithm(bundle=market.bundle, captal_base=5)
    assert caught.value.hint == "did you mean 'capital_base'?"


def test_exits_and_interruptions_stay_as_they_are(market):
    def handle_data(context, data):
        raise SystemExit(3)

    with pytest.raises(SystemExit) as caught:
        rustybt.run_algorithm(bundle=market.bundle, handle_data=handle_data)
    assert caught.value.code == 3 and not hasattr(caught.value, "where")

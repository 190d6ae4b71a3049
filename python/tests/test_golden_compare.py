"""tools/golden.py finds differences, and only those that its rule counts."""

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location(
    "golden_compare", Path(__file__).resolve().parents[2] / "tools" / "golden_compare.py"
)
golden_compare = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(golden_compare)

ROW = {
    "session": "2020-01-02",
    "portfolio_value": "100000.0",
    "ending_cash": "5.0",
    "sharpe": "1.5",
    "longs_count": "3",
    "beta": "",
}


def difference(table="perf", **changes):
    return golden_compare.first_difference(table, [ROW], [{**ROW, **changes}])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"portfolio_value": "100000.00005"},
        {"sharpe": "1.500001"},
        {"ending_cash": "5.00000000005"},
    ],
)
def test_equal_enough(changes):
    assert difference(**changes) is None


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"portfolio_value": "100000.0002"}, "column portfolio_value: ours '100000.0002', expected '100000.0'"),
        ({"longs_count": "4"}, "column longs_count"),
        ({"sharpe": "1.50001"}, "column sharpe"),
        ({"sharpe": ""}, "column sharpe"),
        ({"session": "2020-01-03"}, "row 1 (2020-01-02), column session"),
        ({"beta": "0.0"}, "column beta"),
    ],
)
def test_differences(changes, words):
    assert words in difference(**changes)


def test_row_counts_and_missing_tables_count(capsys):
    assert "ours has 0 rows, expected 1" in golden_compare.first_difference("orders", [ROW], [])
    comparison = golden_compare.Comparison()
    comparison.run("x", {"perf": [ROW], "orders": []}, {"perf": [ROW]})
    assert "table orders is missing" in capsys.readouterr().out and not comparison.is_good()


def test_texts_of_errors_and_statistics_after_ruin_do_not_count():
    assert (
        golden_compare.first_difference("error", [{"type": "E", "message": "a"}], [{"type": "E", "message": "b"}])
        is None
    )
    ruined = {**ROW, "portfolio_value": "-1.0"}
    assert golden_compare.first_difference("perf", [ruined], [{**ruined, "sharpe": "9.0"}]) is None


def test_nothing_run_is_no_success():
    assert not golden_compare.Comparison().is_good()

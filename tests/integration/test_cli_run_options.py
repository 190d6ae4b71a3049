"""Options of `rustybt run` that take a file or a name: --capital-changes, --metrics-set."""

import json

import pytest

IDLE = """
from rustybt.finance import metrics

class Bars:
    def end_of_session(self, packet, ledger, session, session_ix, data_portal):
        packet["daily_perf"]["squared"] = session_ix**2

metrics.register("mine", lambda: {Bars(), metrics.PNL()})

def analyze(context, result):
    print("columns", *sorted(result.perf))
"""
WORDS = ("--bundle", "market", "--start", "2020-02-03", "--end", "2020-02-07", "--output", "out")


@pytest.fixture
def strategy(market):
    (market.folder / "strategy.py").write_text(IDLE)
    return market


def table(folder, name):
    return pytest.importorskip("pyarrow.parquet").read_table(folder / "out" / f"{name}.parquet").to_pydict()


def test_capital_changes_of_a_file(strategy):
    (strategy.folder / "changes.csv").write_text("date,type,value\n2020-02-04,delta,1000.50\n2020-02-06,target,90000\n")
    strategy.ok("run", "strategy.py", *WORDS, "--capital-changes", "changes.csv")
    values = [float(v) for v in table(strategy.folder, "performance")["portfolio_value"]]
    assert values == [100000, 101000.5, 101000.5, 90000, 90000]
    assert [float(d) for d in table(strategy.folder, "capital_changes")["delta"]] == [1000.5, -11000.5]
    summary = json.loads((strategy.folder / "out" / "summary.json").read_text())
    assert "--capital-changes changes.csv" in summary["command"]


@pytest.mark.parametrize(
    "text, said",
    [
        ("date,value\n2020-02-04,1\n", "no column type"),
        ("date,type,value\n2020-02-04,more,1\n", 'line 2: type is "more", expected delta or target'),
        ("date,type,value\n2020-02-04,delta,much\n", "line 2"),
        ("date,type,value\n2020-02-08,delta,1\n", "2020-02-08"),  # a Saturday
    ],
)
def test_files_of_capital_changes_that_are_wrong(strategy, text, said):
    (strategy.folder / "changes.csv").write_text(text)
    result = strategy("run", "strategy.py", *WORDS, "--capital-changes", "changes.csv")
    assert result.returncode == 3  # what is wrong is data
    assert said in result.stderr


def test_a_metrics_set_that_the_script_registers(strategy):
    shown = strategy.ok("run", "strategy.py", *WORDS, "--metrics-set", "mine").stdout
    assert "columns period_close period_open pnl squared" in shown
    assert table(strategy.folder, "recorded")["squared"] == [0, 1, 4, 9, 16]
    unknown = strategy("run", "strategy.py", *WORDS, "--metrics-set", "other")
    assert unknown.returncode == 2
    assert "no metrics set registered as 'other'" in unknown.stderr

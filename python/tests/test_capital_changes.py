"""Capital changes: by day, to a target, given to the run or set by the strategy."""

import datetime

import pandas as pd
import pytest

from rustybt import api, errors


def utc(day):
    return pd.Timestamp(day, tz="UTC")


def delta(value):
    return {"type": "delta", "value": value}


def cash(result):
    return [str(v) for v in result.to_pandas("performance")["ending_cash"]]


def test_days_take_and_give_cash(run):
    result = run(end="2020-01-07", capital_changes={"2020-01-03": delta(1000.5), datetime.date(2020, 1, 7): delta(-500)})
    assert cash(result) == ["100000.00", "101000.50", "101000.50", "100500.50"]
    assert result.perf["returns"].tolist() == result.perf["pnl"].tolist() == [0, 0, 0, 0]
    assert result.capital_changes == [
        {"date": utc("2020-01-03"), "type": "cash", "target": None, "delta": 1000.5},
        {"date": utc("2020-01-07"), "type": "cash", "target": None, "delta": -500.0},
    ]
    table = result.to_pandas("capital_changes")
    assert [str(v) for v in table["delta"]] == ["1000.50", "-500.00"]


def test_a_target_looks_at_the_close_before(run):
    def initialize(context):
        api.set_slippage(api.slippage.NoSlippage())
        api.set_commission(api.commission.NoCommission())

    def handle_data(context, data):
        if not context.portfolio.positions and not api.get_open_orders():
            api.order(context.symbol("AAA"), 100)

    # bought for 100.25 on 01-03; at the close of 01-06 100.50: value 100025
    changes = {"2020-01-07": {"type": "target", "value": 50_000}}
    result = run(handle_data, initialize, end="2020-01-07", capital_changes=changes)
    assert result.capital_changes[0]["target"] == 50_000 and result.capital_changes[0]["delta"] == -50_025
    assert str(result.to_pandas("performance")["portfolio_value"].iloc[-1]) == "50025.00"


def test_a_strategy_sets_changes_and_takes_them_back(run):
    def initialize(context):
        assert dict(context.capital_changes) == {"2020-01-10": delta(7)}
        context.capital_changes = {"2020-01-03": delta(1), "2020-01-08": delta(10)}

    def handle_data(context, data):
        if context.get_datetime().day == 3:
            context.capital_changes["2020-01-07"] = delta(100)
            del context.capital_changes["2020-01-08"]

    result = run(handle_data, initialize, capital_changes={"2020-01-10": delta(7)})
    assert [c["delta"] for c in result.capital_changes] == [1, 100]
    assert "capital_changes" in result.tables


def test_without_changes_there_is_no_table(run):
    result = run()
    assert result.capital_changes == [] and "capital_changes" not in result.tables


def test_a_day_that_is_no_session_is_refused(run):
    for day in ("2020-01-04", "2020-02-03", utc("2020-01-03 21:00")):
        with pytest.raises(errors.NotASession):
            run(capital_changes={day: delta(1)})


def test_an_unknown_type_is_refused(run):
    with pytest.raises(ValueError, match="does not indicate a valid type"):
        run(capital_changes={"2020-01-03": {"type": "gift", "value": 1}})


def test_zipline_ignores_what_is_not_a_utc_session(run, caplog):
    changes = {
        pd.Timestamp("2020-01-03"): delta(1),
        "2020-01-06": delta(2),
        utc("2020-01-04"): delta(4),
        utc("2020-01-07"): {"type": "gift", "value": 8},
        utc("2020-01-08"): delta(16),
    }
    result = run(end="2020-01-08", preset="zipline", capital_changes=changes)
    assert [c["delta"] for c in result.capital_changes] == [16]
    assert [r.getMessage() for r in caplog.records] == [
        "Capital change {'type': 'gift', 'value': 8} does not indicate a valid type ('target' or 'delta')"
    ]

"""Quirks of zipline-reloaded 3.2.1 (numbers of docs/policy_tests.md) that no other test shows, under both presets."""

import pandas as pd
import pytest

import rustybt
from rustybt.api import (
    commission,
    order,
    set_commission,
    set_slippage,
    set_symbol_lookup_date,
    slippage,
    symbol,
    symbols,
)
from rustybt.data import bundles

BOTH = pytest.mark.parametrize("preset", ["zipline", "rustybt"])


@pytest.fixture(scope="module")
def minutes(tmp_path_factory):
    """AAA and BBB rise by 0.001 a minute from 100 over three sessions; AAA splits 2:1 before the last one."""
    root = tmp_path_factory.mktemp("minutes")
    days = ("2020-01-02", "2020-01-03", "2020-01-06")
    times = pd.DatetimeIndex(
        [t for day in days for t in pd.date_range(f"{day} 14:31", f"{day} 21:00", freq="min", tz="UTC")]
    )
    prices = [f"{100 + i / 1000:.3f}" for i in range(len(times))]
    columns = dict.fromkeys(("open", "high", "low", "close"), prices) | {"volume": [100] * len(times)}
    bars = {name: {"dt": times, **columns} for name in ("AAA", "BBB")}
    splits = [{"symbol": "AAA", "effective_date": "2020-01-06", "ratio": 0.5}]
    bundles.write_frames("m", {}, minute_bars=bars, splits=splits, root=root)

    def before_the_last_session(preset, ask):
        answers = []

        def before_trading_start(context, data):
            if context.get_datetime().day == 6:
                answers.append(ask(context, data))

        rustybt.run_algorithm(
            before_trading_start=before_trading_start, bundle="m", root=root, data_frequency="minute", preset=preset
        )
        return answers[0]

    return before_the_last_session


@BOTH
def test_q8_symbols_of_another_day(run, preset):
    found = []

    def initialize(context):
        set_symbol_lookup_date("2020-01-08")
        found.append(symbol("CCC").symbol)

    run(initialize=initialize, preset=preset)
    assert found == ["CCC"]


@pytest.mark.parametrize("preset, can", [("zipline", False), ("rustybt", True)])
def test_q12_trading_before_the_open_of_minutes(minutes, preset, can):
    assert minutes(preset, lambda context, data: bool(data.can_trade(symbol("BBB")))) is can


@pytest.mark.parametrize("preset, bbb", [("rustybt", 100.779), ("zipline", 50.3895)])
def test_q17_ratios_of_several_fields_before_the_open(minutes, preset, bbb):
    frame = minutes(preset, lambda c, data: data.history(symbols("AAA", "BBB"), ["open", "close"], 1, "1m"))
    # the last minute of 2020-01-03 is the 780th: 100.779; half of it for AAA, and in Zipline for all that come after it
    assert frame["close"].tolist() == [50.3895, bbb]
    # one field, or BBB first: its own ratio of 1, which Zipline then takes for both
    one = minutes(preset, lambda c, data: data.history(symbols("AAA", "BBB"), "close", 1, "1m"))
    assert one.iloc[0].tolist() == [50.3895, 100.779]
    turned = minutes(preset, lambda c, data: data.history(symbols("BBB", "AAA"), ["close"], 1, "1d"))
    aaa = 100.779 if preset == "zipline" else 50.3895
    assert {asset.symbol: close for (_, asset), close in turned["close"].items()} == {"AAA": aaa, "BBB": 100.779}


@BOTH
def test_q18_the_last_row_of_daily_history_in_minutes(run, minutes, preset):
    closes = minutes(preset, lambda context, data: data.history(symbol("BBB"), "close", 2, "1d"))
    assert closes.tolist() == [100.389, 100.779]


def test_q29_last_traded_before_the_open(minutes):
    def ask(context, data):
        return data.current(symbol("AAA"), "last_traded")

    assert minutes("rustybt", ask) == pd.Timestamp("2020-01-03 21:00", tz="UTC")
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \*=: 'Timestamp' and 'float'"):
        minutes("zipline", ask)


@BOTH
def test_q27_order_ids_are_the_same_in_every_run(run, preset):
    def ids():
        made = []
        run(lambda context, data: made.append(context.order(symbol("BBB"), 1)), preset=preset)
        return made

    assert ids() == ids() and len(set(ids())) == 12


@pytest.mark.parametrize("preset, day", [("rustybt", "2020-01-07"), ("zipline", "2020-01-08")])
def test_q36_history_names_the_first_date_that_works(run, preset, day):
    def ask(context, data):
        with pytest.raises(rustybt.errors.HistoryWindowStartsBeforeData, match=f"on or after {day}"):
            data.history(symbol("BBB"), "close", 4, "1d")
        raise StopIteration

    with pytest.raises(StopIteration):
        run(ask, preset=preset)


@BOTH
def test_q34_a_bar_is_seen_from_the_close_of_its_own_exchange_under_rustybt(preset, tmp_path):
    days = pd.bdate_range("2020-01-06", "2020-01-10")
    bars = {**dict.fromkeys(("open", "high", "low", "close"), ["1", "2", "3", "4", "5"]), "volume": [100] * 5}
    bundles.write_frames("m", {"AAA": {"date": days, **bars}}, calendar="XNYS", root=tmp_path)

    def prices_on(calendar):
        seen = []
        rustybt.run_algorithm(
            handle_data=lambda context, data: seen.append((data.current_session.day, data.current(symbol("AAA"), "close"))),
            bundle="m", root=tmp_path, trading_calendar=calendar, preset=preset,
        )
        return [(day, None if price != price else price) for day, price in seen]

    same_day = [(6, 1), (7, 2), (8, 3), (9, 4), (10, 5)]
    day_after = [(6, None), (7, 1), (8, 2), (9, 3), (10, 4)]
    assert prices_on(None) == same_day
    # at 16:30 in London and at 15:00 in Tokyo New York's day has not ended
    for early in ("XLON", "XTKS"):
        assert prices_on(early) == (day_after if preset == "rustybt" else same_day)


def test_splits_and_dividends_on_days_that_are_no_session_are_not_lost_under_rustybt(tmp_path):
    # New York trades on 2020-01-13, when Tokyo rests: the split of that day comes with the price that shows it
    days = pd.bdate_range("2020-01-06", "2020-01-17")
    prices = ["10"] * 5 + ["5"] * 5
    bars = {**dict.fromkeys(("open", "high", "low", "close"), prices), "volume": [10_000] * 10}
    bundles.write_frames(
        "m",
        {"AAA": {"date": days, **bars}},
        splits=[{"symbol": "AAA", "effective_date": "2020-01-13", "ratio": 0.5}],
        calendar="XNYS",
        root=tmp_path,
    )

    def held_on(calendar):
        def initialize(context):
            set_slippage(slippage.NoSlippage())
            set_commission(commission.NoCommission())

        def handle_data(context, data):
            if data.current_session.day == 8:
                order(symbol("AAA"), 100)
            held[data.current_session.day] = context.portfolio.positions[symbol("AAA")].amount

        held = {}
        result = rustybt.run_algorithm(
            initialize=initialize, handle_data=handle_data, bundle="m", root=tmp_path, trading_calendar=calendar
        )
        assert set(result.perf.portfolio_value) == {100_000.0}
        return held

    assert {held_on(None)[d] for d in (9, 10)} == {100} and held_on(None)[13] == 200
    tokyo = held_on("XTKS")
    assert (tokyo[9], tokyo[10], tokyo[14]) == (100, 100, 200)  # the 14th sees New York's 13th
    assert held_on("24/7")[13] == 200


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("calendar", ["24/7", "24/5"])
def test_a_benchmark_asset_around_the_clock(calendar, preset, tmp_path):
    """A session's return of the benchmark is that of its own bar, though under `zipline` the strategy sees the one before.

    Zipline 3.2.1 gives the same for all sessions but the last one, where it fails: 2020-01-09 is a Thursday, which lags.
    """
    days = [d for d in pd.date_range("2020-01-01", "2020-01-09") if calendar == "24/7" or d.weekday() < 5]
    closes = [100.0, 101.0, 103.0, 102.0, 105.0, 110.0, 99.0, 104.0, 98.0][: len(days)]
    bars = {"date": days, **dict.fromkeys(("open", "high", "low", "close"), closes), "volume": [1000] * len(days)}
    bundles.write_frames("m", {"COIN": bars}, calendar=calendar, root=tmp_path)
    result = rustybt.run_algorithm(
        initialize=lambda context: None, bundle="m", root=tmp_path, start=days[3], end=days[-1], benchmark="COIN", preset=preset
    )
    expected = [close / closes[2] - 1 for close in closes[3:]]
    assert result.perf["benchmark_period_return"].tolist() == pytest.approx(expected, abs=1e-12)

"""Quirks of zipline-reloaded 3.2.1 (numbers of docs/policy_tests.md) that no other test shows, under both presets."""

import pandas as pd
import pytest

import rustybt
from rustybt.api import set_symbol_lookup_date, symbol, symbols
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


@BOTH
def test_q17_each_asset_has_its_own_ratio(minutes, preset):
    frame = minutes(preset, lambda c, data: data.history(symbols("AAA", "BBB"), ["open", "close"], 1, "1m"))
    # the last minute of 2020-01-03 is the 780th: 100.779; half of it for AAA
    assert frame["close"].tolist() == [50.3895, 100.779]


@BOTH
def test_q18_the_last_row_of_daily_history_in_minutes(run, minutes, preset):
    closes = minutes(preset, lambda context, data: data.history(symbol("BBB"), "close", 2, "1d"))
    assert closes.tolist() == [100.389, 100.779]


@BOTH
def test_q29_last_traded_before_the_open(minutes, preset):
    last = minutes(preset, lambda context, data: data.current(symbol("AAA"), "last_traded"))
    assert last == pd.Timestamp("2020-01-03 21:00", tz="UTC")


@BOTH
def test_q27_order_ids_are_the_same_in_every_run(run, preset):
    def ids():
        made = []
        run(lambda context, data: made.append(context.order(symbol("BBB"), 1)), preset=preset)
        return made

    assert ids() == ids() and len(set(ids())) == 12


@BOTH
def test_q36_history_names_the_first_date_that_works(run, preset):
    def ask(context, data):
        with pytest.raises(rustybt.errors.HistoryWindowStartsBeforeData, match="on or after 2020-01-07"):
            data.history(symbol("BBB"), "close", 4, "1d")
        raise StopIteration

    with pytest.raises(StopIteration):
        run(ask, preset=preset)


@BOTH
def test_q34_a_warning_tells_of_bars_that_are_seen_early_under_rustybt(preset, tmp_path, caplog):
    days = pd.bdate_range("2020-01-06", "2020-01-10")
    bars = {**dict.fromkeys(("open", "high", "low", "close"), ["1", "2", "3", "4", "5"]), "volume": [100] * 5}
    bundles.write_frames("m", {"AAA": {"date": days, **bars}}, calendar="XNYS", root=tmp_path)

    def prices_on(calendar):
        seen = []
        rustybt.run_algorithm(
            handle_data=lambda context, data: seen.append((data.current_session.day, data.current(symbol("AAA"), "close"))),
            bundle="m", root=tmp_path, trading_calendar=calendar, preset=preset,
        )
        return seen

    expected = [(6, 1), (7, 2), (8, 3), (9, 4), (10, 5)]
    assert prices_on(None) == expected and not caplog.records
    assert prices_on("XLON") == expected  # at 16:30 in London New York trades on until 21:00
    assert [r.getMessage() for r in caplog.records] == [
        "look-ahead: on 5 of 5 sessions XLON closes before the bundle's calendar XNYS (first on 2020-01-06), "
        "and the run sees the day's bar before it has ended; run on the bundle's calendar, or on minute bars"
    ] * (preset == "rustybt")

"""Disasters that happened elsewhere and must not happen here (rustybt_requirements 13), each as a run against a reference."""

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt.api import commission, order, order_target, set_commission, set_slippage, slippage, symbol
from rustybt.data import bundles
from rustybt.utils.calendar_utils import get_calendar


def free_of_costs(context):
    set_slippage(slippage.NoSlippage())
    set_commission(commission.NoCommission())


def flat(times, prices, volume=1_000_000):
    return pd.DataFrame({**dict.fromkeys(("open", "high", "low", "close"), prices), "volume": volume}, index=times)


def walk(n, seed, start=100):
    return np.round(start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, n))), 2)


# --- 1: the default calendar dropped 31 % of crypto data ---------------------------------------------------------------


def naive_crossover(prices, capital, shares):
    """Hold `shares` while the 3-day mean is above the 8-day mean; an order is filled at the next day's close. Value by day."""
    cash, held, wanted, values = capital, 0, 0, []
    for day, price in enumerate(prices):
        cash -= (wanted - held) * price
        held = wanted
        values.append(round(cash + held * price, 2))
        if day >= 7:
            wanted = shares if sum(prices[day - 2 : day + 1]) / 3 > sum(prices[day - 7 : day + 1]) / 8 else 0
    return values


def test_RegressionEvent1_a_bundles_calendar_wins_over_every_default(tmp_path):
    days = pd.date_range("2020-01-01", "2020-12-31")  # a leap year with its weekends
    prices = walk(len(days), 1).tolist()
    bundles.write_frames("coins", {"COIN": flat(days, prices)}, calendar="24/7", root=tmp_path)
    seen = []

    def handle_data(context, data):
        seen.append(str(data.current_session.date()))
        asset = symbol("COIN")
        if len(seen) >= 8:
            history = data.history(asset, "close", 8, "1d")
            order_target(asset, 40 if history.iloc[-3:].sum() / 3 > history.sum() / 8 else 0)

    result = rustybt.run_algorithm(
        initialize=free_of_costs, handle_data=handle_data, bundle="coins", root=tmp_path, capital_base=10_000
    )
    assert seen == [str(d.date()) for d in days]
    assert result.settings["calendar"] == "24/7"
    np.testing.assert_allclose(result.perf["portfolio_value"], naive_crossover(prices, 10_000, 40), rtol=0, atol=1e-6)
    assert len(result.table("transactions")) > 20


def test_RegressionEvent1_minutes_of_a_weekend_are_simulated(tmp_path):
    minutes = pd.date_range("2020-02-28 00:01", "2020-03-02 00:00", freq="min", tz="UTC")  # Friday to Sunday
    bundles.write_frames("coins", {}, minute_bars={"COIN": flat(minutes, walk(len(minutes), 2))}, calendar="24/7", root=tmp_path)
    seen = []
    rustybt.run_algorithm(
        handle_data=lambda context, data: seen.append(data.current_dt), bundle="coins", root=tmp_path, data_frequency="minute"
    )
    assert seen == minutes.tolist()


# --- 2: 24/7 history was off by one day, 366 of 366 bars wrong ---------------------------------------------------------

CALENDARS = ["XNYS", "24/7", "24/5", "XLON", "XTKS", "CMES"]
# the US and the European clock change, half days of New York and London, a leap day, a turn of the year
PERIODS = [("2020-02-24", "2020-03-13"), ("2020-03-26", "2020-04-03"), ("2020-10-22", "2020-11-04"), ("2020-11-24", "2021-01-06")]


@pytest.mark.parametrize("name", CALENDARS)
def test_RegressionEvent2_the_last_daily_bar_of_history_is_the_current_one(name, tmp_path):
    calendar = get_calendar(name)
    sessions = calendar.sessions_in_range("2020-01-02", "2021-01-08")
    prices = pd.Series(walk(len(sessions), 3), index=sessions)
    bundles.write_frames("m", {"AAA": flat(sessions, prices.to_numpy())}, calendar=name, root=tmp_path)
    checked = []

    def handle_data(context, data):
        asset, session = symbol("AAA"), data.current_session
        at = sessions.get_loc(session)
        assert data.current(asset, "close") == prices[session]
        if at < 4:
            return
        for field in ("close", "price"):
            history = data.history(asset, field, 5, "1d")
            assert history.index.tolist() == sessions[at - 4 : at + 1].tolist()
            assert history.tolist() == prices.iloc[at - 4 : at + 1].tolist()
            assert history.iloc[-1] == data.current(asset, field)
        assert data.window(asset, "close", 5).tolist() == prices.iloc[at - 4 : at + 1].tolist()
        checked.append(session)

    rustybt.run_algorithm(handle_data=handle_data, bundle="m", root=tmp_path)
    assert len(checked) == len(sessions) - 4


@pytest.mark.parametrize("name", CALENDARS)
def test_RegressionEvent2_before_the_open_the_last_bar_is_yesterdays(name, tmp_path):
    calendar = get_calendar(name)
    sessions = calendar.sessions_in_range("2020-02-03", "2020-04-10")
    prices = pd.Series(walk(len(sessions), 4), index=sessions)
    bundles.write_frames("m", {"AAA": flat(sessions, prices.to_numpy())}, calendar=name, root=tmp_path)
    checked = []

    def before_trading_start(context, data):
        at = len(checked)
        if at > 0:
            assert data.history(symbol("AAA"), "close", 1, "1d").tolist() == [prices.iloc[at - 1]]
            assert data.current(symbol("AAA"), "close") == prices.iloc[at - 1]
        checked.append(at)

    rustybt.run_algorithm(before_trading_start=before_trading_start, bundle="m", root=tmp_path)
    assert len(checked) == len(sessions)


@pytest.mark.parametrize("name", ["XNYS", "24/7", "24/5", "XLON", "XTKS"])
@pytest.mark.parametrize("period", PERIODS, ids=lambda p: p[0])
def test_RegressionEvent2_minutes(name, period, tmp_path):
    calendar = get_calendar(name)
    sessions = calendar.sessions_in_range(*period)
    parts = []
    for s in sessions:  # one minute in seven, and the last one
        minutes = pd.date_range(calendar.session_first_minute(s), calendar.session_close(s), freq="7min")
        minutes = [m for m in minutes if calendar.is_open_on_minute(m)]  # not in a lunch break
        parts.append(pd.DatetimeIndex([*minutes, calendar.session_close(s)]).unique())
    times = parts[0].append(parts[1:])
    prices = pd.Series(walk(len(times), 5), index=times)
    bundles.write_frames("m", {}, minute_bars={"AAA": flat(times, prices.to_numpy())}, calendar=name, root=tmp_path)
    by_session = {s: prices[part] for s, part in zip(sessions, parts)}
    closes = pd.Series({s: p.iloc[-1] for s, p in by_session.items()})
    counts = {"bars": 0, "sessions": 0}

    def handle_data(context, data):
        counts["bars"] += 1
        now, session, asset = data.current_dt, data.current_session, symbol("AAA")
        if now not in prices.index or counts["bars"] % 3:
            return
        minute = data.history(asset, "close", 1, "1m")
        assert minute.index[0] == now and minute.iloc[0] == data.current(asset, "close") == prices[now]
        today = by_session[session][:now]
        at = sessions.get_loc(session)
        if at < 1:
            return
        counts["sessions"] += 1
        for field, running in (("close", today.iloc[-1]), ("high", today.max()), ("low", today.min()), ("open", today.iloc[0])):
            daily = data.history(asset, field, 2, "1d")
            assert daily.index.tolist() == [sessions[at - 1], session]
            assert daily.iloc[-1] == running
            before = by_session[sessions[at - 1]]
            assert daily.iloc[0] == {"close": closes[sessions[at - 1]], "high": before.max(), "low": before.min(), "open": before.iloc[0]}[field]

    rustybt.run_algorithm(handle_data=handle_data, bundle="m", root=tmp_path, data_frequency="minute")
    assert counts["bars"] > 100 and counts["sessions"] > 50


# --- 3: 1 of 25 assets was tradable ------------------------------------------------------------------------------------


@pytest.mark.parametrize("frequency", ["daily", "minute"])
@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
def test_RegressionEvent3_all_of_25_assets_trade(frequency, preset, tmp_path):
    calendar = get_calendar("XNYS")
    sessions = calendar.sessions_in_range("2020-01-02", "2020-01-10")
    names = [f"A{i:02}" for i in range(25)]
    times = sessions
    if frequency == "minute":
        times = pd.DatetimeIndex([]).tz_localize("UTC")
        for s in sessions:
            times = times.append(pd.date_range(calendar.session_first_minute(s), calendar.session_close(s), freq="30min"))
    frames = {name: flat(times, walk(len(times), i)) for i, name in enumerate(names)}
    # sids far from positions, in another order than the symbols
    assets = [{"symbol": name, "sid": 1000 + (i * 7) % 25} for i, name in enumerate(names)]
    daily, minute = (frames, None) if frequency == "daily" else ({}, frames)
    bundles.write_frames("m", daily, assets=assets, minute_bars=minute, root=tmp_path)
    ordered = []

    def handle_data(context, data):
        assets = [symbol(name) for name in names]
        now = data.current_session if frequency == "daily" else data.current_dt
        if now not in times:
            return
        for field in ("open", "high", "low", "close", "price", "volume"):
            assert not data.current(assets, field).isna().any()
        for asset in assets:
            assert data.can_trade(asset)
            assert data.current(asset, "price") == pytest.approx(frames[asset.symbol]["close"][now], rel=1e-12)
        window = data.history(assets, "price", 1, "1d")
        assert not window.isna().any().any() and list(window.columns) == assets
        if not ordered:
            ordered.extend(order(asset, 10 + asset.sid) for asset in assets)

    result = rustybt.run_algorithm(
        initialize=free_of_costs, handle_data=handle_data, bundle="m", root=tmp_path, data_frequency=frequency,
        capital_base=10_000_000, preset=preset,
    )
    assert len(set(ordered)) == 25 and None not in ordered
    filled = {t["sid"].symbol: t["amount"] for day in result.perf["transactions"] for t in day}
    assert filled == {a["symbol"]: 10 + a["sid"] for a in assets}
    last = result.perf["positions"].iloc[-1]
    assert {p["sid"].symbol: p["last_sale_price"] for p in last} == {n: pytest.approx(frames[n]["close"].iloc[-1]) for n in names}
    assert not result.perf[["portfolio_value", "returns", "ending_cash"]].isna().any().any()

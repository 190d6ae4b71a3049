"""Disasters that happened elsewhere and must not happen here (rustybt_requirements 13), each as a run against a reference."""

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt.api import (
    cancel_order,
    commission,
    get_open_orders,
    get_order,
    order,
    order_oco,
    order_target,
    set_commission,
    set_slippage,
    slippage,
    symbol,
)
from rustybt.data import bundles
from rustybt.finance.execution import (
    BracketOrder,
    LimitIfTouchedOrder,
    LimitOrder,
    MarketIfTouchedOrder,
    MarketOnCloseOrder,
    MarketOnOpenOrder,
    MarketOrder,
    StopLimitOrder,
    StopOrder,
    TrailingStopOrder,
)
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


# --- 4: brackets left positions unprotected, both legs of a pair could fill ---------------------------------------------


def ten_a_bar(context):
    """400 shares trade on a day: 2.5 % of them are 10."""
    set_slippage(slippage.VolumeShareSlippage(volume_limit=0.025, price_impact=0))
    set_commission(commission.NoCommission())


def run_orders(tmp_path, bars, act, with_context=False, **settings):
    """Run `act(bar number)`, or `act(bar number, context)`, on each bar of BRK; fills as (bar number, price, amount)."""
    days = get_calendar("XNYS").sessions_in_range("2020-01-02", "2020-01-31")[: len(bars)]
    bars = [b if isinstance(b, tuple) else (b, b, b, b) for b in bars]
    frame = pd.DataFrame(bars, columns=["open", "high", "low", "close"], index=days, dtype=float).assign(volume=400)
    bundles.write_frames("m", {"BRK": frame}, root=tmp_path)
    number = iter(range(len(bars)))

    def handle_data(context, data):
        act(*([next(number), context] if with_context else [next(number)]))

    result = rustybt.run_algorithm(initialize=ten_a_bar, handle_data=handle_data, bundle="m", root=tmp_path, **settings)
    fills = [(days.get_loc(t["dt"].tz_convert(None).normalize()), t["price"], t["amount"]) for d in result.perf.transactions for t in d]
    return fills, result


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])
@pytest.mark.parametrize(
    "prices, expected",
    [
        # 25 are bought in three parts; the stop is reached and sells the 25 in three parts, whatever comes after
        ([100, 100, 100, 100, 89, 120, 120, 120], [(1, 100, 10), (2, 100, 10), (3, 100, 5), (4, 89, -10), (5, 120, -10), (6, 120, -5)]),
        # 10 of 25 are bought when the target is reached: 10 are sold, what is left of the entry and the stop are gone
        ([100, 100, 111, 80, 100, 100], [(1, 100, 10), (2, 111, -10)]),
        # neither is reached
        ([100, 100, 100, 100, 101, 99], [(1, 100, 10), (2, 100, 10), (3, 100, 5)]),
    ],
    ids=["stop", "target after a part", "none"],
)
def test_RegressionEvent4_exits_follow_the_entry_and_only_one_fills(tmp_path, preset, sign, prices, expected):
    prices = [100 + sign * (p - 100) for p in prices]
    expected = [(day, 100 + sign * (price - 100), sign * amount) for day, price, amount in expected]
    protected = []

    def act(bar):
        asset = symbol("BRK")
        if bar == 0:
            order(asset, sign * 25, style=BracketOrder(LimitOrder(100), 100 - sign * 10, 100 + sign * 10))
        open_exits = [o for o in get_open_orders(asset) if o.amount * sign < 0]
        protected.append([sign * (o.filled - o.amount) for o in open_exits])

    fills, result = run_orders(tmp_path, prices, act, preset=preset)
    assert fills == expected
    held = 0
    for bar, open_amounts in enumerate(protected):
        held += sum(sign * amount for day, _, amount in fills if day == bar)
        # what is held is covered by each exit that is left: two before the first exit's fill, then the one that fills
        has_exited = any(day <= bar and amount * sign < 0 for day, _, amount in fills)
        assert open_amounts == ([held] * (1 if has_exited else 2) if held else []), bar


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])
def test_RegressionEvent4_the_first_part_of_a_leg_ends_the_other(tmp_path, preset, sign):
    def act(bar):
        if bar == 0:
            order_oco(symbol("BRK"), sign * 25, LimitOrder(100 - sign * 5), StopOrder(100 + sign * 5))

    # the limit is reached for one bar and fills 10; then the stop's price comes and stays, then the limit's again
    prices = [100 + sign * p for p in (0, 0, -6, 6, 6, 6, -6, -6, -6)]
    fills, result = run_orders(tmp_path, prices, act, preset=preset)
    assert fills == [(day, 100 - sign * 6, sign * amount) for day, amount in ((2, 10), (6, 10), (7, 5))]
    statuses = [o["status"] for o in {o["id"]: o for day in result.perf.orders for o in day}.values()]
    assert sorted(int(s) for s in statuses) == [1, 2]


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])
@pytest.mark.parametrize("fill", ["next_close", "next_open", "ohlc_path", "worst_case"])
def test_RegressionEvent4_one_leg_of_a_pair_fills_when_a_bar_reaches_both(tmp_path, fill, sign, preset):
    def act(bar):
        asset = symbol("BRK")
        if bar == 0:
            order(asset, sign * 10)
        if bar == 1:
            order_oco(asset, -sign * 10, StopOrder(100 - sign * 10), LimitOrder(100 + sign * 10))

    wide = (100, 115, 85, 100 + sign * 12)  # reaches both; at its close only the target
    prices = [100, 100, wide, wide, 100 - sign * 20, 100 + sign * 20]
    fills, result = run_orders(tmp_path, prices, act, policies={"fill": fill}, preset=preset)
    assert [amount for _, _, amount in fills] == [sign * 10, -sign * 10]
    assert result.perf["ending_exposure"].iloc[-1] == 0
    statuses = [o["status"] for o in {o["id"]: o for day in result.perf.orders for o in day}.values()]
    assert sorted(int(s) for s in statuses) == [1, 1, 2]  # filled, filled, cancelled


# --- 5: the first partial fill closed the order -------------------------------------------------------------------------

#  a price that rises and comes back reaches every stop and touch of both sides
ROUND_TRIP = [100, 110, 100, 100, 100, 100, 100, 100]
STYLES = {
    "market": lambda buys: MarketOrder(),
    "limit": lambda buys: LimitOrder(111 if buys else 99),
    "stop": lambda buys: StopOrder(99 if buys else 101),
    "stop limit": lambda buys: StopLimitOrder(111 if buys else 99, 99 if buys else 101),
    "trailing stop": lambda buys: TrailingStopOrder(trail_amount=1),
    "market if touched": lambda buys: MarketIfTouchedOrder(105),
    "limit if touched": lambda buys: LimitIfTouchedOrder(111 if buys else 99, 105),
    "good till cancelled": lambda buys: MarketOrder(time_in_force="GTC"),
}


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("sign", [1, -1], ids=["buy", "sell"])
@pytest.mark.parametrize("style", STYLES)
def test_RegressionEvent5_filled_open_and_cancelled_are_what_was_ordered(tmp_path, preset, sign, style):
    kept, stopped, seen = [], [], []

    def act(bar):
        asset = symbol("BRK")
        if bar == 0:
            kept.append(order(asset, sign * 25, style=STYLES[style](sign > 0)))
        o = get_order(kept[0])
        seen.append(o.filled)
        assert abs(o.filled) <= 25 and (o in get_open_orders(asset)) == (o.filled != o.amount)

    fills, result = run_orders(tmp_path, ROUND_TRIP, act, preset=preset)
    assert [amount for _, _, amount in fills] == [sign * 10, sign * 10, sign * 5]
    assert sorted(set(seen), key=abs) == [0, sign * 10, sign * 20, sign * 25]

    def act_and_cancel(bar):
        asset = symbol("BRK")
        if bar == 0:
            stopped.append(order(asset, sign * 25, style=STYLES[style](sign > 0)))
        o = get_order(stopped[0])
        if abs(o.filled) == 20:
            cancel_order(o)

    (tmp_path / "second").mkdir()
    fills, result = run_orders(tmp_path / "second", ROUND_TRIP, act_and_cancel, preset=preset)
    assert [amount for _, _, amount in fills] == [sign * 10, sign * 10]
    last = [o for day in result.perf.orders for o in day][-1]
    assert (last["amount"], last["filled"], int(last["status"])) == (sign * 25, sign * 20, 2)  # 5 are cancelled
    assert result.perf["positions"].iloc[-1][0]["amount"] == sign * 20


def limit(buys, **terms):
    return LimitOrder(111 if buys else 89, **terms)


# orders that end by themselves: what they are, and what each of the bars fills of 25 where 10 a bar are to be had
ENDING = {
    "day": (lambda buys: limit(buys, time_in_force="DAY"), [10]),
    "day, market": (lambda buys: MarketOrder(time_in_force="DAY"), [10]),
    "good till date": (lambda buys: limit(buys, time_in_force="GTD", good_till="2020-01-06"), [10, 10]),
    "immediate or cancel": (lambda buys: limit(buys, time_in_force="IOC"), [10]),
    "immediate or cancel, out of reach": (lambda buys: LimitOrder(90 if buys else 120, time_in_force="IOC"), []),
    "fill or kill": (lambda buys: limit(buys, time_in_force="FOK"), []),
    "market on open": (lambda buys: MarketOnOpenOrder(), [10]),
    "market on close": (lambda buys: MarketOnCloseOrder(), [10]),
}
ENDING_IN_MINUTES = {
    "day": (lambda buys: limit(buys, time_in_force="DAY"), {"02 14:32": 10, "02 21:00": 10}),
    "good till date": (lambda buys: limit(buys, time_in_force="GTD", good_till="2020-01-02"), {"02 14:32": 10, "02 21:00": 10}),
    "good till time": (lambda buys: limit(buys, time_in_force="GTD", good_till="2020-01-02 14:32"), {"02 14:32": 10}),
    "immediate or cancel": (lambda buys: limit(buys, time_in_force="IOC"), {"02 14:32": 10}),
    "fill or kill": (lambda buys: limit(buys, time_in_force="FOK"), {}),
    "market on open": (lambda buys: MarketOnOpenOrder(), {"03 14:31": 10}),
    "market on close": (lambda buys: MarketOnCloseOrder(), {"02 21:00": 10}),
}


class Account:
    """What was filled, is open and was cancelled of one order, by three ways: the order, the position, the open orders."""

    def __init__(self, amount):
        self.amount, self.rows = amount, []

    def look(self, context, number):
        o = get_order(number)
        held = context.portfolio.positions[o.sid].amount if o.sid in context.portfolio.positions else 0
        is_open = o in get_open_orders(o.sid)
        assert o.amount == self.amount and o.filled == held
        assert is_open == (int(o.status) == 0) and (is_open or int(o.status) in (1, 2))
        assert is_open == bool(o.open) and (int(o.status) == 1) == (o.filled == o.amount)
        self.rows.append((held, self.amount - held if is_open else 0, 0 if is_open else self.amount - held))
        if len(self.rows) > 1:  # nothing comes back
            was, now = self.rows[-2], self.rows[-1]
            assert abs(now[0]) >= abs(was[0]) and abs(now[1]) <= abs(was[1]) and abs(now[2]) >= abs(was[2])


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("sign", [1, -1], ids=["buy", "sell"])
@pytest.mark.parametrize("name", ENDING)
def test_RegressionEvent5_orders_that_end_by_themselves(tmp_path, preset, sign, name):
    style, expected = ENDING[name]
    account, placed = Account(sign * 25), []

    def act(bar, context):
        if bar == 0:
            placed.append(order(symbol("BRK"), sign * 25, style=style(sign > 0)))
        account.look(context, placed[0])

    fills, result = run_orders(tmp_path, ROUND_TRIP, act, with_context=True, preset=preset)
    assert [amount for _, _, amount in fills] == [sign * a for a in expected]
    done = sum(expected)
    last_row = (sign * done, 0, sign * (25 - done))
    assert account.rows[0] == (0, sign * 25, 0)
    assert account.rows[max(len(expected), 1) + 1 :] == [last_row] * (len(ROUND_TRIP) - max(len(expected), 1) - 1)
    last = [o for day in result.perf.orders for o in day][-1]
    assert (last["amount"], last["filled"], int(last["status"])) == (sign * 25, sign * done, 2)


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("sign", [1, -1], ids=["buy", "sell"])
def test_RegressionEvent5_fill_or_kill_takes_the_whole(tmp_path, preset, sign):
    account, placed = Account(sign * 10), []

    def act(bar, context):
        if bar == 0:
            placed.append(order(symbol("BRK"), sign * 10, style=limit(sign > 0, time_in_force="FOK")))
        account.look(context, placed[0])

    fills, _ = run_orders(tmp_path, ROUND_TRIP, act, with_context=True, preset=preset)
    assert fills == [(1, 110, sign * 10)]
    assert account.rows == [(0, sign * 10, 0)] + [(sign * 10, 0, 0)] * 7


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("sign", [1, -1], ids=["buy", "sell"])
@pytest.mark.parametrize("name", ENDING_IN_MINUTES)
def test_RegressionEvent5_orders_that_end_by_themselves_in_minute_runs(tmp_path, preset, sign, name):
    """The asset trades in three minutes of a day only: the first two and the last."""
    style, expected = ENDING_IN_MINUTES[name]
    times = pd.DatetimeIndex([f"2020-01-{day} {t}" for day in ("02", "03") for t in ("14:31", "14:32", "21:00")], tz="UTC")
    bundles.write_frames("m", {}, minute_bars={"BRK": flat(times, [100.0] * 6, 400)}, root=tmp_path)
    account, placed = Account(sign * 25), []

    def handle_data(context, data):
        if not placed:
            placed.append(order(symbol("BRK"), sign * 25, style=style(sign > 0)))
        account.look(context, placed[0])

    result = rustybt.run_algorithm(
        initialize=ten_a_bar, handle_data=handle_data, bundle="m", root=tmp_path, data_frequency="minute", preset=preset
    )
    fills = {t["dt"].strftime("%d %H:%M"): t["amount"] for day in result.perf.transactions for t in day}
    assert fills == {time: sign * amount for time, amount in expected.items()}
    done = sum(expected.values())
    assert account.rows[-1] == (sign * done, 0, sign * (25 - done))

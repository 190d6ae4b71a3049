"""A run by minutes on a calendar with a lunch break: Hong Kong, 09:30 to 12:00 and 13:00 to 16:00."""

import pandas as pd
import pytest

import rustybt
from rustybt.api import (
    commission, date_rules, get_datetime, order, schedule_function, set_commission, set_slippage, slippage, symbol, time_rules
)
from rustybt.data import bundles

ZONE = "Asia/Hong_Kong"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("hong_kong")
    stretches = [("2020-01-23 09:31", "2020-01-23 12:00"), ("2020-01-23 13:01", "2020-01-23 16:00")]
    stretches += [("2020-01-24 09:31", "2020-01-24 12:00")]  # a half day
    minutes = [minute for first, last in stretches for minute in pd.date_range(first, last, freq="min", tz=ZONE)]
    times = pd.DatetimeIndex(minutes).tz_convert("UTC")
    bars = dict.fromkeys(("open", "high", "low", "close"), [str(100 + i) for i in range(len(times))])
    bundles.write_frames(
        "hk", {}, minute_bars={"AAA": {"dt": times, **bars, "volume": [1000] * len(times)}}, root=root, calendar="XHKG"
    )
    return root


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
def test_there_are_no_bars_in_the_lunch_break(root, preset):
    seen, windows, scheduled = [], [], []

    def initialize(context):
        set_slippage(slippage.NoSlippage())
        set_commission(commission.NoCommission())
        schedule_function(lambda context, data: scheduled.append(now()), date_rules.every_day(), time_rules.market_close(minutes=5))

    def now():
        return get_datetime().tz_convert(ZONE).strftime("%d %H:%M")

    def handle_data(context, data):
        seen.append(now())
        if seen[-1] == "23 12:00":
            order(symbol("AAA"), 5)
        if seen[-1] == "23 13:01":
            windows.extend(data.history(symbol("AAA"), "close", 3, "1m").index.tz_convert(ZONE).strftime("%H:%M"))

    result = rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, bundle="hk", root=root, data_frequency="minute", preset=preset
    )
    assert (len(seen), seen[0], seen[149], seen[150], seen[329], seen[330], seen[-1]) == (
        480, "23 09:31", "23 12:00", "23 13:01", "23 16:00", "24 09:31", "24 12:00"
    )
    assert windows == ["11:59", "12:00", "13:01"]
    assert scheduled == ["23 15:55", "24 11:55"]
    # the order of the last bar before lunch fills on the first one after it
    fills = [(t["dt"].tz_convert(ZONE).strftime("%H:%M"), t["price"]) for day in result.perf.transactions for t in day]
    assert fills == [("13:01", 250.0)]

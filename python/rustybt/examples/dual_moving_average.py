"""Hold Apple while its 100-day average is above its 300-day average."""

from rustybt.api import commission, order_target, record, set_commission, set_slippage, slippage, symbol


def initialize(context):
    context.asset = symbol("AAPL")
    context.i = 0
    set_commission(commission.PerShare(cost=0.0075, min_trade_cost=1.0))
    set_slippage(slippage.VolumeShareSlippage())


def handle_data(context, data):
    # the first 300 days only fill the window
    context.i += 1
    if context.i < 300:
        return

    short_mavg = data.history(context.asset, "price", bar_count=100, frequency="1d").mean()
    long_mavg = data.history(context.asset, "price", bar_count=300, frequency="1d").mean()

    if short_mavg > long_mavg:
        order_target(context.asset, 100)
    elif short_mavg < long_mavg:
        order_target(context.asset, 0)

    record(AAPL=data.current(context.asset, "price"), short_mavg=short_mavg, long_mavg=long_mavg)

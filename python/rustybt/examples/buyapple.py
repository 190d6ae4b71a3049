"""Buy ten shares of Apple every day."""

from rustybt.api import commission, order, record, set_commission, set_slippage, slippage, symbol


def initialize(context):
    context.asset = symbol("AAPL")
    set_commission(commission.PerShare(cost=0.0075, min_trade_cost=1.0))
    set_slippage(slippage.VolumeShareSlippage())


def handle_data(context, data):
    order(context.asset, 10)
    record(AAPL=data.current(context.asset, "price"))

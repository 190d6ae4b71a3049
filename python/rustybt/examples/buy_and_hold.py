"""Buy once, hold to the end."""

from rustybt.api import commission, order, set_commission, set_slippage, slippage, symbol

STOCKS = ["AAPL", "MSFT"]


def initialize(context):
    context.has_ordered = False
    context.stocks = [symbol(s) for s in STOCKS]
    set_commission(commission.PerShare(cost=0.0075, min_trade_cost=1.0))
    set_slippage(slippage.VolumeShareSlippage())


def handle_data(context, data):
    if not context.has_ordered:
        for stock in context.stocks:
            order(stock, 100)
        context.has_ordered = True

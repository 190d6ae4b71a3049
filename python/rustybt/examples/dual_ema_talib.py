"""Cross of two exponential averages, computed by TA-Lib (pip install TA-Lib)."""

from talib import EMA
from rustybt.api import commission, order, record, set_commission, set_slippage, slippage, symbol


def initialize(context):
    context.asset = symbol("AAPL")
    context.invested = False
    set_commission(commission.PerShare(cost=0.0075, min_trade_cost=1.0))
    set_slippage(slippage.VolumeShareSlippage())


def handle_data(context, data):
    prices = data.history(context.asset, "price", 40, "1d").values
    short_ema = EMA(prices, timeperiod=20)[-1]
    long_ema = EMA(prices, timeperiod=40)[-1]

    buy = sell = False
    if short_ema > long_ema and not context.invested:
        order(context.asset, 100)
        context.invested = True
        buy = True
    elif short_ema < long_ema and context.invested:
        order(context.asset, -100)
        context.invested = False
        sell = True

    record(AAPL=data.current(context.asset, "price"), short_ema=short_ema, long_ema=long_ema, buy=buy, sell=sell)

"""On-line moving average reversion (Li and Hoi, ICML 2012): hold more of what stands below its average.

Weights move towards the prices that the averages predict, as far as is needed for an expected return of `eps`, and are then brought back
to a portfolio of long positions that add up to one (Duchi et al., ICML 2008).
"""

import numpy as np

from rustybt.api import commission, order, set_commission, set_slippage, slippage, symbol

STOCKS = ["AMD", "CERN", "COST", "DELL", "GPS", "INTC", "MMM"]


def initialize(context, eps=1, window_length=5):
    context.eps, context.window_length = eps, window_length
    context.assets = [symbol(name) for name in STOCKS]
    context.weights = np.ones(len(STOCKS)) / len(STOCKS)
    context.days, context.invested = 0, False
    set_commission(commission.PerShare(cost=0, min_trade_cost=1.0))
    set_slippage(slippage.VolumeShareSlippage())


def handle_data(context, data):
    context.days += 1
    if context.days < context.window_length:
        return
    if not context.invested:
        rebalance(context, data, context.portfolio.starting_cash)
        context.invested = True
        return

    averages = data.history(context.assets, "price", context.window_length, "1d").mean()
    predicted = np.array([averages[asset] / data.current(asset, "price") for asset in context.assets])
    deviation = predicted - predicted.mean()
    missing = context.eps - np.dot(context.weights, predicted)
    variability = np.linalg.norm(deviation) ** 2
    step = 0 if variability == 0.0 else max(0, missing / variability)

    context.weights = simplex_projection(context.weights + step * deviation)
    rebalance(context, data, context.portfolio.positions_value + context.portfolio.cash)


def rebalance(context, data, value):
    """Order what leads to the weights."""
    prices = np.array([data.current(asset, "price") for asset in context.assets])
    held = np.array([context.portfolio.positions[asset].amount for asset in context.assets])
    missing = np.round(context.weights * value / prices) - held
    for asset, amount in zip(context.assets, missing, strict=True):
        order(asset, amount)


def simplex_projection(v):
    """The nearest vector of weights that are not negative and add up to one.

    >>> simplex_projection([0.4, 0.3, -0.4, 0.5]).round(6).tolist()
    [0.333333, 0.233333, 0.0, 0.433333]
    """
    v = np.asarray(v)
    v = (v > 0) * v
    descending = np.sort(v)[::-1]
    sums = np.cumsum(descending)
    last = np.where(descending > (sums - 1) / np.arange(1, len(v) + 1))[0][-1]
    return np.maximum(v - np.max([0, (sums[last] - 1) / (last + 1)]), 0)

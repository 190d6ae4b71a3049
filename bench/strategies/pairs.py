"""A pair: regress one close on the other over 60 sessions, trade the residual beyond two deviations."""

import statsmodels.api as sm
from zipline.api import order_target, record, symbols


def initialize(context):
    context.left, context.right = symbols("AAA", "BBB")
    context.side = 0


def handle_data(context, data):
    closes = data.history([context.left, context.right], "close", 60, "1d")
    fit = sm.OLS(closes[context.right], sm.add_constant(closes[context.left])).fit()
    slope = fit.params[context.left]
    z = fit.resid.iloc[-1] / fit.resid.std()
    record(z=z)
    side = context.side
    if abs(z) < 0.5:
        side = 0
    elif z > 2:
        side = -1
    elif z < -2:
        side = 1
    if side != context.side:
        context.side = side
        order_target(context.right, 100 * side)
        order_target(context.left, -int(round(100 * slope)) * side)

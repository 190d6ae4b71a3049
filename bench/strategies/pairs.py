"""A pair: regress one close on the other over 60 sessions, trade the residual beyond two deviations."""

import numpy as np
from zipline.api import order_target, record, symbols


def initialize(context):
    context.left, context.right = symbols("AAA", "BBB")
    context.side = 0


def handle_data(context, data):
    closes = data.history([context.left, context.right], "close", 60, "1d")
    y, x = closes[context.right], closes[context.left]
    design = np.column_stack([np.ones(len(x)), x.values])
    (constant, slope), *_ = np.linalg.lstsq(design, y.values, rcond=None)
    residual = y - constant - slope * x
    z = residual.iloc[-1] / residual.std()
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

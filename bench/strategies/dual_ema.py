"""Two exponential averages of the close, updated each bar: long while the fast one is above."""

from zipline.api import order_target, record, symbol


def initialize(context):
    context.asset = symbol("AAA")
    context.fast = context.slow = None


def handle_data(context, data):
    price = data.current(context.asset, "close")
    if context.fast is None:
        context.fast = context.slow = price
    context.fast += (price - context.fast) * 2 / 21
    context.slow += (price - context.slow) * 2 / 61
    order_target(context.asset, 100 if context.fast > context.slow else 0)
    record(fast=context.fast, slow=context.slow)

"""Hold five contracts of the active month, rolling with the calendar."""

from zipline.api import continuous_future, order_target, record


def initialize(context):
    context.chain = continuous_future("CL", offset=0, roll="calendar", adjustment=None)


def handle_data(context, data):
    contract = data.current(context.chain, "contract")
    for held in list(context.portfolio.positions):
        if held != contract:
            order_target(held, 0)
    if contract is None:
        return
    order_target(contract, 5)
    record(price=data.current(contract, "close"))

"""Runs leave nothing behind."""

import gc
import sys

from rustybt import api


def test_memory_does_not_grow_with_runs(run):
    def handle_data(context, data):
        asset = context.symbol("AAA")
        api.order(asset, 1)
        api.record(
            price=data.current(asset, "price"), thing=object(), position=context.portfolio.positions[asset].amount
        )
        api.get_open_orders()
        data.history(asset, "close", 1, "1d")
        data.window(asset, "close", 1)

    def fail(context, data):
        raise ValueError

    def many(times):
        for _ in range(times):
            run(handle_data).perf
            try:
                run(fail)
            except ValueError:
                pass
        gc.collect()
        return sys.getallocatedblocks()

    many(20)
    blocks = [many(100) for _ in range(4)]
    # caches of pandas and of Python grow once in a while; a leak of one object per bar would be 1,200 blocks and more each time
    assert min(after - before for before, after in zip(blocks, blocks[1:])) < 400

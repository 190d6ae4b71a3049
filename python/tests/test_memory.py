"""Runs leave nothing behind."""

import gc
import sys
import tracemalloc

import pytest

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


def test_a_million_bars_with_history_take_no_more_memory_than_a_few(tmp_path):
    """One asset, 2,576 sessions of minutes: 1,001,850 bars. Python's own memory is traced for 100,000 of them, that of the process
    (without the bundle, which is mapped) measured after 300,000 and after all."""
    numpy, pandas, psutil = (pytest.importorskip(name) for name in ("numpy", "pandas", "psutil"))
    from rustybt import get_calendar, run_algorithm
    from rustybt.data import bundles

    minutes = get_calendar("XNYS", "2010-01-04", "2020-04-01").minutes
    close = 100 + numpy.round(numpy.sin(numpy.arange(len(minutes)) / 500) * 10, 2)
    frame = pandas.DataFrame({field: close for field in ("open", "high", "low", "close")}, index=minutes)
    bundles.write_frames("minutes", {}, minute_bars={"AAA": frame.assign(volume=1000)}, root=tmp_path)
    del frame, close
    process, bars, traced, private = psutil.Process(), 0, {}, {}

    def handle_data(context, data):
        nonlocal bars
        bars += 1
        data.window(context.asset, "close", 1)
        if bars % 100 == 0:
            data.history(context.asset, "close", 20, "1m")
            api.record(price=data.current(context.asset, "price"))
        if bars in (300_000, 1_000_000):
            gc.collect()
            used = process.memory_info()
            private[bars] = used.rss - used.shared
        if bars == 300_000:
            tracemalloc.start()
        if bars in (320_000, 400_000):
            gc.collect()
            traced[bars] = tracemalloc.get_traced_memory()[0]
        if bars == 400_000:
            tracemalloc.stop()

    def initialize(context):
        context.asset = api.symbol("AAA")

    run_algorithm(
        initialize=initialize, handle_data=handle_data, bundle="minutes", root=tmp_path, data_frequency="minute"
    )
    assert bars == len(minutes) > 1_000_000
    # eight bytes left behind by each of 80,000 bars would be 640,000, by each of 700,000 5,600,000
    assert traced[400_000] - traced[320_000] < 200_000
    assert private[1_000_000] - private[300_000] < 5_000_000

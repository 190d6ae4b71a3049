"""Runs workload W1 in Python once per line of standard input and prints one JSON line for each run (see w1_worker.cpp).

Usage: w1_python.py ROOT sma|empty rustybt|zipline
"""

import json
import sys
import time
from collections import deque

import rustybt
from rustybt.api import order, set_commission, set_slippage, symbol
from rustybt.data import bundles
from rustybt.finance import commission, slippage

FAST, SLOW, SIZE = 10, 30, 100


def initialize(context):
    set_slippage(slippage.NoSlippage())
    set_commission(commission.PerShare(cost=0.0075, min_trade_cost=0))
    context.asset = symbol("W1")
    context.closes = deque([0.0] * SLOW, maxlen=SLOW)
    context.fast = context.slow = 0.0
    context.seen = 0
    context.is_long = False


def sma_cross(context, data):
    close = data.current(context.asset, "close")
    if close != close:  # no bar in this minute
        return
    closes = context.closes
    context.fast = fast = context.fast + close - closes[-FAST]
    context.slow = slow = context.slow + close - closes[0]
    closes.append(close)
    context.seen += 1
    if context.seen < SLOW:
        return
    wants_long = fast * SLOW > slow * FAST
    if wants_long != context.is_long:
        context.is_long = wants_long
        order(context.asset, SIZE if wants_long else -SIZE)


def empty(context, data):
    pass


def main():
    root, strategy, preset = sys.argv[1:]
    bundle = bundles.load("w1", root=root)
    for _ in sys.stdin:
        start = time.perf_counter()
        result = rustybt.run_algorithm(initialize=initialize, handle_data={"sma": sma_cross, "empty": empty}[strategy],
                                       capital_base=1_000_000, data_frequency="minute", bundle=bundle, preset=preset)
        seconds = time.perf_counter() - start
        summary = result.summary
        print(json.dumps({"seconds": seconds, "fills": summary["transactions"], "equity": float(summary["ending_value"])}), flush=True)
        del result


main()

"""What reading data costs a Python strategy: each bar asks both sides once, in one run.

Usage: python_access.py [--sessions 2520] [--rounds 5] [--json FILE]

history   data.history(asset, "close", 50, "1d") against a bare pd.Series of the same slice        goal: ratio <= 2
window    data.window(asset, "close", 50) against a NumPy slice                                    goal: <= 1 us
current   data.current(asset, "close")
import    python -c "import rustybt" less python -c pass                                           goal: <= 50 ms

The figure is the smallest median of the rounds. Wrong values fail it (the gate); missing a goal does not.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd

import rustybt
from rustybt.api import symbol
from rustybt.data import bundles

COUNT = 50


def closes_of(sessions):
    """Prices of two decimals from a fixed linear congruence."""
    seed, price, closes = 12345, 10_000, []
    for _ in range(sessions):
        seed = (1103515245 * seed + 12345) % 2**31
        price = max(1000, price + seed // 65536 % 201 - 100)
        closes.append(price)
    return closes


def make_bundle(root, sessions):
    days = rustybt.get_calendar("XNYS").sessions_in_range("2010-01-04", "2029-12-31")[:sessions]
    text = [f"{c // 100}.{c % 100:02d}" for c in closes_of(sessions)]
    bars = {"date": [str(d)[:10] for d in days], **dict.fromkeys(("open", "high", "low", "close"), text), "volume": [1000] * sessions}
    bundles.write_frames("access", {"AAA": bars}, root=root)
    return bundles.load("access", root=root), pd.DatetimeIndex(days)


def one_round(bundle, days, values):
    """Median nanoseconds of each call."""
    now = time.perf_counter_ns
    times = {name: [] for name in ("history", "series", "window", "slice", "current", "nothing")}
    seen = [0]

    def initialize(context):
        context.asset = symbol("AAA")

    def handle_data(context, data):
        asset = context.asset
        seen[0] = last = seen[0] + 1
        if last < COUNT:
            return
        first = last - COUNT
        t0 = now()
        t1 = now()
        history = data.history(asset, "close", COUNT, "1d")
        t2 = now()
        series = pd.Series(values[first:last], index=days[first:last], name=asset)
        t3 = now()
        window = data.window(asset, "close", COUNT)
        t4 = now()
        piece = values[first:last]
        t5 = now()
        close = data.current(asset, "close")
        t6 = now()
        for name, spent in zip(times, (t2 - t1, t3 - t2, t4 - t3, t5 - t4, t6 - t5, t1 - t0)):
            times[name].append(spent)
        if not (history.equals(series) and np.array_equal(window, piece) and close == piece[-1]):
            raise SystemExit(f"wrong values on bar {last}")

    rustybt.run_algorithm(initialize=initialize, handle_data=handle_data, bundle=bundle, metrics_set="none")
    if seen[0] != len(values):
        raise SystemExit(f"expected {len(values)} bars, saw {seen[0]}")
    return {name: statistics.median(spent) for name, spent in times.items()}


def import_ms(statement, rounds):
    def run(code):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return (time.perf_counter() - start) * 1000

    run(statement)
    return statistics.median(run(statement) - run("pass") for _ in range(rounds))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=2520)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        bundle, days = make_bundle(root, given.sessions)
        values = np.array(closes_of(given.sessions)) / 100
        rounds = [one_round(bundle, days, values) for _ in range(given.rounds)]
    least = {name: min(r[name] for r in rounds) for name in rounds[0]}
    ns = {name: least[name] - least["nothing"] for name in least}
    import_time = import_ms("import rustybt", given.rounds * 2)
    result = {
        "history_ns": ns["history"],
        "series_ns": ns["series"],
        "history_to_series": ns["history"] / ns["series"],
        "window_ns": ns["window"],
        "slice_ns": ns["slice"],
        "current_ns": ns["current"],
        "import_ms": import_time,
    }
    print(f"history   {ns['history']:8.0f} ns   {result['history_to_series']:.2f}x a bare pd.Series ({ns['series']:.0f} ns)   goal <= 2")
    print(f"window    {ns['window']:8.0f} ns   NumPy slice {ns['slice']:.0f} ns   goal <= 1000 ns")
    print(f"current   {ns['current']:8.0f} ns")
    print(f"import    {import_time:8.1f} ms   goal <= 50 ms")
    if given.json:
        with open(given.json, "w") as file:
            json.dump(result, file, indent=2)


main()

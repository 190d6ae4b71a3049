"""Make the bars of workload W1: 1,000,000 minute bars of one asset, 24/7, from 2020-01-01 00:00 UTC.

Usage: make_data.py FOLDER

Writes FOLDER/w1_min.bin: little-endian int64, five columns one after another (open, high, low, close in cents, volume).
The draws, their order and the seed are those of bench-peers/gen.py, so the numbers equal its w1_min.csv;
`make_data.py FOLDER --check CSV` compares them.
"""

import csv
import pathlib
import sys

import numpy as np

BARS = 1_000_000
SIGMA = 0.0005
SEED = 20260102
FAST, SLOW = 10, 30


def close_path(rng, count, sigma):
    return np.maximum(200, np.rint(10000 * np.exp(np.cumsum(rng.normal(0.0, sigma, count))))).astype(np.int64)


def without_ties(closes):
    """Raise a close by a cent where both averages would be equal: then no rounding noise can decide a cross."""
    closes = closes.tolist()
    fast = slow = 0
    for i in range(len(closes)):
        fast += closes[i] - (closes[i - FAST] if i >= FAST else 0)
        slow += closes[i] - (closes[i - SLOW] if i >= SLOW else 0)
        if i >= SLOW - 1 and fast * SLOW == slow * FAST:
            closes[i] += 1
            fast += 1
            slow += 1
    return np.array(closes, dtype=np.int64)


def bars_around(rng, c, sigma):
    n = len(c)
    o = np.maximum(100, np.rint(np.r_[c[0], c[:-1]] * np.exp(rng.normal(0, sigma * 0.3, n)))).astype(np.int64)
    h = np.maximum(o, c) + np.rint(np.abs(rng.normal(0, sigma * 0.5, n)) * c).astype(np.int64)
    l = np.maximum(50, np.minimum(o, c) - np.rint(np.abs(rng.normal(0, sigma * 0.5, n)) * c).astype(np.int64))
    v = rng.integers(100_000, 1_000_000, n) // 100 * 100
    return np.stack([o, h, l, c, v])


def make():
    rng = np.random.default_rng(SEED)
    return bars_around(rng, without_ties(close_path(rng, BARS, SIGMA)), SIGMA)


def check(columns, path):
    with open(path, newline="") as file:
        rows = csv.reader(file)
        next(rows)
        theirs = np.array([[round(float(x) * 100) for x in row[1:5]] + [int(row[5])] for row in rows], dtype=np.int64).T
    if theirs.shape != columns.shape or (theirs != columns).any():
        sys.exit(f"{path}: differs")
    print(f"{path}: equal, {theirs.shape[1]} bars")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "w1_min.bin"
    columns = make()
    if "--check" in sys.argv:
        check(columns, sys.argv[sys.argv.index("--check") + 1])
    part = target.with_suffix(".part")
    columns.astype("<i8").tofile(part)
    part.replace(target)
    print(target)


if __name__ == "__main__":
    main()

"""Compares the tables of one run with the recorded ones, and counts.

The rule of a single cell and of a table's columns is the one of zipline_reloaded/compare.py: text, integers and row order exact,
floats to 1e-9 absolute plus relative, statistics to 1e-6 relative and not after ruin, texts of errors and messages not at all.
"""

import csv
import gzip
import io
import math
from pathlib import Path

TOLERANCE = 1e-9
STATISTICS_TOLERANCE = 1e-6
STATISTICS = {"algo_volatility", "benchmark_volatility", "sharpe", "sortino", "alpha", "beta", "max_drawdown"}
# small results of large sums: 4 units in the last place of the portfolio
DIFFERENCES = {"capital_used", "pnl", "ending_cash", "starting_cash"}


def read_expected(folder):
    """{table: rows} of a folder of CSV files."""
    tables = {}
    for file in sorted(Path(folder).iterdir()):
        if file.is_file() and file.name.endswith((".csv", ".csv.gz")):
            opened = gzip.open(file, "rt", newline="") if file.suffix == ".gz" else open(file, newline="")
            with opened:
                tables[file.name.split(".csv")[0]] = list(csv.DictReader(opened))
    return tables


def parse_table(text):
    return list(csv.DictReader(io.StringIO(text)))


def same(expected, found, relative, floor):
    if expected == found:
        return True
    try:
        p, q = float(expected), float(found)
    except ValueError:
        return False
    if "." not in expected + found and "e" not in expected + found:
        return False
    return abs(p - q) <= max(TOLERANCE, floor) + relative * abs(p)


def first_difference(table, expected, found):
    """Words for the first difference of a table, None when there is none."""
    no_text = table.startswith("error") or table == "messages"
    ruined = False
    for number, (x, y) in enumerate(zip(expected, found), 1):
        ruined = ruined or (table == "perf" and float(x.get("portfolio_value") or 1) <= 0)
        for column, value in x.items():
            if (no_text and column == "message") or (ruined and column in STATISTICS):
                continue
            relative = STATISTICS_TOLERANCE if column in STATISTICS else TOLERANCE
            floor = 0.0
            if table == "perf" and column in DIFFERENCES:
                floor = 4 * math.ulp(max(abs(float(x.get(c) or 0)) for c in ("portfolio_value", "ending_exposure")))
            mine = y.get(column) or ""
            if not same(value or "", mine, relative, floor):
                return f"table {table}, row {number} ({next(iter(x.values()))}), column {column}: ours {mine!r}, expected {value!r}"
    if len(expected) != len(found):
        return f"table {table}: ours has {len(found)} rows, expected {len(expected)}"
    return None


class Comparison:
    """Counts over all runs; prints a line for each."""

    def __init__(self):
        self.runs = self.good = self.tables = self.rows = self.not_yet = 0

    def run(self, name, expected, found):
        """Compare the tables of a run: {table: rows} or {table: CSV text}."""
        difference, rows = None, 0
        for table, lines in expected.items():
            if table not in found:
                difference = difference or f"table {table} is missing"
                continue
            mine = parse_table(found[table]) if isinstance(found[table], str) else found[table]
            rows += len(lines)
            difference = difference or first_difference(table, lines, mine)
        self.runs += 1
        self.tables += len(expected)
        self.rows += rows
        self.good += difference is None
        print(
            f"{'ok  ' if difference is None else 'DIFF'} {name}: {len(expected)} tables, {rows} rows"
            + (f"; first difference: {difference}" if difference else ""),
            flush=True,
        )

    def failed(self, name, reason):
        self.runs += 1
        print(f"FAIL {name}: {reason}", flush=True)

    def skipped(self, name, reason):
        self.not_yet += 1
        print(f"not yet {name}: {reason}", flush=True)

    def is_good(self):
        return self.runs > 0 and self.good == self.runs

    def totals(self):
        not_yet = f", {self.not_yet} not yet supported" if self.not_yet else ""
        return (
            f"golden: {self.good} of {self.runs} runs equal, {self.tables} tables, {self.rows} rows compared{not_yet}"
        )

"""zipline_examples: pinned runs of four of zipline's examples. Their strategies are rustybt.examples and, in C++, examples/.

Recorded values are columns of perf. The runs come from zipline 1.4, which filled the assets of one bar in the order of a hash table:
the transactions and orders of a session are compared in the order of their numbers. C++ runs go through the command line.
"""

import os
import subprocess
import traceback
from pathlib import Path

from golden_compare import read_expected
from golden_input import by_symbol, read
from golden_tables import PERF, cell, tables

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLES, CPP_EXAMPLES = PROJECT / "python/rustybt/examples", PROJECT / "examples"
CAPITAL = 10_000_000
RUNS = {
    "buy_and_hold": ("2008-01-02", "2012-12-31"),
    "buyapple": ("2014-01-02", "2014-10-31"),
    "dual_moving_average": ("2011-01-03", "2012-12-31"),
    "dual_ema_talib": ("2014-01-02", "2014-10-31"),
}


def run_examples(root, only, work, comparison, verbose):
    chosen = [name for name in RUNS if not only or any(name.startswith(o) for o in only)]
    if not chosen:
        return
    import rustybt.compat.zipline  # noqa: F401  the preset

    bundle = write_bundle(root / "input", work)
    benchmark = [(r["date"], float(r["return"])) for r in read(root / "input", "SPY_benchmark_returns")]
    for name in chosen:
        start, end = RUNS[name]
        expected = in_order_of_numbers(read_expected(root / "expected" / name))
        attempt(
            f"{name}.py",
            expected,
            lambda: run_python(EXAMPLES / f"{name}.py", bundle, start, end, benchmark),
            comparison,
            verbose,
        )
        source = CPP_EXAMPLES / f"{name}.cpp"
        if source.exists():
            attempt(
                f"{name}.cpp",
                expected,
                lambda: run_cpp(source, work, start, end, root / "input" / "SPY_benchmark_returns.csv"),
                comparison,
                verbose,
            )


def attempt(title, expected, run, comparison, verbose):
    try:
        found = run()
    except Exception as error:  # every error of a run is a finding
        if verbose:
            traceback.print_exc()
        comparison.failed(title, f"{type(error).__name__}: {error}")
    else:
        comparison.run(title, expected, in_order_of_numbers(found))


def write_bundle(folder, root):
    from rustybt.data import bundles
    from rustybt.utils.calendar_utils import get_calendar

    # the vendor repeats DELL's last close on some holidays, without volume
    calendar = get_calendar("XNYS")
    daily = [row for row in read(folder, "daily") if row["volume"] != "0" or calendar.is_session(row["date"])]
    bundles.write_frames(
        "golden",
        by_symbol(daily, "date"),
        assets=read(folder, "assets"),
        splits=read(folder, "splits"),
        dividends=read(folder, "dividend_payouts"),
        dividend_ratios=read(folder, "dividend_adjustment_ratios"),
        root=root,
        source="golden input",
    )
    return bundles.load("golden", root=root)


def run_python(script, bundle, start, end, benchmark):
    from rustybt import _script
    from rustybt.utils import run_algo

    strategy = _script.load(script)
    settings = run_algo._settings(start, end, CAPITAL, "daily", None, benchmark, None, "zipline", None, None)
    return tables(run_algo._run(strategy.context, strategy.functions, bundle, settings, True), recorded_in_perf=True)


def run_cpp(source, root, start, end, benchmark):
    """Compile and run through the command line, and read the tables it leaves."""
    output = Path(root) / f"{source.stem}-output"
    command = [
        build_folder() / "bin" / "rustybt",
        "run",
        source,
        "--bundle",
        "golden",
        "--start",
        start,
        "--end",
        end,
        "--capital",
        CAPITAL,
        "--preset",
        "zipline",
        "--benchmark-file",
        benchmark,
        "--output",
        output,
    ]
    done = subprocess.run(
        [str(c) for c in command], env={**os.environ, "RUSTYBT_ROOT": str(root)}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip()}")
    return kept_tables(output)


def build_folder():
    return Path(os.environ.get("RUSTYBT_BUILD", PROJECT / "build" / "dev"))


def kept_tables(folder):
    """The Parquet tables of --output as the tables of a golden folder."""
    from pyarrow import parquet

    def rows(name):
        return parquet.read_table(folder / f"{name}.parquet").to_pylist()

    def take(row, names, renamed=()):
        return {
            "session": str(row["session"]),
            **{n: text(row[n]) for n in names},
            **{to: text(row[of] or None) for to, of in renamed},
        }

    recorded = {row["session"]: row for row in rows("recorded")}
    return {
        "perf": [
            {**take(row, PERF), **{n: text(v) for n, v in recorded.get(row["session"], {}).items() if n != "session"}}
            for row in rows("performance")
        ],
        "orders": [
            take(
                row,
                ("symbol", "amount", "filled", "commission", "status", "created", "dt", "limit", "stop"),
                [("order", "id")],
            )
            for row in rows("orders")
        ],
        "transactions": [
            {**take(row, ("symbol", "amount", "price", "dt"), [("order", "order_id")]), "commission": ""}
            for row in rows("transactions")
        ],
        "positions": [take(row, ("symbol", "amount", "cost_basis", "last_sale_price")) for row in rows("positions")],
    }


def text(value):
    import datetime

    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return cell(value)


def in_order_of_numbers(found):
    """Rows of a session by order number, counted anew."""
    for table in ("orders", "transactions"):
        rows = sorted(found[table], key=lambda row: (row["session"], int(row["order"] or 0)))
        seen = {}
        for row in rows:
            row["seq"] = str(seen.setdefault(row["session"], 0))
            seen[row["session"]] += 1
        found[table] = rows
    return found

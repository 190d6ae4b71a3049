"""Run the benchmarks, print a table, write BUILD/bench/results.json.

Usage: run.py --build BUILD --data FOLDER [--rounds N] [--core N] [--only w1,exact,resting,bundle,data,startup]

Exit status 1 when a result is wrong (a gate), never because something is slow.
"""

import argparse
import decimal
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent
BARS = 1_000_000
CAPITAL, SIZE, FEE = 1_000_000, 100, decimal.Decimal("0.0075")


class Worker:
    """A process that makes one run per line it is sent."""

    def __init__(self, command, repeat=1, environment=None):
        self.repeat = repeat
        self.runs = []
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **(environment or {})})

    def run(self):
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} stopped with status {self.process.wait()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    @property
    def seconds(self):
        return min(run["seconds"] for run in self.runs)

    @property
    def last(self):
        return self.runs[-1]


def interleave(workers, rounds):
    """One warm-up of each, then rounds of all of them in turn, so that every side of a ratio meets the same machine."""
    for worker in workers.values():
        worker.run()
    for _ in range(rounds):
        for worker in workers.values():
            worker.runs += [worker.run() for _ in range(worker.repeat)]
    for worker in workers.values():
        worker.close()


class Report:
    def __init__(self):
        self.rows = []
        self.gates = []

    def title(self, text):
        print(f"\n{text}")

    def row(self, name, value, unit, goal=None, at_least=False, detail=""):
        passed = None if goal is None else (value >= goal if at_least else value <= goal)
        sign = ">=" if at_least else "<="
        goal_text = "" if goal is None else f"{sign} {goal:g}{unit}"
        verdict = {None: "", True: "pass", False: "MISS"}[passed]
        print(f"  {name:<52} {value:>10.4g}{unit:<3} {goal_text:>10}  {verdict:<5} {detail}")
        self.rows.append({"name": name, "value": value, "unit": unit, "goal": goal, "at_least": at_least, "passed": passed,
                          "detail": detail})

    def gate(self, name, is_right, found):
        self.gates.append({"name": name, "passed": bool(is_right), "found": str(found)})
        if not is_right:
            print(f"  WRONG RESULT: {name}: {found}")


def dense_truth(data, bars):
    """Fills and equity of "an order on every bar, filled at the next close", in exact arithmetic."""
    import array

    columns = array.array("q")
    columns.frombytes((data / "w1_min.bin").read_bytes())
    closes = columns[3 * BARS:3 * BARS + bars]
    cents = position = 0
    quantity = SIZE
    for close in closes[1:]:
        cents -= quantity * close
        position += quantity
        quantity = -quantity
    fills = bars - 1
    return fills, float(CAPITAL + decimal.Decimal(cents + position * closes[-1]) / 100 - fills * SIZE * FEE)


def w1(args, report, python):
    exact = args.build / "bench" / "w1_worker"
    pin = args.pin
    rustybt = {"PYTHONPATH": str(args.build / "python")}
    workers = {
        "loop": Worker([*pin, python, HERE / "peers.py", "loop", args.data, args.peers]),
        "native": Worker([*pin, exact, args.data, "sma", "rustybt", BARS], repeat=5),
        "native zipline": Worker([*pin, exact, args.data, "sma", "zipline", BARS], repeat=5),
        "python": Worker([*pin, python, HERE / "w1_python.py", args.data, "sma", "rustybt"], environment=rustybt),
        "python zipline": Worker([*pin, python, HERE / "w1_python.py", args.data, "sma", "zipline"], environment=rustybt),
        "empty": Worker([*pin, python, HERE / "w1_python.py", args.data, "empty", "rustybt"], repeat=2, environment=rustybt),
    }
    interleave(workers, args.rounds)
    truth = workers["loop"].last
    for name in ("native", "native zipline", "python", "python zipline"):
        run = workers[name].last
        report.gate(f"W1 {name}", run["fills"] == truth["fills"] and abs(run["equity"] - truth["equity"]) <= 1e-6, run)
    report.gate("W1 empty", workers["empty"].last["fills"] == 0, workers["empty"].last)

    loop = workers["loop"].seconds
    report.title(f"W1: 1,000,000 minute bars, SMA 10/30, {truth['fills']:,} fills; times the speed of the bare Python loop")
    for label, name, goal in (
            ("bare Python loop (reference)", "loop", None),
            ("native strategy, preset rustybt", "native", 10),
            ("native strategy, preset zipline", "native zipline", 10),
            ("Python strategy, preset rustybt", "python", 0.25),
            ("Python strategy, preset zipline", "python zipline", 0.25),
            ("empty Python handle_data", "empty", 3)):
        seconds = workers[name].seconds
        report.row(label, loop / seconds, "x", goal, True, f"{seconds * 1e9 / BARS:.1f} ns per bar, {BARS / seconds / 1e6:.1f} M bars/s")


def exact_money(args, report):
    programs = {"exact": args.build / "bench" / "w1_worker", "double": args.build / "bench" / "w1_worker_double"}
    report.title("exact money against the same loop with the books in double; time ratio")
    # the dense run is shorter, so that its tables stay in the memory that a thread keeps: warm, as all of this
    for workload, label, bars, repeat in (("sma", "W1", BARS, 10), ("dense", "an order and a fill on every bar", BARS // 10, 20)):
        workers = {name: Worker([*args.pin, program, args.data, workload, "rustybt", bars], repeat) for name, program in programs.items()}
        interleave(workers, args.rounds)
        one, two = workers["exact"], workers["double"]
        fills, equity = dense_truth(args.data, bars) if workload == "dense" else (one.last["fills"], one.last["equity"])
        for name, worker in workers.items():
            tolerance = 1e-6 if name == "exact" else 1e-6 * abs(equity)
            report.gate(f"{label} {name}", worker.last["fills"] == fills and abs(worker.last["equity"] - equity) <= tolerance, worker.last)
        report.row(label, one.seconds / two.seconds, "x", 1.10, False,
                   f"{one.seconds * 1e9 / bars:.1f} against {two.seconds * 1e9 / bars:.1f} ns per bar")


def resting_truth(data, assets, orders):
    """Fills and equity of a ladder of limit orders, each filled at the first later close that is as good as its limit."""
    import array
    import math

    columns = array.array("q")
    columns.frombytes((data / "w1_min.bin").read_bytes())
    bars, fills, cents = BARS // assets, 0, 0
    for a in range(assets):
        closes = columns[3 * BARS + a * bars:3 * BARS + (a + 1) * bars]
        for i in range(orders):
            side = 1 if i % 2 == 0 else -1
            distance = 0.04 + 0.0025 * (i // 2)
            price = decimal.Decimal(repr(closes[0] / 100 * (1 - side * distance))) * 100
            limit = side * math.floor(side * price)  # a buy's limit down to a cent, a sell's up ...
            if abs(price - round(price)) <= decimal.Decimal("1e-9"):
                limit = round(price)  # ... unless binary noise is all that keeps it from one
            close = next((c for c in closes[1:] if side * c <= side * limit), None)
            if close is not None:
                fills += 1
                cents += side * SIZE * (closes[-1] - close)
    return fills, float(CAPITAL + decimal.Decimal(cents) / 100 - fills * SIZE * FEE)


def resting(args, report):
    """100 assets with orders that rest: what looking after them costs."""
    program = args.build / "bench" / "w1_worker"
    report.title(f"minute bars of 100 assets with resting limit orders, {BARS:,} asset-bars; M asset-bars a second")
    for orders in (1, 100):
        truth = resting_truth(args.data, 100, orders)
        names = {"next_close": "rustybt", "zipline preset": "zipline", "ohlc_path": "rustybt:ohlc_path"}
        workers = {name: Worker([*args.pin, program, args.data, f"resting{orders}", preset, BARS], repeat=3) for name, preset in names.items()}
        interleave(workers, args.rounds)
        found = workers["next_close"].last
        report.gate(f"{orders} resting orders an asset", (found["fills"], round(found["equity"], 6)) == (truth[0], round(truth[1], 6)), (found, truth))
        for name, worker in workers.items():
            report.row(f"{orders} {'order' if orders == 1 else 'orders'} on each asset, {name}", BARS / worker.seconds / 1e6, "", 3, True)


def bundle(args, report, python):
    workers = {
        "ours": Worker([*args.pin, args.build / "bench" / "bundle_worker", "open", args.data, "daily500"], repeat=3),
        "pyarrow": Worker([*args.pin, python, HERE / "peers.py", "parquet", args.data]),
    }
    interleave(workers, args.rounds)
    ours, theirs = workers["ours"].last, workers["pyarrow"].last
    report.gate("bundle: rows and closes as in the Parquet file", (ours["rows"], ours["closes"]) == (theirs["rows"], theirs["closes"]),
                (ours, theirs))
    report.gate("bundle: 500 assets", ours["assets"] == 500, ours)
    report.title(f"opening a bundle of 500 assets x 2,520 sessions ({ours['rows']:,} bars), warm")
    report.row("load_bundle", workers["ours"].seconds * 1e3, " ms", 20)
    report.row("pyarrow reading its Parquet file", workers["pyarrow"].seconds * 1e3, " ms")


def data(args, report, python):
    """Bars at rest: ingest, open, scan, history, merge, memory."""
    program = args.build / "bench" / "data_worker"
    peer = [*args.pin, python, HERE / "peers.py"]
    if not (args.data / "data" / "daily8000").exists():
        subprocess.run([str(program), "write", str(args.data)], check=True)

    csv = args.peers.parent / "data" / "equities" / "sp500_universe_daily_raw_2016_2021.csv.gz"
    if csv.exists():
        root = pathlib.Path(tempfile.mkdtemp(dir=args.data))
        workers = {
            "ours": Worker([*args.pin, program, "ingest", root, csv]),
            "pyarrow": Worker([*peer, "csv-pyarrow", csv]),
            "polars": Worker([*peer, "csv-polars", csv]),
        }
        interleave(workers, args.rounds)
        shutil.rmtree(root)
        right = [(w.last["rows"], w.last["closes"]) for w in workers.values()]
        report.gate("ingest: rows and sum of closes", right == [(662162, right[1][1])] * 3, right)
        report.title("a CSV file of 662,162 daily bars (gzip): parsed, checked and written as a bundle; beside it parsing alone")
        report.row("ingest, file to bundle on disk", workers["ours"].seconds, " s", 2)
        for name in ("pyarrow", "polars"):
            report.row(f"{name} parsing it into decimals", workers[name].seconds, " s")
            report.row(f"ours to {name}", workers["ours"].seconds / workers[name].seconds, "x")
    else:
        print(f"SKIPPED ingest: no {csv}; set RUSTYBT_TEST_DATA")
        report.gate("ingest file present", os.environ.get("CI") != "true", "absent")

    workers = {
        "open": Worker([*args.pin, args.build / "bench" / "bundle_worker", "open", args.data, "daily8000"]),
        "scan": Worker([*args.pin, program, "scan", args.data], repeat=3),
        "history": Worker([*args.pin, program, "history", args.data]),
        "pyarrow": Worker([*peer, "scan", args.data]),
    }
    interleave(workers, args.rounds)
    ours, theirs = workers["scan"].last, workers["pyarrow"].last
    report.gate("scan: values and sums as in the Parquet files",
                all(ours[k] == theirs[k] for k in ("values", "closes", "volumes")), (ours, theirs))
    report.gate("open: rows", workers["open"].last["rows"] == ours["values"] // 5, workers["open"].last)
    report.title(f"8,000 assets x 2,520 sessions, warm ({ours['values'] // 5:,} bars)")
    report.row("open", workers["open"].seconds * 1e3, " ms", 50)
    speed = ours["values"] / workers["scan"].seconds / 1e6
    report.row("scan of all columns, M values a second", speed, "", 200, True)
    report.row("pyarrow reading and summing the Parquet files", theirs["values"] / workers["pyarrow"].seconds / 1e6, "")
    report.row("ours to pyarrow", workers["pyarrow"].seconds / workers["scan"].seconds, "x")
    history = workers["history"]
    report.row("history slice of 200 rows", history.seconds / history.last["windows"] * 1e6, " us", 1)

    workers = {"ours": Worker([*args.pin, program, "merge", args.data]), "pyarrow": Worker([*peer, "sort", args.data])}
    interleave(workers, args.rounds)
    ours, theirs = workers["ours"].last, workers["pyarrow"].last
    report.gate("merge: rows in order", (ours["rows"], ours["check"]) == (theirs["rows"], theirs["check"]), (ours, theirs))
    report.title(f"100 minute streams in order of time ({ours['rows']:,} rows)")
    report.row("merge, M rows a second", ours["rows"] / workers["ours"].seconds / 1e6, "", 20, True)
    report.row("pyarrow sort_by, M rows a second", theirs["rows"] / workers["pyarrow"].seconds / 1e6, "")

    root = pathlib.Path(tempfile.mkdtemp(dir=args.data))
    rows = args.minute_rows
    done = subprocess.run([str(c) for c in [*args.pin, program, "minutes", root, rows]], capture_output=True, text=True)
    shutil.rmtree(root)
    result = json.loads(done.stdout) if done.returncode == 0 else {"made": 0, "rows": -1, "peak_bytes": 0, "seconds": 0}
    report.gate("minute ingest: every row is stored", result["rows"] == result["made"] >= rows, done.stderr or result)
    report.title(f"an ingest of {rows:,} minute bars that come a day at a time")
    report.row("peak memory", result["peak_bytes"] / 1e6, " MB", 1000)
    report.row("time", result["seconds"], " s", detail=f"{rows / max(result['seconds'], 1e-9) / 1e6:.1f} M rows/s")


def startup(args, report, python):
    """Whole processes, from start to exit."""
    environment = {**os.environ, "PYTHONPATH": str(args.build / "python"), "PYTHONDONTWRITEBYTECODE": ""}
    command = args.build / "bin" / "rustybt"
    inside = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
    processes = {
        "python -c pass": [python, "-c", "pass"],
        "import rustybt": [python, "-c", inside.format("import rustybt")],
        "import rustybt.api": [python, "-c", inside.format("import rustybt.api")],
        "import pandas": [python, "-c", inside.format("import pandas")],
        "rustybt --help": [command, "--help"],
    }
    whole, imports = {name: [] for name in processes}, {name: [] for name in processes}
    for round_number in range(args.rounds + 1):
        for name, arguments in processes.items():
            start = time.perf_counter()
            done = subprocess.run([*args.pin, *map(str, arguments)], env=environment, capture_output=True, text=True)
            seconds = time.perf_counter() - start
            if round_number == 0:  # warms the page cache
                report.gate(f"{name} succeeds", done.returncode == 0, done.stderr)
                continue
            whole[name].append(seconds)
            if name.startswith("import"):
                imports[name].append(float(done.stdout))
    demo = []
    for _ in range(2):
        root = tempfile.mkdtemp()
        start = time.perf_counter()
        done = subprocess.run([*map(str, [*args.pin, command, "demo"])], env={**environment, "RUSTYBT_ROOT": root, "HOME": root}, cwd=root,
                              capture_output=True, text=True)
        demo.append(time.perf_counter() - start)
        shutil.rmtree(root, ignore_errors=True)
    report.gate("rustybt demo succeeds", done.returncode == 0, done.stderr)

    report.title("starting")
    report.row("python -c pass, whole process", min(whole["python -c pass"]) * 1e3, " ms")
    for name, goal in (("import rustybt", 50), ("import rustybt.api", None), ("import pandas", None)):
        report.row(name, min(imports[name]) * 1e3, " ms", goal, detail=f"whole process {min(whole[name]) * 1e3:.0f} ms")
    report.row("rustybt --help, whole process", min(whole["rustybt --help"]) * 1e3, " ms", 50)
    report.row("rustybt demo, whole process, empty root", min(demo), " s", 5)


def prepare(args, python):
    if not (args.data / "w1_min.bin").exists():
        subprocess.run([str(python), str(HERE / "make_data.py"), str(args.data)], check=True)
    # a bundle's format may change with the code, and writing takes seconds
    shutil.rmtree(args.data / "data", ignore_errors=True)
    subprocess.run([str(args.build / "bench" / "bundle_worker"), "write", str(args.data)], check=True, stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--only", default="w1,exact,resting,bundle,data,startup")
    parser.add_argument("--minute-rows", type=int, default=100_000_000)
    args = parser.parse_args()
    python = pathlib.Path(sys.executable)
    args.build, args.data = args.build.resolve(), args.data.resolve()
    args.pin = ["taskset", "-c", str(args.core)] if shutil.which("taskset") else []
    args.peers = pathlib.Path(os.environ.get("RUSTYBT_TEST_DATA", SOURCE.parent / "shared")).resolve() / "bench-peers"
    parts = args.only.split(",")

    report = Report()
    prepare(args, python)
    if "w1" in parts:
        if (args.peers / "reference.py").exists():
            w1(args, report, python)
        else:
            print(f"SKIPPED W1: no {args.peers}/reference.py; set RUSTYBT_TEST_DATA")
            report.gate("W1 reference present", os.environ.get("CI") != "true", "absent")
    if "exact" in parts:
        exact_money(args, report)
    if "resting" in parts:
        resting(args, report)
    if "bundle" in parts:
        bundle(args, report, python)
    if "data" in parts:
        data(args, report, python)
    if "startup" in parts:
        startup(args, report, python)

    load = os.getloadavg()[0]
    wrong = [gate for gate in report.gates if not gate["passed"]]
    missed = [row for row in report.rows if row["passed"] is False]
    print(f"\n{len(report.gates) - len(wrong)} of {len(report.gates)} results right, {len(missed)} goals missed; load average {load:.1f}")
    target = args.build / "bench" / "results.json"
    target.write_text(json.dumps({"rows": report.rows, "gates": report.gates, "load_average": load, "rounds": args.rounds}, indent=1) + "\n")
    print(target)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

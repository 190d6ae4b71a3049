"""The same strategy files, unchanged, under the real zipline-reloaded and under rustybt: equal results, and how much faster.

Usage: unchanged.py --zipline PYTHON [--sessions 2520] [--rounds 3] [--only dual_ema,...] [--json FILE]

PYTHON is an interpreter that has zipline-reloaded, of this Python's version: what a strategy imports and this Python has not
(statsmodels) is taken from its packages. Strategies: the files of strategies/, and Zipline's documented examples as that
zipline has them. Each side is a process that opens its bundle once and makes a run for each line it is sent; the sides take
turns, each for a quarter of a second and a run at least. Time: the run with its frame of results, on an open bundle; the
smallest of all.
Gate: portfolio values of every session agree to the cent, fills in asset, amount and price.

The strategy's own share: its functions called with what data and the API answered in the run, without any engine; what no
engine can save. Not measured for strategies that look at their portfolio.
"""

import argparse
import json
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile
import time
import types

HERE = pathlib.Path(__file__).resolve().parent
AT_LEAST = 0.25  # seconds
BARS = ["open", "high", "low", "close", "volume"]
STOCKS = ["AAA", "BBB", "AAPL", "MSFT", "AMD", "CERN", "COST", "DELL", "GPS", "INTC", "MMM"]  # from AAPL on: those of the examples
FIND_PACKAGES = "import pathlib, zipline; print(pathlib.Path(zipline.__file__).parents[1])"
EXAMPLES = ["buyapple", "buy_and_hold", "dual_moving_average", "olmar"]
WARM_UP, LIFE = 60, 130  # sessions of data before the run; of a contract, and of data after the run


# --- data, the same for both ------------------------------------------------------------------------------------------


def draws(seed):
    """Whole numbers 0..200, a fixed linear congruence."""
    while True:
        seed = (1103515245 * seed + 12345) % 2**31
        yield seed // 65536 % 201


def make_data(days):
    """Prices in cents: stocks walk, BBB follows AAA with a spread that returns; contracts of CL, four a year."""
    walk, noise, oil = draws(1), draws(2), draws(3)
    level, spread, price, bars = 10_000, 0, 6_000, {"AAA": [], "BBB": []}
    oils = []
    for _ in days:
        level = max(2_000, level + next(walk) - 100)
        spread = spread * 9 // 10 + next(noise) - 100
        bars["AAA"].append(level)
        bars["BBB"].append(max(100, level // 2 + 3_000 + spread))
        price = max(1_000, price + (next(oil) - 100) // 2)
        oils.append(price)
    for number, name in enumerate(STOCKS[2:]):
        walk, level = draws(10 + number), 3_000 + 1_000 * number
        bars[name] = [level := max(500, level + (next(walk) - 100) // 2) for _ in days]
    contracts = []
    for number, last in enumerate(range(63, len(days), 63)):
        first = max(0, last - LIFE)
        name = f"CL{'HMUZ'[number % 4]}{(4 + number // 4) % 100:02d}"
        contracts.append({"symbol": name, "first": days[first], "last": days[last]})
        bars[name] = [oils[i] + 10 * (number % 3) for i in range(first, last + 1)]
    return {"days": days, "bars": bars, "contracts": contracts}


def rows_of(data, name):
    """(day, price as text) of an asset."""
    first = next((c["first"] for c in data["contracts"] if c["symbol"] == name), data["days"][0])
    start = data["days"].index(first)
    return [(data["days"][start + i], f"{p // 100}.{p % 100:02d}") for i, p in enumerate(data["bars"][name])]


# --- a process under either ------------------------------------------------------------------------------------------


def answers(run):
    """A JSON line for each strategy file named on standard input."""
    for line in sys.stdin:
        file, what = line.split()
        functions = functions_of(file)
        if what == "own":
            print(json.dumps(own_share(run, functions)), flush=True)
            continue
        begin, seconds = time.perf_counter(), []
        while not seconds or time.perf_counter() - begin < AT_LEAST:
            taken, frame = run(functions)
            seconds.append(taken)
        fills = [(t["sid"].symbol, t["amount"], t["price"]) for day in frame["transactions"] for t in day]
        print(json.dumps({"seconds": min(seconds), "values": list(frame["portfolio_value"]), "fills": fills}), flush=True)


def functions_of(file):
    namespace = runpy.run_path(file)
    return {name: namespace.get(name) for name in ("initialize", "handle_data", "before_trading_start")}


def own_share(run, functions):
    """Seconds that a strategy's functions take by themselves; None when they look at their portfolio.

    One run keeps what every question got for an answer; then the same functions get the answers without a run.
    """
    import collections

    from zipline import api

    answers = collections.deque()
    called = functions["handle_data"].__globals__

    def keeping(function):
        def call(*args, **keywords):
            answers.append(function(*args, **keywords))
            return answers[-1]

        return call

    def answer(*args, **keywords):
        return answers.popleft()

    asked = ("current", "history", "can_trade", "is_stale")
    of_api = [name for name in api.__all__ if callable(called.get(name)) and called[name] is getattr(api, name)]
    found = {name: called[name] for name in of_api}
    bars = []

    def handle_data(context, data):
        bars.append(None)
        functions["handle_data"](context, types.SimpleNamespace(**{name: keeping(getattr(data, name)) for name in asked}))

    called.update({name: keeping(f) for name, f in found.items()})
    run({**functions, "handle_data": handle_data})
    called.update(dict.fromkeys(of_api, answer))
    nothing = types.SimpleNamespace(**dict.fromkeys(("set_commission", "set_slippage"), lambda *_, **__: None))
    data = types.SimpleNamespace(**dict.fromkeys(asked, answer))
    try:
        functions["initialize"](nothing)
        start = time.perf_counter()
        for _ in bars:
            functions["handle_data"](nothing, data)
        return time.perf_counter() - start
    except AttributeError:
        return None
    finally:
        called.update(found)


def under_rustybt(data, root):
    import rustybt.compat.zipline  # noqa: F401  the strategies import zipline
    from rustybt.data import bundles

    frames = {
        name: {"date": [d for d, _ in rows], **dict.fromkeys(BARS[:4], [p for _, p in rows]), "volume": [1_000_000] * len(rows)}
        for name, rows in ((name, rows_of(data, name)) for name in data["bars"])
    }
    futures = [
        {"symbol": c["symbol"], "root_symbol": "CL", "asset_type": "future", "exchange": "CME", "multiplier": "1000",
         "tick_size": "0.01", "start_date": c["first"], "end_date": c["last"], "auto_close_date": c["last"],
         "notice_date": c["last"], "expiration_date": c["last"]}
        for c in data["contracts"]
    ]
    stocks = [{"symbol": name, "exchange": "NYSE"} for name in STOCKS]
    bundles.write_frames("bench", frames, assets=[*stocks, *futures], root_symbols=[{"root_symbol": "CL"}], root=root)
    bundle = bundles.load("bench", root=root)

    def run(functions):
        start = time.perf_counter()
        frame = rustybt.run_algorithm(
            start=data["days"][WARM_UP], end=data["days"][-1 - LIFE], capital_base=1_000_000, bundle=bundle, **functions
        )
        return time.perf_counter() - start, frame

    answers(run)


def under_zipline(data, root):
    import warnings

    warnings.filterwarnings("ignore")
    import pandas as pd
    from zipline.algorithm import TradingAlgorithm
    from zipline.data import bundles
    from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
    from zipline.data.data_portal import DataPortal
    from zipline.finance import metrics
    from zipline.finance.trading import SimulationParameters
    from zipline.utils.calendar_utils import get_calendar

    first, last = pd.Timestamp(data["days"][0]), pd.Timestamp(data["days"][-1])
    path = os.path.join(root, "futures.bcolz")
    sids = {name: sid for sid, name in enumerate(data["bars"])}

    def frame(name):
        rows = rows_of(data, name)
        prices = [float(p) for _, p in rows]
        return pd.DataFrame(dict.fromkeys(BARS[:4], prices) | {"volume": 1_000_000}, index=pd.to_datetime([d for d, _ in rows]))

    def ingest(environ, asset_db_writer, minute_bar_writer, daily_bar_writer, adjustment_writer, calendar, *_):
        stocks = pd.DataFrame([{"symbol": n, "asset_name": n, "start_date": first, "end_date": last,
                                "auto_close_date": last + pd.Timedelta(days=1), "exchange": "NYSE"} for n in STOCKS])
        futures = pd.DataFrame(
            [{"symbol": c["symbol"], "root_symbol": "CL", "asset_name": c["symbol"], "start_date": pd.Timestamp(c["first"]),
              **dict.fromkeys(("end_date", "auto_close_date", "notice_date", "expiration_date"), pd.Timestamp(c["last"])),
              "multiplier": 1000.0, "tick_size": 0.01, "exchange": "CME"} for c in data["contracts"]],
            index=[sids[c["symbol"]] for c in data["contracts"]],
        )
        exchanges = pd.DataFrame([("NYSE", "NYSE", "US"), ("CME", "CME", "US")],
                                 columns=["exchange", "canonical_name", "country_code"])
        roots = pd.DataFrame({"root_symbol": ["CL"], "root_symbol_id": [1], "sector": [""], "description": [""], "exchange": ["CME"]})
        asset_db_writer.write(equities=stocks, futures=futures, exchanges=exchanges, root_symbols=roots)
        daily_bar_writer.write((sids[n], frame(n)) for n in STOCKS)
        minute_bar_writer.write(iter(()))
        adjustment_writer.write()
        BcolzDailyBarWriter(path, calendar, first, last).write((sids[c["symbol"]], frame(c["symbol"])) for c in data["contracts"])

    environ = {"ZIPLINE_ROOT": root}
    bundles.register("bench", ingest, calendar_name="XNYS", start_session=first, end_session=last)
    bundles.ingest("bench", environ=environ)
    bundle = bundles.load("bench", environ=environ)
    calendar = get_calendar("XNYS")
    start, end = pd.Timestamp(data["days"][WARM_UP]), pd.Timestamp(data["days"][-1 - LIFE])
    zero = pd.Series(0.0, index=calendar.sessions_in_range(start, end))

    def run(functions):
        reader = BcolzDailyBarReader(path)
        portal = DataPortal(bundle.asset_finder, trading_calendar=calendar, first_trading_day=reader.first_trading_day,
                            equity_daily_reader=bundle.equity_daily_bar_reader, future_daily_reader=reader,
                            adjustment_reader=bundle.adjustment_reader)
        parameters = SimulationParameters(start_session=start, end_session=end, trading_calendar=calendar,
                                          capital_base=1_000_000.0, data_frequency="daily")
        algorithm = TradingAlgorithm(namespace={}, data_portal=portal, trading_calendar=calendar, sim_params=parameters,
                                     metrics_set=metrics.load("default"), benchmark_returns=zero,
                                     **{name: f for name, f in functions.items() if f})
        began = time.perf_counter()
        result = algorithm.run()
        return time.perf_counter() - began, result

    answers(run)


# --- both --------------------------------------------------------------------------------------------------------------


class Side:
    def __init__(self, python, name, folder, more_packages=None):
        root = folder / name
        root.mkdir()
        self.process = subprocess.Popen(
            [python, str(HERE / "unchanged.py"), "--worker", name, str(folder / "data.json"), str(root), str(more_packages or "")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "RUSTYBT_ROOT": str(root)},
        )

    def ask(self, strategy, what="run"):
        self.process.stdin.write(f"{strategy} {what}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a side ended with status {self.process.wait()}")
        return json.loads(line)


def differences(ours, theirs):
    """What is not equal, in words."""
    if len(ours["values"]) != len(theirs["values"]):
        return f"{len(ours['values'])} sessions against {len(theirs['values'])}"
    for i, (a, b) in enumerate(zip(ours["values"], theirs["values"])):
        if abs(a - b) >= 0.005:
            return f"portfolio value of session {i}: {a} against {b}"
    if len(ours["fills"]) != len(theirs["fills"]):
        return f"{len(ours['fills'])} fills against {len(theirs['fills'])}"
    for a, b in zip(ours["fills"], theirs["fills"]):
        if a[:2] != b[:2] or abs(a[2] - b[2]) > 1e-9 * abs(b[2]):
            return f"fill {a} against {b}"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zipline", required=True, help="interpreter that has zipline-reloaded")
    parser.add_argument("--sessions", type=int, default=2520)
    parser.add_argument("--rounds", type=int, default=3)
    ours = sorted(file.stem for file in (HERE / "strategies").glob("*.py"))
    parser.add_argument("--only", default=",".join([*ours, *EXAMPLES]), help="names of strategies")
    parser.add_argument("--json")
    given = parser.parse_args()
    import rustybt

    sessions = rustybt.get_calendar("XNYS").sessions_in_range("2004-01-02", "2029-12-31")[: WARM_UP + given.sessions + LIFE]
    results, wrong = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "data.json").write_text(json.dumps(make_data([str(day)[:10] for day in sessions])))
        packages = pathlib.Path(subprocess.check_output([given.zipline, "-c", FIND_PACKAGES], text=True).strip())
        zipline, ours = Side(given.zipline, "zipline", folder), Side(sys.executable, "rustybt", folder, packages)
        for name in given.only.split(","):
            file = HERE / "strategies" / f"{name}.py"
            if not file.exists():
                file = packages / "zipline" / "examples" / f"{name}.py"
            rounds = [(ours.ask(file), zipline.ask(file)) for _ in range(given.rounds)]
            own = ours.ask(file, "own")
            problem = differences(*rounds[0])
            wrong += bool(problem)
            fast, slow = (min(r[side]["seconds"] for r in rounds) for side in (0, 1))
            count = len(rounds[0][0]["values"])
            results[name] = {"sessions": count, "fills": len(rounds[0][0]["fills"]), "rustybt_s": fast, "zipline_s": slow,
                             "own_s": own, "ratio": slow / fast, "difference": problem}
            share = "" if own is None else f", {own:.4f} s of them the strategy itself"
            print(f"{name:20} {count} sessions, {results[name]['fills']} fills: zipline {slow:.2f} s, rustybt {fast:.4f} s, "
                  f"{slow / fast:.0f} times as fast{share}; {'DIFFERENT: ' + problem if problem else 'equal to the cent'}",
                  flush=True)
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(results, indent=2))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        name, file, root, more_packages = sys.argv[2:]
        sys.path.extend(filter(None, [more_packages]))
        {"rustybt": under_rustybt, "zipline": under_zipline}[name](json.loads(pathlib.Path(file).read_text()), root)
    else:
        main()

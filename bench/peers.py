"""The other sides of the ratios; a run for each line of standard input, one JSON line each (see w1_worker.cpp).

Usage: peers.py loop FOLDER BENCH_PEERS        the bare Python loop over W1
       peers.py parquet FOLDER                 pyarrow reading the bars of the bundle "daily500"
       peers.py csv-pyarrow|csv-polars FILE    reading a CSV file of symbol, date, open, high, low, close, volume
       peers.py scan FOLDER                    pyarrow reading and summing the columns of the bundle "daily8000"
       peers.py sort FOLDER                    pyarrow putting the minutes of the bundle "minute100" in order of time
"""

import array
import json
import pathlib
import sys
import time

BARS = 1_000_000


def bare_loop(folder, bench_peers):
    sys.path.insert(0, bench_peers)
    import reference

    columns = array.array("q")
    columns.frombytes((pathlib.Path(folder) / "w1_min.bin").read_bytes())
    opens, closes = list(columns[:BARS]), list(columns[3 * BARS:4 * BARS])

    def run():
        start = time.perf_counter()
        result = reference.sma_cross(opens, closes, fill="next_close")
        return {"seconds": time.perf_counter() - start, "fills": result["trades"], "equity": result["equity"]}

    return run


def bars_of(folder, name, kind):
    bundle = pathlib.Path(folder) / "data" / name
    version = json.loads((bundle / "manifest.json").read_text())["version_id"]
    return bundle / "versions" / version / kind


def parquet(folder):
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    file = bars_of(folder, "daily500", "daily")

    def run():
        start = time.perf_counter()
        table = pq.read_table(file)
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "rows": table.num_rows, "closes": int(pc.sum(table["close"]).as_py().scaleb(2))}

    return run


def csv_pyarrow(file):
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv

    prices = {name: pa.decimal128(18, 6) for name in ("open", "high", "low", "close")}
    options = pyarrow.csv.ConvertOptions(column_types={**prices, "volume": pa.int64(), "date": pa.date32()})

    def run():
        start = time.perf_counter()
        table = pyarrow.csv.read_csv(file, convert_options=options)
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "rows": table.num_rows, "closes": str(pc.sum(table["close"]).as_py().normalize())}

    return run


def csv_polars(file):
    import polars

    types = {name: polars.Decimal(18, 6) for name in ("open", "high", "low", "close")}

    def run():
        start = time.perf_counter()
        table = polars.read_csv(file, schema_overrides={**types, "volume": polars.Int64, "date": polars.Date})
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "rows": table.height, "closes": str(table["close"].sum().normalize())}

    return run


def scan(folder):
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    file = bars_of(folder, "daily8000", "daily")

    def run():
        start = time.perf_counter()
        table = pq.read_table(file, columns=["open", "high", "low", "close", "volume"])
        read = time.perf_counter() - start
        sums = {name: pc.sum(table[name]).as_py() for name in table.column_names}
        return {"seconds": time.perf_counter() - start, "read": read, "values": 5 * table.num_rows,
                "closes": int(sums["close"].scaleb(2)), "volumes": int(sums["volume"])}

    return run


def sort(folder):
    import pyarrow.parquet as pq

    file = bars_of(folder, "minute100", "minute")
    table = pq.read_table(file, columns=["sid", "time", "open", "high", "low", "close", "volume"])

    def run():
        import numpy

        start = time.perf_counter()
        merged = table.sort_by([("time", "ascending"), ("sid", "ascending")])
        seconds = time.perf_counter() - start
        cents = numpy.array([int(c.scaleb(2)) for c in merged["close"].to_pylist()]) if "check" not in known else None
        if cents is not None:
            known["check"] = int((cents * (numpy.arange(len(cents)) % 1009)).sum())
        return {"seconds": seconds, "rows": merged.num_rows, "check": known["check"]}

    known = {}
    return run


run = {"csv-pyarrow": csv_pyarrow, "csv-polars": csv_polars, "scan": scan, "sort": sort, "loop": bare_loop, "parquet": parquet}[sys.argv[1]](*sys.argv[2:])
for _ in sys.stdin:
    print(json.dumps(run()), flush=True)

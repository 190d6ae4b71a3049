"""The other sides of the ratios; a run for each line of standard input, one JSON line each (see w1_worker.cpp).

Usage: peers.py loop FOLDER BENCH_PEERS        the bare Python loop over W1
       peers.py parquet FOLDER                 pyarrow reading the bars of the bundle "daily500"
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


def parquet(folder):
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    bundle = pathlib.Path(folder) / "data" / "daily500"
    version = json.loads((bundle / "manifest.json").read_text())["version_id"]
    file = bundle / "versions" / version / "daily"

    def run():
        start = time.perf_counter()
        table = pq.read_table(file)
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "rows": table.num_rows, "closes": int(pc.sum(table["close"]).as_py().scaleb(2))}

    return run


run = {"loop": bare_loop, "parquet": parquet}[sys.argv[1]](*sys.argv[2:])
for _ in sys.stdin:
    print(json.dumps(run()), flush=True)

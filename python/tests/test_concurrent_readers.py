"""Ten processes read a bundle while it is written again and again: each sees one version, whole."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import rustybt
from rustybt.data import bundles

SYMBOLS = [f"S{i:02}" for i in range(20)]
DAYS = [f"2020-01-{day:02}" for day in (2, 3, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17)]

# prints the number of the version at every opening; dies when bars of one opening come from several
READER = """
import sys
from pathlib import Path

import numpy as np

from rustybt.data import bundles
from rustybt.data.bar_reader import BundleBarReader

root, stop = sys.argv[1], Path(sys.argv[2])
print("ready", flush=True)
seen, openings = [], 0
last_one = False
while not last_one or openings < 3:
    last_one = stop.exists()
    bundle = bundles.load("moving", root=root)
    reader = BundleBarReader(bundle)
    sids = list(range(20))
    first, = reader.load_raw_arrays(["close"], "2020-01-02", "2020-01-17", sids)
    again, = reader.load_raw_arrays(["close"], "2020-01-02", "2020-01-17", sids)
    values = np.unique(np.concatenate([first, again]))
    assert first.shape == (12, 20) and len(values) == 1, values
    seen.append(int(values[0]))
    openings += 1
assert seen == sorted(seen), "an older version came after a newer one"
print(openings, seen[0], seen[-1])
"""


def write(root, number):
    row = {"open": number, "high": number, "low": number, "close": number, "volume": 100}
    frame = {"date": DAYS, **{name: np.full(len(DAYS), value) for name, value in row.items()}}
    bundles.write_frames("moving", {symbol: frame for symbol in SYMBOLS}, root=root)


def test_ten_processes_see_one_version_each(tmp_path):
    root, stop = tmp_path / "root", tmp_path / "stop"
    write(root, 1)
    environment = {**os.environ, "PYTHONPATH": str(Path(rustybt.__file__).parents[1])}
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(root), str(stop)], env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(10)
    ]
    try:
        for reader in readers:
            assert reader.stdout.readline() == "ready\n", reader.stderr.read()
        for number in range(2, 21):
            write(root, number)
            time.sleep(0.01)
        stop.touch()
        for reader in readers:
            out, errors = reader.communicate(timeout=120)
            assert reader.returncode == 0, errors
            openings, _, last = map(int, out.split())
            assert openings >= 3 and last == 20
    finally:
        for reader in readers:
            reader.kill()

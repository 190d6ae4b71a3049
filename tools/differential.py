#!/usr/bin/env python3
"""Fresh random strategies through the real zipline-reloaded and through rustybt (preset zipline): equal or different?

    tools/differential.py [--seeds 200] [--from 1] [--jobs 2] [--verbose]

The strategies, the oracle and the rule of comparison are those of the shared data's oracle/ (README.md there); seed N makes the
strategy random_N: daily, of each eight one with futures and one with minute bars. The oracle lives in a virtual environment of its
own: RUSTYBT_ORACLE_PYTHON names its interpreter, without it build/oracle is made by the oracle's setup.sh (pip). What the oracle
answers is kept in build/differential, so that a second run over the same seeds only runs rustybt.

One line per seed, a last line with the totals; exit status 1 on any difference. A strategy on which Zipline itself fails (it asks
for the history of a day beyond its data, say) is named and not compared.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import golden  # puts tools/ and the built package on the path
from golden_compare import Comparison
from golden_input import write_bundle
from golden_scenarios import run_scenario

# seeds whose answers the oracle makes in one process: its start and its bundle cost as much as ten strategies
CHUNK = 25
BUILD = golden.PROJECT / "build"
REMADE_WHEN_CHANGED = ("make_random.py", "zloracle.py", "generate.py", "golden_log.py", "requirements.txt")


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--jobs", type=int, default=2, choices=(1, 2), help="processes (default: 2)")
    parser.add_argument("--verbose", action="store_true", help="the traceback of an unexpected error")
    options = parser.parse_args(arguments)
    if options.seeds < 1 or options.first < 1:
        parser.error("--seeds and --from are at least 1")
    return options


def oracle_python(oracle):
    """The interpreter that has the real zipline; its environment is made when there is none."""
    named = os.environ.get("RUSTYBT_ORACLE_PYTHON")
    python = Path(named) if named else BUILD / "oracle" / "bin" / "python"
    if named and not python.exists():
        sys.exit(f"differential: RUSTYBT_ORACLE_PYTHON names {python}, which does not exist")
    ready = named or (BUILD / "oracle" / "ready").exists()
    if not ready:
        print("differential: making build/oracle, once (the real zipline-reloaded, by pip)", flush=True)
        subprocess.run([oracle / "setup.sh", BUILD / "oracle"], check=True)
        (BUILD / "oracle" / "ready").touch()
    return python


def cache_folder(oracle):
    """A folder for the answers of exactly this oracle."""
    digest = hashlib.sha256(b"".join((oracle / name).read_bytes() for name in REMADE_WHEN_CHANGED))
    return BUILD / "differential" / digest.hexdigest()[:12]


def prepare(number, oracle, python, cache, source):
    """The golden folder of a chunk of seeds; made by the oracle unless it is there already."""
    root = cache / f"{number * CHUNK:06d}"
    if (root / "complete").exists():
        return root
    root.mkdir(parents=True, exist_ok=True)
    if not (root / "input").exists():
        (root / "input").symlink_to(source)
    first = max(1, number * CHUNK)
    seeds = [str(seed) for seed in range(first, (number + 1) * CHUNK)]
    with open(root / "oracle.log", "w") as log:
        # the number of a strategy decides its kind: it is the seed, so that a seed means one strategy for ever
        make = ["make_random.py", "--input", root / "input", "--out", root / "scenarios", "--first-number", str(first), "--seeds", *seeds]
        made = subprocess.run([python, "-B", oracle / make[0], *make[1:]], stdout=log, stderr=subprocess.STDOUT).returncode == 0
        if not made or not answer(root, oracle, python, log):
            raise RuntimeError(f"the oracle failed: {root / 'oracle.log'}")
    (root / "complete").touch()
    return root


def answer(root, oracle, python, log):
    """Writes what Zipline does with the strategies; nothing for those on which it fails. @returns whether the oracle is sound"""
    names = sorted(file.stem for file in (root / "scenarios").glob("random_*.py"))
    while names:
        command = [python, "-B", oracle / "generate.py", "--input", root / "input", "--scenarios", root / "scenarios"]
        command += ["--out", root / "expected", "--only", *names]
        if subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode == 0:
            break
        # it goes by name, and stops at the first strategy that fails
        failed, *names = [name for name in names if not (root / "expected" / name).exists()] or [""]
        if f"unexpected error in {failed}\n" not in (root / "oracle.log").read_text():
            return False
    return True


_bundle = None


def run_chunk(number, wanted, oracle, python, cache, source, verbose):
    """Runs the wanted seeds of a chunk; the counts."""
    global _bundle
    root = prepare(number, oracle, python, cache, source)
    import rustybt.compat.zipline  # noqa: F401  the strategies import zipline

    if _bundle is None:
        work = tempfile.TemporaryDirectory(prefix="rustybt-differential-")
        _bundle = (write_bundle(root / "input", Path(work.name)), work)
    comparison = Comparison()
    sys.path.insert(0, str(root / "scenarios"))
    try:
        for seed in wanted:
            name = f"random_{seed:02d}"
            if not (root / "expected" / name).exists():
                print(f"none {name}: Zipline itself fails, see {root / 'oracle.log'}", flush=True)
                comparison.not_yet += 1
                continue
            run_scenario(root, name, _bundle[0], comparison, verbose, must_run=True)
    finally:
        sys.path.remove(str(root / "scenarios"))
        sys.modules.pop("golden_log", None)
    return comparison, kinds(root, wanted)


def kinds(root, seeds):
    """{kind: how many} as the generator printed them."""
    lines = re.findall(r"^random_(\d+) (daily|minute|futures) ", (root / "oracle.log").read_text(), re.MULTILINE)
    found = [kind for number, kind in lines if int(number) in seeds]
    return {kind: found.count(kind) for kind in found}


def main(arguments):
    options = parse(arguments)
    oracle = golden.shared_data() / "oracle"
    source = golden.shared_data() / "data" / "golden" / "zipline_reloaded" / "input"
    for folder in (oracle, source):
        if not folder.is_dir():
            sys.exit(f"differential: {folder} is missing (RUSTYBT_TEST_DATA names the shared data)")
    python, cache = oracle_python(oracle), cache_folder(oracle)
    seeds = range(options.first, options.first + options.seeds)
    chunks = {}
    for seed in seeds:
        chunks.setdefault(seed // CHUNK, []).append(seed)
    total, counted = Comparison(), {}
    with ProcessPoolExecutor(options.jobs) as pool:
        running = [pool.submit(run_chunk, n, wanted, oracle, python, cache, source, options.verbose) for n, wanted in chunks.items()]
        for done in as_completed(running):
            comparison, of_kind = done.result()
            for name in ("runs", "good", "tables", "rows", "not_yet"):
                setattr(total, name, getattr(total, name) + getattr(comparison, name))
            for kind, count in of_kind.items():
                counted[kind] = counted.get(kind, 0) + count
    parts = ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items()))
    print(
        f"differential: seeds {seeds[0]} to {seeds[-1]} ({parts}): {total.good} equal, {total.runs - total.good} different; "
        f"{total.tables} tables, {total.rows} rows compared" + (f"; {total.not_yet} without an answer" if total.not_yet else "")
    )
    return 0 if total.is_good() and total.runs + total.not_yet == len(seeds) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

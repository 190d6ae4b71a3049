"""Count the instructions of W1 under callgrind and compare them with instructions.json: a speed gate without a clock.

Usage: instructions.py --build BUILD --data FOLDER [--update]

Exit status 1 when a count has grown by more than 5 %. Counts depend on compiler and library versions (Debian 12).
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BASELINE = HERE / "instructions.json"
BARS = 100_000
TOLERANCE = 0.05
RUN = "rustybt::algorithm::run_algorithm*"


def count(program, data, strategy, preset):
    """Instructions inside run_algorithm of the first run."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no", f"--toggle-collect={RUN}",
               program, data, strategy, preset, BARS]
    done = subprocess.run([str(c) for c in command], input="run\n", capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not collected or int(collected[1]) == 0:
        sys.exit(f"callgrind failed:\n{done.stderr}")
    return int(collected[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--update", action="store_true", help="write the counts as the new baseline")
    args = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed; run tools/setup.sh")
    if not (args.data / "w1_min.bin").exists():
        subprocess.run([sys.executable, str(HERE / "make_data.py"), str(args.data)], check=True)

    known = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    counts, grown = {}, False
    print(f"instructions per bar, W1 data, {BARS:,} bars, first run of a process")
    for strategy in ("sma", "dense", "empty", "resting100"):
        for preset in ("rustybt", "zipline"):
            name = f"{strategy} {preset}"
            per_bar = count(args.build / "bench" / "w1_worker", args.data, strategy, preset) / BARS
            counts[name] = round(per_bar, 1)
            before = known.get(name)
            change = "" if before is None else f"{per_bar / before - 1:+.1%} against {before}"
            worse = before is not None and per_bar > before * (1 + TOLERANCE)
            better = before is not None and per_bar < before * (1 - TOLERANCE)
            grown |= worse
            print(f"  {name:<18} {per_bar:>8.1f}  {change}{'  GROWN' if worse else ''}{'  (lower: record it with --update)' if better else ''}")
    if args.update:
        BASELINE.write_text(json.dumps(counts, indent=1) + "\n")
        return 0
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())

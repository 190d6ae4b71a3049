#!/usr/bin/env python3
"""Runs Zipline's own tests against rustybt under Zipline's name and counts what passes.

    tools/conformance.py [FILE ...] [--timeout SECONDS] [--verbose]

FILE: the end of a test file's path, for example test_blotter.py or finance/test_slippage.py. Default: all; only then
docs/conformance.md is written anew. Why a case fails stands in tools/conformance_reasons.csv (file, case as a pattern, why).

The tests come from the source distribution of zipline-reloaded, fetched by pip and unpacked outside this tree, in
${XDG_CACHE_HOME:-~/.cache}/rustybt/conformance, beside the environment they run in. Only the tests are unpacked: whatever they
import as `zipline` is rustybt. One file after another, each in its own process; `cases` is how many the real zipline runs there
(tools/conformance_cases.csv), so a file that cannot be imported counts with all of them.
"""

import argparse
import collections
import csv
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("RUSTYBT_BUILD", PROJECT / "build" / "dev")).resolve()
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rustybt" / "conformance"
RELEASE = "3.2.1"
BENCHMARK = CACHE / "SPY_benchmark.csv"  # returns that some tests take as their benchmark's
TABLE = PROJECT / "docs" / "conformance.md"

# on-disk formats that are read, not written: bundles in them are converted
OUT_OF_SCOPE = {
    "tests/data/test_hdf5_daily_bars.py": "the HDF5 format on disk",
    "tests/data/test_minute_bars.py": "the bcolz format on disk",
}
# the alias is on before pytest imports anything of the tests
PYTEST = "import sys, rustybt.compat.zipline, pytest; sys.exit(pytest.main(sys.argv[1:]))"


class Outcome(NamedTuple):
    """What one file gave; reasons counts the cases that did not pass by what they said, failed has the names of those that ran."""

    cases: int
    passed: int
    reasons: collections.Counter
    failed: tuple = ()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", metavar="FILE", help="end of a test file's path; default: all")
    parser.add_argument("--timeout", type=int, default=600, help="seconds one file may take (600)")
    parser.add_argument("--verbose", action="store_true", help="pytest's own output too")
    options = parser.parse_args(arguments)
    if not list((BUILD / "python" / "rustybt").glob("_core.*")):
        sys.exit(f"conformance: rustybt._core is not built in {BUILD}: make command")
    cases, skipped = zipline_cases(), zipline_cases("skipped")
    wanted = [f for f in cases if not options.files or any(("/" + f).endswith("/" + e) for e in options.files)]
    if not wanted:
        sys.exit(f"conformance: no test file ends in {' or '.join(options.files)}; see tools/conformance_cases.csv")
    tests, python = prepare()
    outcomes = {}
    for name in wanted:
        if name in OUT_OF_SCOPE:
            continue
        outcomes[name] = run_file(tests, python, name, cases[name], skipped[name], options)
        print(f"{name}: {outcomes[name].passed} of {cases[name]}", flush=True)
    text = report(outcomes, known_reasons())
    print("\n" + text)
    if not options.files:
        TABLE.write_text(HEADING + text)
    return 0


def zipline_cases(column="cases"):
    """By file: how many cases the real zipline runs, or "skipped", leaves out."""
    with open(PROJECT / "tools" / "conformance_cases.csv", newline="") as lines:
        return {row["file"]: int(row[column]) for row in csv.DictReader(lines)}


# --- the tests and their environment ----------------------------------------------------------------------------------
def prepare():
    """The folder that holds tests/, and the Python to run them with; both are made once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    archive = CACHE / f"zipline_reloaded-{RELEASE}.tar.gz"
    folder = CACHE / f"zipline_reloaded-{RELEASE}"
    try:
        if not archive.exists():
            wanted = f"zipline-reloaded=={RELEASE}"
            run_pip(sys.executable, "download", "--no-deps", "--no-binary", "zipline-reloaded", "-d", CACHE, wanted)
        python = make_environment()
    except subprocess.CalledProcessError as error:
        message = f"conformance: pip could not get what is needed ({error.stderr.strip().splitlines()[-1:] or error})"
        if os.environ.get("CI") == "true":
            sys.exit(message)
        print(message + ": skipped")
        sys.exit(0)
    if not folder.exists():
        unpack_tests(archive, folder)
    if not BENCHMARK.exists():
        with tarfile.open(archive) as members:
            rows = members.extractfile(f"{folder.name}/src/zipline/resources/market_data/{BENCHMARK.name}").read()
        BENCHMARK.write_bytes(rows)
    return folder, python


def run_pip(python, *arguments):
    command = [str(a) for a in (python, "-m", "pip", *arguments)]
    subprocess.run([*command, "-q", "--disable-pip-version-check"], check=True, stderr=subprocess.PIPE, text=True)


def make_environment():
    """A venv with requirements/conformance.txt that finds all else in this Python's packages, as .venv-pandas3 does."""
    folder, requirements = CACHE / "venv", PROJECT / "requirements" / "conformance.txt"
    lock = PROJECT / "requirements" / "lock.txt"
    stamp, wanted = folder / "stamp", f"{sys.prefix}\n{requirements.read_text()}{lock.read_text()}"
    python = folder / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, stderr=subprocess.PIPE, text=True)
    ours = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    (folder / ours.relative_to(sys.prefix) / "venv.pth").write_text(f"{ours}\n")
    run_pip(python, "install", "-r", requirements, "-c", lock)
    stamp.write_text(wanted)
    return python


def unpack_tests(archive, folder):
    """tests/ only, and whole or not at all."""
    with tempfile.TemporaryDirectory(dir=CACHE) as work, tarfile.open(archive) as members:
        tests = [m for m in members if m.name.startswith(f"{folder.name}/tests/")]
        members.extractall(work, members=tests, filter="data")
        os.replace(Path(work) / folder.name, folder)


# --- one file ---------------------------------------------------------------------------------------------------------
def run_file(tests, python, name, cases, skipped, options):
    with tempfile.TemporaryDirectory(prefix="rustybt-conformance-") as work:
        junit = Path(work) / "junit.xml"
        environment = os.environ | {
            "PYTHONPATH": str(BUILD / "python"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLBACKEND": "Agg",
            "RUSTYBT_ROOT": f"{work}/root",
            "ZIPLINE_ROOT": f"{work}/root",
            "RUSTYBT_BENCHMARK_RETURNS": str(BENCHMARK),
        }
        # the configuration is ours: no order by last failures, no end after so many
        pytest = ["-c", os.devnull, "--rootdir", tests, "-p", "no:cacheprovider", "-q", "--tb=short", "--import-mode=prepend"]
        command = [python, "-c", PYTEST, *pytest, "--disable-warnings", "--junitxml", junit, tests / name]
        try:
            done = subprocess.run(
                [str(c) for c in command],
                cwd=tests,
                env=environment,
                timeout=options.timeout,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except subprocess.TimeoutExpired:
            return Outcome(cases, 0, collections.Counter({f"took longer than {options.timeout} s": cases}))
        if options.verbose:
            print(done.stdout)
        if not junit.exists():
            return Outcome(cases, 0, collections.Counter({without_junit(done): cases}))
        return read_junit(junit, cases, skipped)


def without_junit(done):
    """Why pytest did not come to its end: a signal, or what it said last."""
    if done.returncode < 0:
        return f"the process ended by signal {-done.returncode}"
    said = [line[1:].strip() for line in done.stdout.splitlines() if line.startswith("E  ")]
    return reason(said[0] if said else (done.stdout.strip().splitlines() or ["pytest said nothing"])[-1])


def read_junit(junit, cases, skipped=0):
    """skipped: cases that the real zipline leaves out; passed here they do not count."""
    passed, reasons = 0, collections.Counter()
    failed, names = [], []
    for case in xml.etree.ElementTree.parse(junit).iter("testcase"):
        # a case may fail and then fail again while it is torn down
        problem = next((c for c in case if c.tag in ("failure", "error")), None)
        if problem is not None:
            failed.append(problem)
            names.append(case.get("name") or "")
        elif case.find("skipped") is None:
            passed += 1
    if passed > cases + skipped:
        sys.exit(f"conformance: {junit.name} has {passed} passed cases, zipline {cases}; tools/conformance_cases.csv is stale")
    passed = min(passed, cases)
    for problem in failed:
        reasons[reason(said_by(problem))] += 1
    missing = cases - passed
    if missing > sum(reasons.values()):
        # cases never collected: the file's import failed, or another case took their place
        name = reason(said_by(failed[0])) if len(failed) == 1 and not passed else "not collected"
        reasons[name] += missing - sum(reasons.values())
    return Outcome(cases, passed, reasons, tuple(names))


def said_by(problem):
    """The exception's own line: pytest's message begins with its own words while a file is collected."""
    message = problem.get("message") or ""
    if message and not message.startswith(("collection failure", "failed on setup")):
        return message
    lines = [line[1:].strip() for line in (problem.text or "").splitlines() if line.startswith("E  ")]
    return lines[0] if lines else message


def reason(text):
    """One line without what differs from case to case: addresses, numbers, long tails."""
    text = text.strip().splitlines()[0] if text.strip() else "no message"
    text = text.split("; it has ")[0]
    text = re.sub(r"0x[0-9a-f]+", "0x..", text)
    text = re.sub(r"/\S+/", ".../", text)
    text = re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?(\+00:00)?)?|\b\d+(\.\d+)?\b", "N", text)
    return text if len(text) <= 140 else text[:137] + "..."


# --- the table --------------------------------------------------------------------------------------------------------
HEADING = f"""# Conformance

What of Zipline's own tests passes when `zipline` is rustybt (`rustybt.compat.zipline`): the tests of zipline-reloaded {RELEASE},
unchanged, file by file. Written by `make conformance`; `cases` is what passes or fails under the real zipline.

"""


def report(outcomes, known=()):
    lines = ["| file | cases | passed | failed | main reason |", "|---|---|---|---|---|"]
    reasons = collections.Counter()
    for name, outcome in outcomes.items():
        reasons.update(outcome.reasons)
        main_reason = outcome.reasons.most_common(1)[0][0] if outcome.reasons else ""
        failed = outcome.cases - outcome.passed
        lines.append(f"| {name} | {outcome.cases} | {outcome.passed} | {failed} | {cell(main_reason)} |")
    cases, passed = (sum(getattr(o, field) for o in outcomes.values()) for field in ("cases", "passed"))
    lines.append(f"| all | {cases} | {passed} | {cases - passed} | |")
    lines += ["", "Out of scope, not run:", ""]
    lines += [f"- {name}: {why}" for name, why in OUT_OF_SCOPE.items()]
    if reasons:
        lines += ["", "| what was said | cases |", "|---|---|"]
        lines += [f"| {cell(name)} | {count} |" for name, count in sorted(reasons.items(), key=lambda r: (-r[1], r[0]))]
    whys, stale = why_table(outcomes, known)
    lines += whys
    for name, pattern, why in stale:
        print(f"conformance: all cases {pattern} of {name} pass, tools/conformance_reasons.csv says why not: {why}")
    return "\n".join(lines) + "\n"


def why_table(outcomes, known):
    """A line for the failing cases of each recorded reason; `known`: (file, pattern of cases, why), the first that fits counts."""
    lines = ["", "Why they fail:", "", "| file | cases | failed | why |", "|---|---|---|---|"]
    used = set()
    for name, outcome in outcomes.items():
        rows = [row for row in known if row[0] == name]
        left = outcome.cases - outcome.passed
        counts = collections.Counter()
        for case in outcome.failed[:left]:
            counts[next((row for row in rows if fnmatch.fnmatchcase(case, row[1])), None)] += 1
        # cases that were never run: those of a whole file
        if left > sum(counts.values()):
            counts[next((row for row in rows if row[1] == "*"), None)] += left - sum(counts.values())
        used.update(row for row in counts if row)
        for row, count in counts.items():
            pattern, why = row[1:] if row else ("", "no reason recorded")
            lines.append(f"| {name} | {cell(pattern)} | {count} | {cell(why)} |")
    stale = [row for row in known if row[0] in outcomes and row not in used]
    return lines if len(lines) > 5 else [], stale


def known_reasons():
    """(file, pattern of cases, why) of tools/conformance_reasons.csv."""
    with open(PROJECT / "tools" / "conformance_reasons.csv", newline="") as lines:
        return [(row["file"], row["case"], row["why"]) for row in csv.DictReader(lines)]


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

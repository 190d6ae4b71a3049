#!/usr/bin/env python3
"""Runs golden folders and compares what rustybt does with what is recorded there.

    tools/golden.py [--root FOLDER ...] [--only NAME,...] [--verbose]

A golden folder has input/, expected/ and scenarios/; zipline_examples has no scenarios, its strategies are rustybt.examples. Default:
both of the shared data, without the scenarios in NOT_YET, unless asked for. Each scenario runs unmodified
through the zipline alias with the preset zipline, on a bundle made from input/.

One line per scenario and run; a last line with the totals; exit status 1 on any difference.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tools"))
BUILD = Path(os.environ.get("RUSTYBT_BUILD", PROJECT / "build" / "dev"))
sys.path.insert(0, str(BUILD / "python"))

from golden_compare import Comparison  # noqa: E402

# scenarios whose parts are not built yet: pipelines
NOT_YET = ["s20a_factors", "s20b_filters_rank", "s20c_custom", "s20d_pipeline_algo"]


def shared_data():
    return Path(os.environ.get("RUSTYBT_TEST_DATA", PROJECT.parent / "shared")).expanduser().resolve()


def default_roots():
    golden = shared_data() / "data" / "golden"
    return [golden / "zipline_examples", golden / "zipline_reloaded"]


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", action="append", type=Path, help="golden folder, may be repeated")
    parser.add_argument("--only", default="", help="scenarios whose names begin with one of these, comma separated")
    parser.add_argument("--verbose", action="store_true", help="the traceback of an unexpected error")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    roots = options.root or default_roots()
    missing = [str(r) for r in roots if not (r / "expected").is_dir()]
    if missing:
        message = f"golden: no golden folder at {', '.join(missing)} (RUSTYBT_TEST_DATA names the shared data)"
        if os.environ.get("CI") == "true" or options.root:
            sys.exit(message)
        print(message + ": skipped")
        return 0
    only = [name for name in options.only.split(",") if name]
    comparison = Comparison()
    with tempfile.TemporaryDirectory(prefix="rustybt-golden-") as work:
        for number, root in enumerate(roots):
            run_root(root.resolve(), only, Path(work) / str(number), comparison, options)
    print(comparison.totals())
    return 0 if comparison.is_good() else 1


def run_root(root, only, work, comparison, options):
    if (root / "scenarios").is_dir():
        from golden_scenarios import run_scenarios

        run_scenarios(root, only, NOT_YET, work, comparison, options.verbose)
    else:
        from golden_examples import run_examples

        run_examples(root, only, work, comparison, options.verbose)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

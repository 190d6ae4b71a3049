"""`python -m rustybt`: the rustybt command, with .py strategies run by this interpreter."""

import sys

from rustybt import _core


def main():
    sys.exit(_core.run_cli(["rustybt", *sys.argv[1:]]))


if __name__ == "__main__":
    main()

"""`python -m rustybt`: the rustybt command, with .py strategies run by this interpreter."""

import sys
from typing import NoReturn

from rustybt import _core


def main() -> NoReturn:
    """Run the command line of this process."""
    sys.exit(_core.run_cli(["rustybt", *sys.argv[1:]]))


if __name__ == "__main__":
    main()

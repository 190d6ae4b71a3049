"""`zipline` as another name of `rustybt`.

    import rustybt.compat.zipline            # from here on `import zipline` gives rustybt's modules
    python -m rustybt.compat.zipline script.py arguments

Nothing is copied: zipline.api IS rustybt.api. Importing this sets the process's default preset to "zipline". A real zipline that is
already imported stays; one that is merely installed is hidden while the alias is active.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rustybt.compat._alias import activate, deactivate

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["activate", "deactivate", "main"]


def main(arguments: Sequence[str] | None) -> None:
    """Run a script as `python script.py` would, with the alias active."""
    import runpy

    if not arguments:
        raise SystemExit("usage: python -m rustybt.compat.zipline script.py [arguments]")
    sys.argv = arguments
    sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
    runpy.run_path(arguments[0], run_name="__main__")


activate()
if __name__ == "__main__":
    main(sys.argv[1:])

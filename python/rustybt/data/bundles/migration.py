"""Zipline's own bundles: bring one over, every cell read back and compared.

Bundles in Zipline's root (ZIPLINE_ROOT) also open without that: `load` converts them once into a cache.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt.data.bundles.core import _root

if TYPE_CHECKING:
    from rustybt._types import StrPath

__all__ = ["migrate_zipline_bundle", "undo_migration"]


def migrate_zipline_bundle(
    folder: StrPath,
    name: str | None = None,
    *,
    tables: Any = (),
    dry_run: bool = False,
    leave_out_bad_bars: bool = False,
    root: StrPath | None = None,
) -> dict[str, Any]:
    """Write a bundle of Zipline's as a bundle of ours and say what came over, as `rustybt data migrate` does.

    `folder` is the bundle's (its newest ingestion is taken) or that of one ingestion; `tables` are further bcolz tables
    of bars, such as those of futures. With `dry_run` nothing is written; bars that contradict themselves are listed as
    `bad_bars`. Should anything read back differently, the version before stays current.

    >>> migrate_zipline_bundle("~/.zipline/data/quandl")["cells_checked"]    # doctest: +SKIP
    78104325
    """
    folder, *tables = [os.path.expanduser(os.fspath(path)) for path in (folder, *tables)]
    return _core.migrate_zipline_bundle(folder, name or "", _root(root), tables, dry_run, leave_out_bad_bars)


def undo_migration(name: str, root: StrPath | None = None) -> Any:
    """Make the version before the migration current again; returns its id, None when there was none."""
    return _core.undo_migration(name, _root(root))

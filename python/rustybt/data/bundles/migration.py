"""Zipline's own bundles: bring one over, every cell read back and compared.

Bundles in Zipline's root (ZIPLINE_ROOT) also open without that: `load` converts them once into a cache.
"""

import os

from rustybt import _core
from rustybt.data.bundles.core import _root

__all__ = ["migrate_zipline_bundle", "undo_migration"]


def migrate_zipline_bundle(folder, name=None, *, tables=(), dry_run=False, leave_out_bad_bars=False, root=None):
    """Write a bundle of Zipline's as a bundle of ours and say what came over, as `rustybt data migrate` does.

    `folder` is the bundle's (its newest ingestion is taken) or that of one ingestion; `tables` are further bcolz tables
    of bars, such as those of futures. With `dry_run` nothing is written; bars that contradict themselves are listed as
    `bad_bars`. Should anything read back differently, the version before stays current.

    >>> migrate_zipline_bundle("~/.zipline/data/quandl")["cells_checked"]    # doctest: +SKIP
    78104325
    """
    folder, *tables = [os.path.expanduser(os.fspath(path)) for path in (folder, *tables)]
    return _core.migrate_zipline_bundle(folder, name or "", _root(root), tables, dry_run, leave_out_bad_bars)


def undo_migration(name, root=None):
    """Make the version before the migration current again; returns its id, None when there was none."""
    return _core.undo_migration(name, _root(root))

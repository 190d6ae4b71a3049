"""Bundles: prices, assets and corporate actions under a name.

    write_frames("mine", {"AAPL": frame}, dividends=[{"symbol": "AAPL", "ex_date": "2014-05-08", "amount": "3.29"}])
    result = rustybt.run_algorithm(..., bundle="mine")

`rustybt ingest` on the command line reads files; `register` takes a function with Zipline's signature (see core).
"""

from rustybt.data.bundles._write import write_frames
from rustybt.data.bundles.core import (
    BadClean,
    UnknownBundle,
    bundles,
    clean,
    from_bundle_ingest_dirname,
    ingest,
    ingested,
    ingestions_for_bundle,
    load,
    only_bundle,
    register,
    to_bundle_ingest_dirname,
    unregister,
    zipline_bundles,
)
from rustybt.data.bundles.csvdir import csvdir_bundle, csvdir_equities

__all__ = [
    "BadClean",
    "UnknownBundle",
    "bundles",
    "clean",
    "csvdir_bundle",
    "csvdir_equities",
    "from_bundle_ingest_dirname",
    "ingest",
    "ingested",
    "ingestions_for_bundle",
    "load",
    "only_bundle",
    "register",
    "to_bundle_ingest_dirname",
    "unregister",
    "write_frames",
    "zipline_bundles",
]

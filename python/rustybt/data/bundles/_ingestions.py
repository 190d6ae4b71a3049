"""Bundles below a Zipline root: data/NAME/TIME holds one ingestion each, with what its function put into output_dir.

So they are kept where an `environ` names ZIPLINE_ROOT and not RUSTYBT_ROOT; the bars of an ingestion lie in its folder `store`,
which is a root of ours with that one version.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from rustybt.errors import BadClean, UnknownBundle
from rustybt.utils import paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

_STORE = "store"


def to_bundle_ingest_dirname(ts: pd.Timestamp) -> str:
    """Name of the folder of an ingestion at a time.

    >>> import pandas as pd
    >>> to_bundle_ingest_dirname(pd.Timestamp("2024-05-06 07:08"))
    '2024-05-06T07;08;00'
    """
    return ts.isoformat().replace(":", ";")


def from_bundle_ingest_dirname(cs: str) -> pd.Timestamp:
    """Time of an ingestion, from the name of its folder."""
    import pandas as pd

    return pd.Timestamp(cs.replace(";", ":"))


def ingestions_for_bundle(bundle: str, environ: Mapping[str, str] | None = None) -> list[pd.Timestamp]:
    """Times of a bundle's ingestions below Zipline's root, the newest first."""
    names = os.listdir(paths.data_path([bundle], environ))
    return sorted((from_bundle_ingest_dirname(name) for name in names if not paths.hidden(name)), reverse=True)


def asset_db_path(
    bundle_name: str, timestr: str, environ: Mapping[str, str] | None = None, db_version: int | None = None
) -> str:
    """File of an ingestion's assets in Zipline's layout, which is written where ingest() is given assets_versions."""
    from rustybt.assets import ASSET_DB_VERSION

    version = ASSET_DB_VERSION if db_version is None else db_version
    return paths.data_path([bundle_name, timestr, f"assets-{version}.sqlite"], environ)


def wants_zipline_layout(environ: Mapping[str, str] | None) -> bool:
    """Does an environment given by the caller ask for Zipline's layout?"""
    return environ is not None and environ is not os.environ and "ZIPLINE_ROOT" in environ and "RUSTYBT_ROOT" not in environ


def naive(moment: Any) -> pd.Timestamp:
    """A moment as names of ingestions have it: UTC, without a zone."""
    import pandas as pd

    stamp = pd.Timestamp(moment)
    return stamp if stamp.tz is None else stamp.tz_convert("UTC").tz_localize(None)


def new_folder(name: str, timestamp: Any, environ: Mapping[str, str]) -> str:
    """The folder of a new ingestion, made."""
    import pandas as pd

    now = pd.Timestamp.now("UTC") if timestamp is None else timestamp
    folder = paths.data_path([name, to_bundle_ingest_dirname(naive(now))], environ)
    paths.ensure_directory(folder)
    return folder


def store_of(folder: str) -> str:
    """The root of ours in the folder of an ingestion."""
    return os.path.join(folder, _STORE)


def folder_at(name: str, timestamp: Any, environ: Mapping[str, str]) -> str | None:
    """Folder of the newest ingestion at or before a time that left anything; None where the bundle has no folder.

    Raises ValueError.
    """
    if not os.path.isdir(paths.data_path([name], environ)):
        return None
    times = [t for t in ingestions_for_bundle(name, environ) if timestamp is None or t <= naive(timestamp)]
    folders = (paths.data_path([name, to_bundle_ingest_dirname(time)], environ) for time in times)
    found = next((folder for folder in folders if os.listdir(folder)), None)
    if found is None:
        raise no_data(name, timestamp)
    return found


def no_data(name: str, timestamp: Any) -> ValueError:
    when = "" if timestamp is None else f" on or before {timestamp}"
    return ValueError(f"no data for bundle {name!r}{when}\nmaybe you need to run: $ rustybt ingest {name}")


def write_asset_files(parts: Any, name: str, folder: str, environ: Mapping[str, str], versions: Iterable[int]) -> None:
    """The assets in Zipline's layout, in its versions; the newest is always among them."""
    from rustybt.assets import ASSET_DB_VERSION, AssetDBWriter
    from rustybt.assets.asset_db_migrations import downgrade

    for version in sorted({*versions, ASSET_DB_VERSION}):
        file = asset_db_path(name, os.path.basename(folder), environ, version)
        writer = AssetDBWriter(file)
        for arguments in parts.written_assets:
            writer.write(**arguments)
        if version != ASSET_DB_VERSION:
            downgrade(file, version)


def clean(name: str, before: Any, after: Any, keep_last: int | None, environ: Mapping[str, str]) -> set[str]:
    """Remove ingestions; returns their folders. Raises BadClean, UnknownBundle."""
    if not os.path.isdir(paths.data_path([name], environ)):
        raise UnknownBundle(f"No bundle registered with the name {name!r}")
    by_time = before is not None or after is not None
    if by_time == (keep_last is not None) or (keep_last is not None and keep_last < 0):
        raise BadClean(
            "Cannot pass a combination of `before` and `after` with `keep_last`. Must pass one. "
            f"Got: before={before!r}, after={after!r}, keep_last={keep_last!r}\n"
        )
    times = ingestions_for_bundle(name, environ)
    if by_time:
        unwanted = [
            t for t in times if (before is not None and t < naive(before)) or (after is not None and t > naive(after))
        ]
    else:
        unwanted = times[keep_last:]
    removed = {paths.data_path([name, to_bundle_ingest_dirname(time)], environ) for time in unwanted}
    for folder in removed:
        shutil.rmtree(folder)
    return removed

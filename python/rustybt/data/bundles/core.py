"""Bundles made by functions: `register` one with Zipline's signature, `ingest` it by name, `load` what was ingested.

    @register("mine", calendar_name="NYSE")
    def make(environ, asset_db_writer, minute_bar_writer, daily_bar_writer, adjustment_writer, calendar, start_session,
             end_session, cache, show_progress, output_dir):
        asset_db_writer.write(equities=...)
        daily_bar_writer.write((sid, frame) for ...)
        adjustment_writer.write(splits=..., dividends=...)

    ingest("mine")          # or: rustybt ingest mine, with the function in RUSTYBT_ROOT/extension.py
"""

from __future__ import annotations

import functools
import logging
import os
import shutil
import tempfile
import types
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from rustybt import _core, _preset
from rustybt._dates import is_missing, to_nanoseconds
from rustybt.data.bundles import _ingestions
from rustybt.data.bundles._ingestions import (
    asset_db_path,
    from_bundle_ingest_dirname,
    ingestions_for_bundle,
    to_bundle_ingest_dirname,
)
from rustybt.data.bundles._writers import AdjustmentWriter, AssetWriter, DailyBarWriter, MinuteBarWriter, Parts
from rustybt.errors import BadClean, UnknownBundle
from rustybt.utils import paths
from rustybt.utils.cache import dataframe_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from rustybt._core import Bundle
    from rustybt._types import Moment, StrPath

__all__ = [
    "BadClean",
    "BundleCore",
    "RegisteredBundle",
    "UnknownBundle",
    "asset_db_path",
    "bundles",
    "clean",
    "from_bundle_ingest_dirname",
    "ingest",
    "ingested",
    "ingestions_for_bundle",
    "load",
    "only_bundle",
    "register",
    "to_bundle_ingest_dirname",
    "unregister",
]


class RegisteredBundle(NamedTuple):
    """What register() was given."""

    calendar_name: str
    start_session: Any
    end_session: Any
    minutes_per_day: int
    ingest: Callable[..., Any]
    create_writers: bool


_known = {}
#: The registered functions by name.
bundles: Mapping[str, Any] = types.MappingProxyType(_known)


def register(
    name: str,
    f: Callable[..., Any] | None = None,
    calendar_name: str = "NYSE",
    start_session: pd.Timestamp | None = None,
    end_session: pd.Timestamp | None = None,
    minutes_per_day: int = 390,
    create_writers: bool = True,
    *,
    _registered: dict[str, Any] = _known,
) -> Any:
    """Register a function that makes a bundle, under a name; without `f` a decorator.

    calendar_name: of the bundle's bars. start_session, end_session: passed to the function, default the calendar's bounds.
    minutes_per_day is accepted as Zipline's and not needed. create_writers=False passes None for
    the writers: the function then puts files of a Zipline bundle into `output_dir`, and they are migrated.
    """
    if f is None:
        return lambda function: register(
            name, function, calendar_name, start_session, end_session, minutes_per_day, create_writers, _registered=_registered
        )
    if name in _registered:
        warnings.warn(f"Overwriting bundle with name {name!r}", stacklevel=2)
    _registered[name] = RegisteredBundle(
        calendar_name, start_session, end_session, minutes_per_day, f, create_writers
    )
    return f


def unregister(name: str, *, _registered: dict[str, Any] = _known) -> None:
    """Forget a registered function. Raises UnknownBundle."""
    if name not in _registered:
        raise _unknown(name, _registered)
    del _registered[name]


def ingest(
    name: str,
    environ: Mapping[str, str] = os.environ,
    timestamp: Moment | None = None,
    assets_versions: Iterable[int] = (),
    show_progress: bool = False,
    root: StrPath | None = None,
    *,
    _registered: dict[str, Any] = _known,
) -> Any:
    """Call the function registered under `name` and store what it writes as the bundle's new version. Returns its info.

    The version is written whole after the function has returned: an error in it leaves the previous version as it was.
    What it keeps in `cache` stays until an ingest succeeds, so that a failed one need not fetch everything again.
    timestamp: time of the ingest (default now). An `environ` that names ZIPLINE_ROOT and no RUSTYBT_ROOT: the bundle goes there, a
    folder for each ingestion, which is also output_dir; only then assets_versions asks for files of the assets in Zipline's
    layout, and under the zipline alias bars that contradict themselves are taken, as Zipline does.
    """
    if name not in _registered:
        raise _unknown(name, _registered)
    import pandas as pd

    from rustybt.utils.calendar_utils import get_calendar

    bundle = _registered[name]
    in_folder = root is None and _ingestions.wants_zipline_layout(environ)
    root = paths.zipline_root(environ) if in_folder else _root(root, environ)
    calendar = get_calendar(bundle.calendar_name)
    start, end = calendar.first_session, calendar.last_session
    if bundle.start_session is not None:
        start = max(start, _ingestions.naive(bundle.start_session))
    if bundle.end_session is not None:
        end = min(end, _ingestions.naive(bundle.end_session))
    parts = Parts()
    writers = (AssetWriter(parts), MinuteBarWriter(parts), DailyBarWriter(parts), AdjustmentWriter(parts))
    output = _ingestions.new_folder(name, timestamp, environ) if in_folder else None
    if assets_versions and not bundle.create_writers:
        raise ValueError("Need to ingest a bundle that creates writers in order to downgrade the assets db.")
    output = output or tempfile.mkdtemp(prefix="rustybt-ingest-")
    with dataframe_cache(os.path.join(root, "cache", "ingest", name), clean_on_failure=False) as cache:
        try:
            bundle.ingest(
                environ,
                *(writers if bundle.create_writers else (None,) * 4),
                calendar,
                start,
                end,
                cache,
                show_progress,
                output,
            )
            if in_folder:
                root = _ingestions.store_of(output)
                if bundle.create_writers and not parts.has_no_assets and assets_versions:
                    _ingestions.write_asset_files(parts, name, output, environ, assets_versions)
                if parts.has_no_bars and (bundle.create_writers or not os.listdir(output)):
                    return None  # a folder, but nothing to load
            if bundle.create_writers:
                now = None if timestamp is None else to_nanoseconds(timestamp)
                return parts.write(name, root, calendar.name, now, in_folder and _preset.default == "zipline")
            from rustybt.data.bundles.migration import migrate_zipline_bundle

            migrate_zipline_bundle(output, name, root=root)
            return ingested(root)[name]
        except BaseException:
            shutil.rmtree(output, ignore_errors=True)  # the ingestion before stays the newest
            raise
        finally:
            if not in_folder:
                shutil.rmtree(output, ignore_errors=True)


def load(
    name: str,
    environ: Mapping[str, str] | None = None,
    timestamp: Moment | None = None,
    root: StrPath | None = None,
    *,
    _registered: dict[str, Any] = _known,
) -> Bundle:
    """Open a bundle: its current version, or the newest ingested at or before `timestamp`.

    A name that is not among ours but in Zipline's root (ZIPLINE_ROOT) is converted once, and said so by a log message. `environ` may
    name both roots.

    >>> load("mine").asset_finder.lookup_symbol("AAPL", as_of_date=None)    # doctest: +SKIP
    Equity(0 [AAPL])
    """
    log = logging.getLogger("rustybt").log
    if root is None and _ingestions.wants_zipline_layout(environ):
        folder = _ingestions.folder_at(name, timestamp, environ)
        if folder is None:
            raise _ingestions.no_data(name, timestamp) if name in _registered else _unknown(name, _registered)
        if os.path.isdir(store := _ingestions.store_of(folder)):
            return _core.load_bundle(name, store, None, log, None)
    as_of = None if timestamp is None else to_nanoseconds(timestamp)
    zipline = None if environ is None else environ.get("ZIPLINE_ROOT")
    return _core.load_bundle(name, _root(root, environ), as_of, log, None if zipline is None else os.path.expanduser(zipline))


def ingested(root: StrPath | None = None) -> list[str]:
    """Facts of every bundle that there is data of, by name."""
    return {info["name"]: info for info in _core.list_bundles(_root(root))}


def zipline_bundles(root: StrPath | None = None) -> Any:
    """Folders of the bundles in Zipline's root, by name; `load` opens them. Names that ours have are left out."""
    return _core.list_zipline_bundles(_root(root))


def only_bundle(root: StrPath | None = None) -> str:
    """Name of the bundle when there is just one; those in Zipline's root count only when there is none of ours."""
    names = sorted(ingested(root) or zipline_bundles(root))
    if len(names) != 1:
        found = f"found {', '.join(names)}" if names else "there is none"
        raise UnknownBundle(f"run_algorithm needs the name of a bundle: {found}")
    return names[0]


def clean(
    name: str,
    before: Moment | None = None,
    after: Moment | None = None,
    keep_last: int | None = None,
    environ: Mapping[str, str] | None = None,
    root: StrPath | None = None,
    *,
    _registered: dict[str, Any] = _known,
) -> Any:
    """Remove versions: all but the newest keep_last, or those ingested before or after a time. Returns their ids,
    for bundles below a Zipline root their folders."""
    if root is None and _ingestions.wants_zipline_layout(environ):
        return _ingestions.clean(name, before, after, keep_last, environ)
    time = [None if is_missing(t) else to_nanoseconds(t) for t in (before, after)]
    return set(_core.clean_bundle(name, _root(root, environ), keep_last, *time))


class BundleCore(NamedTuple):
    """The functions of this module over a register of their own."""

    bundles: Mapping[str, Any]
    register: Callable[..., Any]
    unregister: Callable[..., None]
    ingest: Callable[..., Any]
    load: Callable[..., Bundle]
    clean: Callable[..., Any]


def _make_bundle_core():
    own = {}
    bound = (functools.partial(function, _registered=own) for function in (register, unregister, ingest, load, clean))
    return BundleCore(types.MappingProxyType(own), *bound)


def _unknown(name, registered):
    names = ", ".join(sorted(registered)) or "none"
    return UnknownBundle(f"No bundle registered with the name {name!r}; registered: {names}")


def _root(root, environ=None):
    if root is None and environ is not None:
        root = environ.get("RUSTYBT_ROOT")
    return _core.default_root() if root is None else os.fspath(root)

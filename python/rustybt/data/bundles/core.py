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

import logging
import os
import shutil
import tempfile
import types
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from rustybt import _core
from rustybt._dates import is_missing, to_nanoseconds
from rustybt.data.bundles._writers import AdjustmentWriter, AssetWriter, DailyBarWriter, MinuteBarWriter, Parts
from rustybt.errors import BadClean, InvalidArgument, UnknownBundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pandas as pd

    from rustybt._core import Bundle
    from rustybt._types import Frame, Moment, StrPath

__all__ = [
    "BadClean",
    "RegisteredBundle",
    "UnknownBundle",
    "bundles",
    "clean",
    "ingest",
    "ingested",
    "load",
    "only_bundle",
    "register",
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


_registered = {}
#: The registered functions by name.
bundles: Mapping[str, Any] = types.MappingProxyType(_registered)


def register(
    name: str,
    f: Callable[..., Any] | None = None,
    calendar_name: str = "NYSE",
    start_session: pd.Timestamp | None = None,
    end_session: pd.Timestamp | None = None,
    minutes_per_day: int = 390,
    create_writers: bool = True,
) -> Any:
    """Register a function that makes a bundle, under a name; without `f` a decorator.

    calendar_name: of the bundle's bars. start_session, end_session: passed to the function, default the calendar's bounds.
    minutes_per_day is accepted as Zipline's and not needed. create_writers=False passes None for
    the writers: the function then puts files of a Zipline bundle into `output_dir`, and they are migrated.
    """
    if f is None:
        return lambda function: register(
            name, function, calendar_name, start_session, end_session, minutes_per_day, create_writers
        )
    if name in _registered:
        warnings.warn(f"Overwriting bundle with name {name!r}", stacklevel=2)
    _registered[name] = RegisteredBundle(
        calendar_name, start_session, end_session, minutes_per_day, f, create_writers
    )
    return f


def unregister(name: str) -> None:
    """Forget a registered function. Raises UnknownBundle."""
    if name not in _registered:
        raise _unknown(name)
    del _registered[name]


def ingest(
    name: str,
    environ: Mapping[str, str] = os.environ,
    timestamp: Moment | None = None,
    assets_versions: Iterable[int] = (),
    show_progress: bool = False,
    root: StrPath | None = None,
) -> Any:
    """Call the function registered under `name` and store what it writes as the bundle's new version. Returns its info.

    The version is written whole after the function has returned: an error in it leaves the previous version as it was.
    What it keeps in `cache` stays until an ingest succeeds, so that a failed one need not fetch everything again.
    timestamp: time of the ingest (default now). assets_versions is accepted as Zipline's; older layouts are not written.
    """
    if name not in _registered:
        raise _unknown(name)
    import pandas as pd

    from rustybt.utils.calendar_utils import get_calendar

    bundle = _registered[name]
    root = _root(root, environ)
    calendar = get_calendar(bundle.calendar_name)
    start, end = calendar.first_session, calendar.last_session
    if bundle.start_session is not None:
        start = max(start, _naive(pd.Timestamp(bundle.start_session)))
    if bundle.end_session is not None:
        end = min(end, _naive(pd.Timestamp(bundle.end_session)))
    parts = Parts()
    writers = (AssetWriter(parts), MinuteBarWriter(parts), DailyBarWriter(parts), AdjustmentWriter(parts))
    cache = _Cache(os.path.join(root, "cache", "ingest", name))
    output = tempfile.mkdtemp(prefix="rustybt-ingest-")
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
        if bundle.create_writers:
            info = parts.write(name, root, calendar.name, None if timestamp is None else to_nanoseconds(timestamp))
        else:
            from rustybt.data.bundles.migration import migrate_zipline_bundle

            migrate_zipline_bundle(output, name, root=root)
            info = ingested(root)[name]
    finally:
        shutil.rmtree(output, ignore_errors=True)
    cache.clear()
    return info


def load(
    name: str, environ: Mapping[str, str] | None = None, timestamp: Moment | None = None, root: StrPath | None = None
) -> Bundle:
    """Open a bundle: its current version, or the newest ingested at or before `timestamp`.

    A name that is not among ours but in Zipline's root (ZIPLINE_ROOT) is converted once, and said so by a log message. `environ` may
    name both roots.

    >>> load("mine").asset_finder.lookup_symbol("AAPL", as_of_date=None)    # doctest: +SKIP
    Equity(0 [AAPL])
    """
    log = logging.getLogger("rustybt").log
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
) -> Any:
    """Remove versions: all but the newest keep_last, or those ingested before or after a time. Returns their ids."""
    time = [None if is_missing(t) else to_nanoseconds(t) for t in (before, after)]
    return set(_core.clean_bundle(name, _root(root, environ), keep_last, *time))


class _Cache:
    """A folder of frames by name (Zipline's dataframe_cache): cache[key] = frame, cache[key], del cache[key]."""

    def __init__(self, folder: StrPath) -> None:
        self.path = folder

    def _file(self, key):
        if not key or os.path.basename(key) != key:
            raise InvalidArgument(f"a key of the cache is a plain name, found {key!r}")
        return os.path.join(self.path, key + ".pickle")

    def __getitem__(self, key: Any) -> Any:
        import pandas as pd

        try:
            return pd.read_pickle(self._file(key))
        except FileNotFoundError:
            raise KeyError(key) from None

    def __setitem__(self, key: Any, frame: Frame) -> None:
        import pandas as pd

        os.makedirs(self.path, exist_ok=True)
        beside = self._file(key) + ".part"
        pd.to_pickle(frame, beside)
        os.replace(beside, self._file(key))

    def __delitem__(self, key: Any) -> None:
        try:
            os.remove(self._file(key))
        except FileNotFoundError:
            raise KeyError(key) from None

    def __contains__(self, key: object) -> bool:
        return os.path.exists(self._file(key))

    def __iter__(self) -> Iterator[Any]:
        names = os.listdir(self.path) if os.path.isdir(self.path) else []
        return iter(sorted(n[: -len(".pickle")] for n in names if n.endswith(".pickle")))

    def __len__(self) -> int:
        return len(list(self))

    def get(self, key: Any, default: Any = None) -> Any:
        return self[key] if key in self else default

    def clear(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _naive(stamp):
    return stamp if stamp.tzinfo is None else stamp.tz_convert("UTC").tz_localize(None)


def _unknown(name):
    names = ", ".join(sorted(_registered)) or "none"
    return UnknownBundle(f"no bundle is registered under {name!r}; registered: {names}")


def _root(root, environ=None):
    if root is None and environ is not None:
        root = environ.get("RUSTYBT_ROOT")
    return _core.default_root() if root is None else os.fspath(root)

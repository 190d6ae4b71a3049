"""The Parquet files of one version of a bundle, read lazily by Polars: only the partitions, row groups and columns asked for."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._dates import to_days, to_nanoseconds
from rustybt.errors import CorruptBundle, InvalidArgument, MissingDependency, SidsNotFound, UnknownBundle, UnknownField

if TYPE_CHECKING:
    from rustybt._types import Moment, StrPath
    from rustybt.assets import Asset

FIELDS = ("open", "high", "low", "close", "volume")
_DAY_NS = 86_400_000_000_000


def import_polars():
    """Polars, or a MissingDependency that says how to get it."""
    try:
        import polars
    except ImportError as missing:
        raise MissingDependency('frames of Polars need Polars: pip install "rustybt[polars]"') from missing
    return polars


class BundleFiles:
    """One version of a bundle, found through its manifest; later ingests do not change what this object reads."""

    def __init__(self, bundle, root=None):
        folder = Path(os.fspath(bundle))
        if not (folder / "manifest.json").is_file():
            name = str(bundle)
            if re.search(r"[/\\]", name):
                raise UnknownBundle(f"{name} is not the folder of a bundle: it has no manifest.json")
            root = _core.default_root() if root is None else os.fspath(root)
            folder = Path(root) / "data" / name
            if not (folder / "manifest.json").is_file():
                names = ", ".join(sorted(info["name"] for info in _core.list_bundles(root))) or "none"
                raise UnknownBundle(f"no bundle named {name!r} in {root}; there are: {names}")
        try:
            manifest = json.loads((folder / "manifest.json").read_text())
            self.version_id = manifest["version_id"]
            self.data_hash = manifest["data_hash"]
            self.calendar_name = manifest["calendar"]
            self.assets = {asset["sid"]: asset for asset in manifest["assets"]}
            self.paths = [file["path"] for file in manifest["files"]]
        except (ValueError, KeyError, TypeError) as damage:
            raise CorruptBundle(f"{folder / 'manifest.json'} cannot be read: {damage!r}") from damage
        self.folder = folder / "versions" / self.version_id
        self.price_scale = max((a["price_scale"] for a in self.assets.values()), default=0)
        self.volume_scale = max((a["volume_scale"] for a in self.assets.values()), default=0)

    def sid_of(self, asset):
        """The sid of an asset, a symbol or a sid. Raises SidsNotFound."""
        if isinstance(asset, str):
            found = [sid for sid, row in self.assets.items() if row["symbol"] == asset]
            if len(found) != 1:
                raise SidsNotFound(f"{len(found)} assets of the bundle have the symbol {asset!r}")
            return found[0]
        sid = int(getattr(asset, "sid", asset))
        if sid not in self.assets:
            raise SidsNotFound(f"no asset of the bundle has the sid {sid}")
        return sid

    def sids_of(self, assets):
        return [self.sid_of(a) for a in assets]

    def scan(self, kind, first, last, fields):
        """Bars between two times (days or nanoseconds, both included) as a lazy frame: sid, time, fields. None without files."""
        pl = import_polars()
        time = "session" if kind == "daily" else "time"
        frames = []
        for path in self.paths:
            if path.startswith(f"{kind}/") and path.endswith(".parquet") and _overlaps(path, kind, first, last):
                frame = pl.scan_parquet(self.folder / path, hive_partitioning=False)
                # each file has the scale that its own numbers need
                casts = [
                    pl.col(f).cast(pl.Decimal(38, self.volume_scale if f == "volume" else self.price_scale)) for f in fields
                ]
                frames.append(frame.select("sid", time, *casts))
        return pl.concat(frames) if frames else None


def _overlaps(path, kind, first, last):
    """Can a partition (year=YYYY, year=YYYY/month=MM, in UTC) hold bars between two times? A file without them: yes."""
    found = re.search(r"/year=(\d+)(?:/month=(\d+))?/", path)
    if not found:
        return True
    day = 1 if kind == "daily" else _DAY_NS
    year, month = int(found[1]), found[2] and int(found[2])
    begin = to_days(f"{year:04}-{month or 1:02}-01")
    end = to_days(f"{year + 1:04}-01-01" if month in (None, 12) else f"{year:04}-{month + 1:02}-01")
    return begin * day <= last and first < end * day


def checked_fields(fields):
    """The names of bar columns asked for, in their order. Raises UnknownField."""
    fields = FIELDS if fields is None else (fields,) if isinstance(fields, str) else tuple(fields)
    for field in fields:
        if field not in FIELDS:
            raise UnknownField(f"no bar field named {field!r}; there are {', '.join(FIELDS)}")
    if not fields or len(set(fields)) != len(fields):
        raise InvalidArgument(f"fields must be different names, at least one; found {list(fields)}")
    return fields


class ParquetReader:
    """What the readers of daily and minute bars share."""

    _kind = _time = _label = None

    def __init__(self, bundle: StrPath, root: StrPath | None = None) -> None:
        """bundle: a name under `root` (default RUSTYBT_ROOT), or the folder of a bundle."""
        import_polars()
        self._files = BundleFiles(bundle, root)

    @property
    def data_hash(self) -> str:
        """Hash of the bars this reader reads: equal data, equal hash."""
        return self._files.data_hash

    @property
    def calendar_name(self) -> str:
        """Calendar of the bundle."""
        return self._files.calendar_name

    @property
    def sids(self) -> list[int]:
        """Sids of the bundle, ascending."""
        return sorted(self._files.assets)

    def _at(self, value):
        return to_days(value) if self._kind == "daily" else to_nanoseconds(value)

    def _literal(self, value):
        pl = import_polars()
        kind = pl.Date if self._kind == "daily" else pl.Datetime("ns", "UTC")
        return pl.lit(value).cast(kind)

    def _load(self, assets, first, last, fields):
        pl = import_polars()
        fields = checked_fields(fields)
        sids = self._files.sids_of(assets)
        first, last = self._at(first), self._at(last)
        if first > last:
            raise InvalidArgument(f"the range begins at {first} after its end {last}")
        bars = self._files.scan(self._kind, first, last, fields)
        if bars is None:
            return self._empty(fields)
        bars = bars.filter(
            pl.col("sid").is_in(sids), pl.col(self._time).is_between(self._literal(first), self._literal(last))
        )
        return bars.select(pl.col(self._time).alias(self._label), "sid", *fields).sort("sid", self._label).collect()

    def _empty(self, fields):
        pl = import_polars()
        time = pl.Date if self._kind == "daily" else pl.Datetime("ns", "UTC")
        scales = {f: self._files.volume_scale if f == "volume" else self._files.price_scale for f in fields}
        return pl.DataFrame(
            schema={self._label: time, "sid": pl.Int64, **{f: pl.Decimal(38, scale) for f, scale in scales.items()}}
        )

    def _spot(self, assets, at, field):
        """One row per asset, in the order asked for; null without a bar at that time."""
        pl = import_polars()
        (field,) = checked_fields(field)
        sids = self._files.sids_of(assets)
        found = self._load(sids, at, at, field).select("sid", pl.col(field).alias("value"))
        return pl.DataFrame({"sid": pl.Series(sids, dtype=pl.Int64)}).join(found, on="sid", how="left", maintain_order="left")

    def last_bar(self, asset: Asset | int | str, at_or_before: Moment, field: str = "close") -> tuple[Any, Any] | None:
        """(time, value) of the newest bar with a value at or before a time, or None."""
        pl = import_polars()
        (field,) = checked_fields(field)
        sid, last = self._files.sid_of(asset), self._at(at_or_before)
        bars = self._files.scan(self._kind, -(2**31) if self._kind == "daily" else -(2**63), last, (field,))
        if bars is None:
            return None
        bars = bars.filter(
            pl.col("sid") == sid, pl.col(self._time) <= self._literal(last), pl.col(field).is_not_null()
        )
        row = bars.sort(self._time).tail(1).collect()
        return (row[self._time][0], row[field][0]) if row.height else None

    def _range(self, asset, which):
        pl = import_polars()
        sid = self._files.sid_of(asset)
        bars = self._files.scan(self._kind, -(2**63), 2**63 - 1, ("close",))
        if bars is None:
            return None
        column = pl.col(self._time)
        found = bars.filter(pl.col("sid") == sid).select(column.min() if which == "first" else column.max()).collect()
        return found.item()

"""The csvdir bundle: a folder with daily/ and minute/, one SYMBOL.csv[.gz] each.

    register("mine", csvdir_equities(["daily"], "/path/of/the/folder"))     # in extension.py
    rustybt ingest mine

`rustybt ingest csvdir FOLDER` needs no extension.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt.data.bundles.core import register
from rustybt.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from rustybt._types import StrPath
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["CSVDIRBundle", "csvdir_bundle", "csvdir_equities"]

_FRAMES = ("daily", "minute")


def csvdir_equities(tframes: Iterable[str] | None = None, csvdir: StrPath | None = None) -> Callable[..., None]:
    """An ingest function for register(). tframes: "daily", "minute" or both; csvdir: the folder, else $CSVDIR."""
    return CSVDIRBundle(tframes, csvdir).ingest


class CSVDIRBundle:
    """A csvdir folder with the frames to read from it."""

    def __init__(self, tframes: Iterable[str] | None = None, csvdir: StrPath | None = None) -> None:
        self.tframes = tframes
        self.csvdir = csvdir

    def ingest(self, *arguments: Any) -> None:
        csvdir_bundle(*arguments, self.tframes, self.csvdir)


@register("csvdir")
def csvdir_bundle(
    environ: Mapping[str, str],
    asset_db_writer: Any,
    minute_bar_writer: Any,
    daily_bar_writer: Any,
    adjustment_writer: Any,
    calendar: TradingCalendar,
    start_session: pd.Timestamp,
    end_session: pd.Timestamp,
    cache: Any,
    show_progress: bool,
    output_dir: StrPath,
    tframes: Iterable[str] | None = None,
    csvdir: StrPath | None = None,
) -> None:
    """Ingest a csvdir folder: the first column is the date, then by name open, high, low, close, volume, dividend, split."""
    csvdir = csvdir or environ.get("CSVDIR") or ""
    unknown = sorted(set(tframes or ()) - set(_FRAMES))
    if unknown:
        raise InvalidArgument(f"csvdir: time frames are daily and minute, found {', '.join(unknown)}")
    if tframes:
        missing = [frame for frame in tframes if not os.path.isdir(os.path.join(csvdir, frame))]
        if missing:
            raise InvalidArgument(f"csvdir: {csvdir} has no folder {missing[0]}")
    found = _core.read_csvdir(str(csvdir), calendar.name)
    wanted = tframes or _FRAMES
    asset_db_writer.write(equities=found["assets"], exchanges=[{"exchange": "CSVDIR", "country_code": "US"}])
    if "daily" in wanted:
        daily_bar_writer.write(found["daily"], show_progress=show_progress)
    if "minute" in wanted:
        minute_bar_writer.write(found["minute"], show_progress=show_progress)
    adjustment_writer.write(splits=found["splits"], dividends=found["dividends"])


# --- what bundles of Zipline's users that are made like its csvdir call --------------------------------------------------


def _empty_divs_splits():
    """{"divs": frame, "splits": frame} without rows, for _pricing_iter."""
    import pandas as pd

    days = dict.fromkeys(("ex_date", "record_date", "declared_date", "pay_date"), "datetime64[ns]")
    columns = {
        "divs": {"sid": "int64", "amount": "float64", **days},
        "splits": {"sid": "int64", "ratio": "float64", "effective_date": "datetime64[ns]"},
    }
    return {name: pd.DataFrame({c: pd.Series(dtype=kind) for c, kind in kinds.items()}) for name, kinds in columns.items()}


def _pricing_iter(csvdir, symbols, metadata, divs_splits, show_progress):
    """(sid, bars) of each symbol for a writer; its place in `symbols` is the sid.

    csvdir: a folder of SYMBOL.csv, of minutes where its name is "minute". Fills metadata's rows (start_date, end_date,
    auto_close_date, symbol) and adds to the frames of divs_splits.
    """
    import pandas as pd

    from rustybt.utils.cli import maybe_show_progress

    folder, frame = os.path.split(os.path.abspath(csvdir))
    in_frames = frame in _FRAMES
    found = _core.read_csvdir(folder if in_frames else str(csvdir), "XNYS")
    place = {asset["symbol"]: asset["sid"] for asset in found["assets"]}
    bars = dict(found[frame if in_frames else "daily"])
    with maybe_show_progress(symbols, show_progress, label="Loading custom pricing data: ") as shown:
        for sid, symbol in enumerate(shown):
            if symbol.upper() not in place:
                raise ValueError(f"{symbol}.csv file is not in {csvdir}")
            own = place[symbol.upper()]
            asset = found["assets"][own]
            start, end = pd.Timestamp(asset["start_date"]), pd.Timestamp(asset["end_date"])
            metadata.iloc[sid] = start, end, end + pd.Timedelta(days=1), symbol
            for name, rows in (("splits", found["splits"]), ("divs", found["dividends"])):
                rows = [{**row, "sid": sid} for row in rows if row["sid"] == own]
                known = divs_splits[name]
                more = pd.DataFrame(rows, columns=known.columns).astype(known.dtypes.to_dict())
                divs_splits[name] = pd.concat([known, more], ignore_index=True)
            yield sid, bars[own]

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

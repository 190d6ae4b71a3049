"""The csvdir bundle: a folder with daily/ and minute/, one SYMBOL.csv[.gz] each.

    register("mine", csvdir_equities(["daily"], "/path/of/the/folder"))     # in extension.py
    rustybt ingest mine

`rustybt ingest csvdir FOLDER` needs no extension.
"""

import os

from rustybt import _core
from rustybt.data.bundles.core import register
from rustybt.errors import InvalidArgument

__all__ = ["CSVDIRBundle", "csvdir_bundle", "csvdir_equities"]

_FRAMES = ("daily", "minute")


def csvdir_equities(tframes=None, csvdir=None):
    """An ingest function for register(). tframes: "daily", "minute" or both; csvdir: the folder, else $CSVDIR."""
    return CSVDIRBundle(tframes, csvdir).ingest


class CSVDIRBundle:
    """A csvdir folder with the frames to read from it."""

    def __init__(self, tframes=None, csvdir=None):
        self.tframes = tframes
        self.csvdir = csvdir

    def ingest(self, *arguments):
        csvdir_bundle(*arguments, self.tframes, self.csvdir)


@register("csvdir")
def csvdir_bundle(
    environ,
    asset_db_writer,
    minute_bar_writer,
    daily_bar_writer,
    adjustment_writer,
    calendar,
    start_session,
    end_session,
    cache,
    show_progress,
    output_dir,
    tframes=None,
    csvdir=None,
):
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

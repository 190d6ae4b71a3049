"""Bars by sid in a folder: a bundle of ours, and beside it what Zipline's writers are told (calendar, sessions, ratios)."""

import json
import os
from pathlib import Path

from rustybt import _core
from rustybt.data.bundles._frames import PRICES, bar_series
from rustybt.data.bundles._write import write_rows

_BUNDLE = "bars"
_OHLC = PRICES[:-1]
_LARGEST = 2**32 - 1


class BarFolder:
    """rootdir: the folder; settings: a dict that is kept with the bars."""

    def __init__(self, rootdir):
        self.rootdir = os.fspath(rootdir)
        self._settings = Path(self.rootdir, "bars.json")

    @property
    def exists(self):
        return self._settings.exists()

    def settings(self):
        """What the writer was told. Raises FileNotFoundError."""
        return json.loads(self._settings.read_text())

    def save_settings(self, settings):
        os.makedirs(self.rootdir, exist_ok=True)
        self._settings.write_text(json.dumps(settings, indent=1))

    def write(self, frames, daily, calendar, append):
        """Bars of {sid: frame}; the frames have UTC times or days as their index."""
        rows = [{"sid": sid, "symbol": str(sid), "asset_type": "equity"} for sid in frames]
        if not rows:
            return
        series = {sid: bar_series(frame, daily, f"bars of sid {sid}") for sid, frame in frames.items()}
        daily_bars, minute_bars = (series, {}) if daily else ({}, series)
        write_rows(
            _BUNDLE,
            rows,
            daily_bars,
            minute_bars,
            key="sid",
            calendar=calendar.name,
            root=self.rootdir,
            source="a bar writer",
            append=append and self.bundle() is not None,
            on_conflict="replace",
            accept_bad_bars=True,
        )

    def bundle(self):
        """The bars as an open bundle; None when nothing was written."""
        infos = {info["name"] for info in _core.list_bundles(self.rootdir)}
        return _core.load_bundle(_BUNDLE, self.rootdir, None, None) if _BUNDLE in infos else None


def as_stored(frame, ratio, sid, invalid_data_behavior):
    """Prices to 1/ratio and whole volumes, as Zipline's formats keep them; no price where there is none.

    Rows with a value that 32 bits do not hold become empty: with a warning, silently, or as an error ("warn", "ignore", "raise").
    """
    import numpy as np
    import pandas as pd

    if invalid_data_behavior not in ("warn", "raise", "ignore"):
        raise ValueError(
            "invalid_data_behavior must be one of {'warn', 'raise', 'ignore'}, got " + repr(invalid_data_behavior)
        )
    columns = {name: np.asarray(frame[name], dtype=float) for name in PRICES}
    too_large = np.zeros(len(frame), dtype=bool)
    for name in PRICES:
        too_large |= np.nan_to_num(columns[name]) * (1 if name == "volume" else ratio) > _LARGEST
    if too_large.any():
        times = [str(t) for t in frame.index[too_large]]
        message = f"sid {sid}: values out of bounds for uint32 at {', '.join(times[:3])} ({len(times)} rows)"
        if invalid_data_behavior == "raise":
            raise ValueError(message)
        if invalid_data_behavior == "warn":
            import warnings

            warnings.warn(f"Ignoring {message}", stacklevel=4)
    kept = {}
    for name in _OHLC:
        values = np.round(columns[name] * ratio) / ratio
        kept[name] = np.where(too_large | (values == 0), np.nan, values)
    volume = np.where(too_large, 0, np.nan_to_num(columns["volume"]))
    index = pd.DatetimeIndex(frame.index)
    return pd.DataFrame({**kept, "volume": np.floor(volume)}, index=index)


def naive_day(stamp):
    """A session's label: midnight without a zone."""
    import pandas as pd

    stamp = pd.Timestamp(stamp)
    return stamp if stamp.tzinfo is None else stamp.tz_convert("UTC").tz_localize(None)

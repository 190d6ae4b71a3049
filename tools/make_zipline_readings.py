"""Write what Zipline itself reads from the golden bundle into tests/data/zipline_readings.csv.

Daily: close, volume and last traded session of some assets around their zero-volume rows, first and last days; minute: close,
volume and last traded minute in sparse and short sessions. Run with a Python that has zipline-reloaded 3.2.1:

    python tools/make_zipline_readings.py [SHARED_FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader
from zipline.data.bcolz_minute_bars import BcolzMinuteBarReader

ROOT = Path(__file__).resolve().parents[1]


def main():
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared"
    folder = next((shared / "data/golden/zipline_bundle/data/golden").iterdir())
    rows = daily_rows(BcolzDailyBarReader(str(folder / "daily_equities.bcolz")))
    rows += minute_rows(BcolzMinuteBarReader(str(folder / "minute_equities.bcolz")), folder)
    frame = pd.DataFrame(rows, columns=["kind", "sid", "dt", "close", "volume", "last_traded"])
    frame.to_csv(ROOT / "tests/data/zipline_readings.csv", index=False)
    print(frame.groupby("kind").size())


def daily_rows(reader):
    rows = []
    sessions = reader.sessions
    for sid in sorted(reader._first_rows):
        first = reader._calendar_offsets[sid]
        count = reader._last_rows[sid] - reader._first_rows[sid] + 1
        volumes = reader._spot_col("volume")[reader._first_rows[sid] : reader._last_rows[sid] + 1]
        silent = np.flatnonzero(volumes == 0)
        places = {0, 1, count - 1, *(int(i) + d for i in silent[:10] for d in (-1, 0, 1)), *range(500, count, 1500)}
        for place in sorted(p for p in places if 0 <= p < count):
            day = sessions[first + place]
            last = reader.get_last_traded_dt(sid, day)
            rows.append(("daily", sid, day.date(), reader.get_value(sid, day, "close"),
                         int(reader.get_value(sid, day, "volume")), last.date() if last is not pd.NaT else ""))
    return rows


class Asset(int):
    """What the minute reader wants of an asset: its number and its first day."""

    start_date = pd.Timestamp("2004-01-02")

    @property
    def sid(self):
        return int(self)


def minute_rows(reader, folder):
    rows = []
    calendar = reader.trading_calendar
    for path in sorted((folder / "minute_equities.bcolz").glob("*/*/*.bcolz")):
        sid = Asset(path.stem)
        volumes = reader._open_minute_file("volume", sid)[:]
        traded = np.flatnonzero(volumes)
        for session in sorted({int(p) // 390 for p in traded}):
            opened = session * 390
            here = traded[(traded >= opened) & (traded < opened + 390)] - opened
            gaps = sorted(set(range(390)) - set(here.tolist()))[:3]
            for minute in sorted({0, 1, 200, 209, *gaps, int(here[0]), int(here[-1]), 388, 389}):
                dt = reader._pos_to_minute(opened + minute)
                if not calendar.is_open_on_minute(dt):
                    continue
                last = reader.get_last_traded_dt(sid, dt)
                rows.append(("minute", int(sid), dt.isoformat(), reader.get_value(sid, dt, "close"),
                             int(reader.get_value(sid, dt, "volume")), "" if last is pd.NaT else last.isoformat()))
    return rows


if __name__ == "__main__":
    main()

"""LEAN map files: the tickers of a company over time.

    maps = read_map_files("map_files/")                         # goog.csv, googl.csv, ...
    bars, rest = company_bars(maps, {"GOOG": frame, "GOOGL": frame, "GOOCV": frame})
    write_frames("mine", bars, symbol_mappings=maps)
    finder.lookup_symbol("GOOG", as_of_date="2014-04-02")       # the share that is GOOGL today
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rustybt import _core

if TYPE_CHECKING:
    from rustybt._types import Frame, StrPath


def read_map_files(path: StrPath) -> Any:
    """Rows of a map file, or of every one in a folder, as `write_frames(symbol_mappings=...)` takes them.

    symbol: the company by the name of its file, upper case ("AAA.1" is an earlier company of ticker AAA); name: the ticker;
    start_date, end_date: its first and last day. Raises BadCell with file and line.
    """
    rows = _core.read_map_files(os.fspath(path))
    return [{"symbol": c.upper(), "name": ticker, "start_date": start, "end_date": end} for c, ticker, start, end in rows]


def company_bars(maps: StrPath, frames: Frame) -> Any:
    """Daily bars by company, of bars by ticker: ({company: frame}, {ticker: rows that belong to no company of the maps}).

    frames: {ticker: pandas frame with an index of days}. Nothing is lost: every row is in one of the two results.
    """
    import pandas as pd

    parts, rest = {}, {ticker.upper(): frame for ticker, frame in frames.items()}
    for row in maps:
        frame = rest.get(row["name"])
        if frame is None:
            continue
        mine = (frame.index >= row["start_date"]) & (frame.index <= row["end_date"])
        if mine.any():
            parts.setdefault(row["symbol"], []).append(frame[mine])
            rest[row["name"]] = frame[~mine]
    return {c: pd.concat(found).sort_index() for c, found in parts.items()}, {t: f for t, f in rest.items() if len(f)}

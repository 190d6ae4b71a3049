"""input/ of a golden folder as a bundle."""

import csv
import gzip
from pathlib import Path

BARS = ("open", "high", "low", "close", "volume")


def read(folder, name):
    """Rows of NAME.csv or NAME.csv.gz as dicts of text; [] when there is none."""
    for file, opener in ((Path(folder) / f"{name}.csv", open), (Path(folder) / f"{name}.csv.gz", gzip.open)):
        if file.exists():
            with opener(file, "rt", newline="") as f:
                return list(csv.DictReader(f))
    return []


def by_symbol(rows, time):
    """{symbol: columns} of bar rows."""
    symbols = {}
    for row in rows:
        columns = symbols.setdefault(row["symbol"], {name: [] for name in (time, *BARS)})
        for name, values in columns.items():
            values.append(row[name])
    return symbols


def write_bundle(folder, root):
    """Make the bundle `golden` under `root` and open it."""
    from rustybt.data import bundles

    futures = read(folder, "futures_contracts")
    for row in futures:
        row.update(asset_type="future", notice_date=row["expiration_date"])
    bundles.write_frames(
        "golden",
        {**by_symbol(read(folder, "daily"), "date"), **by_symbol(read(folder, "futures_daily"), "date")},
        assets=[*read(folder, "assets"), *futures],
        root_symbols=[{"root_symbol": root} for root in dict.fromkeys(row["root_symbol"] for row in futures)],
        minute_bars=by_symbol(read(folder, "minute"), "dt"),
        splits=read(folder, "splits"),
        mergers=read(folder, "mergers"),
        dividends=read(folder, "dividend_payouts"),
        stock_dividends=read(folder, "stock_dividend_payouts"),
        root=root,
        source="golden input",
    )
    return bundles.load("golden", root=root)

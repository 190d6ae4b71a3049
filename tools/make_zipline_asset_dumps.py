"""Write a small asset database in every schema version of Zipline's, as SQL text, into tests/data/zipline_assets.

Zipline itself writes version 7 and downgrades it step by step to 1. Run with a Python that has zipline-reloaded 3.2.1:

    python tools/make_zipline_asset_dumps.py
"""

import sqlite3
import tempfile
from pathlib import Path

import pandas as pd
import sqlalchemy
from zipline.assets import AssetDBWriter
from zipline.assets.asset_db_migrations import downgrade

FOLDER = Path(__file__).resolve().parents[1] / "tests/data/zipline_assets"


def write_version_7(path):
    day = pd.Timestamp
    equities = pd.DataFrame(
        {
            "symbol": ["AAA", "BRK.B", "CCC"],
            "asset_name": ["Alpha", "Berkshire B", "Gamma"],
            "start_date": [day("2010-01-04"), day("2011-02-01"), day("2012-03-01")],
            "end_date": [day("2019-12-31"), day("2018-06-29"), day("2019-12-31")],
            "first_traded": [day("2010-01-05"), day("2011-02-01"), day("2012-03-01")],
            "auto_close_date": [day("2020-01-01"), day("2018-07-02"), day("2020-01-01")],
            "exchange": ["NEW YORK STOCK EXCHANGE", "NEW YORK STOCK EXCHANGE", "NASDAQ GLOBAL"],
        },
        index=[1, 2, 3],
    )
    futures = pd.DataFrame(
        {
            "symbol": ["ESH19"],
            "root_symbol": ["ES"],
            "asset_name": ["E-mini March 2019"],
            "start_date": [day("2018-01-02")],
            "end_date": [day("2019-03-15")],
            "first_traded": [day("2018-01-03")],
            "notice_date": [day("2019-03-14")],
            "expiration_date": [day("2019-03-15")],
            "auto_close_date": [day("2019-03-13")],
            "multiplier": [50.0],
            "tick_size": [0.25],
            "exchange": ["CME"],
        },
        index=[10],
    )
    roots = pd.DataFrame(
        {
            "root_symbol": ["ES"],
            "root_symbol_id": [7],
            "sector": ["Equities"],
            "description": ["E-mini S&P 500"],
            "exchange": ["CME"],
        }
    )
    exchanges = pd.DataFrame(
        {
            "exchange": ["NEW YORK STOCK EXCHANGE", "NASDAQ GLOBAL", "CME"],
            "canonical_name": ["NYSE", "NASDAQ", "CME"],
            "country_code": ["US", "US", "US"],
        }
    )
    AssetDBWriter(str(path)).write(equities=equities, futures=futures, root_symbols=roots, exchanges=exchanges)
    with sqlite3.connect(path) as database:  # CCC was called OLD in its first year; AAA has a number of a vendor's
        first, change, last = (day(d).value for d in ("2012-03-01", "2013-03-01", "2019-12-31"))
        database.execute("UPDATE equity_symbol_mappings SET start_date = ? WHERE sid = 3", (change,))
        database.execute("INSERT INTO equity_symbol_mappings VALUES (99, 3, 'OLD', 'OLD', '', ?, ?)", (first, change))
        database.execute("INSERT INTO equity_supplementary_mappings VALUES (1, 'CUSIP', ?, ?, '0001')", (first, last))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "assets.sqlite"
        write_version_7(path)
        for version in range(7, 0, -1):
            if version < 7:
                downgrade(sqlalchemy.create_engine(f"sqlite:///{path}"), version)
            with sqlite3.connect(path) as database:
                lines = [line for line in database.iterdump() if line not in ("BEGIN TRANSACTION;", "COMMIT;")]
            (FOLDER / f"version_{version}.sql").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

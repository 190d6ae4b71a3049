"""The golden bundle of Zipline's against the CSV files that it was made of, read by pandas."""

import logging
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt.data import bundles
from rustybt.data.bundles.migration import migrate_zipline_bundle, undo_migration
from rustybt.errors import CorruptBundle, InvalidArgument

SHARED = Path(os.environ.get("RUSTYBT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared")) / "data/golden"
ZIPLINE = SHARED / "zipline_bundle"
INPUT = SHARED / "zipline_reloaded/input"
FIELDS = ["open", "high", "low", "close", "volume"]


@pytest.fixture(scope="session")
def shared_data():
    if not ZIPLINE.is_dir():
        message = f"{ZIPLINE} is not there: set RUSTYBT_TEST_DATA"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)


@pytest.fixture(scope="session")
def migrated(shared_data, tmp_path_factory):
    root = tmp_path_factory.mktemp("migrated")
    report = migrate_zipline_bundle(ZIPLINE, tables=[ZIPLINE / "daily_futures.bcolz"], root=root)
    return root, report


def parquet_of(root, kind):
    """All bars of a kind as the bundle's Parquet files hold them, prices as doubles."""
    import pyarrow.parquet as pq

    version = max((root / "data/golden/versions").iterdir())
    frames = [pq.read_table(f, partitioning=None).to_pandas() for f in sorted((version / kind).rglob("*.parquet"))]
    return pd.concat(frames).reset_index(drop=True)


def rounded(csv):
    """Prices as Zipline stores them (thousandths, 0 = missing), volumes as they are."""
    out = csv.copy()
    for field in FIELDS[:4]:
        thousandths = (out[field].fillna(0) * 1000).round().astype("int64")
        out[field] = (thousandths / 1000).where(thousandths != 0)
    return out


def assert_equal_bars(found, expected, key):
    expected = rounded(expected).set_index(key).sort_index()
    found = found.set_index(key).sort_index()
    assert list(found.index) == list(expected.index)
    for field in FIELDS:
        a = pd.to_numeric(found[field])
        a = (a.fillna(0) if field == "volume" else a).to_numpy(float)
        b = expected[field].to_numpy(float)
        np.testing.assert_array_equal(np.rint(a * 1000), np.rint(b * 1000), err_msg=field)


def sids_of(path):
    return pd.read_csv(path).set_index("symbol")["sid"]


def test_daily_bars_of_equities_and_futures_equal_the_csv(migrated):
    root, report = migrated
    equities = pd.read_csv(INPUT / "daily.csv.gz")
    equities["sid"] = equities["symbol"].map(sids_of(INPUT / "assets.csv"))
    futures = pd.read_csv(INPUT / "futures_daily.csv")
    futures["sid"] = futures["symbol"].map(sids_of(INPUT / "futures_contracts.csv"))
    expected = pd.concat([equities, futures])
    expected["session"] = pd.to_datetime(expected["date"])
    found = parquet_of(root, "daily")
    found["session"] = pd.to_datetime(found["session"])
    assert_equal_bars(found, expected, ["sid", "session"])
    assert len(found) == report["daily_rows"]


def test_minute_bars_equal_the_csv(migrated):
    root, report = migrated
    expected = pd.read_csv(INPUT / "minute.csv")
    expected["sid"] = expected["symbol"].map(sids_of(INPUT / "assets.csv"))
    expected["time"] = pd.to_datetime(expected["dt"]).dt.tz_localize(None)
    found = parquet_of(root, "minute")
    found["time"] = pd.to_datetime(found["time"], utc=True).dt.tz_localize(None)
    assert_equal_bars(found, expected, ["sid", "time"])
    assert len(found) == report["minute_rows"] == len(expected)


@pytest.mark.parametrize("table", ["splits", "mergers", "dividends", "dividend_payouts", "stock_dividend_payouts"])
def test_corporate_actions_come_over_row_for_row(migrated, table):
    import sqlite3

    root, _ = migrated
    theirs = next((ZIPLINE / "data/golden").iterdir()) / "adjustments.sqlite"
    ours = max((root / "data/golden/versions").iterdir()) / "adjustments.sqlite"
    rows = []
    for file in (theirs, ours):
        with sqlite3.connect(f"file:{file}?immutable=1", uri=True) as database:
            rows.append(pd.read_sql(f"SELECT * FROM {table} ORDER BY rowid", database))
    pd.testing.assert_frame_equal(rows[1][rows[0].columns], rows[0], check_dtype=False, check_exact=True)


@pytest.mark.parametrize("table", ["exchanges", "equities", "futures_root_symbols", "futures_contracts", "asset_router"])
def test_assets_come_over_row_for_row(migrated, table):
    import sqlite3

    root, _ = migrated
    theirs = next((ZIPLINE / "data/golden").iterdir()) / "assets-7.sqlite"
    ours = max((root / "data/golden/versions").iterdir()) / "assets.sqlite"
    rows = []
    for file in (theirs, ours):
        with sqlite3.connect(f"file:{file}?immutable=1", uri=True) as database:
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            columns = ", ".join(names if not rows else rows[0][0])
            found = database.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall()
            not_a_date = -(2**63)  # NaT and NULL say the same
            rows.append((names, [tuple(None if v == not_a_date else v for v in row) for row in found]))
    assert rows[1][1] == rows[0][1]


def test_a_dry_run_writes_nothing(shared_data, tmp_path):
    report = migrate_zipline_bundle(ZIPLINE, dry_run=True, root=tmp_path)
    assert (report["equities"], report["futures"], report["bad_bars"]) == (24, 28, [])
    assert report["rows_read"] == report["daily_rows"] + report["minute_rows"] + report["empty"] + report["not_trading"]
    assert list(tmp_path.iterdir()) == []


def test_a_migration_is_undone(shared_data, tmp_path):
    days = {"date": ["2020-01-02"], "open": ["1"], "high": ["1"], "low": ["1"], "close": ["1"], "volume": [1]}
    bundles.write_frames("golden", {"ONE": days}, root=tmp_path)
    migrate_zipline_bundle(ZIPLINE, root=tmp_path)
    assert bundles.load("golden", root=tmp_path).info["assets"] == 52
    assert undo_migration("golden", root=tmp_path)
    assert bundles.load("golden", root=tmp_path).info["assets"] == 1
    with pytest.raises(InvalidArgument, match="not made by a migration"):
        undo_migration("golden", root=tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "__attrs__").write_text("{}")
    with pytest.raises(FileNotFoundError, match="assets-N.sqlite"):
        migrate_zipline_bundle(tmp_path, root=tmp_path / "root")


def test_a_table_without_rows_of_its_facts_is_refused(shared_data, tmp_path):
    (tmp_path / "t.bcolz").mkdir()
    (tmp_path / "t.bcolz/__attrs__").write_text('{"first_row": {"0": 0}}')
    with pytest.raises(CorruptBundle, match="last_row"):
        migrate_zipline_bundle(ZIPLINE, tables=[tmp_path / "t.bcolz"], root=tmp_path / "root")


def test_a_bundle_in_zipline_root_opens_and_runs(shared_data, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("ZIPLINE_ROOT", str(ZIPLINE))
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    assert list(bundles.zipline_bundles()) == ["golden"]
    with caplog.at_level(logging.INFO, "rustybt"):
        bundle = bundles.load("golden")
    assert "converting" in caplog.text
    assert bundle.info["source"].startswith("converted from ")
    closes = []

    def handle_data(context, data):
        closes.append(data.current(rustybt.api.symbol("AAPL"), "close"))

    rustybt.run_algorithm(handle_data=handle_data, bundle="golden", start="2014-06-05", end="2014-06-10")
    daily = pd.read_csv(INPUT / "daily.csv.gz")
    aapl = daily[(daily["symbol"] == "AAPL") & daily["date"].between("2014-06-05", "2014-06-10")]
    assert closes == aapl["close"].tolist()


@pytest.mark.parametrize("kind", ["daily", "minute"])
def test_values_and_last_trades_are_what_zipline_reads(migrated, kind):
    """tests/data/zipline_readings.csv: real zipline on the same bundle (tools/make_zipline_readings.py)."""
    root, _ = migrated
    file = Path(__file__).resolve().parents[2] / "tests/data/zipline_readings.csv"
    readings = pd.read_csv(file, float_precision="round_trip")
    readings = readings[readings["kind"] == kind].copy()
    readings["dt"] = pd.to_datetime(readings["dt"], utc=True)
    wanted = {dt: rows for dt, rows in readings.groupby("dt")}
    found = {}

    def handle_data(context, data):
        now = pd.Timestamp(rustybt.api.get_datetime())
        now = now if kind == "minute" else now.normalize()
        for row in wanted.get(now, readings[:0]).itertuples():
            asset = rustybt.api.sid(row.sid)
            close, volume = data.current(asset, "close"), data.current(asset, "volume")
            last = data.current(asset, "last_traded")
            last = "" if pd.isna(last) else last.isoformat() if kind == "minute" else str(last.date())
            found[(now, row.sid)] = (close, volume, last)

    bundle = bundles.load("golden", root=root)
    days = pd.DatetimeIndex(sorted(dt.tz_localize(None).normalize() for dt in wanted)).unique()
    spans = [days] if kind == "daily" else days.groupby(days.to_period("M")).values()  # not through the years between
    for span in spans:
        rustybt.run_algorithm(
            handle_data=handle_data, bundle=bundle, data_frequency=kind, preset="zipline", start=span[0], end=span[-1]
        )
    expected = {
        (row.dt, row.sid): (row.close, row.volume, "" if pd.isna(row.last_traded) else row.last_traded)
        for row in readings.itertuples()
    }
    assert found.keys() == expected.keys()
    for key, (close, volume, last) in expected.items():
        assert (np.isnan(close) and np.isnan(found[key][0])) or found[key][0] == close, key
        assert found[key][1:] == (volume, last), key


def test_a_registered_function_may_write_ziplines_files(shared_data, tmp_path):
    from rustybt.data import bundles

    @bundles.register("own-files", create_writers=False)
    def own_files(environ, assets, minute, daily, adjustments, calendar, start, end, cache, progress, output_dir):
        assert assets is minute is daily is adjustments is None
        shutil.copytree(ZIPLINE / "data/golden/2020-01-01T00;00;00", output_dir, dirs_exist_ok=True)

    try:
        info = bundles.ingest("own-files", root=tmp_path)
    finally:
        bundles.unregister("own-files")
    migrate_zipline_bundle(ZIPLINE, root=tmp_path)
    expected = bundles.ingested(tmp_path)["golden"]
    assert (info["daily_rows"], info["minute_rows"]) == (expected["daily_rows"], expected["minute_rows"]) > (0, 0)
    assert info["data_hash"] == expected["data_hash"]

"""Bundles below a Zipline root that an environment names: a folder for each ingestion, and what load and clean do with them."""

import os

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt.data.bundles import UnknownBundle, from_bundle_ingest_dirname, ingestions_for_bundle, to_bundle_ingest_dirname
from rustybt.data.bundles.core import BadClean, _make_bundle_core, asset_db_path
from rustybt.lib.adjustment import Float64Multiply
from rustybt.utils.calendar_utils import get_calendar

DAYS = get_calendar("XNYS").sessions_in_range("2020-01-02", "2020-01-08")


@pytest.fixture
def environ(tmp_path):
    return {"ZIPLINE_ROOT": str(tmp_path / "zipline")}


@pytest.fixture
def core():
    """Functions over a register of their own, with the bundle "mine": closes of one asset, and a file of its own."""
    core = _make_bundle_core()

    @core.register("mine", start_session=DAYS[0], end_session=DAYS[-1])
    def ingest(environ, assets, minutes, days, actions, calendar, start, end, cache, progress, output_dir):
        assets.write(equities=pd.DataFrame({"symbol": ["A"], "start_date": [start], "end_date": [end], "exchange": ["NYSE"]}, index=[7]))
        frame = pd.DataFrame({name: [10.0, 10, 5, 5, 5] for name in ("open", "high", "low", "close")}, index=DAYS)
        days.write([(7, frame.assign(volume=100))])
        seconds = int(pd.Timestamp("2020-01-06").timestamp())
        actions.write(splits=pd.DataFrame({"sid": [7], "effective_date": [seconds], "ratio": [0.5]}))
        with open(os.path.join(output_dir, "notes.txt"), "w") as file:
            file.write("kept")

    return core


def times(*texts):
    return [pd.Timestamp(text) for text in texts]


def test_names_of_folders_are_times():
    time = pd.Timestamp("2024-05-06 07:08:09.123456789")
    assert to_bundle_ingest_dirname(time) == "2024-05-06T07;08;09.123456789"
    assert from_bundle_ingest_dirname("2024-05-06T07;08;09.123456789") == time


def test_an_ingestion_is_a_folder_with_what_its_function_wrote(core, environ):
    core.ingest("mine", environ, timestamp=pd.Timestamp("2024-05-06", tz="US/Eastern"))
    assert ingestions_for_bundle("mine", environ) == times("2024-05-06 04:00")
    folder = os.path.join(environ["ZIPLINE_ROOT"], "data", "mine", "2024-05-06T04;00;00")
    assert open(os.path.join(folder, "notes.txt")).read() == "kept"
    with core.load("mine", environ) as bundle:
        asset = bundle.asset_finder.retrieve_asset(7)
        assert bundle.equity_daily_bar_reader.get_value(7, DAYS[0], "close") == 10
        half, twice = Float64Multiply(0, 2, 0, 0, 0.5), Float64Multiply(0, 2, 0, 0, 2.0)  # rows up to 2020-01-06
        reader = bundle.adjustment_reader
        assert reader.load_pricing_adjustments(["close", "volume"], DAYS, [asset]) == [{2: [half]}, {2: [twice]}]
        assert reader.get_adjustments_for_sid("splits", 7) == [[pd.Timestamp("2020-01-06"), 0.5]]
        window = np.full((5, 1), 10.0)
        half.mutate(window)
        assert window[:, 0].tolist() == [5, 5, 5, 10, 10]
    found = []
    rustybt.run_algorithm(bundle="mine", environ=environ, handle_data=lambda c, d: found.append(d.current(c.sid(7), "close")))
    assert found == [10, 10, 5, 5, 5]


def test_load_takes_the_newest_at_or_before_a_time(core, environ, monkeypatch):
    for day in ("2024-05-06", "2024-05-08"):
        core.ingest("mine", environ, timestamp=pd.Timestamp(day))
    stores = [core.load("mine", environ, timestamp=t).info["ingested_at"][:10] for t in (None, *times("2024-05-07", "2024-05-08"))]
    assert stores == ["2024-05-08", "2024-05-06", "2024-05-08"]
    with pytest.raises(ValueError, match="no data for bundle 'mine' on or before 2024-05-05 00:00:00"):
        core.load("mine", environ, timestamp=pd.Timestamp("2024-05-05"))
    with pytest.raises(UnknownBundle, match="No bundle registered with the name 'other'"):
        core.load("other", environ)
    assert "mine" not in rustybt.data.bundles.bundles  # the register is the core's own


def test_clean_removes_folders(core, environ):
    for day in range(1, 6):
        core.ingest("mine", environ, timestamp=pd.Timestamp(2024, 5, day))

    def left():
        return sorted(time.day for time in ingestions_for_bundle("mine", environ))

    assert len(core.clean("mine", before=pd.Timestamp("2024-05-02"), environ=environ)) == 1 and left() == [2, 3, 4, 5]
    removed = core.clean("mine", after=pd.Timestamp("2024-05-04", tz="UTC"), environ=environ)
    assert [os.path.basename(folder) for folder in removed] == ["2024-05-05T00;00;00"] and left() == [2, 3, 4]
    assert len(core.clean("mine", keep_last=1, environ=environ)) == 2 and left() == [4]
    for wrong in ({}, {"keep_last": -1}, {"keep_last": 1, "before": pd.Timestamp("2024-05-04")}):
        with pytest.raises(BadClean):
            core.clean("mine", **wrong, environ=environ)
    assert core.clean("mine", keep_last=0, environ=environ) and left() == []


def test_assets_in_ziplines_versions(core, environ):
    import sqlite3

    core.ingest("mine", environ, timestamp=pd.Timestamp("2024-05-06"), assets_versions=[5])
    for version in (5, 7):
        with sqlite3.connect(asset_db_path("mine", "2024-05-06T00;00;00", environ, version)) as database:
            assert database.execute("SELECT version FROM version_info").fetchone() == (version,)
            assert database.execute("SELECT sid FROM equities").fetchall() == [(7,)]
    core.register("plain", lambda *arguments: None, create_writers=False)
    with pytest.raises(ValueError, match="creates writers in order to downgrade"):
        core.ingest("plain", environ, assets_versions=[5])


def test_a_failed_ingestion_has_nothing_to_load(core, environ):
    def fail(*arguments):
        raise RuntimeError("source is down")

    core.ingest("mine", environ, timestamp=pd.Timestamp("2024-05-06"))
    core.register("broken", fail)
    with pytest.raises(RuntimeError, match="source is down"):
        core.ingest("broken", environ)
    assert ingestions_for_bundle("broken", environ) == []


def test_an_empty_ingestion_does_not_hide_the_one_before(core, environ):
    core.ingest("mine", environ, timestamp=pd.Timestamp("2024-05-06"))
    core.unregister("mine")
    core.register("mine", lambda *arguments: None)
    core.ingest("mine", environ, timestamp=pd.Timestamp("2024-05-08"))
    assert len(ingestions_for_bundle("mine", environ)) == 2
    assert core.load("mine", environ).info["ingested_at"].startswith("2024-05-06")

"""Ingest functions with Zipline's signature: registered, called by name, from Python and from the command line."""

import json
import os

import pandas as pd
import pytest

from rustybt import errors
from rustybt.data import bundles

# As Zipline's documentation tells its users to write one.
EXTENSION = """
import pandas as pd
from zipline.data.bundles import register

def make(environ, asset_db_writer, minute_bar_writer, daily_bar_writer, adjustment_writer, calendar, start_session, end_session,
         cache, show_progress, output_dir):
    days = calendar.sessions_in_range(pd.Timestamp("2020-01-02"), pd.Timestamp("2020-01-08"))
    metadata = pd.DataFrame({
        "start_date": days[0], "end_date": days[-1], "auto_close_date": days[-1] + pd.Timedelta(days=1),
        "symbol": ["AA", "BB"], "exchange": "NYSE", "asset_name": ["Alpha", "Beta"]})

    def bars():
        for sid in metadata.index:
            closes = [10.25 + sid, 10.5 + sid, 11.0 + sid, 5.6 + sid, 5.7 + sid]
            yield sid, pd.DataFrame({"open": closes, "high": closes, "low": closes, "close": closes, "volume": 1000}, index=days)

    daily_bar_writer.write(bars(), show_progress=show_progress)
    asset_db_writer.write(equities=metadata)
    adjustment_writer.write(
        splits=pd.DataFrame({"sid": [0], "effective_date": [days[3]], "ratio": [0.5]}),
        dividends=pd.DataFrame({"sid": [1], "ex_date": [days[2]], "declared_date": pd.NaT, "record_date": pd.NaT,
                                "pay_date": [days[4]], "amount": [0.12]}))
    cache["metadata"] = metadata

register("mine", make, calendar_name="NYSE")
"""


@pytest.fixture
def registered():
    """Forgets what a test registers."""
    before = set(bundles.bundles)
    yield bundles.register
    for name in set(bundles.bundles) - before:
        bundles.unregister(name)


def frame(days, close):
    return pd.DataFrame({p: close for p in ("open", "high", "low", "close")} | {"volume": 100}, index=pd.DatetimeIndex(days))


def equities(*symbols, **columns):
    return pd.DataFrame({"symbol": symbols, "exchange": "NYSE", **columns})


def test_extension_py_runs_unchanged(tmp_path, command_line):
    (tmp_path / "extension.py").write_text(EXTENSION)
    made = command_line(tmp_path, "ingest", "-b", "mine", "--json")
    assert made.returncode == 0, made.stderr
    facts = json.loads(made.stdout)
    assert (facts["assets"], facts["daily_rows"], facts["splits"], facts["dividends"]) == (2, 10, 1, 1)
    bundle = bundles.load("mine", root=tmp_path)
    asset = bundle.asset_finder.lookup_symbol("BB", as_of_date=None)
    assert (asset.sid, asset.asset_name, str(asset.auto_close_date.date())) == (1, "Beta", "2020-01-09")
    assert not (tmp_path / "cache" / "ingest" / "mine").exists()


def test_an_extension_may_be_named(tmp_path, command_line):
    (tmp_path / "mine.py").write_text(EXTENSION)
    root = tmp_path / "root"
    refused = command_line(root, "ingest", "mine")
    assert refused.returncode != 0 and "neither a source" in refused.stderr
    made = command_line(root, "ingest", "mine", "--extension", str(tmp_path / "mine.py"))
    assert made.returncode == 0, made.stderr
    assert "2 assets, 10 daily" in made.stdout


def test_an_error_in_the_function_shows_its_line_and_keeps_the_old_version(tmp_path, command_line):
    (tmp_path / "extension.py").write_text(EXTENSION)
    assert command_line(tmp_path, "ingest", "mine").returncode == 0
    (tmp_path / "extension.py").write_text(EXTENSION.replace('cache["metadata"] = metadata', "1 / 0"))
    failed = command_line(tmp_path, "ingest", "mine")
    assert failed.returncode != 0
    assert "1 / 0" in failed.stderr and "ZeroDivisionError" in failed.stderr
    assert bundles.ingested(tmp_path)["mine"]["daily_rows"] == 10


def test_register_is_a_decorator_and_ingest_passes_zipline_s_arguments(tmp_path, registered):
    seen = {}

    @registered("deco", calendar_name="XLON", start_session=pd.Timestamp("2020-01-02", tz="UTC"))
    def make(environ, asset_db_writer, minute_bar_writer, daily_bar_writer, adjustment_writer, calendar, start_session,
             end_session, cache, show_progress, output_dir):
        seen.update(calendar=calendar.name, start=start_session, end=end_session, progress=show_progress, folder=output_dir)
        cache["x"] = pd.DataFrame({"a": [1]})
        assert cache["x"].a[0] == 1 and "y" not in cache
        asset_db_writer.write(equities=equities("AA"))
        daily_bar_writer.write([(0, frame(["2020-01-02", "2020-01-03"], 1.5))])

    assert bundles.bundles["deco"].calendar_name == "XLON"
    info = bundles.ingest("deco", root=tmp_path, show_progress=True, timestamp=pd.Timestamp("2020-02-01", tz="UTC"))
    assert info["ingested_at"].startswith("2020-02-01")
    assert info["calendar_name"] == "XLON" and info["daily_rows"] == 2
    assert seen["start"] == pd.Timestamp("2020-01-02") and seen["calendar"] == "XLON" and seen["progress"] is True
    assert not os.path.exists(seen["folder"])


def test_a_failed_ingest_keeps_its_cache(tmp_path, registered):
    calls = []

    def make(environ, assets, minutes, days, adjustments, calendar, start, end, cache, progress, folder):
        if "prices" not in cache:
            calls.append("fetched")
            cache["prices"] = frame(["2020-01-02"], 2.0)
            raise ConnectionError("gone")
        assets.write(equities=equities("AA"))
        days.write([(0, cache["prices"])])

    registered("flaky", make)
    with pytest.raises(ConnectionError):
        bundles.ingest("flaky", root=tmp_path)
    assert bundles.ingested(tmp_path) == {}
    assert bundles.ingest("flaky", root=tmp_path)["daily_rows"] == 1
    assert calls == ["fetched"]


@pytest.mark.parametrize("key", ["", "../outside", "a/b", "x.part"])
def test_keys_of_the_cache_are_plain_names(tmp_path, registered, key):
    def ingest(*arguments):
        arguments[8][key] = pd.DataFrame()

    registered("mine", ingest)
    with pytest.raises(errors.InvalidArgument, match="a plain name"):
        bundles.ingest("mine", root=tmp_path)


def test_minutes_are_written_by_frame_or_by_columns(tmp_path, registered):
    minutes = pd.date_range("2020-01-02 14:31", periods=3, freq="min", tz="UTC")

    def make(environ, assets, minute_writer, days, adjustments, calendar, start, end, cache, progress, folder):
        assets.write(equities=equities("AA", "BB"))
        minute_writer.write([(0, frame(minutes, 1.25))])
        minute_writer.write_cols(1, minutes.tz_localize(None).values, {c: [1.0, 2.0, 3.0] for c in ("open", "high", "low", "close")} | {"volume": [1, 2, 3]})

    registered("minutes", make)
    assert bundles.ingest("minutes", root=tmp_path)["minute_rows"] == 6


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda a, d: d.write([(7, frame(["2020-01-02"], 1.0))]), "daily bars of sid 7, which asset_db_writer"),
        (lambda a, d: d.write([(7, frame(["2020-01-02"], 1.0))], assets={1, 2}), "not among the assets given"),
        (lambda a, d: [d.write([(0, frame(["2020-01-02"], 1.0))]) for _ in "12"], "written already"),
    ],
)
def test_mistakes_of_ingest_functions_are_named(tmp_path, registered, make, said):
    registered("wrong", lambda e, a, m, d, adj, *rest: make(a, d))
    with pytest.raises(errors.InvalidArgument, match=said):
        bundles.ingest("wrong", root=tmp_path)


def test_unknown_names_are_errors(tmp_path, registered):
    for call in (lambda: bundles.ingest("nobody", root=tmp_path), lambda: bundles.unregister("nobody")):
        with pytest.raises(errors.UnknownBundle, match="'nobody'"):
            call()
    registered("twice", print)
    with pytest.warns(UserWarning, match="Overwriting bundle with name 'twice'"):
        registered("twice", print)


def test_csvdir_equities(tmp_path, command_line, registered):
    from rustybt.data.bundles import csvdir_equities

    (tmp_path / "files" / "daily").mkdir(parents=True)
    (tmp_path / "files" / "daily" / "AA.csv").write_text(
        "date,open,high,low,close,volume,dividend,split\n"
        "2020-01-02,1,2,0.5,1.5,100,0,1\n2020-01-03,1,2,0.5,1.75,100,0.25,2\n"
    )
    registered("files", csvdir_equities(["daily"], str(tmp_path / "files")))
    info = bundles.ingest("files", root=tmp_path)
    assert (info["daily_rows"], info["splits"], info["dividends"]) == (2, 1, 1)
    asset = bundles.load("files", root=tmp_path).asset_finder.lookup_symbol("AA", as_of_date=None)
    assert (asset.exchange, str(asset.auto_close_date.date())) == ("CSVDIR", "2020-01-04")
    registered("wrong", csvdir_equities(["hourly"], str(tmp_path / "files")))
    with pytest.raises(errors.InvalidArgument, match="daily and minute, found hourly"):
        bundles.ingest("wrong", root=tmp_path)
    registered("none", csvdir_equities(["minute"], str(tmp_path / "files")))
    with pytest.raises(errors.InvalidArgument, match="has no folder minute"):
        bundles.ingest("none", root=tmp_path)
    assert command_line(tmp_path, "ingest", "csvdir", str(tmp_path / "files"), "--name", "cli").returncode == 0
    assert bundles.ingested(tmp_path)["cli"]["data_hash"] == info["data_hash"]


def test_a_bundle_made_like_ziplines_csvdir(tmp_path, registered):
    from rustybt.data.bundles.csvdir import _empty_divs_splits, _pricing_iter

    header = "date,open,high,low,close,volume,dividend,split\n"
    folder = tmp_path / "files" / "daily"
    folder.mkdir(parents=True)
    (folder / "AAA.csv").write_text(header + "2020-01-02,1,1.2,1,1.10,100,0.0,1.0\n2020-01-03,1,1,1,1,100,0.0,1.0\n")
    (folder / "BBB.csv").write_text(header + "2020-01-02,1,1,1,1,100,0.0,1.0\n2020-01-03,1,1,1,1,100,0.5,2.0\n")
    symbols = ["BBB", "AAA"]
    seen = _empty_divs_splits()

    def ingest(environ, assets, minutes, days, actions, calendar, start, end, cache, progress, output):
        frame = pd.DataFrame({c: pd.Series([pd.NaT] * 2, dtype="M8[ns]") for c in ("start_date", "end_date", "auto_close_date")})
        frame["symbol"] = pd.Series([None] * 2, dtype=object)
        days.write(_pricing_iter(str(folder), symbols, frame, seen, False))
        frame["exchange"] = "CSVDIR"
        assets.write(equities=frame)
        actions.write(splits=seen["splits"], dividends=seen["divs"])

    registered("mine", ingest)
    bundles.ingest("mine", root=tmp_path)
    bundle = bundles.load("mine", root=tmp_path)
    assert [a.symbol for a in bundle.asset_finder.retrieve_all([0, 1])] == symbols
    assert bundle.equity_daily_bar_reader.get_value(1, pd.Timestamp("2020-01-02"), "close") == 1.1
    assert seen["splits"].to_dict("records") == [{"sid": 0, "ratio": 0.5, "effective_date": pd.Timestamp("2020-01-03")}]
    assert seen["divs"][["sid", "amount"]].to_dict("records") == [{"sid": 0, "amount": 0.5}]
    assert bundle.info["splits"] == bundle.info["dividends"] == 1
    with pytest.raises(ValueError, match="CCC.csv file is not in"):
        list(_pricing_iter(str(folder), ["CCC"], None, _empty_divs_splits(), False))

"""Asset objects, the finder, and bundles written from memory."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest


from rustybt import errors
from rustybt.assets import Asset, Equity, Future
from rustybt.data import bundles


def test_assets_compare_by_sid(market):
    finder = market.bundle.asset_finder
    a, b = finder.retrieve_asset(0), finder.retrieve_asset(1)
    again = bundles.load("market", root=market.root).asset_finder.retrieve_asset(0)
    assert a == again and a is not again and hash(a) == hash(again) and a != b and a < b and a == 0 and int(b) == 1
    assert isinstance(a, Equity) and isinstance(a, Asset) and not isinstance(a, Future)
    assert repr(a) == "Equity(0 [AAA])" and {a: 1}[again] == 1
    assert (a.sid, a.symbol, a.asset_name, a.exchange, a.country_code, a.tick_size, a.price_multiplier) == (
        0,
        "AAA",
        "AAA",
        "NYSE",
        "US",
        0.01,
        1.0,
    )
    assert a.start_date == pd.Timestamp("2020-01-02") and a.auto_close_date is None
    assert finder.retrieve_asset(2).auto_close_date == pd.Timestamp("2020-01-11")


def test_finder(market):
    finder = market.bundle.asset_finder
    assert finder.sids == (0, 1, 2) and [a.symbol for a in finder.retrieve_all([2, 0])] == ["CCC", "AAA"]
    assert finder.lookup_symbol("BBB", as_of_date="2020-01-06").sid == 1
    assert finder.retrieve_asset(99, default_none=True) is None
    with pytest.raises(errors.SidsNotFound):
        finder.retrieve_asset(99)
    with pytest.raises(errors.SymbolNotFound):
        finder.lookup_symbol("ZZZ", as_of_date=None)


def test_an_asset_of_another_bundle_is_found_by_its_sid(run, market):
    other = bundles.load("market", root=market.root).asset_finder.retrieve_asset(1)
    run(lambda context, data: data.current(other, "price") == 20.005 or pytest.fail(), end="2020-01-02")


@pytest.mark.parametrize(
    "convert",
    [
        lambda c: {k: v for k, v in c.items()},
        lambda c: pd.DataFrame({k: v if k in ("date", "volume") else [float(x) for x in v] for k, v in c.items()}),
        lambda c: pd.DataFrame(
            {k: np.array(v, dtype=float) for k, v in c.items() if k != "date"}, index=pd.DatetimeIndex(c["date"])
        ),
        lambda c: {k: v if k in ("date", "volume") else [Decimal(x) for x in v] for k, v in c.items()},
    ],
)
def test_frames_of_any_kind_give_the_same_bundle(tmp_path, bars, convert):
    closes = ["10.1", "10.2", "9.99"]
    info = bundles.write_frames("x", {"X": convert(bars(closes))}, root=tmp_path)
    assert info["daily_rows"] == 3 and (info["first_session"], info["last_session"]) == ("2020-01-02", "2020-01-06")
    reference = bundles.write_frames("y", {"X": bars(closes)}, root=tmp_path)
    assert info["data_hash"] == reference["data_hash"]
    assert sorted(bundles.ingested(tmp_path)) == ["x", "y"]


def test_sids_stay_and_versions_can_be_cleaned(tmp_path, bars):
    bundles.write_frames("x", {"B": bars(["1", "2"])}, root=tmp_path)
    bundles.write_frames("x", {"A": bars(["1", "2"]), "B": bars(["1", "2"])}, root=tmp_path)
    finder = bundles.load("x", root=tmp_path).asset_finder
    assert (finder.lookup_symbol("B", None).sid, finder.lookup_symbol("A", None).sid) == (0, 1)
    assert len(bundles.clean("x", keep_last=1, root=tmp_path)) == 1
    with pytest.raises(errors.BadClean):
        bundles.clean("x", keep_last=1, before="2020-01-01", root=tmp_path)


@pytest.mark.parametrize(
    "spoil, error",
    [
        (lambda c: c.update(date=["2020-01-04", "2020-01-06"]), errors.NotASession),
        (lambda c: c.update(date=["2020-01-03", "2020-01-02"]), errors.RowsOutOfOrder),
        (lambda c: c.update(date=["2020-01-03", "2020-01-03"]), errors.DuplicateRow),
        (lambda c: c.update(high=["0.5", "0.5"]), errors.BadBar),
        (lambda c: c.update(close=["1", "one"]), errors.BadCell),
        (lambda c: c.update(volume=[1]), errors.InvalidArgument),
        (lambda c: c.pop("low"), errors.MissingColumn),
    ],
)
def test_bad_bars_are_refused(tmp_path, bars, spoil, error):
    columns = bars(["1", "1"])
    spoil(columns)
    with pytest.raises(error):
        bundles.write_frames("x", {"X": columns}, root=tmp_path)
    assert bundles.ingested(tmp_path) == {}


def test_the_only_bundle_is_the_default(tmp_path, bars):
    import rustybt

    with pytest.raises(errors.UnknownBundle, match="there is none"):
        rustybt.run_algorithm(root=tmp_path)
    bundles.write_frames("x", {"X": bars(["1", "2"])}, root=tmp_path)
    assert len(rustybt.run_algorithm(root=tmp_path)) == 2


def test_calendar():
    from rustybt.utils.calendar_utils import get_calendar

    calendar = get_calendar("NYSE")
    assert calendar.name == "XNYS" and calendar.is_session("2020-01-02") and not calendar.is_session("2020-01-01")
    assert [str(d.date()) for d in calendar.sessions_in_range("2020-01-01", "2020-01-06")] == [
        "2020-01-02",
        "2020-01-03",
        "2020-01-06",
    ]
    assert str(calendar.session_open("2020-01-02")) == "2020-01-02 14:30:00+00:00"
    assert str(calendar.minute_to_session("2020-01-04T12:00", "next").date()) == "2020-01-06"


def test_one_frame_of_many_symbols(tmp_path):
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    rows = {
        "symbol": ["B", "A", "B"],
        "date": ["2020-01-02", "2020-01-02", "2020-01-03"],
        **{price: ["1.25", "10", "1.5"] for price in ("open", "high", "low", "close")},
        "volume": [100, 200, 300],
    }
    frame = pd.DataFrame(rows)
    made = [
        bundles.write_frames(name, bars, root=tmp_path)["data_hash"]
        for name, bars in {
            "dict": rows,
            "pandas": frame,
            "floats": frame.astype({p: float for p in ("open", "high", "low", "close")}),
            "polars": pl.DataFrame(rows).with_columns(pl.col("date").str.to_date()),
            "arrow": pa.table(rows),
            "apart": {s: frame[frame.symbol == s].set_index(pd.DatetimeIndex(frame[frame.symbol == s].date)) for s in "AB"},
        }.items()
    ]
    assert len(set(made)) == 1
    assert bundles.ingested(tmp_path)["polars"]["daily_rows"] == 3


def test_frames_say_what_is_missing(tmp_path):
    with pytest.raises(errors.MissingColumn, match="daily bars of X: no times; expected a column 'date'"):
        bundles.write_frames("x", {"X": {"close": [1]}}, root=tmp_path)


def test_a_bundle_of_every_kind_of_asset(tmp_path, bars):
    days = ["2020-01-02", "2020-01-03", "2020-01-04"]
    flat = bars(["1", "2", "3"], sessions=days)
    bundles.write_frames(
        "all",
        {"ESH20": flat, "BTC/USDT": flat, "EURUSD": flat, "META": flat},
        assets=[
            {
                "symbol": "ESH20",
                "asset_type": "future",
                "root_symbol": "ES",
                "notice_date": "2020-03-18",
                "expiration_date": "2020-03-20",
                "multiplier": 50,
                "tick_size": "0.25",
            },
            {"symbol": "BTC/USDT", "asset_type": "crypto", "quantity_step": "0.00001", "minimum_notional": 5},
            {"symbol": "EURUSD", "asset_type": "fx"},
            {"symbol": "META"},
        ],
        root_symbols=[{"root_symbol": "ES", "root_symbol_id": 42, "sector": "Index", "exchange": "CME"}],
        symbol_mappings=[
            {"symbol": "META", "name": "FB", "end_date": "2020-01-02"},
            {"symbol": "META", "name": "META", "start_date": "2020-01-03"},
        ],
        supplementary_mappings=[{"symbol": "META", "field": "CUSIP", "value": "30303M102"}],
        calendar="24/7",
        root=tmp_path,
    )
    finder = bundles.load("all", root=tmp_path).asset_finder
    assert finder.lookup_symbol("FB", as_of_date="2020-01-02") == finder.lookup_symbol("META", as_of_date="2020-01-03")
    future = next(a for a in finder.retrieve_all(finder.sids) if isinstance(a, Future))
    assert (future.symbol, future.tick_size, future.price_multiplier) == ("ESH20", 0.25, 50.0)
    assert future.auto_close_date == pd.Timestamp("2020-03-18")
    bitcoin = finder.lookup_symbol("BTC-USDT", as_of_date=None)
    assert bitcoin.symbol == "BTC/USDT" and bitcoin.sid not in finder.equities_sids

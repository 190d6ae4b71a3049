"""The writer and finder of asset databases, and assets by themselves."""

import copy
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from rustybt import errors
from rustybt.assets import (
    Asset,
    AssetDBWriter,
    AssetFinder,
    ContinuousFuture,
    Cryptocurrency,
    Equity,
    ExchangeInfo,
    Future,
    FxPair,
    NotAssetConvertible,
)
from rustybt.assets.assets import OwnershipPeriod

NYSE = ExchangeInfo("NEW YORK STOCK EXCHANGE", "NYSE", "US")


@pytest.fixture
def finder(tmp_path):
    """FB becomes META; VOD in two countries; BRK in two share classes; two VX contracts; a coin and a currency pair."""
    equities = pd.DataFrame(
        [
            (1, "FB", "2012-05-18", "2022-06-08", "NASDAQ"),
            (1, "META", "2022-06-09", "2024-12-31", "NASDAQ"),
            (2, "META", "2021-06-30", "2022-01-28", "NYSE"),
            (2, "METV", "2022-01-31", "2024-12-31", "NYSE"),
            (3, "VOD", "2004-01-02", "2014-12-31", "NYSE"),
            (4, "VOD", "2004-01-02", "2014-12-31", "LSE"),
            (5, "BRK_A", "2004-01-02", "2024-12-31", "NYSE"),
            (6, "BRKA", "2004-01-02", "2024-12-31", "LSE"),
        ],
        columns=["sid", "symbol", "start_date", "end_date", "exchange"],
    ).set_index("sid")
    for column in ("start_date", "end_date"):
        equities[column] = pd.to_datetime(equities[column])
    futures = pd.DataFrame(
        {
            "symbol": ["VXF20", "VXG20"],
            "root_symbol": ["VX", "VX"],
            "start_date": pd.to_datetime(["2019-05-01", "2019-06-03"]),
            "end_date": pd.to_datetime(["2020-01-22", "2020-02-19"]),
            "notice_date": pd.to_datetime(["2020-01-21", "2020-02-19"]),
            "expiration_date": pd.to_datetime(["2020-01-22", "2020-02-19"]),
            "multiplier": [1000, 1000],
            "tick_size": ["0.05", "0.05"],
            "exchange": ["CFE", "CFE"],
        },
        index=[1000, 1001],
    )
    path = tmp_path / "assets.sqlite"
    AssetDBWriter(f"sqlite:///{path}").write(
        equities=equities,
        futures=futures,
        exchanges=pd.DataFrame(
            {
                "exchange": ["NASDAQ", "NYSE", "LSE", "CFE", "BINANCE", "OANDA"],
                "country_code": ["US", "US", "GB", "US", "??", "??"],
            }
        ),
        root_symbols=pd.DataFrame({"root_symbol": ["VX"], "root_symbol_id": [7], "exchange": ["CFE"]}),
        equity_supplementary_mappings=pd.DataFrame(
            {
                "sid": [3, 3, 4],
                "field": ["ALT_ID"] * 3,
                "value": ["99", "100", "99"],
                "start_date": pd.to_datetime(["2004-01-02", "2010-01-04", "2010-01-04"]),
                "end_date": pd.to_datetime(["2008-01-02", "2014-12-31", "2014-12-31"]),
            }
        ),
        cryptocurrencies=[
            {"sid": 2000, "symbol": "BTC/USDT", "exchange": "BINANCE", "quantity_step": "0.00001", "minimum_notional": 5}
        ],
        fx_pairs=[{"sid": 3000, "symbol": "EURUSD", "exchange": "OANDA"}],
    )
    return AssetFinder(path)


def sid(asset):
    return asset.sid


def test_symbols_in_time(finder):
    owner = finder.lookup_symbol
    assert [sid(owner("META", day)) for day in ("2021-07-01", "2022-03-01", "2022-06-09", "2030-01-01")] == [2, 2, 1, 1]
    assert owner("fb", None) == 1 and owner("FB", pd.Timestamp("2023-01-03")).symbol == "META"
    assert [sid(a) for a in finder.lookup_symbols(["FB", "BRK.A"], "2015-01-05")] == [1, 5]
    with pytest.raises(errors.MultipleSymbolsFound):
        owner("META", None)
    with pytest.raises(errors.SameSymbolUsedAcrossCountries):
        owner("VOD", "2010-01-04")
    assert owner("VOD", "2010-01-04", country_code="GB") == 4
    with pytest.raises(errors.SymbolNotFound, match="Symbol 'ZZZ' was not found"):
        owner("ZZZ", None)
    with pytest.raises(TypeError):
        owner(None, "2010-01-04")


def test_fuzzy_symbols(finder):
    assert finder.lookup_symbol("BRK.A", "2015-01-05", fuzzy=True) == 5  # the same company and share class
    assert finder.lookup_symbol("BRKA", "2015-01-05", fuzzy=True) == 6
    assert finder.lookup_symbol("BRKA", None, fuzzy=True, country_code="US") == 5
    with pytest.raises(errors.MultipleSymbolsFoundForFuzzySymbol):
        finder.lookup_symbol("BR.KA", "2015-01-05", fuzzy=True)
    assert issubclass(errors.MultipleSymbolsFoundForFuzzySymbol, errors.MultipleSymbolsFound)
    with pytest.raises(errors.SymbolNotFound):
        finder.lookup_symbol("BRK", "2015-01-05", fuzzy=True)


def test_supplementary_fields(finder):
    by_value, value_of = finder.lookup_by_supplementary_field, finder.get_supplementary_field
    assert by_value("ALT_ID", "100", None) == 3
    assert (by_value("ALT_ID", "99", "2009-06-01"), by_value("ALT_ID", "99", "2010-01-04")) == (3, 4)
    assert (value_of(3, "ALT_ID", "2008-06-02"), value_of(3, "ALT_ID", "2010-01-04"), value_of(4, "ALT_ID", None)) == (
        "99",
        "100",
        "99",
    )
    for error, call in (
        (errors.MultipleValuesFoundForField, lambda: by_value("ALT_ID", "99", None)),
        (errors.ValueNotFoundForField, lambda: by_value("ALT_ID", "7", None)),
        (errors.ValueNotFoundForField, lambda: by_value("ALT_ID", "99", "2003-01-02")),
        (errors.MultipleValuesFoundForSid, lambda: value_of(3, "ALT_ID", None)),
        (errors.NoValueForSid, lambda: value_of(1, "ALT_ID", None)),
    ):
        with pytest.raises(error):
            call()


# real zipline-reloaded 3.2.1 over the same frames
def test_maps_of_owners(finder):
    def period(start, end, sid, value):
        return OwnershipPeriod(pd.Timestamp(start), pd.Timestamp.max if end is None else pd.Timestamp(end), sid, value)

    assert finder.equity_supplementary_map == {
        ("ALT_ID", "99"): (period("2004-01-02", "2010-01-04", 3, "99"), period("2010-01-04", None, 4, "99")),
        ("ALT_ID", "100"): (period("2010-01-04", None, 3, "100"),),
    }
    assert finder.equity_supplementary_map_by_sid == {
        ("ALT_ID", 3): (period("2004-01-02", "2010-01-04", 3, "99"), period("2010-01-04", None, 3, "100")),
        ("ALT_ID", 4): (period("2010-01-04", None, 4, "99"),),
    }
    meta = (period("2021-06-30", "2022-06-09", 2, "META"), period("2022-06-09", None, 1, "META"))
    assert finder.symbol_ownership_map["META", ""] == meta
    assert [p.sid for p in finder.symbol_ownership_map["VOD", ""]] == [3, 4]
    by_country = finder.symbol_ownership_maps_by_country_code
    assert set(by_country) == {"US", "GB"} and by_country["US"]["META", ""] == meta
    assert by_country["GB"] == {
        ("BRKA", ""): (period("2004-01-02", None, 6, "BRKA"),),
        ("VOD", ""): (period("2004-01-02", None, 4, "VOD"),),
    }
    assert by_country["US"]["BRK", "A"] == (period("2004-01-02", None, 5, "BRK_A"),)


def test_retrieving(finder):
    assert finder.sids == (1, 2, 3, 4, 5, 6, 1000, 1001, 2000, 3000)
    assert (finder.equities_sids, finder.futures_sids) == ((1, 2, 3, 4, 5, 6), (1000, 1001))
    assert (finder.cryptocurrencies_sids, finder.fx_pairs_sids) == ((2000,), (3000,))
    assert finder.group_by_type([1, 1000, 2000, 3000, 9]) == {
        "equity": {1},
        "future": {1000},
        "crypto": {2000},
        "fx": {3000},
        None: {9},
    }
    assert finder.retrieve_all([3, 9, 1], default_none=True) == [3, None, 1]
    with pytest.raises(errors.SidsNotFound, match=r"No assets found for sids: \[9, 10\]\."):
        finder.retrieve_all([9, 1, 10])
    assert finder.retrieve_equities([2, 1]) == {2: 2, 1: 1}
    with pytest.raises(errors.EquitiesNotFound, match="No equity found for sid: 1000."):
        finder.retrieve_equities([1, 1000])
    with pytest.raises(errors.FutureContractsNotFound):
        finder.retrieve_futures_contracts([1])
    assert finder.equities_sids_for_country_code("GB") == (4, 6)
    assert finder.equities_sids_for_exchange_name("NASDAQ") == (1,)
    assert finder.country_codes == ("GB", "US")
    assert finder.exchange_info["LSE"] == ExchangeInfo("LSE", "LSE", "GB")


def test_generic_lookup(finder):
    def look(obj):
        return finder.lookup_generic(obj, "2015-01-05", None)

    coin = finder.retrieve_asset(2000)
    assert look(coin) == (coin, []) and look(np.int64(3)) == (3, []) and look("VXF20") == (1000, [])
    assert look(["FB", 1001, "nope", 77, coin]) == ([1, 1001, 2000], ["nope", 77])
    with pytest.raises(errors.SidsNotFound):
        look(77)
    with pytest.raises(errors.SymbolNotFound):
        look("nope")
    for bad in (1.5, object(), [object()]):
        with pytest.raises(NotAssetConvertible):
            look(bad)


def test_lifetimes(finder):
    days = pd.DatetimeIndex(["2004-01-02", "2012-05-18", "2014-12-31", "2015-01-02"])
    alive = finder.lifetimes(days, True, ["US"])
    assert alive.index.equals(days) and list(alive.columns) == [1, 2, 3, 5] and set(alive.dtypes) == {np.dtype(bool)}
    assert alive.to_numpy().tolist() == [
        [False, False, True, True],
        [True, False, True, True],
        [True, False, True, True],
        [True, False, False, True],
    ]
    assert finder.lifetimes(days, False, ["US"])[1].tolist() == [False, False, True, True]
    assert list(finder.lifetimes(days, True, {"GB", "??"}).columns) == [4, 6, 2000, 3000]
    with pytest.raises(TypeError):
        finder.lifetimes(days, True, "US")


def test_futures(finder):
    contract = finder.lookup_future_symbol("VXF20")
    assert isinstance(contract, Future) and (contract.root_symbol, contract.price_multiplier) == ("VX", 1000.0)
    assert (contract.tick_size, contract.tick_size_exact) == (0.05, Decimal("0.05"))
    assert contract.auto_close_date == contract.notice_date == pd.Timestamp("2020-01-21")
    chain = finder.get_ordered_contracts("VX")
    assert chain.contract_before_auto_close(pd.Timestamp("2020-01-20").value) == 1000
    assert chain.contract_before_auto_close(pd.Timestamp("2020-01-21").value) == 1001
    assert chain.contract_at_offset(1000, 1, pd.Timestamp("2019-06-02").value) is None
    assert chain.contract_at_offset(1000, 1, pd.Timestamp("2019-06-03").value) == 1001
    assert list(chain.active_chain(1000, pd.Timestamp("2019-07-01").value)) == [1000, 1001]


# sids, str and repr: zipline-reloaded 3.2.1
def test_continuous_futures(finder):
    future = finder.create_continuous_future("VX", 0, "calendar", "mul")
    assert repr(future) == "ContinuousFuture(10868801, root_symbol='VX', offset=0, roll_style='calendar', adjustment='mul')"
    assert str(finder.create_continuous_future("VX", 1, "volume", "add")) == "ContinuousFuture(11868812 [VX, 1, volume, add])"
    assert finder.create_continuous_future("VX", 0, "calendar", None).adjustment is None
    assert finder.retrieve_asset(10868800).root_symbol == "VX"
    assert (future.start_date, future.end_date) == (pd.Timestamp("2019-05-01"), pd.Timestamp("2020-02-19"))
    again = pickle.loads(pickle.dumps(future))
    assert isinstance(again, ContinuousFuture) and again == future == 10868801 and repr(again) == repr(future)
    with pytest.raises(ValueError, match="Invalid adjustment style 'div'"):
        finder.create_continuous_future("VX", 0, "calendar", "div")
    with pytest.raises(KeyError, match="moon"):
        finder.create_continuous_future("VX", 0, "moon", None)
    with pytest.raises(errors.SymbolNotFound):
        finder.create_continuous_future("QQ", 0, "calendar", None)


def test_currencies(finder):
    coin = finder.lookup_symbol("btc-usdt", None)
    assert isinstance(coin, Cryptocurrency) and repr(coin) == "Cryptocurrency(2000 [BTC/USDT])"
    assert (coin.base_currency, coin.quote_currency, coin.calendar_name) == ("BTC", "USDT", "24/7")
    assert (coin.quantity_step, coin.minimum_notional) == (Decimal("0.00001"), Decimal("5"))
    assert coin.is_exchange_open(pd.Timestamp("2020-01-04 12:00", tz="UTC"))
    euro = finder.lookup_symbol("EURUSD", None)
    assert isinstance(euro, FxPair) and (euro.base_currency, euro.quote_currency) == ("EUR", "USD")
    assert not euro.is_exchange_open(pd.Timestamp("2020-01-04 12:00", tz="UTC"))  # a Saturday


def test_assets_survive_pickling(finder):
    for asset in finder.retrieve_all(finder.sids):
        for again in (pickle.loads(pickle.dumps(asset)), copy.deepcopy(asset), type(asset).from_dict(asset.to_dict())):
            assert type(again) is type(asset) and again == asset and hash(again) == hash(asset)
            assert again.to_dict() == asset.to_dict()


def test_assets_are_made_as_in_zipline():
    apple = Equity(24, exchange_info=NYSE, symbol="AAPL", start_date=pd.Timestamp("2004-01-02"), first_traded=None)
    assert (apple.exchange, apple.exchange_full, apple.country_code) == ("NYSE", "NEW YORK STOCK EXCHANGE", "US")
    assert (apple.tick_size, apple.price_multiplier, apple.exchange_info) == (0.01, 1.0, NYSE)
    assert apple.is_exchange_open(pd.Timestamp("2020-01-02 15:00", tz="UTC"))
    future = Future(7, NYSE, "ESZ14", "ES", expiration_date="2014-12-19", notice_date="2014-12-22", multiplier=50)
    assert (future.auto_close_date, future.tick_size) == (pd.Timestamp("2014-12-19"), 0.001)
    assert repr(Equity(3, NYSE)) == "Equity(3)"
    plain = Asset(1337, NYSE, "DOGE", start_date=pd.Timestamp("2013-12-08 09:31", tz="UTC"), multiplier=2.5)
    assert type(plain) is Asset and repr(plain) == "Asset(1337 [DOGE])" and repr(Asset(5, exchange_info=NYSE)) == "Asset(5)"
    assert (plain.symbol, plain.start_date, plain.price_multiplier) == ("DOGE", pd.Timestamp("2013-12-08"), 2.5)
    again = pickle.loads(pickle.dumps(plain))
    assert type(again) is Asset and again.to_dict() == plain.to_dict() == Asset.from_dict(plain.to_dict()).to_dict()
    assert np.int64(1337) == plain and {1337: "by sid"}[plain] == "by sid" and plain != "1337" and plain != 1337.5
    assert apple > future and apple == 24 and apple != "AAPL" and sorted([apple, future]) == [7, 24]
    assert np.arange(30)[apple] == 24
    with pytest.raises(TypeError):
        Equity(1, NYSE, root_symbol="ES")
    with pytest.raises(TypeError):
        apple < "AAPL"


def test_later_writes_add_to_the_file(finder, tmp_path):
    path = tmp_path / "assets.sqlite"
    AssetDBWriter(path).write(equities=pd.DataFrame({"symbol": ["NEW"], "exchange": ["NYSE"]}, index=[70]))
    again = AssetFinder(path)
    assert again.sids == tuple(sorted((*finder.sids, 70)))
    assert again.retrieve_asset(70).start_date == pd.Timestamp("1970-01-01")
    assert again.lookup_symbol("META", "2021-07-01") == 2
    before = path.read_bytes()
    with pytest.raises(ValueError, match="Ambiguous ownership for 1 symbol"):
        AssetDBWriter(path).write(equities=pd.DataFrame({"symbol": ["NEW"], "exchange": ["NYSE"]}, index=[71]))
    with pytest.raises(ValueError, match="no default value for column 'exchange'"):
        AssetDBWriter(path).write(equities=pd.DataFrame({"symbol": ["X"]}, index=[72]))
    assert path.read_bytes() == before


def test_write_direct(tmp_path):
    AssetDBWriter(tmp_path / "a").write_direct(
        equities=pd.DataFrame({"exchange": ["NYSE"], "asset_name": ["Two names"]}, index=[1]),
        equity_symbol_mappings=pd.DataFrame(
            {"sid": [1, 1], "symbol": ["OLD", "NEW"], "start_date": ["2004-01-02", "2010-01-04"], "end_date": ["2009-12-31", None]}
        ),
    )
    finder = AssetFinder(tmp_path / "a")
    assert finder.lookup_symbol("OLD", "2005-01-03") == finder.lookup_symbol("NEW", "2015-01-05") == 1
    assert finder.retrieve_asset(1).symbol == "NEW"
    with pytest.raises(ValueError):
        AssetDBWriter(tmp_path / "b").write_direct(equities=pd.DataFrame({"exchange": ["NYSE"]}, index=[1]))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        AssetFinder(tmp_path / "none")
    AssetDBWriter(tmp_path / "empty").init_db()
    assert AssetFinder(tmp_path / "empty").sids == ()

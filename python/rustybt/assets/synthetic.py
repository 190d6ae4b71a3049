"""Frames of invented assets, for AssetDBWriter and `rustybt.testing`."""

from itertools import count, product
from string import ascii_uppercase

import pandas as pd

from rustybt.assets.futures import CMES_CODE_TO_MONTH

_COLUMNS = ["start_date", "end_date", "symbol", "exchange", "asset_name"]


def make_simple_equity_info(sids, start_date, end_date, symbols=None, names=None, exchange="TEST"):
    """Equities that all live from start_date to end_date, named A, B, C ... unless told otherwise."""
    symbols = list(ascii_uppercase[: len(sids)] if symbols is None else symbols)
    names = [f"{symbol} INC." for symbol in symbols] if names is None else list(names)
    return pd.DataFrame(
        {
            "symbol": symbols,
            "start_date": pd.to_datetime([start_date] * len(sids)),
            "end_date": pd.to_datetime([end_date] * len(sids)),
            "asset_name": names,
            "exchange": exchange,
        },
        index=list(sids),
        columns=_COLUMNS,
    )


def make_simple_multi_country_equity_info(countries_to_sids, countries_to_exchanges, start_date, end_date):
    """Equities of several countries, named US-0, US-1 ..., that all live from start_date to end_date."""
    frames = [
        make_simple_equity_info(
            sids,
            start_date,
            end_date,
            symbols=(names := [f"{country}-{i}" for i in range(len(sids))]),
            names=names,
            exchange=countries_to_exchanges[country],
        )
        for country, sids in countries_to_sids.items()
    ]
    return pd.concat(frames)


def make_rotating_equity_info(num_assets, first_start, frequency, periods_between_starts, asset_lifetime, exchange="TEST"):
    """Equities that come one after the other, every periods_between_starts of `frequency`, and live for asset_lifetime of it."""

    def days(first):
        return pd.date_range(first, freq=periods_between_starts * frequency, periods=num_assets)

    return pd.DataFrame(
        {
            "symbol": list(ascii_uppercase[:num_assets]),
            "start_date": days(first_start),
            "end_date": days(first_start + asset_lifetime * frequency),
            "exchange": exchange,
        },
        index=range(num_assets),
    )


def make_jagged_equity_info(num_assets, start_date, first_end, frequency, periods_between_ends, auto_close_delta):
    """Equities that all begin at start_date and end one after the other; auto_close_delta None: without auto_close_date."""
    frame = pd.DataFrame(
        {
            "symbol": list(ascii_uppercase[:num_assets]),
            "start_date": start_date,
            "end_date": pd.date_range(first_end, freq=periods_between_ends * frequency, periods=num_assets),
            "exchange": "TEST",
        },
        index=range(num_assets),
    )
    if auto_close_delta is not None:
        frame["auto_close_date"] = frame["end_date"] + auto_close_delta
    return frame


def make_future_info(
    first_sid,
    root_symbols,
    years,
    notice_date_func,
    expiration_date_func,
    start_date_func,
    month_codes=None,
    multiplier=500,
):
    """A contract for each root, year and month. The functions take the first day of the contract's month to a date; NaT is none.

    month_codes: {code: month}; default: all of them, F (January) to Z (December).
    """
    codes = sorted((CMES_CODE_TO_MONTH if month_codes is None else month_codes).items(), key=lambda item: item[1])
    sids = count(first_sid)
    contracts = []
    for root, year, (code, month) in product(root_symbols, years, codes):
        begin = pd.Timestamp(year=int(year), month=month, day=1, tz="UTC")
        contracts.append(
            {
                "sid": next(sids),
                "root_symbol": root,
                "symbol": f"{root}{code}{str(year)[-2:]}",
                "start_date": start_date_func(begin),
                "notice_date": notice_date_func(begin),
                "expiration_date": expiration_date_func(begin),
                "multiplier": multiplier,
                "exchange": "TEST",
            }
        )
    return pd.DataFrame.from_records(contracts, index="sid")


def make_commodity_future_info(first_sid, root_symbols, years, month_codes=None, multiplier=500):
    """Contracts as of a physical commodity: they begin a year before their month, expire on the 20th of the month before it, and
    give notice on the 20th two months before it."""
    nineteen_days = pd.Timedelta(days=19)
    return make_future_info(
        first_sid,
        root_symbols,
        years,
        notice_date_func=lambda begin: begin - pd.offsets.MonthBegin(2) + nineteen_days,
        expiration_date_func=lambda begin: begin - pd.offsets.MonthBegin(1) + nineteen_days,
        start_date_func=lambda begin: begin - pd.Timedelta(days=365),
        month_codes=month_codes,
        multiplier=multiplier,
    )

"""Frames of invented assets, for AssetDBWriter and `rustybt.testing`."""

from __future__ import annotations

from itertools import count, product
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import pandas as pd

from rustybt.assets.futures import CMES_CODE_TO_MONTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_COLUMNS = ["start_date", "end_date", "symbol", "exchange", "asset_name"]


def make_simple_equity_info(
    sids: Iterable[int],
    start_date: pd.Timestamp,
    end_date: pd.Timestamp,
    symbols: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    exchange: str = "TEST",
) -> pd.DataFrame:
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


def make_simple_multi_country_equity_info(
    countries_to_sids: Mapping[str, Sequence[int]],
    countries_to_exchanges: Mapping[str, str],
    start_date: pd.Timestamp,
    end_date: pd.Timestamp,
) -> pd.DataFrame:
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


def make_rotating_equity_info(
    num_assets: int,
    first_start: pd.Timestamp,
    frequency: str,
    periods_between_starts: Any,
    asset_lifetime: Any,
    exchange: str = "TEST",
) -> pd.DataFrame:
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


def make_jagged_equity_info(
    num_assets: int,
    start_date: pd.Timestamp,
    first_end: pd.Timestamp,
    frequency: str,
    periods_between_ends: Any,
    auto_close_delta: Any,
) -> pd.DataFrame:
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
    first_sid: int,
    root_symbols: pd.DataFrame,
    years: Sequence[int],
    notice_date_func: Callable[[pd.Timestamp], pd.Timestamp],
    expiration_date_func: Callable[[pd.Timestamp], pd.Timestamp],
    start_date_func: Callable[[pd.Timestamp], pd.Timestamp],
    month_codes: Mapping[str, int] | None = None,
    multiplier: float = 500,
) -> pd.DataFrame:
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


def make_commodity_future_info(
    first_sid: int,
    root_symbols: pd.DataFrame,
    years: Sequence[int],
    month_codes: Mapping[str, int] | None = None,
    multiplier: float = 500,
) -> pd.DataFrame:
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

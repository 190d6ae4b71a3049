"""Finds assets by sid, symbol, contract or supplementary value, as of a day (Zipline's AssetFinder)."""

from __future__ import annotations

import os
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._core import Asset, ContinuousFuture
from rustybt._dates import to_days
from rustybt.assets._engine import database_file
from rustybt.assets.asset_writer import split_delimited_symbol
from rustybt.assets.assets import OwnershipPeriod
from rustybt.assets.continuous_futures import CHAIN_PREDICATES, OrderedContracts
from rustybt.assets.exchange_info import ExchangeInfo
from rustybt.errors import FileNotFound, SidsNotFound, SymbolNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from rustybt._types import Day
    from rustybt.assets import Equity, Future

    Ownership = dict[tuple[Any, Any], tuple[OwnershipPeriod, ...]]


class NotAssetConvertible(ValueError):
    """An object that is no asset, sid or symbol."""


class AssetDatabaseNotFound(FileNotFound, ValueError):
    """There is no such file; a ValueError as Zipline's is."""


class AssetFinder(_core.AssetFinder):
    """All assets of a database.

    engine: path of the database, "sqlite:///path", or an SQLAlchemy engine on a file.
    future_chain_predicates: {root symbol: function of a contract, whether continuous futures use it}; default: the months of
    metals and currencies that are traded.

        finder = AssetFinder("assets-7.sqlite")
        finder.lookup_symbol("AAPL", as_of_date="2014-06-06")
    """

    def __init__(
        self, engine: Any, future_chain_predicates: Mapping[str, Callable[[Future], bool]] | None = CHAIN_PREDICATES
    ) -> None:
        if isinstance(engine, _core.AssetFinder):
            super().__init__(engine)
        else:
            predicates = None if future_chain_predicates is CHAIN_PREDICATES else dict(future_chain_predicates or {})
            with database_file(engine) as path:
                if not os.path.exists(path):
                    raise AssetDatabaseNotFound(f"SQLite file {path!r} doesn't exist.")
                super().__init__(path, predicates)
        self._continuous = {}
        self._chains = {}

    def close(self) -> None:
        """Nothing stays open; for scripts written for Zipline."""

    @property
    def exchange_info(self) -> dict[str, ExchangeInfo]:
        """ExchangeInfo by the name that the data has."""
        return {row[0]: ExchangeInfo(*row) for row in self._exchanges}

    def retrieve_asset(self, sid: int, default_none: bool = False) -> Any:
        """The asset, or continuous future made before, of a sid. Raises SidsNotFound."""
        return self._continuous.get(sid) or super().retrieve_asset(sid, default_none)

    def retrieve_all(self, sids: Iterable[int], default_none: bool = False) -> list[Any]:
        """The assets of several sids, in their order; None for unknown ones with default_none. Raises SidsNotFound."""
        return super().retrieve_all([int(sid) for sid in sids], default_none)

    def retrieve_equities(self, sids: Iterable[int]) -> dict[int, Equity]:
        """{sid: equity}. Raises EquitiesNotFound."""
        sids = [int(sid) for sid in sids]
        return dict(zip(sids, self._equities(sids)))

    def retrieve_futures_contracts(self, sids: Iterable[int]) -> dict[int, Future]:
        """{sid: future}. Raises FutureContractsNotFound."""
        sids = [int(sid) for sid in sids]
        return dict(zip(sids, self._futures(sids)))

    def lookup_asset_types(self, sids: Iterable[int]) -> dict[int, str | None]:
        """{sid: "equity", "future", "crypto", "fx" or None}."""
        return {sid: self._type_of(int(sid)) for sid in sids}

    def group_by_type(self, sids: Iterable[int]) -> dict[str | None, set[int]]:
        """{type: set of sids of that type}; the key None holds unknown sids."""
        groups = {}
        for sid, kind in self.lookup_asset_types(sids).items():
            groups.setdefault(kind, set()).add(sid)
        return groups

    @cached_property
    def symbol_ownership_map(self) -> Ownership:
        """{(company, share class): OwnershipPeriods} of the equities of all countries."""
        return _ownership(self._symbol_periods(), lambda row: split_delimited_symbol(row[2]))

    @cached_property
    def symbol_ownership_maps_by_country_code(self) -> dict[str, Ownership]:
        """{country: {(company, share class): OwnershipPeriods}}."""
        rows = self._symbol_periods()
        return {
            code: _ownership([row for row in rows if row[1] == code], lambda row: split_delimited_symbol(row[2]))
            for code in self.country_codes
        }

    @cached_property
    def equity_supplementary_map(self) -> Ownership:
        """{(field, value): OwnershipPeriods}."""
        return _ownership(self._supplementary_periods(False), lambda row: (row[0], row[2]))

    @cached_property
    def equity_supplementary_map_by_sid(self) -> Ownership:
        """{(field, sid): OwnershipPeriods}."""
        return _ownership(self._supplementary_periods(True), lambda row: (row[0], row[3]))

    def get_ordered_contracts(self, root_symbol: str) -> OrderedContracts:
        """The chain of contracts that continuous futures of a root use."""
        if root_symbol not in self._chains:
            self._chains[root_symbol] = OrderedContracts(root_symbol, self._chain(root_symbol))
        return self._chains[root_symbol]

    def lookup_symbols(
        self, symbols: Sequence[str], as_of_date: Day, fuzzy: bool = False, country_code: str | None = None
    ) -> list[Asset]:
        """lookup_symbol of each."""
        return [self.lookup_symbol(symbol, as_of_date, fuzzy, country_code) for symbol in symbols]

    def create_continuous_future(
        self, root_symbol: str, offset: int, roll_style: str, adjustment: str | None
    ) -> ContinuousFuture:
        """A continuous future of a root; roll_style "calendar" or "volume", adjustment "mul", "add" or None."""
        for style in (None, "mul", "add"):
            future = super().create_continuous_future(root_symbol, offset, roll_style, style)
            self._continuous[future.sid] = future
        asked = super().create_continuous_future(root_symbol, offset, roll_style, adjustment)
        return self._continuous[asked.sid]

    def lookup_generic(self, obj: Any, as_of_date: Day, country_code: str | None) -> tuple[Any, list[Any]]:
        """(asset, []) of an asset, sid or symbol; (assets, what was not found) of several.

        Text is a symbol of an equity or a currency pair, else of a contract. Raises SidsNotFound, SymbolNotFound,
        NotAssetConvertible.
        """
        if isinstance(obj, (Asset, ContinuousFuture, Integral, str)):
            found = self._convert(obj, as_of_date, country_code)
            if found is None:
                raise SymbolNotFound(symbol=obj) if isinstance(obj, str) else SidsNotFound(sids=[obj])
            return found, []
        try:
            several = iter(obj)
        except TypeError:
            raise NotAssetConvertible("Input was not a AssetConvertible or iterable of AssetConvertible.") from None
        matches, missing = [], []
        for each in several:
            found = self._convert(each, as_of_date, country_code)
            matches.append(found) if found is not None else missing.append(each)
        return matches, missing

    def _convert(self, obj, as_of_date, country_code):
        if isinstance(obj, (Asset, ContinuousFuture)):
            return obj
        if isinstance(obj, Integral):
            return self.retrieve_asset(int(obj), default_none=True)
        if isinstance(obj, str):
            for look_up, arguments in (
                (self.lookup_symbol, (obj, as_of_date, False, country_code)),
                (self.lookup_future_symbol, (obj,)),
            ):
                try:
                    return look_up(*arguments)
                except SymbolNotFound:
                    continue
            return None
        raise NotAssetConvertible(f"Input was {obj}, not AssetConvertible.")

    def lifetimes(self, dates: Any, include_start_date: bool, country_codes: Iterable[str]) -> pd.DataFrame:
        """Frame of bool, a row per date and a column per sid of these countries: whether the asset existed.

        Without include_start_date an asset does not count on its first day, whose data is known at its end only. Futures have no
        column.
        """
        import numpy as np
        import pandas as pd

        if isinstance(country_codes, str):
            raise TypeError(f"Got string {country_codes!r} instead of an iterable of strings in AssetFinder.lifetimes.")
        sids, cells = self._lifetimes([to_days(d) for d in dates], include_start_date, sorted(set(country_codes)))
        matrix = np.frombuffer(cells, dtype=bool).reshape(len(dates), len(sids)).copy()
        return pd.DataFrame(matrix, index=dates, columns=np.array(sids, dtype="int64"))

    def equities_sids_for_country_code(self, country_code: str) -> tuple[int, ...]:
        """Sids of the equities of a country."""
        return tuple(a.sid for a in self._equities(self.equities_sids) if a.country_code == country_code)

    def equities_sids_for_exchange_name(self, exchange_name: str) -> tuple[int, ...]:
        """Sids of the equities of an exchange."""
        return tuple(a.sid for a in self._equities(self.equities_sids) if a.exchange_full == exchange_name)


def _ownership(rows: Iterable[Any], key_of: Callable[[Any], tuple[Any, Any]]) -> Ownership:
    """{key: OwnershipPeriods in time} of the core's rows; the last period never ends."""
    import pandas as pd

    periods = {}
    for row in rows:
        _, _, value, sid, start, end = row
        period = OwnershipPeriod(start, pd.Timestamp.max if end is None else end, sid, value)
        periods.setdefault(key_of(row), []).append(period)
    return {key: tuple(sorted(owned)) for key, owned in periods.items()}

"""Lists of securities that change with time, as the leveraged ETFs that an algorithm may not order.

    def initialize(context):
        lists = SecurityListSet(context.get_datetime, context.asset_finder)
        context.set_asset_restrictions(lists.restrict_leveraged_etfs)

Lists of one's own lie in folders (load_from_directory) or are dicts (SecurityList).
"""

from __future__ import annotations

import os
import warnings
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rustybt.errors import SymbolNotFound
from rustybt.finance.asset_restrictions import SecurityListRestrictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from rustybt._core import BarData
    from rustybt.assets import AssetFinder

__all__ = ["SECURITY_LISTS_DIR", "SecurityList", "SecurityListSet", "load_from_directory"]

DATE_FORMAT = "%Y%m%d"
#: Where load_from_directory looks; may be set.
SECURITY_LISTS_DIR = os.path.join(os.path.dirname(os.path.dirname(__file__)), "resources", "security_lists")


class SecurityList:
    """A list in time.

    data: {knowledge date: {lookup date: {"add": symbols, "delete": symbols}}}; symbols that no asset had on their lookup date
    are left out. current_date_func: now. asset_finder: looks symbols up.
    """

    def __init__(self, data: BarData, current_date_func: Callable[[], pd.Timestamp], asset_finder: AssetFinder) -> None:
        import pandas as pd

        self.data = data
        self.current_date = current_date_func
        self.asset_finder = asset_finder
        self._dates = sorted((pd.Timestamp(day), day) for day in data)
        self._sids = []  # by knowledge date, as far as they were asked for

    def make_knowledge_dates(self, data: BarData) -> dict[pd.Timestamp, Any]:
        """The days on which something changes, sorted."""
        import pandas as pd

        return sorted(pd.Timestamp(day) for day in data)

    def current_securities(self, dt: pd.Timestamp) -> Any:
        """Sids of the assets on the list at a moment."""
        current = set()
        for i, (known, day) in enumerate(self._dates):
            if dt < known.tz_localize(dt.tzinfo):
                break
            if i == len(self._sids):
                self._sids.append(self._after(current, self.data[day]))
            current = self._sids[i]
        return current

    def __iter__(self) -> Iterator[Any]:
        self._warn("Iterating over security_lists is deprecated. Use `for sid in <security_list>.")
        return iter(self.current_securities(self.current_date()))

    def __contains__(self, item: object) -> bool:
        self._warn("Evaluating inclusion in security_lists is deprecated. Use `sid in <security_list>.")
        return item in self.current_securities(self.current_date())

    def _after(self, current, changes):
        sids = set(current)
        for lookup_date, change in changes.items():
            sids |= self._found(change.get("add", ()), lookup_date)
            sids -= self._found(change.get("delete", ()), lookup_date)
        return sids

    def _found(self, symbols, as_of):
        sids = set()
        for symbol in symbols:
            try:
                sids.add(self.asset_finder.lookup_symbol(symbol, as_of_date=as_of).sid)
            except SymbolNotFound:
                continue
        return sids

    @staticmethod
    def _warn(what):
        warnings.warn(f"{what}current_securities(dt)` instead.", category=DeprecationWarning, stacklevel=3)


class SecurityListSet:
    """The lists that there are."""

    #: may be replaced by another implementation
    security_list_type = SecurityList

    def __init__(self, current_date_func: Callable[[], pd.Timestamp], asset_finder: AssetFinder) -> None:
        self.current_date_func = current_date_func
        self.asset_finder = asset_finder
        self._leveraged_etf = None

    @property
    def leveraged_etf_list(self) -> Any:
        """Exchange-traded funds with leverage."""
        if self._leveraged_etf is None:
            self._leveraged_etf = self.security_list_type(
                load_from_directory("leveraged_etf_list"), self.current_date_func, asset_finder=self.asset_finder
            )
        return self._leveraged_etf

    @property
    def restrict_leveraged_etfs(self) -> Any:
        """The list as restrictions, for set_asset_restrictions."""
        return SecurityListRestrictions(self.leveraged_etf_list)


def load_from_directory(list_name: str) -> dict[Any, Any]:
    """{knowledge date: {lookup date: {"add": symbols, "delete": symbols}}} of files
    SECURITY_LISTS_DIR/list_name/knowledge_date/lookup_date/add and delete."""
    root = os.path.join(SECURITY_LISTS_DIR, list_name)
    data = {}
    for known in sorted(os.listdir(root)):
        of_day = data[datetime.strptime(known, DATE_FORMAT)] = {}
        for lookup in sorted(os.listdir(os.path.join(root, known))):
            change = of_day[datetime.strptime(lookup, DATE_FORMAT)] = {}
            folder = os.path.join(root, known, lookup)
            for name in sorted(os.listdir(folder)):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    change[name] = file.read().splitlines()
    return data

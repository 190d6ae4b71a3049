"""Which assets may not be ordered, and when; data.can_trade is False for them.

set_asset_restrictions(StaticRestrictions([symbol("AAPL")]), on_error="log")
"""

from __future__ import annotations

import abc
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from rustybt.assets import Asset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

__all__ = [
    "HistoricalRestrictions",
    "NoRestrictions",
    "RESTRICTION_STATES",
    "Restriction",
    "Restrictions",
    "SecurityListRestrictions",
    "StaticRestrictions",
]


class RESTRICTION_STATES(IntEnum):
    """May an asset be ordered?"""

    ALLOWED = 0
    FROZEN = 1


class Restriction(NamedTuple):
    """An asset is allowed, or frozen, from a moment on."""

    asset: Asset
    effective_date: pd.Timestamp
    state: RESTRICTION_STATES


class Restrictions(metaclass=abc.ABCMeta):
    """Base of all restrictions; derive from it for rules of your own. `a | b` restricts what a or b restricts."""

    @abc.abstractmethod
    def is_restricted(self, assets: Asset | Iterable[Asset], dt: pd.Timestamp) -> Any:
        """Is the asset frozen at dt? For several assets a Series of bool."""
        raise NotImplementedError("is_restricted")

    def __or__(self, other_restriction: Restrictions) -> Restrictions:
        if isinstance(other_restriction, _UnionRestrictions):
            return other_restriction | self
        return _UnionRestrictions([self, other_restriction])


class _UnionRestrictions(Restrictions):
    """Several restrictions; made by `|`. Of fewer than two it is those themselves."""

    def __new__(cls, sub_restrictions: Iterable[Restrictions]) -> Restrictions:
        parts = [r for r in sub_restrictions if not isinstance(r, NoRestrictions)]
        if len(parts) < 2:
            return parts[0] if parts else NoRestrictions()
        union = super().__new__(cls)
        union.sub_restrictions = parts
        return union

    def __or__(self, other_restriction: Restrictions) -> Restrictions:
        parts = getattr(other_restriction, "sub_restrictions", [other_restriction])
        return _UnionRestrictions(self.sub_restrictions + parts)

    def is_restricted(self, assets: Asset | Iterable[Asset], dt: pd.Timestamp) -> Any:
        def of_one(asset):
            return any(r.is_restricted(asset, dt) for r in self.sub_restrictions)

        return _answer(assets, of_one)


class NoRestrictions(Restrictions):
    """Everything may be traded."""

    _core_entries = ()

    def is_restricted(self, assets: Asset | Iterable[Asset], dt: pd.Timestamp) -> Any:
        return _answer(assets, lambda asset: False)


class StaticRestrictions(Restrictions):
    """Assets that may never be ordered."""

    def __init__(self, restricted_list: Iterable[Asset]) -> None:
        self._restricted_set = frozenset(restricted_list)

    def is_restricted(self, assets: Asset | Iterable[Asset], dt: pd.Timestamp) -> Any:
        return _answer(assets, self._restricted_set.__contains__)

    @property
    def _core_entries(self):
        if type(self) is StaticRestrictions:
            return [(asset, None, True) for asset in self._restricted_set]


class HistoricalRestrictions(Restrictions):
    """Assets that are frozen or allowed from dates on.

    HistoricalRestrictions([Restriction(asset, pd.Timestamp("2013-05-10", tz="UTC"), RESTRICTION_STATES.FROZEN)])
    """

    def __init__(self, restrictions: Iterable[Restriction]) -> None:
        self._restrictions_by_asset = {}
        for restriction in restrictions:
            self._restrictions_by_asset.setdefault(restriction.asset, []).append(restriction)
        for of_asset in self._restrictions_by_asset.values():
            of_asset.sort(key=lambda r: r.effective_date)

    def is_restricted(self, assets: Asset | Iterable[Asset], dt: pd.Timestamp) -> Any:
        def of_one(asset):
            state = RESTRICTION_STATES.ALLOWED
            for r in self._restrictions_by_asset.get(asset, ()):
                date = r.effective_date
                if (date.tz_localize(dt.tzinfo) if date.tzinfo is None else date) > dt:
                    break
                state = r.state
            return state == RESTRICTION_STATES.FROZEN

        return _answer(assets, of_one)

    @property
    def _core_entries(self):
        if type(self) is HistoricalRestrictions:
            from rustybt._dates import to_nanoseconds

            return [
                (asset, to_nanoseconds(r.effective_date), r.state == RESTRICTION_STATES.FROZEN)
                for asset, of_asset in self._restrictions_by_asset.items()
                for r in of_asset
            ]


class SecurityListRestrictions(Restrictions):
    """What a list of securities, which changes with time, holds: an object with current_securities(dt)."""

    def __init__(self, security_list_by_dt: Any) -> None:
        self.current_securities: Callable[..., Any] = security_list_by_dt.current_securities

    def is_restricted(self, assets: Asset | Iterable[Asset], dt: pd.Timestamp) -> Any:
        listed = self.current_securities(dt)  # assets, or their sids
        return _answer(assets, lambda asset: asset in listed or asset.sid in listed)


def _answer(assets, of_one):
    """A truth value for an asset, a Series for several."""
    if isinstance(assets, Asset):
        return bool(of_one(assets))
    import pandas as pd

    return pd.Series(index=pd.Index(assets), data=[bool(of_one(asset)) for asset in assets], dtype=bool)

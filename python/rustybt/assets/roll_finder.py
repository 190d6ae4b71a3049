"""When continuous futures hop from contract to contract.

    finder = VolumeRollFinder(calendar, bundle.asset_finder, bundle.equity_daily_bar_reader)
    finder.get_rolls("ES", start, end, offset=0)     # [(sid, session on which the next one takes over), ..., (sid, None)]

The core finds the rolls. A subclass of RollFinder with an _active_contract of its own is asked by the core for each day it looks at.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from rustybt import _core, _preset

if TYPE_CHECKING:
    import pandas as pd

    from rustybt._types import Day
    from rustybt.assets import AssetFinder, Future
    from rustybt.assets.continuous_futures import OrderedContracts
    from rustybt.data.bar_reader import BarReader
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["ROLL_DAYS_FOR_CURRENT_CONTRACT", "CalendarRollFinder", "RollFinder", "VolumeRollFinder"]

ROLL_DAYS_FOR_CURRENT_CONTRACT = 90  # sessions that a volume roll looks ahead


class RollFinder(ABC):
    """Finds the active contract of a chain and its rolls."""

    def __init__(self, trading_calendar: TradingCalendar, asset_finder: AssetFinder) -> None:
        self.trading_calendar: TradingCalendar = trading_calendar
        self.asset_finder: AssetFinder = asset_finder

    @abstractmethod
    def _active_contract(self, oc: OrderedContracts, front: int, back: int, dt: pd.Timestamp) -> int:
        """Which of two neighbouring contracts, by sid, is the active one on a session."""

    def get_contract_center(self, root_symbol: str, dt: Day, offset: int) -> Any:
        """Sid of the contract `offset` places after the active one at dt; None where there is no such contract."""
        oc = self.asset_finder.get_ordered_contracts(root_symbol)
        return self._over(oc).get_contract_center(oc, self._session(dt), offset)

    def get_rolls(self, root_symbol: str, start: Day, end: Day, offset: int) -> list[tuple[int, pd.Timestamp | None]]:
        """(sid, session) of each contract that is active from start to end: the session on which the next one takes over, None
        for the last one."""
        oc = self.asset_finder.get_ordered_contracts(root_symbol)
        return self._over(oc).get_rolls(oc, self._session(start), self._session(end), offset)

    def _session(self, dt: Day) -> pd.Timestamp:
        return self.trading_calendar.minute_to_session(dt)

    def _over(self, oc: OrderedContracts) -> _core.RollFinder:
        """The core's finder with the rule of this class."""

        def rule(front: int, back: int, dt: pd.Timestamp) -> int:
            return self._active_contract(oc, front, back, dt)

        return self._native("calendar", rule=rule)

    def _native(self, style: str, volume: Any = None, last_session: Any = None, rule: Any = None) -> _core.RollFinder:
        # quirk Q32: Zipline's offset does not follow the contract that a roll by volume has just taken
        follows = _preset.default != "zipline"
        return _core.RollFinder(self.trading_calendar.name, style, follows, volume, last_session, rule)


class _NativeRollFinder(RollFinder):
    """A style that the core has; a subclass's own _active_contract comes first.

    _finder: the core's; made for each question, for it would hold this object for ever.
    """

    def _over(self, oc: OrderedContracts) -> _core.RollFinder:
        own = type(self)._active_contract is not _NativeRollFinder._active_contract
        return super()._over(oc) if own else self._finder

    def _active_contract(self, oc: OrderedContracts, front: int, back: int, dt: pd.Timestamp) -> int:
        return self._finder.active_contract(oc, int(front), int(back), dt)


class CalendarRollFinder(_NativeRollFinder):
    """Rolls on the session of a contract's auto close."""

    @property
    def _finder(self) -> _core.RollFinder:
        return self._native("calendar")


class VolumeRollFinder(_NativeRollFinder):
    """Rolls when the volume of the session before was greater in the next contract, at the latest on the auto close.

    session_reader: a reader of daily bars.
    """

    GRACE_DAYS = 7

    def __init__(self, trading_calendar: TradingCalendar, asset_finder: AssetFinder, session_reader: BarReader) -> None:
        super().__init__(trading_calendar, asset_finder)
        self.session_reader = session_reader

    @property
    def _finder(self) -> _core.RollFinder:
        def volume(sid: int, session: pd.Timestamp) -> float:
            return self.session_reader.get_value(sid, session, "volume")

        return self._native("volume", volume, lambda: self.session_reader.last_available_dt)

    def get_contract_center(self, root_symbol: str, dt: Day, offset: int) -> Future | None:
        """The contract `offset` places after the active one at dt; None where there is no such contract."""
        sid = super().get_contract_center(root_symbol, dt, offset)
        return None if sid is None else self.asset_finder.retrieve_asset(sid)

"""One reader over several, chosen by the type of the asset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt.data.bar_reader import _CoreReader
from rustybt.errors import InvalidArgument, NotYetSupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from rustybt.assets import AssetFinder
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["AssetDispatchBarReader", "AssetDispatchMinuteBarReader", "AssetDispatchSessionBarReader"]

_TYPES = {"Equity": "equity", "Future": "future", "Cryptocurrency": "crypto", "FxPair": "fx"}


class AssetDispatchBarReader(_CoreReader):
    """readers: {class of assets: reader of a bundle}; all share the calendar."""

    _frequency_of_class = None

    def __init__(
        self,
        trading_calendar: TradingCalendar,
        asset_finder: AssetFinder,
        readers: Mapping[type, Any],
        last_available_dt: pd.Timestamp | None = None,
    ) -> None:
        own = {}
        for cls, reader in readers.items():
            if not isinstance(reader, _CoreReader):
                raise NotYetSupported(f"a reader of {type(reader).__name__} cannot be dispatched to: pass readers of a bundle")
            if cls.__name__ not in _TYPES:
                raise InvalidArgument(f"no reader for assets of {cls.__name__}, only for {', '.join(_TYPES)}")
            if reader.trading_calendar.name != trading_calendar.name:
                raise InvalidArgument(
                    f"all readers must share the calendar {trading_calendar.name}: the one for {cls.__name__} has "
                    f"{reader.trading_calendar.name}"
                )
            own[_TYPES[cls.__name__]] = reader
        if not own:
            raise InvalidArgument("dispatch needs a reader for one class of assets or more")
        first = next(iter(own.values()))
        core = _core.dispatch_bar_reader(first._bundle, [(kind, reader._core) for kind, reader in own.items()])
        super().__init__(core, self._frequency_of_class or first.data_frequency, first._bundle)
        self._last_available_dt = last_available_dt

    @property
    def last_available_dt(self) -> pd.Timestamp:
        return super().last_available_dt if self._last_available_dt is None else self._last_available_dt


class AssetDispatchMinuteBarReader(AssetDispatchBarReader):
    """Over minute readers."""

    _frequency_of_class = "minute"


class AssetDispatchSessionBarReader(AssetDispatchBarReader):
    """Over daily readers."""

    _frequency_of_class = "daily"

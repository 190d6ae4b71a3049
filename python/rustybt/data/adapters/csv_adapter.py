"""One's own files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt.data.adapters._native import NativeAdapter, _root
from rustybt.errors import SymbolNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustybt._types import Day, StrPath
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["CSVAdapter"]


class CSVAdapter(NativeAdapter):
    """A CSV file or a folder of them; settings as `rustybt ingest csv` has them (symbol, map, delimiter, date_format, ...).

    CSVAdapter("prices/", timezone="America/New_York").ingest("mine")
    """

    name = "csv"
    description = "CSV and other delimited files"

    def __init__(self, path: StrPath, root: StrPath | None = None, **settings: Any) -> None:
        super().__init__(root, **settings)
        self.path: str = str(path)

    def fetch(
        self,
        symbols: Sequence[str] | None = None,
        start: Day | None = None,
        end: Day | None = None,
        frequency: str | None = None,
    ) -> Any:
        """{symbol: table} of all rows; symbols names those to return."""
        frames = self._fetch(symbols, start, end, frequency)[0]
        if symbols is None:
            return frames
        symbols = [symbols] if isinstance(symbols, str) else list(symbols)
        if missing := [s for s in symbols if s not in frames]:
            raise SymbolNotFound(f"{self.path} has no {', '.join(missing)}; it has {', '.join(sorted(frames))}")
        return {symbol: frames[symbol] for symbol in symbols}

    def ingest(self, bundle: str, *, calendar: TradingCalendar | None = None, root: StrPath | None = None) -> Any:
        """Write the files as a new version of `bundle`. Returns its info."""
        settings = {**self.settings, **({} if calendar is None else {"calendar": calendar})}
        return _core.adapter_ingest(bundle, self.name, self.path, settings, _root(root or self.root))

    ingest_to_bundle = ingest

    def _fetch(self, symbols, start, end, frequency):
        settings = {**self.settings, **({} if frequency is None else {"frequency": frequency})}
        return _core.adapter_fetch(self.name, self.path, settings, _root(self.root))

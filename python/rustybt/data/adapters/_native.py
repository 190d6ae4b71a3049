"""Sources that the core has, in the form of BaseDataAdapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt.data.adapters.base import BaseDataAdapter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustybt._types import Day, StrPath


class NativeAdapter(BaseDataAdapter):
    """A source of the core by its name; `settings` are those of `rustybt ingest NAME` (with _ for -)."""

    def __init__(self, root: StrPath | None = None, **settings: Any) -> None:
        self.root: StrPath | None = root
        self.settings: dict[str, str] = {key: _text(value) for key, value in settings.items() if value is not None}

    def fetch(self, symbols: str | Iterable[str], start: Day, end: Day, frequency: str) -> dict[str, Any]:
        """{symbol: table} with exact decimals (`.to_pandas()`, `.to_polars()`, `.to_arrow()`)."""
        return self._fetch(symbols, start, end, frequency)[0]

    def actions(self, symbols: str | Iterable[str], start: Day, end: Day) -> dict[str, list[dict[str, Any]]]:
        """Splits and dividends of the days, as rows."""
        _, splits, dividends = self._fetch(symbols, start, end, "daily")
        return {"splits": splits, "dividends": dividends}

    def ingest(
        self,
        bundle: str,
        symbols: str | Iterable[str],
        start: Day,
        end: Day,
        frequency: str = "daily",
        *,
        calendar: str | None = None,
        root: StrPath | None = None,
    ) -> dict[str, Any]:
        """Write bars and actions as a new version of `bundle`; names, splits and dividends come along. Returns its info."""
        settings = self._settings(symbols, start, end, frequency)
        if calendar is not None:
            settings["calendar"] = calendar
        return _core.adapter_ingest(bundle, self.name, "", settings, _root(root or self.root))

    ingest_to_bundle = ingest

    def _fetch(self, symbols, start, end, frequency):
        return _core.adapter_fetch(self.name, "", self._settings(symbols, start, end, frequency), _root(self.root))

    def _settings(self, symbols, start, end, frequency):
        symbols = [symbols] if isinstance(symbols, str) else list(symbols)
        return {
            **self.settings,
            **{"symbols": ",".join(symbols), "start": str(start), "end": str(end), "frequency": frequency},
        }


def _text(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _root(root):
    return None if root is None else str(root)

"""What a source of bars is: fetch, standardize, validate, ingest."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from rustybt.data.bundles._frames import PRICES
from rustybt.errors import EmptyData, InvalidArgument, MissingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rustybt._types import Day, Frame, StrPath
    from rustybt.assets import Asset
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["BaseDataAdapter"]

class BaseDataAdapter(ABC):
    """A source of bars. Derived classes write `fetch`; the rest has a working default.

    >>> class Mine(BaseDataAdapter):
    ...     name = "mine"
    ...     def fetch(self, symbols, start, end, frequency):
    ...         return {s: {"date": [start], "open": ["10.50"], "high": ["11"], "low": ["10"], "close": ["10.75"],
    ...                     "volume": [100]} for s in symbols}
    >>> sorted(Mine().load(["B", "A"], "2020-01-02", "2020-01-02"))
    ['A', 'B']
    """

    #: Name for `rustybt ingest NAME` and the registry.
    name = ""
    description = ""
    #: Most requests per second, tries of a request, seconds before the second try (doubles, varies by 20 %).
    requests_per_second: float = 10.0
    tries = 3
    first_wait: float = 1.0

    @abstractmethod
    def fetch(self, symbols: Sequence[str], start: Day, end: Day, frequency: str) -> Any:
        """Return {symbol: frame}: pandas, Polars, pyarrow, or a dict of columns.

        symbols: list of str. start, end: days as "YYYY-MM-DD", both included. frequency: "daily" or "minute".
        Columns open, high, low, close, volume, and `date` (minutes: `dt`, the END of the minute, UTC) or an index of
        times. Prices are as traded, not adjusted. Text and decimal.Decimal stay exact.
        """

    def actions(self, symbols: Sequence[str], start: Day, end: Day) -> Any:
        """Return {"splits": rows, "dividends": rows} as `write_frames` takes them; default none."""
        return {}

    def standardize(self, frames: Frame) -> Any:
        """Bring what `fetch` returned into the form of its description; default: it has that form."""
        return frames

    def validate(self, frames: Frame) -> None:
        """Raise an error of rustybt.errors for frames that cannot be ingested.

        The default asks for the columns and for at least one row; prices are checked row by row when they are written.
        """
        if not frames:
            raise EmptyData(f"{self.name}: no frames")
        for symbol, frame in frames.items():
            names = getattr(frame, "column_names", None)
            names = [str(n) for n in (names if names is not None else getattr(frame, "columns", frame))]
            missing = [column for column in PRICES if column not in names]
            if missing:
                raise MissingColumn(f"{self.name} {symbol}: no column {', '.join(missing)}; found {', '.join(names)}")

    def load(self, symbols: Sequence[str], start: Day, end: Day, frequency: str = "daily") -> Any:
        """fetch, standardize, validate; returns the frames."""
        if frequency not in ("daily", "minute"):
            raise InvalidArgument(f"frequency is {frequency!r}; bundles hold daily and minute bars")
        symbols = [symbols] if isinstance(symbols, str) else list(symbols)
        frames = self.standardize(self.fetch(symbols, str(start), str(end), frequency))
        self.validate(frames)
        return frames

    def ingest(
        self,
        bundle: str,
        symbols: Sequence[str],
        start: Day,
        end: Day,
        frequency: str = "daily",
        *,
        calendar: TradingCalendar = "XNYS",
        root: StrPath | None = None,
        assets: Asset | Iterable[Asset] | None = None,
    ) -> Any:
        """Write the bars and actions as a new version of `bundle`. Returns its info."""
        from rustybt.data.bundles import write_frames

        symbols = [symbols] if isinstance(symbols, str) else list(symbols)
        frames = self.load(symbols, start, end, frequency)
        found = self.actions(symbols, str(start), str(end))
        daily = frequency == "daily"
        return write_frames(
            bundle,
            frames if daily else None,
            assets,
            minute_bars=None if daily else frames,
            splits=found.get("splits"),
            dividends=found.get("dividends"),
            calendar=calendar,
            root=root,
            source=f"{self.name} {frequency} {', '.join(symbols)} {start} to {end}",
        )

    ingest_to_bundle = ingest

    def get_metadata(self) -> dict[str, Any]:
        """What the source is, as a dict."""
        return {"name": self.name, "description": self.description, "supports_live": self.supports_live()}

    def supports_live(self) -> bool:
        """Does the source deliver bars as they are made? Default no."""
        return False

    def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a function that asks the network: at the adapter's pace, and again after ConnectionError or TimeoutError."""
        for attempt in range(1, self.tries + 1):
            self._wait_for_turn()
            try:
                return function(*arguments, **named)
            except (ConnectionError, TimeoutError):
                if attempt == self.tries:
                    raise
                time.sleep(self.first_wait * 2 ** (attempt - 1) * random.uniform(0.8, 1.2))
        raise InvalidArgument(f"tries is {self.tries}, expected at least 1")

    def _wait_for_turn(self):
        now = time.monotonic()
        turn = max(now, getattr(self, "_next_turn", now))
        self._next_turn = turn + 1 / self.requests_per_second
        if turn > now:
            time.sleep(turn - now)

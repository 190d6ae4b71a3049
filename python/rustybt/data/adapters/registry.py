"""Adapters by name: the core's, registered ones, and those of installed packages.

A package offers one with an entry point: [project.entry-points."rustybt.data_adapters"] mine = "my_package:MyAdapter".
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from typing import TYPE_CHECKING, Any

from rustybt.data.adapters.base import BaseDataAdapter
from rustybt.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["discover", "get", "list_adapters", "register", "unregister"]

GROUP = "rustybt.data_adapters"

_BUILT_IN = {
    "csv": "csv_adapter:CSVAdapter",
    "yfinance": "web:YFinanceAdapter",
    "polygon": "web:PolygonAdapter",
    "alpaca": "web:AlpacaAdapter",
    "alphavantage": "web:AlphaVantageAdapter",
}
_registered = {}


def register(adapter: Any, name: str | None = None) -> Any:
    """Add a class derived from BaseDataAdapter, under its `name` or another; also a class decorator. Returns it.

    >>> from rustybt.data.adapters import BaseDataAdapter, registry
    >>> class Mine(BaseDataAdapter):
    ...     name = "doc-example"
    ...     def fetch(self, symbols, start, end, frequency): return {}
    >>> registry.register(Mine) is registry.get("doc-example")
    True
    >>> registry.unregister("doc-example")
    """
    if not (inspect.isclass(adapter) and issubclass(adapter, BaseDataAdapter)):
        raise InvalidArgument(f"{adapter!r} is not a class derived from BaseDataAdapter")
    name = name or adapter.name
    if not name:
        raise InvalidArgument(f"{adapter.__name__} has no name: set the class attribute `name`")
    if name in _BUILT_IN or _registered.get(name, adapter) is not adapter:
        raise InvalidArgument(f"an adapter named {name!r} is registered already")
    _registered[name] = adapter
    return adapter


def unregister(name: str) -> None:
    """Forget a registered adapter."""
    if name not in _registered:
        raise InvalidArgument(f"no registered adapter named {name!r}")
    del _registered[name]


def discover() -> Any:
    """Register the adapters of installed packages. Returns {name: class} of all registered ones.

    One that cannot be imported is warned of; it does not keep the others away.
    """
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP):
        if point.name in _registered:
            continue
        try:
            register(point.load(), point.name)
        except Exception as error:  # of foreign code: anything
            warnings.warn(f"the adapter {point.name} ({point.value}) cannot be used: {error}", stacklevel=2)
    return dict(_registered)


def get(name: str) -> Any:
    """The class of an adapter. Raises InvalidArgument with the names there are."""
    if name in _BUILT_IN:
        module, adapter = _BUILT_IN[name].split(":")
        return getattr(importlib.import_module(f"rustybt.data.adapters.{module}"), adapter)
    if name not in _registered:
        discover()
    if name not in _registered:
        raise InvalidArgument(f"no adapter named {name!r}; there are {', '.join(list_adapters())}")
    return _registered[name]


def list_adapters() -> list[str]:
    """Names of all adapters."""
    return sorted({*_BUILT_IN, *discover()})


def third_party() -> Any:
    """Names that the command line has from here."""
    return sorted(discover())


def ingest_with_settings(name: str, bundle: str, settings: Mapping[str, Any]) -> None:
    """`rustybt ingest NAME --symbols ... --start ... --end ...` for an adapter registered here."""
    settings = dict(settings)
    symbols = [s.strip() for s in settings.pop("symbols", "").split(",") if s.strip()]
    start, end = settings.pop("start", None), settings.pop("end", None)
    frequency = settings.pop("frequency", "daily")
    calendar = settings.pop("calendar", "XNYS")
    if settings:
        raise InvalidArgument(f"the adapter {name} takes symbols, start, end, frequency and calendar; found {', '.join(settings)}")
    if not symbols or start is None:
        raise InvalidArgument(f"the adapter {name} needs --symbols and --start")
    if end is None:
        import datetime

        end = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    get(name)().ingest(bundle, symbols, start, end, frequency, calendar=calendar)

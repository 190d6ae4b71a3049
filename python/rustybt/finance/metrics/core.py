"""The registry of metric sets."""

from __future__ import annotations

import types
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["load", "metrics_sets", "register", "unregister"]


def _make_metrics_set_core() -> tuple[
    Mapping[str, Callable[[], Any]], Callable[..., Any], Callable[[str], None], Callable[[str], set[Any]]
]:
    """A registry of its own: (read-only mapping of names, register, unregister, load)."""
    known = {}

    def register(name, function=None):
        """Register a function that makes a set of metrics; without `function` a decorator. A name is given once."""
        if function is None:
            return partial(register, name)
        if name in known:
            raise ValueError(f"metrics set {name!r} is already registered")
        known[name] = function
        return function

    def unregister(name):
        """Forget a set."""
        if name not in known:
            raise ValueError(f"metrics set {name!r} was not already registered")
        del known[name]

    def load(name):
        """A new set of the metrics registered under a name."""
        if name not in known:
            raise ValueError(f"no metrics set registered as {name!r}, options are: {sorted(known)!r}")
        return known[name]()

    return types.MappingProxyType(known), register, unregister, load


metrics_sets: Mapping[str, Callable[[], Any]]
register: Callable[..., Any]
unregister: Callable[[str], None]
load: Callable[[str], set[Any]]
metrics_sets, register, unregister, load = _make_metrics_set_core()

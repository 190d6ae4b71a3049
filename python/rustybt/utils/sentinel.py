"""Objects that only are themselves: marks such as "no default"."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["is_sentinel", "sentinel"]


class _Sentinel:
    __slots__ = ("__weakref__",)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


def is_sentinel(obj: Any) -> bool:
    """Was it made by `sentinel`?"""
    return isinstance(obj, _Sentinel)


def sentinel(name: str, doc: str | None = None) -> Any:
    """The object of this name: always the same, also after copying and pickling.

    Raises ValueError when there is one of that name with another docstring.

    >>> sentinel("nothing"), sentinel("nothing") is sentinel("nothing")
    (sentinel('nothing'), True)
    """
    known = _cache.get(name)
    if known is None:
        caller = sys._getframe(1)
        _cache[name] = known = _make(name, doc, caller.f_globals.get("__name__"))
        type(known)._created_at = f"{caller.f_code.co_filename}:{caller.f_lineno}"
    elif known.__doc__ != doc:
        raise ValueError(
            f"New sentinel value {name!r} conflicts with an existing sentinel of the same name.\n"
            f"Old sentinel docstring: {known.__doc__!r}\nNew sentinel docstring: {doc!r}\n\n"
            f"The old sentinel was created at: {known._created_at}\n\n"
            "Resolve this conflict by changing the name of one of the sentinels."
        )
    return known


_cache: dict[str, Any] = {}
sentinel._cache = _cache  # type: ignore[attr-defined]


def _make(name, doc, module):
    def refuse(cls):
        raise TypeError(f"cannot create {name!r} instances")

    methods = {
        "__new__": refuse,
        "__repr__": lambda self: f"sentinel({name!r})",
        "__reduce__": lambda self: (sentinel, (name, doc)),
    }
    facts = {"__slots__": (), "__doc__": doc, "__name__": name, "__module__": module}
    return object.__new__(type("Sentinel", (_Sentinel,), methods | facts))

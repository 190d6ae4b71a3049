"""An attribute that is there but must not be used."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["NamedExplodingObject"]


class NamedExplodingObject:
    """Raises AttributeError with its name for whatever is asked of it.

    >>> NamedExplodingObject("self.writer").flush
    Traceback (most recent call last):
        ...
    AttributeError: ("attempted to access attribute 'flush' of ExplodingObject self.writer", '')
    """

    def __init__(self, name: str, extra_message: str | None = None) -> None:
        self._name, self._extra_message = name, extra_message

    def __getattr__(self, attr: str) -> NoReturn:
        more = "" if self._extra_message is None else f" {self._extra_message}"
        raise AttributeError(f"attempted to access attribute {attr!r} of ExplodingObject {self._name}", more)

    def __repr__(self) -> str:
        more = "" if self._extra_message is None else ", extra_message=..."
        return f"{type(self).__name__}({self._name!r}{more})"

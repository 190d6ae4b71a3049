"""Names that were different in Python 2; scripts of that time import them from here."""

from __future__ import annotations

import inspect
from contextlib import ExitStack, contextmanager
from functools import update_wrapper, wraps
from html import escape as escape_html
from math import ceil
from types import MappingProxyType as mappingproxy
from typing import Any, NamedTuple

__all__ = [
    "ExitStack",
    "consistent_round",
    "contextmanager",
    "escape_html",
    "getargspec",
    "mappingproxy",
    "unicode",
    "update_wrapper",
    "wraps",
]

unicode = str


class ArgSpec(NamedTuple):
    """Names of a function's arguments, and the defaults of the last ones."""

    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def getargspec(f: Any) -> ArgSpec:
    """The arguments of a function, those by keyword only left out."""
    return ArgSpec(*inspect.getfullargspec(f)[:4])


def consistent_round(val: float) -> int:
    """To the nearest integer; halves go up.

    >>> consistent_round(2.5), consistent_round(-2.5)
    (3, -2)
    """
    return ceil(val) if val % 1 >= 0.5 else round(val)

"""Small numeric helpers that Zipline offers to strategies."""

from __future__ import annotations

import math
from typing import Any


def tolerant_equals(a: float, b: float, atol: float = 10e-7, rtol: float = 10e-7, equal_nan: bool = False) -> bool:
    """Are two numbers equal within an absolute and a relative tolerance?"""
    if equal_nan and math.isnan(a) and math.isnan(b):
        return True
    return math.fabs(a - b) <= (atol + rtol * math.fabs(b))


def round_if_near_integer(a: float, epsilon: float = 1e-4) -> float:
    """The nearest integer when it is within epsilon, else the number itself."""
    return round(a) if abs(a - round(a)) <= epsilon else a


def number_of_decimal_places(n: int) -> int:
    """Digits after the point of a number's text."""
    text = str(n)
    return len(text.partition(".")[2]) if "." in text else 0


def _numpy(name):
    import numpy

    return getattr(numpy, name)


def __getattr__(name: str) -> Any:
    if name in ("nanmean", "nanstd", "nansum", "nanmax", "nanmin", "nanargmax", "nanargmin"):
        return _numpy(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Small numeric helpers that Zipline offers to strategies."""

import math


def tolerant_equals(a, b, atol=10e-7, rtol=10e-7, equal_nan=False):
    """Are two numbers equal within an absolute and a relative tolerance?"""
    if equal_nan and math.isnan(a) and math.isnan(b):
        return True
    return math.fabs(a - b) <= (atol + rtol * math.fabs(b))


def round_if_near_integer(a, epsilon=1e-4):
    """The nearest integer when it is within epsilon, else the number itself."""
    return round(a) if abs(a - round(a)) <= epsilon else a


def number_of_decimal_places(n):
    """Digits after the point of a number's text."""
    text = str(n)
    return len(text.partition(".")[2]) if "." in text else 0


def _numpy(name):
    import numpy

    return getattr(numpy, name)


def __getattr__(name):
    if name in ("nanmean", "nanstd", "nansum", "nanmax", "nanmin", "nanargmax", "nanargmin"):
        return _numpy(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Processors for `preprocess`: arguments of the right type, dtype, size and shape."""

from __future__ import annotations

import datetime
import functools
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from rustybt.utils.functional import getattrs
from rustybt.utils.preprocess import preprocess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

__all__ = [
    "coerce",
    "coerce_string",
    "coerce_types",
    "ensure_dtype",
    "ensure_timestamp",
    "ensure_timezone",
    "ensure_upper_case",
    "error_keywords",
    "expect_bounded",
    "expect_dimensions",
    "expect_dtypes",
    "expect_element",
    "expect_kinds",
    "expect_strictly_bounded",
    "expect_types",
    "make_check",
    "optional",
    "optionally",
    "validate_keys",
    "verify_indices_all_unique",
]

_qualified_name = attrgetter("__qualname__")


# --- processors -------------------------------------------------------------------------------------------------------


def ensure_upper_case(func: Any, argname: str, arg: Any) -> str:
    """Processor: text in upper case."""
    if isinstance(arg, str):
        return arg.upper()
    raise TypeError(f"{func.__name__}() expected argument '{argname}' to be a string, but got {arg} instead.")


def ensure_dtype(func: Any, argname: str, arg: Any) -> Any:
    """Processor: what numpy takes as a dtype, as one."""
    import numpy as np

    try:
        return np.dtype(arg)
    except TypeError as error:
        raise TypeError(_unconverted(func, argname, arg, "numpy dtype")) from error


def ensure_timezone(func: Any, argname: str, arg: Any) -> datetime.tzinfo:
    """Processor: the name of a time zone as the zone; of pytz where it is installed, as Zipline's are."""
    if isinstance(arg, datetime.tzinfo):
        return arg
    if not isinstance(arg, str):
        raise TypeError(_unconverted(func, argname, arg, "timezone"))
    try:
        import pytz
    except ImportError:
        import zoneinfo

        return zoneinfo.ZoneInfo(arg)
    return pytz.timezone(arg)


def ensure_timestamp(func: Any, argname: str, arg: Any) -> pd.Timestamp:
    """Processor: what pandas takes as a Timestamp, as one."""
    import pandas as pd

    try:
        return pd.Timestamp(arg)
    except ValueError as error:
        said = f"\nOriginal error was: {_qualified_name(type(error))}: {error}"
        raise TypeError(_unconverted(func, argname, arg, "pandas Timestamp") + said) from error


def _unconverted(func, argname, arg, what):
    return f"{_qualified_name(func)}() couldn't convert argument {argname}={arg!r} to a {what}."


def optionally(preprocessor: Callable[[Any, str, Any], Any]) -> Callable[[Any, str, Any], Any]:
    """The processor, leaving None as it is."""

    @functools.wraps(preprocessor)
    def process(func, argname, arg):
        return None if arg is None else preprocessor(func, argname, arg)

    return process


def coerce(from_: Any, to: Callable[..., Any], **to_kwargs: Any) -> Callable[[Any, str, Any], Any]:
    """Processor: arguments of the type(s) `from_` become to(argument).

    >>> @preprocess(x=coerce(str, int, base=2))
    ... def twice(x):
    ...     return 2 * x
    >>> twice("101"), twice(3)
    (10, 6)
    """

    def process(func, argname, arg):
        return to(arg, **to_kwargs) if isinstance(arg, from_) else arg

    return process


coerce_string: Callable[..., Any] = functools.partial(coerce, str)


def make_check(
    exc_type: type[Exception],
    template: str,
    pred: Callable[[Any], Any],
    actual: Callable[[Any], Any],
    funcname: str | Callable[[Any], str],
) -> Callable[[Any, str, Any], Any]:
    """Processor: raises where pred(argument) holds; the template has %(funcname)s, %(argname)s, %(actual)s."""

    def check(func, argname, argvalue):
        if pred(argvalue):
            name = funcname if isinstance(funcname, str) else funcname(func)
            raise exc_type(template % {"funcname": name, "argname": argname, "actual": actual(argvalue)})
        return argvalue

    return check


# --- decorators -------------------------------------------------------------------------------------------------------


def _each(make, named):
    return preprocess(**{name: make(wanted) for name, wanted in named.items()})


def _check_of(exc_type, wanted, pred, actual, funcname):
    """make_check with a text that may have any signs in it."""
    template = f"%(funcname)s() expected a {wanted.replace('%', '%%')} for argument '%(argname)s', but got %(actual)s instead."
    return make_check(exc_type, template, pred, actual, funcname)


def expect_types(__funcname: Any = _qualified_name, **named: Any) -> Callable[[Any], Any]:
    """Decorator: arguments are of these types; else TypeError. `__funcname` names the function in it.

    >>> @expect_types(x=int)
    ... def twice(x):
    ...     return 2 * x
    >>> twice("3")
    Traceback (most recent call last):
        ...
    TypeError: twice() expected a value of type int for argument 'x', but got str instead.
    """
    for name, type_ in named.items():
        if not isinstance(type_, (type, tuple)):
            message = "expect_types() expected a type or tuple of types for argument"
            raise TypeError(f"{message} '{name}', but got {type_} instead.")

    def check(type_):
        names = " or ".join(_qualified_name(each) for each in _tuple(type_))
        return _check_of(
            TypeError,
            f"value of type {names}",
            lambda value: not isinstance(value, type_),
            lambda value: _qualified_name(type(value)),
            __funcname,
        )

    return _each(check, named)


def optional(type_: type) -> tuple[type, type]:
    """For expect_types: `type_` or None."""
    return (type_, type(None))


def expect_dtypes(__funcname: Any = _qualified_name, **named: Any) -> Callable[[Any], Any]:
    """Decorator: arguments have one of these numpy dtypes; else TypeError."""
    import numpy as np

    for name, dtype in named.items():
        if not isinstance(dtype, (np.dtype, tuple)):
            message = "expect_dtypes() expected a numpy dtype or tuple of dtypes for argument"
            raise TypeError(f"{message} {name!r}, but got {dtype} instead.")

    def check(dtypes):
        return _check_of(
            TypeError,
            f"value with dtype {' or '.join(repr(each.name) for each in _tuple(dtypes))}",
            lambda value: getattr(value, "dtype", object()) not in _tuple(dtypes),
            lambda value: repr(getattrs(value, ("dtype", "name"), value)),
            __funcname,
        )

    return _each(check, named)


def expect_kinds(**named: Any) -> Callable[[Any], Any]:
    """Decorator: the dtypes of arguments are of these kinds ("i", "f", ...); else TypeError."""
    for name, kind in named.items():
        if not isinstance(kind, (str, tuple)):
            message = "expect_dtype_kinds() expected a string or tuple of strings for argument"
            raise TypeError(f"{message} {name!r}, but got {kind} instead.")

    def check(kinds):
        return _check_of(
            TypeError,
            f"numpy object of kind {' or '.join(map(repr, _tuple(kinds)))}",
            lambda value: getattrs(value, ("dtype", "kind"), object()) not in _tuple(kinds),
            lambda value: repr(getattrs(value, ("dtype", "kind"), value)),
            _qualified_name,
        )

    return _each(check, named)


def expect_element(__funcname: Any = _qualified_name, **named: Any) -> Callable[[Any], Any]:
    """Decorator: arguments are among these values; else ValueError."""

    def check(values):
        shown = tuple(sorted(values)) if isinstance(values, (set, frozenset)) else values
        return _check_of(ValueError, f"value in {shown}", lambda value: value not in values, repr, __funcname)

    return _each(check, named)


def expect_bounded(__funcname: Any = _qualified_name, **named: Any) -> Callable[[Any], Any]:
    """Decorator: arguments lie between (lowest, highest), both allowed, None for no bound; else ValueError.

    >>> @expect_bounded(x=(1, None))
    ... def root(x):
    ...     return x**0.5
    >>> root(0)
    Traceback (most recent call last):
        ...
    ValueError: root() expected a value greater than or equal to 1 for argument 'x', but got 0 instead.
    """
    words = "less than or equal to {1}", "greater than or equal to {0}", "inclusively between {0} and {1}"
    return _expect_bounds(words, lambda lower, upper: lower <= upper, __funcname, named)


def expect_strictly_bounded(__funcname: Any = _qualified_name, **named: Any) -> Callable[[Any], Any]:
    """Decorator: arguments lie between (lowest, highest), neither allowed, None for no bound; else ValueError."""
    words = "strictly less than {1}", "strictly greater than {0}", "exclusively between {0} and {1}"
    return _expect_bounds(words, lambda lower, upper: lower < upper, __funcname, named)


def _expect_bounds(words, in_order, funcname, named):
    for name, bounds in named.items():
        if not (isinstance(bounds, tuple) and len(bounds) == 2 and bounds != (None, None)):
            message = "expect_bounded() expected a tuple of bounds for argument"
            raise TypeError(f"{message} '{name}', but got {bounds} instead.")

    def check(bounds):
        lower, upper = bounds
        text = words[0 if lower is None else 1 if upper is None else 2].format(lower, upper)

        def is_outside(value):
            return not (
                (lower is None or in_order(lower, value)) and (upper is None or in_order(value, upper))
            )

        return _check_of(ValueError, f"value {text}", is_outside, repr, funcname)

    return _each(check, named)


def expect_dimensions(__funcname: Any = _qualified_name, **dimensions: int) -> Callable[[Any], Any]:
    """Decorator: arguments are arrays of so many dimensions; else ValueError."""

    def check(wanted):
        def actual(value):
            return f"a {value.ndim}-D array" if value.ndim else "a scalar"

        return _check_of(ValueError, f"{wanted}-D array", lambda value: value.ndim != wanted, actual, __funcname)

    return _each(check, dimensions)


def coerce_types(**kwargs: tuple[Any, Callable[..., Any]]) -> Callable[[Any], Any]:
    """Decorator: arguments of a type become another one: name=(from_type, to)."""
    return _each(lambda types: coerce(*types), kwargs)


class error_keywords:
    """Decorator: TypeError with these texts when arguments of these names are passed."""

    def __init__(self, *args: Any, **kwargs: str) -> None:
        self.messages = kwargs

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def checked(*args, **kwargs):
            for name, message in self.messages.items():
                if name in kwargs:
                    raise TypeError(message)
            return func(*args, **kwargs)

        return checked


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


# --- checks -----------------------------------------------------------------------------------------------------------


def validate_keys(dict_: Mapping[str, Any], expected: Iterable[str], funcname: str) -> None:
    """Raises ValueError unless the dict has just these keys."""
    wanted, found = set(expected), set(dict_)
    if wanted != found:
        what = "Missing" if wanted - found else "Unexpected"
        keys = f"Expected Keys: {sorted(wanted)}\nReceived Keys: {sorted(found)}"
        raise ValueError(f"{what} keys in {funcname}:\n{keys}")


def verify_indices_all_unique(obj: Any) -> Any:
    """The series or frame itself; raises ValueError where a label of an axis is there twice."""
    for axis, index in zip(("index", "columns"), obj.axes):
        if not index.is_unique:
            twice = sorted(index[index.duplicated()])
            raise ValueError(f"Duplicate entries in {type(obj).__name__}.{axis}: {twice}.")
    return obj

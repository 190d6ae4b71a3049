"""Functions of functions, and of dicts and sequences."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

from rustybt.utils.sentinel import sentinel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    _T = TypeVar("_T")

__all__ = ["apply", "dzip_exact", "foldr", "getattrs", "instance", "invert", "keysorted", "mapall", "same", "unzip"]

_no_default = sentinel("_no_default")


def apply(function: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
    """function(*args, **kwargs); as `instance` a decorator that makes a class its one object.

    >>> list(map(apply, (abs, str), (-1, 2)))
    [1, '2']
    """
    return function(*args, **kwargs)


instance = apply


def mapall(funcs: Iterable[Callable[[Any], Any]], seq: Iterable[Any]) -> Iterator[Any]:
    """The values of the first function, then those of the second one, and so on.

    >>> list(mapall([str, float], [1, 2]))
    ['1', '2', 1.0, 2.0]
    """
    return (function(each) for function in funcs for each in seq)


def same(*values: Any) -> bool:
    """Are all equal? Also when there are none.

    >>> same(1, 1), same(1, 2), same()
    (True, False, True)
    """
    return all(value == values[0] for value in values[1:])


def dzip_exact(*dicts: Mapping[Any, Any]) -> dict[Any, tuple[Any, ...]]:
    """The values of dicts side by side, by key. Raises ValueError where their keys differ.

    >>> dzip_exact({"a": 1}, {"a": 2})
    {'a': (1, 2)}
    """
    if not same(*(each.keys() for each in dicts)):
        raise ValueError(f"dict keys not all equal:\n\n{[sorted(each) for each in dicts]}")
    return {key: tuple(each[key] for each in dicts) for key in dicts[0]}


def unzip(seq: Iterable[Iterable[Any]], elem_len: int | None = None) -> tuple[tuple[Any, ...], ...]:
    """Columns of rows of one length, which is needed when there are no rows. Raises ValueError for another length.

    >>> unzip([("a", 1), ("b", 2)])
    (('a', 'b'), (1, 2))
    """
    rows = [tuple(row) for row in seq]
    if elem_len is None:
        if not rows:
            raise ValueError("cannot unzip empty sequence without 'elem_len'")
        elem_len = len(rows[0])
    for place, row in enumerate(rows):
        if len(row) != elem_len:
            raise ValueError(f"element at index {place} was length {len(row)}, expected {elem_len}")
    return tuple(zip(*rows)) if rows else ((),) * elem_len


def getattrs(value: Any, attrs: Iterable[str], default: Any = _no_default) -> Any:
    """The attribute of an attribute of ...; `default`, if given, where one is missing."""
    try:
        return functools.reduce(getattr, attrs, value)
    except AttributeError:
        if default is _no_default:
            raise
        return default


def foldr(f: Callable[[Any, Any], Any], seq: Sequence[Any], default: Any = _no_default) -> Any:
    """f(seq[0], f(seq[1], ... f(seq[-1], default))).

    >>> foldr(lambda each, rest: each - rest, [10, 3, 2])
    9
    """
    start = () if default is _no_default else (default,)
    return functools.reduce(lambda rest, each: f(each, rest), reversed(seq), *start)


def invert(d: Mapping[Any, Any]) -> dict[Any, set[Any]]:
    """The keys of each value.

    >>> invert({"a": 1, "b": 2})
    {1: {'a'}, 2: {'b'}}
    """
    keys: dict[Any, set[Any]] = {}
    for key, value in d.items():
        keys.setdefault(value, set()).add(key)
    return keys


def keysorted(d: Mapping[Any, _T]) -> list[tuple[Any, _T]]:
    """(key, value) pairs in the order of the keys."""
    return sorted(d.items(), key=lambda item: item[0])

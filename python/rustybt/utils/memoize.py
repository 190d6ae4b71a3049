"""Values that are computed once; arguments that are remembered are not kept alive by it."""

from __future__ import annotations

import functools
import weakref
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["classlazyval", "lazyval", "remember_last", "weak_lru_cache"]


class lazyval(property):
    """A property that is computed when it is first asked for, once an object; it cannot be set.

    >>> class Reader:
    ...     @lazyval
    ...     def rows(self):
    ...         print("reads")
    ...         return 3
    >>> reader = Reader()
    >>> reader.rows, reader.rows
    reads
    (3, 3)
    """

    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func)
        self.func = func
        self._cache: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        try:
            return self._cache[instance]
        except KeyError:
            value = self._cache[instance] = self.func(instance)
            return value

    def __set__(self, instance: Any, value: Any) -> None:
        raise AttributeError(f"Can't set read-only attribute: {type(instance).__name__}.{self.func.__name__} ")


class classlazyval(lazyval):
    """The same of a class: computed once for each class that is asked."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return super().__get__(owner, owner)


class _CacheInfo(NamedTuple):
    hits: int
    misses: int
    maxsize: int | None
    currsize: int


_NAMED = object()  # between arguments by position and those by name


def _remember(function, maxsize):
    """The function with the results of its last `maxsize` sets of arguments."""
    # by arguments; those that can be referred to weakly are, and take their entry with them when they go
    results: OrderedDict[Any, Any] = OrderedDict()
    lock = Lock()
    hits = misses = 0

    def key_of(arguments, forget):
        key: list[Any] = []

        def gone(reference):
            results.pop(tuple(key), None)

        for each in arguments:
            try:
                key.append(weakref.ref(each, *([gone] if forget else [])))
            except TypeError:
                key.append(each)
        return tuple(key)

    @functools.wraps(function)
    def remembering(*args, **kwargs):
        nonlocal hits, misses
        arguments = args + (_NAMED, *(part for item in sorted(kwargs.items()) for part in item)) if kwargs else args
        key = key_of(arguments, forget=False)
        with lock:
            if key in results:
                hits += 1
                results.move_to_end(key)
                return results[key]
        value = function(*args, **kwargs)
        # made outside of the lock: an argument may go at any time, also of this very thread
        key = key_of(arguments, forget=True)
        with lock:
            misses += 1
            results[key] = value
            while maxsize is not None and len(results) > maxsize:
                results.popitem(last=False)
        return value

    def cache_info():
        """Hits, misses, and how many results there may be and are."""
        return _CacheInfo(hits, misses, maxsize, len(results))

    def cache_clear():
        """Forget all results, and count anew."""
        nonlocal hits, misses
        with lock:
            results.clear()
            hits = misses = 0

    remembering.cache_info, remembering.cache_clear = cache_info, cache_clear
    return remembering


def weak_lru_cache(maxsize: int | None = 100) -> Any:
    """Decorator of functions and methods: the results of the last `maxsize` sets of arguments (None: of all).

    Arguments are hashable; they and a method's object are not kept alive, and take their results with them. `cache_info()`
    and `cache_clear()` are as in functools.lru_cache; a method's objects each have a memory of their own.
    """

    class Remembered(lazyval):
        def __init__(self, func):
            super().__init__(func)
            self._function = _remember(func, maxsize)
            self.cache_info, self.cache_clear = self._function.cache_info, self._function.cache_clear
            functools.update_wrapper(self, func)

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            try:
                return self._cache[instance]
            except KeyError:
                weak = weakref.ref(instance)

                @functools.wraps(self.func)
                def method(*args, **kwargs):
                    return self.func(weak(), *args, **kwargs)

                remembered = self._cache[instance] = _remember(method, maxsize)
                return remembered

        def __call__(self, *args, **kwargs):
            return self._function(*args, **kwargs)

    return Remembered


remember_last: Any = weak_lru_cache(1)

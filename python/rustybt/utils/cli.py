"""What ingest functions show on a terminal."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    _T = TypeVar("_T")

__all__ = ["maybe_show_progress"]

_WIDTH = 36


def maybe_show_progress(
    it: Iterable[_T],
    show_progress: bool,
    *,
    label: str = "",
    length: int | None = None,
    item_show_func: Callable[[Any], str | None] | None = None,
    file: Any = None,
    **options: Any,
) -> AbstractContextManager[Iterable[_T]]:
    """Context manager that gives the items again, with a bar on the standard output meanwhile, if asked for.

        with maybe_show_progress(symbols, show_progress, label="Downloading") as symbols:
            for symbol in symbols:
                ...

    length: of `it`, where it does not know. item_show_func: text for the current item, None after the last one. What click's
    bar can be told beyond that is left out.
    """
    if not show_progress:
        return nullcontext(it)
    return _Bar(it, label, length, item_show_func, file or sys.stdout)


class _Bar:
    def __init__(self, items, label, length, text_of, file):
        self._items, self._label, self._text_of, self._file = items, label, text_of, file
        self._length = length if length is not None else getattr(items, "__len__", lambda: None)()
        # a file or a pipe gets the label alone
        self._is_terminal = getattr(file, "isatty", lambda: False)()

    def __enter__(self):
        if not self._is_terminal and self._label:
            print(self._label, file=self._file)
        return self

    def __exit__(self, *error):
        if self._is_terminal:
            print(file=self._file, flush=True)

    def __iter__(self) -> Iterator[Any]:
        done = 0
        for done, item in enumerate(self._items, 1):
            self._draw(done - 1, item)
            yield item
        self._draw(done, None)

    def _draw(self, done, item):
        if not self._is_terminal:
            return
        if self._length:
            full = min(done * _WIDTH // self._length, _WIDTH)
            bar = f"[{'#' * full}{'-' * (_WIDTH - full)}] {done}/{self._length}"
        else:
            bar = str(done)
        text = (self._text_of(item) or "") if self._text_of else ""
        print(f"\r\033[K{self._label}  {bar}  {text}".rstrip(), end="", file=self._file, flush=True)

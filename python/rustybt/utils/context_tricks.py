"""Context managers made of functions."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["CallbackManager", "nop_context"]

nop_context: AbstractContextManager[None] = nullcontext()


class CallbackManager:
    """A context manager, and a maker of them, that calls `pre` on entry and `post` on exit.

    manager = CallbackManager(pre=lambda name: print("begin", name), post=lambda name: print("end", name))
    with manager("example"):
        ...
    """

    pre: Callable[..., Any]
    post: Callable[..., Any]

    def __init__(self, pre: Callable[..., Any] | None = None, post: Callable[..., Any] | None = None) -> None:
        self.pre, self.post = pre or _nothing, post or _nothing

    @contextmanager
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        entered = self.pre(*args, **kwargs)
        try:
            yield entered
        finally:
            self.post(*args, **kwargs)

    def __enter__(self) -> Any:
        return self.pre()

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self.post()


def _nothing(*args, **kwargs):
    pass

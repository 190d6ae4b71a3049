"""Context managers made of functions."""

from contextlib import contextmanager, nullcontext

__all__ = ["CallbackManager", "nop_context"]

nop_context = nullcontext()


class CallbackManager:
    """A context manager, and a maker of them, that calls `pre` on entry and `post` on exit.

    manager = CallbackManager(pre=lambda name: print("begin", name), post=lambda name: print("end", name))
    with manager("example"):
        ...
    """

    def __init__(self, pre=None, post=None):
        self.pre, self.post = pre or _nothing, post or _nothing

    @contextmanager
    def __call__(self, *args, **kwargs):
        entered = self.pre(*args, **kwargs)
        try:
            yield entered
        finally:
            self.post(*args, **kwargs)

    def __enter__(self):
        return self.pre()

    def __exit__(self, kind, value, traceback):
        self.post()


def _nothing(*args, **kwargs):
    pass

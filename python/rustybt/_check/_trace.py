"""What a strategy reads, orders and records, with the line of its own code, as lines of a text file.

    nanoseconds TAB kind TAB file:line in function TAB call TAB value
    kinds: read (of `data`), act (orders, records), file (a file or bundle it opened), unchecked (what cannot be cut)
"""

import atexit
import functools
import hashlib
import os
import random
import sys

from rustybt import _core

_READS = ("current", "history", "can_trade", "is_stale", "window", "mean", "std", "max", "min", "current_chain")
_ACTS = (
    "order",
    "order_value",
    "order_percent",
    "order_target",
    "order_target_value",
    "order_target_percent",
    "batch_market_order",
    "order_bracket",
    "order_oco",
    "order_oto",
    "modify_order",
    "cancel_order",
    "record",
)
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Trace:
    """Writes the lines. Times are of the simulation, 0 before it begins."""

    def __init__(self, path, folder):
        self._file = open(path, "w", encoding="utf-8", buffering=1 << 16)  # noqa: SIM115 (open until the process ends)
        self._folder = os.path.realpath(folder) + os.sep
        self._places = {}
        atexit.register(self._close)

    def _close(self):
        self._file.close()

    def write(self, kind, place, call, value=""):
        if self._file.closed:
            return
        self._file.write(f"{self._now()}\t{kind}\t{place}\t{_line(call)}\t{_line(value)}\n")

    def place(self):
        """The innermost line of the user's code that is being run; "" outside of it and while it imports a library."""
        frame = sys._getframe(1)
        while frame is not None:
            code = frame.f_code
            if code.co_filename.startswith("<frozen importlib"):
                return ""
            if self._is_users(code.co_filename):
                name = os.path.relpath(os.path.realpath(code.co_filename), self._folder)
                return f"{name}:{frame.f_lineno} in {code.co_name}".replace(" in <module>", "")
            frame = frame.f_back
        return ""

    def _is_users(self, filename):
        known = self._places.get(filename)
        if known is None:
            path = os.path.realpath(filename)
            known = path.startswith(self._folder) and not path.startswith(_OURS) and "site-packages" not in path
            self._places[filename] = known
        return known

    def _now(self):
        try:
            return int(_core.running_context()._now().value)
        except Exception:  # noqa: BLE001 (outside of the run there is no time)
            return 0


def watch(trace):
    """Write every read of `data`, every order and record from now on."""
    from rustybt._core import BarData
    from rustybt.algorithm import TradingAlgorithm

    for name in _READS:
        setattr(BarData, name, _watched(trace, "read", f"data.{name}", getattr(BarData, name)))
    for name in _ACTS:
        setattr(TradingAlgorithm, name, _watched(trace, "act", name, getattr(TradingAlgorithm, name)))


def _watched(trace, kind, name, function):
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        try:
            value = function(self, *args, **kwargs)
        except Exception as error:
            trace.write(kind, trace.place(), _call(name, args, kwargs), f"{type(error).__name__}: {error}")
            raise
        trace.write(kind, trace.place(), _call(name, args, kwargs), _value(value) if kind == "read" else "")
        return value

    return call


def _call(name, args, kwargs):
    words = [_argument(a) for a in args] + [f"{k}={_argument(v)}" for k, v in kwargs.items()]
    return f"{name}({', '.join(words)})"


def _argument(value):
    if hasattr(value, "symbol") and hasattr(value, "sid"):
        return str(value.symbol)
    if isinstance(value, (list, tuple)):
        shown = ", ".join(_argument(v) for v in value[:4])
        return f"[{shown}{', ... ' + str(len(value)) if len(value) > 4 else ''}]"
    if hasattr(value, "tobytes") and not getattr(value, "shape", ()):
        return repr(value.item())
    if hasattr(value, "to_numpy") or hasattr(value, "tobytes"):
        return _value(value)
    if isinstance(value, float):
        return repr(float(value))
    if type(value).__repr__ is object.__repr__:  # an address says nothing, and changes
        facts = ", ".join(f"{k}={_argument(v)}" for k, v in sorted(getattr(value, "__dict__", {}).items()))
        return f"{type(value).__name__}({facts})"
    return repr(value)


def _value(value):
    """Short, and different for different values."""
    array = value.to_numpy() if hasattr(value, "to_numpy") else value
    if isinstance(value, (list, tuple)):
        return repr([_argument(v) for v in value])
    if not hasattr(array, "tobytes") or not getattr(array, "shape", ()):
        return _argument(value)
    content = array.tobytes() if array.dtype != object else repr(array.tolist()).encode()
    digest = hashlib.blake2b(content, digest_size=6).hexdigest()
    size = "x".join(map(str, array.shape))
    return f"{size} values, last {array[-1]!s:.60} #{digest}" if array.size else f"{size} values"


def _line(text):
    return text.replace("\t", " ").replace("\n", " ")


def seed_everything():
    """Make random numbers without a seed the same in every run, so that runs can be compared all the same."""
    import numpy as np

    random.seed(0)
    np.random.seed(0)
    unseeded = np.random.default_rng
    np.random.default_rng = lambda seed=None: unseeded(0 if seed is None else seed)

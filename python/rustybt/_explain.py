"""What an error says beside its text: the line of the user's own that led to it, a code, and what to do.

An exception keeps its class and its `str()`; it gets the attributes `code`, `hint` and `where`, and a note that tracebacks show.
"""

import builtins
import functools
import linecache
import os
import re
import site
import sys
import sysconfig
from typing import Any, NamedTuple, TypeVar

from rustybt import errors

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_LIBRARIES = tuple(
    folder + os.sep
    for folder in {
        *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *site.getsitepackages(),
        _PACKAGE,
    }
)
_ARGUMENTS = {"initialize": "context", "handle_data": "context, data", "before_trading_start": "context, data"}
_VARIABLE_ARGUMENTS = 0x04  # CO_VARARGS
_Function = TypeVar("_Function")
_NO_FAULT = (SystemExit, KeyboardInterrupt, GeneratorExit)


class Where(NamedTuple):
    """A line of source: str() is "strategy.py:12 in handle_data: order(asset, nan)"."""

    file: str
    line: int
    function: str
    source: str

    def __str__(self):
        place = f"{self.file}:{self.line}" + (f" in {self.function}" if self.function else "")
        return f"{place}: {self.source}" if self.source else place


def explain(error, caller=None):
    """Give an error its `code`, `hint` and `where`; returns it.

    caller: the frame that asked for the run, named when no line of the user's was running.
    """
    if isinstance(error, _NO_FAULT):
        return error
    frame, line = _user_frame(error.__traceback__)
    if getattr(error, "where", None) is None:
        error.where = _syntax_place(error) or _place(frame, line)
        if error.where is None and caller is not None:
            error.where = _place(caller, caller.f_lineno)
    if not getattr(error, "code", 0):
        error.code = errors.StrategyFailed.code
    if not getattr(error, "hint", ""):
        error.hint = _hint(error, frame)
    return error


def explained(function: _Function) -> _Function:
    """Decorate what a user calls for a run: whatever it raises says where, code and remedy."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            add_note(explain(error, sys._getframe(1)))
            raise

    return call


def add_note(error):
    """Let tracebacks (of Python, of notebooks) end with place, code and remedy."""
    if isinstance(error, _NO_FAULT) or any(note.startswith("rustybt error ") for note in getattr(error, "__notes__", ())):
        return
    place = f"at {error.where}\n" if error.where is not None else ""
    error.add_note(f"rustybt error {error.code}\n{place}hint: {error.hint}")


def check_functions(functions):
    """Refuse a strategy's function that cannot be called as it will be."""
    for name, arguments in _ARGUMENTS.items():
        function = functions.get(name)
        code = getattr(function, "__code__", None)
        if code is not None and not hasattr(function, "__self__") and not _accepts(function, code, arguments.count(",") + 1):
            found = ", ".join(code.co_varnames[: code.co_argcount])
            error = errors.WrongType(f"{name} is called with ({arguments}), but takes ({found})")
            error.hint = f"define {name}({arguments})"
            source = linecache.getline(code.co_filename, code.co_firstlineno).strip()
            error.where = Where(code.co_filename, code.co_firstlineno, code.co_name, source)
            raise error


def _accepts(function, code, count):
    least = code.co_argcount - len(function.__defaults__ or ())
    most = sys.maxsize if code.co_flags & _VARIABLE_ARGUMENTS else code.co_argcount
    return least <= count <= most and code.co_kwonlyargcount == len(function.__kwdefaults__ or ())


def _user_frame(tb):
    """Innermost frame that is neither ours nor a library's, and its line."""
    found = None, 0
    while tb is not None:
        name = tb.tb_frame.f_code.co_filename
        if not name.startswith((*_LIBRARIES, "<frozen ")):
            found = tb.tb_frame, tb.tb_lineno
        tb = tb.tb_next
    return found


def _place(frame, line):
    if frame is None:
        return None
    code = frame.f_code
    source = linecache.getline(code.co_filename, line, frame.f_globals).strip()
    return Where(code.co_filename, line, "" if code.co_name == "<module>" else code.co_name, source)


def _syntax_place(error):
    if isinstance(error, SyntaxError) and error.filename:
        return Where(error.filename, error.lineno or 0, "", (error.text or "").strip())
    return None


def _hint(error, frame):
    if isinstance(error, NameError):
        from rustybt import api

        name = error.name or ""
        if name in api.__all__:
            return f"import it: from rustybt.api import {name}"
        return _closest(name, {*frame.f_locals, *frame.f_globals, *dir(builtins), *api.__all__} if frame else api.__all__)
    if isinstance(error, AttributeError):
        return _closest(error.name or "", dir(error.obj) if error.obj is not None else ())
    if isinstance(error, ImportError):
        name = re.match(r"cannot import name '(\w+)'", str(error))
        return _closest(name[1] if name else "", dir(sys.modules.get(error.name)) if name else ())
    unexpected = re.search(r"(\w+)\(\) got an unexpected keyword argument '(\w+)'", str(error))
    if isinstance(error, TypeError) and unexpected:
        return _closest(unexpected[2], _parameters(unexpected[1]))
    if isinstance(error, SyntaxError):
        return "correct the syntax of this line"
    return "the error comes from this line's own code: correct it there"


def _parameters(name):
    """Names of the arguments of a function of ours."""
    import inspect

    from rustybt import api
    from rustybt.utils.run_algo import run_algorithm

    function = run_algorithm if name == "run_algorithm" else getattr(api, name, None)
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _closest(name, names):
    import difflib

    match = difflib.get_close_matches(name, [n for n in names if not n.startswith("_")], 1)
    return f"did you mean {match[0]!r}?" if match else "check the spelling; dir() lists what there is"

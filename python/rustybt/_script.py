"""Strategy scripts for the command line: load one, explain what it raised."""

import importlib.util
import os
import sys
import traceback

from rustybt import _explain

_NAMES = ("initialize", "handle_data", "before_trading_start", "analyze")


class Loaded:
    """A script's functions with the context they will be given."""

    def __init__(self, context, functions, imported_zipline):
        self.context = context
        self.functions = functions
        self.imported_zipline = imported_zipline


def define(namespace, definitions):
    """Put names into a namespace: "name=expression", in this order, so that later ones may use earlier ones."""
    from rustybt.errors import InvalidArgument

    for text in definitions:
        name, equals, expression = text.partition("=")
        if not (equals and name.strip().isidentifier()):
            raise InvalidArgument.with_hint(f"-D takes NAME=EXPRESSION, found {text!r}", "write -D window=20")
        try:
            namespace[name.strip()] = eval(expression, namespace)
        except Exception as error:
            message = f"-D {text}: the expression raised {type(error).__name__}: {error}"
            raise InvalidArgument.with_hint(message, "text needs quotes of its own: -D \"name='AAPL'\"") from error


def load(path, metrics_set="", definitions=(), extensions=()):
    """Run the script's top level and pick its functions.

    The extensions run first, and `definitions` are names that the script has already when it begins.

    `import zipline` gives rustybt meanwhile. The script's folder is on the import path and `__file__` is set, as for
    `python script.py`.
    """
    from rustybt.compat import _alias
    from rustybt.data.bundles import _extension

    _extension.load(extensions)
    _alias.install()
    _alias.watch()
    path = os.path.abspath(path)
    if "RUSTYBT_CHECK" in os.environ:
        from rustybt import _check

        _check.install(path)
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(spec.name, module)
    define(vars(module), definitions)
    spec.loader.exec_module(module)
    imported = _alias.was_imported()
    if imported:
        _alias.use_preset("the script imports zipline")
    context, functions = strategy_of(vars(module), module.__name__)
    if not any(functions.values()):
        print(f"warning: {path} defines none of {', '.join(_NAMES)}: nothing will happen", file=sys.stderr)
    from rustybt.finance.metrics import _run as metrics_run

    functions["metrics"] = metrics = metrics_run.make(metrics_set or "default")
    functions["analyze"] = _analyze(functions["analyze"], metrics, as_frame=imported)
    return Loaded(context, functions, imported)


def strategy_of(names, module):
    """(context, functions) of what a script or a cell defines: functions, or one class made of TradingAlgorithm."""
    from rustybt.algorithm import TradingAlgorithm

    functions = {name: names.get(name) for name in _NAMES}
    _explain.check_functions(functions)
    classes = [
        value
        for value in names.values()
        if isinstance(value, type) and issubclass(value, TradingAlgorithm) and value.__module__ == module
    ]
    if any(functions.values()) or not classes:
        return TradingAlgorithm(), functions
    bases = {base for each in classes for base in each.__mro__[1:]}
    classes = [each for each in dict.fromkeys(classes) if each not in bases]
    if len(classes) > 1:
        from rustybt.errors import InvalidArgument

        error = InvalidArgument(f"expected one strategy, found the classes {', '.join(each.__name__ for each in classes)}")
        error.hint = "leave one of them, or define initialize and handle_data as functions"
        raise error
    context = classes[0]()
    return context, context._functions()


def _analyze(function, metrics, as_frame):
    if function is None:
        return None

    def analyze(context, core):
        from rustybt.result import Result

        result = Result(core, metrics)
        function(context, result.perf if as_frame else result)

    return analyze


def format_traceback(error):
    """Python's traceback of an error, without our own frames above the script's."""
    tb = error.__traceback__
    while tb is not None and _is_ours(tb):
        tb = tb.tb_next
    if tb is None and not isinstance(error, SyntaxError):
        tb = error.__traceback__
    return "".join(traceback.format_exception(type(error), error, tb))


def _is_ours(tb):
    name = tb.tb_frame.f_code.co_filename
    return os.path.dirname(os.path.abspath(__file__)) == os.path.dirname(name) or name.startswith("<frozen importlib")


def format_message(error):
    """ "ValueError: no such thing"; of our own errors the text alone."""
    from rustybt.errors import RustybtError

    text = str(error)
    if text and isinstance(error, RustybtError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def explain(error):
    """(code, hint, line of the user's own or "") of an error."""
    _explain.explain(error)
    where = getattr(error, "where", None)
    return error.code, error.hint, "" if where is None else str(where)


def flush():
    sys.stdout.flush()
    sys.stderr.flush()

"""%load_ext rustybt: the cell magics %%rustybt and %%zipline, with the options of `rustybt run`."""

import argparse
import builtins
import linecache
import shlex
from itertools import count

from rustybt import errors

_FUNCTIONS = ("initialize", "handle_data", "before_trading_start", "analyze")
_numbers = count(1)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise errors.InvalidArgument.with_hint(message, f"{self.prog} --help lists the options")


def _parser(name):
    p = _Parser(prog=f"%%{name}", description="Run the strategy in this cell; its value is the result.", allow_abbrev=False)
    p.add_argument("-b", "--bundle", help="bundle to run on (default: the only one)")
    p.add_argument("-s", "--start", help="first day, YYYY-MM-DD (default: the bundle's)")
    p.add_argument("-e", "--end", help="last day, YYYY-MM-DD (default: the bundle's)")
    p.add_argument("--capital", "--capital-base", default="100000", help="starting cash (default 100000)")
    p.add_argument("--preset", choices=("zipline", "rustybt"), help="default: zipline under %%%%zipline or when the cell imports zipline")
    p.add_argument("--set", action="append", default=[], metavar="POLICY=VALUE", help="choose one policy; may be repeated")
    p.add_argument("--data-frequency", choices=("daily", "minute"), default="daily")
    p.add_argument("--emission-rate", choices=("daily", "minute"), default="daily")
    p.add_argument("--base-currency", help="currency of the books")
    p.add_argument("--benchmark", "--benchmark-symbol", help="symbol to compare with")
    p.add_argument("--benchmark-file", help="CSV of daily returns to compare with (columns date, return)")
    p.add_argument("--no-benchmark", action="store_true", help="compare with zero returns (the default)")
    p.add_argument("--metrics-set", default="default")
    p.add_argument("--calendar", "--trading-calendar", help="trading calendar (default: the bundle's)")
    p.add_argument("-D", "--define", action="append", default=[], metavar="NAME=VALUE", help="a name of the cell, evaluated first")
    p.add_argument("--local-namespace", action="store_true", help="take the functions from the notebook")
    p.add_argument("--no-progress", action="store_true", help="show no bar")
    p.add_argument("-o", "--output", help="name of the notebook's variable that also gets the result")
    return p


def run_cell(shell, name, line, cell):
    """Run a cell's strategy; the Result, or under %%zipline the performance frame."""
    from rustybt import _explain, _preset
    from rustybt.compat import _alias
    from rustybt.utils.run_algo import run_algorithm

    try:
        options = _parser(name).parse_args(shlex.split(line))
    except SystemExit:  # --help has been printed
        return None
    before = _preset.default, _preset.reason
    _alias.install()
    _alias.watch()
    try:
        namespace = _execute(shell, cell, options)
        as_zipline = name == "zipline" or _alias.was_imported()
        if as_zipline:
            _alias.use_preset("%%zipline" if name == "zipline" else "the cell imports zipline")
        result = run_algorithm(
            **{function: namespace.get(function) for function in _FUNCTIONS},
            **_settings(options),
            progress=not options.no_progress,
        )
    except Exception as error:
        _explain.add_note(_explain.explain(error))
        raise
    finally:
        _preset.default, _preset.reason = before
    if options.output:
        shell.user_ns[options.output] = result
    return result


def _execute(shell, cell, options):
    """Names after running the cell in a copy of the notebook's, so that it leaves nothing behind."""
    namespace = dict(shell.user_ns)
    if not (cell is None or options.local_namespace):
        for function in _FUNCTIONS:
            namespace.pop(function, None)
    for text in options.define:
        key, equals, value = text.partition("=")
        if not equals:
            raise errors.InvalidArgument.with_hint(f"-D takes NAME=VALUE, found {text!r}", "write -D window=20")
        namespace[key] = eval(value, namespace)
    if cell is not None:
        file = f"<strategy cell {next(_numbers)}>"
        source = "\n" + shell.transform_cell(cell)  # the line of the magic is line 1
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        namespace["__builtins__"] = builtins
        exec(compile(source, file, "exec"), namespace)
    return namespace


def _settings(options):
    policies = {}
    for text in options.set:
        policy, equals, value = text.partition("=")
        if not equals:
            raise errors.InvalidArgument.with_hint(f"--set takes POLICY=VALUE, found {text!r}", "write --set fill=next_open")
        policies[policy] = value
    return {
        "start": options.start,
        "end": options.end,
        "capital_base": options.capital,
        "data_frequency": options.data_frequency,
        "emission_rate": options.emission_rate,
        "bundle": options.bundle,
        "trading_calendar": options.calendar,
        "metrics_set": options.metrics_set,
        "benchmark": options.benchmark,
        "benchmark_returns": options.benchmark_file and _returns(options.benchmark_file),
        "preset": options.preset,
        "policies": policies,
        "base_currency": options.base_currency,
    }


def _returns(path):
    import csv

    with open(path, newline="") as file:
        return [(row["date"], row["return"]) for row in csv.DictReader(file)]


def register(shell):
    """Give a shell the magics."""
    for name in ("rustybt", "zipline"):
        def magic(line, cell=None, name=name):
            return run_cell(shell, name, line, cell)

        magic.__doc__ = _parser(name).format_help()
        shell.register_magic_function(magic, "line_cell", name)

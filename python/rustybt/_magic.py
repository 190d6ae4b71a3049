"""%load_ext rustybt: the cell magics %%rustybt and %%zipline, with the options of `rustybt run`.

Two more are theirs: --local-namespace takes the functions from the notebook, --no-progress shows no bar. --output may also be
the name of a variable of the notebook, which then gets the result.
"""

import builtins
import inspect
import linecache
import shlex
from itertools import count

_FUNCTIONS = ("initialize", "handle_data", "before_trading_start", "analyze")
_OWN_OPTIONS = ("--local-namespace", "--no-progress")
_OWN_HELP = """  --local-namespace           take the functions from the notebook
  --no-progress               show no bar
--output may be the name of a variable of the notebook, which then gets the result.
"""
_numbers = count(1)


def run_cell(shell, name, line, cell):
    """Run a cell's strategy; the Result, or under %%zipline the performance frame."""
    from rustybt import _core, _explain, _preset
    from rustybt.compat import _alias
    from rustybt.data.bundles import _extension
    from rustybt.utils import run_algo

    words = shlex.split(line)
    own = [word for word in words if word in _OWN_OPTIONS]
    options = _core.run_words([word for word in words if word not in own], f"%%{name}")
    if options["help"]:
        print(options["help"] + _OWN_HELP)
        return None
    before = _preset.default, _preset.reason
    _extension.load(options["extensions"])
    _alias.install()
    _alias.watch()
    try:
        namespace = _execute(shell, cell, options["definitions"], "--local-namespace" in own)
        if name == "zipline" or _alias.was_imported():
            _alias.use_preset("%%zipline" if name == "zipline" else "the cell imports zipline")
        given = inspect.signature(run_algo.run_algorithm).bind(
            **{function: namespace.get(function) for function in _FUNCTIONS},
            **_settings(options),
            progress="--no-progress" not in own,
        )
        given.apply_defaults()
        result = run_algo.result_of(given.arguments)
        shown = result.perf if _preset.default == "zipline" else result
    except Exception as error:
        _explain.add_note(_explain.explain(error))
        raise
    finally:
        _preset.default, _preset.reason = before
    _keep(shell, result, shown, options, f"%%{name} {line}".rstrip())
    return shown


def _execute(shell, cell, definitions, is_local):
    """Names after running the cell in a copy of the notebook's, so that it leaves nothing behind."""
    from rustybt import _script

    namespace = dict(shell.user_ns)
    if not (cell is None or is_local):
        for function in _FUNCTIONS:
            namespace.pop(function, None)
    _script.define(namespace, definitions)
    if cell is not None:
        file = f"<strategy cell {next(_numbers)}>"
        source = "\n" + shell.transform_cell(cell)  # the line of the magic is line 1
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        namespace["__builtins__"] = builtins
        exec(compile(source, file, "exec"), namespace)
    return namespace


def _settings(options):
    """What run_algorithm calls the options."""
    same = ("start", "end", "data_frequency", "emission_rate", "bundle", "benchmark", "benchmark_returns", "preset")
    return {
        **{name: options[name] for name in (*same, "base_currency", "capital_changes")},
        "capital_base": options["capital"] or "100000",
        "trading_calendar": options["calendar"],
        "metrics_set": options["metrics_set"] or "default",
        "policies": dict(_policy(text) for text in options["policies"]),
    }


def _policy(text):
    from rustybt.errors import InvalidArgument

    policy, equals, value = text.partition("=")
    if not equals:
        raise InvalidArgument.with_hint(f"--set takes POLICY=VALUE, found {text!r}", "write --set fill=next_open")
    return policy, value


def _keep(shell, result, shown, options, command):
    """Put the result where --output and --report say."""
    output, report = options["output"], options["report"]
    if output and output.isidentifier():
        shell.user_ns[output] = shown
        output = None
    if output or report:
        result.write(output, report=report, strategy="a cell of a notebook", command=command)


def register(shell):
    """Give a shell the magics."""
    for name in ("rustybt", "zipline"):
        def magic(line, cell=None, name=name):
            return run_cell(shell, name, line, cell)

        magic.__doc__ = f"Run the strategy in this cell; its value is the result. %%{name} --help lists the options."
        shell.register_magic_function(magic, "line_cell", name)

"""run_algorithm: functions in, result out."""

from __future__ import annotations

import logging
import os
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from rustybt import _core, _explain, _html, _preset
from rustybt._dates import optional_days, to_days

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rustybt.algorithm import TradingAlgorithm
    from rustybt.result import Result

__all__ = ["BenchmarkSpec", "load_extensions", "run_algorithm"]


@_explain.explained
def run_algorithm(
    start: Any = None,
    end: Any = None,
    initialize: "Callable[[TradingAlgorithm], Any] | None" = None,
    capital_base: Any = 100_000,
    handle_data: "Callable[[TradingAlgorithm, _core.BarData], Any] | None" = None,
    before_trading_start: "Callable[[TradingAlgorithm, _core.BarData], Any] | None" = None,
    analyze: "Callable[[TradingAlgorithm, Any], Any] | None" = None,
    data_frequency: str = "daily",
    bundle: Any = None,
    bundle_timestamp: Any = None,
    trading_calendar: Any = None,
    metrics_set: Any = "default",
    benchmark_returns: Any = None,
    default_extension: bool = True,
    extensions: Any = (),
    strict_extensions: bool = True,
    environ: Any = None,
    custom_loader: Any = None,
    blotter: Any = "default",
    *,
    benchmark: Any = None,
    preset: str | None = None,
    policies: "Mapping[str, Any] | None" = None,
    root: Any = None,
    progress: "Callable[..., Any] | bool | None" = None,
    emission_rate: str = "daily",
    base_currency: str | None = None,
    capital_changes: Any = None,
    algorithm: "TradingAlgorithm | type[TradingAlgorithm] | None" = None,
) -> "Result":
    """Run a strategy over a bundle.

    The strategy: functions, or `algorithm`, a class made of rustybt.algorithm.TradingAlgorithm or an object of it.

    start, end: first and last day (default: the bundle's). bundle: name, or what rustybt.data.bundles.load returned.
    benchmark_returns: Series of daily returns; benchmark: a symbol; neither: zero returns.
    preset: "rustybt" or "zipline"; policies: single policies that differ from it ({"limit_check": "trigger_only"}).
    emission_rate: "minute" writes the books after every minute too: result.table("minute_performance"), "minute_orders".
    extensions: Python files to run first, each once in a process, after extension.py of RUSTYBT_ROOT (default_extension).
    base_currency: currency of the books ("EUR"); assets quoted in another one are valued through the bundle's exchange rates.
    capital_changes: cash that comes or goes, by day or (minute bars) minute: {"2013-05-08": {"type": "delta", "value": 25_000}};
    type "target" brings the portfolio to a value. Also context.capital_changes; done ones are in result.capital_changes.
    blotter: a SimulationBlotter, or the name of a class registered in rustybt.extensions; the run trades by its slippage,
    commission and cancel policy.
    metrics_set: "default", "none", "classic", a name registered in rustybt.finance.metrics, or a set of metrics.
    progress: called after each session with (sessions done, all, date, bars, orders, transactions, portfolio value); True: a bar
    below a notebook's cell.

    Returns a Result; under the zipline alias the performance frame. What the strategy raises passes through, with the finished
    sessions in the exception's attribute `partial_result`, the line of the strategy in `where`, and `code` and `hint`.
    """
    result = result_of(locals())
    return result.perf if _returns_frame() else result


def result_of(given: "dict[str, Any]") -> "Result":
    """The Result of run_algorithm called with these arguments (all of them), also where that returns a frame."""
    from rustybt.finance.metrics import _run as metrics_run

    a = SimpleNamespace(**given)
    _refuse_unsupported(a.custom_loader)
    functions = {name: given[name] for name in ("initialize", "handle_data", "before_trading_start", "analyze")}
    _explain.check_functions(functions)
    if a.default_extension or a.extensions:
        from rustybt.data.bundles import _extension

        environ = os.environ if a.environ is None else a.environ
        _extension.load(a.extensions, a.default_extension, a.strict_extensions, a.root, environ)
    context, functions = _strategy(a.algorithm, functions)
    functions["metrics"] = metrics_run.make(a.metrics_set)
    settings = _settings(
        a.start,
        a.end,
        a.capital_base,
        a.data_frequency,
        a.trading_calendar,
        a.benchmark_returns,
        a.benchmark,
        a.preset,
        a.policies,
        a.progress,
        a.emission_rate,
        a.base_currency,
        a.capital_changes,
    )
    opened = _bundle(a.bundle, a.bundle_timestamp, a.root, a.environ)
    return _run(context, functions, opened, settings, _returns_frame(), _blotter(a.blotter))


@_explain.explained
def run_class(context: Any, data_portal: Any) -> tuple[Result, bool]:
    """The run of a strategy made with sim_params, over the portal it was made with or this one: (Result, is a frame wanted)."""
    from rustybt.finance.metrics import _run as metrics_run

    portal = data_portal if data_portal is not None else context.__dict__.get("data_portal")
    if portal is None:
        raise RuntimeError(
            "No data portal in TradingAlgorithm.run().\nEither pass a DataPortal to TradingAlgorithm() or to run()."
        )
    params = context.sim_params
    settings = _settings(
        params.start_session,
        params.end_session,
        params.capital_base,
        params.data_frequency,
        context.trading_calendar,
        context.benchmark_returns if context.benchmark_sid is None else None,
        None,
        None,
        None,
        None,
        params.emission_rate if params.data_frequency == "minute" else "daily",
        None,
        context._capital_changes_given,
    )
    functions = context._functions()
    given = functions["initialize"]

    def initialize(context):
        context._set_given()
        if given is not None:
            given(context)

    functions["initialize"] = initialize
    functions["metrics"] = metrics_run.make(context._metrics_set or "default")
    around = _AroundEvents(context, functions) if context._create_event_context is not None else nullcontext()
    as_frame = _returns_frame()
    blotter = _blotter(context._blotter_given)
    with around:
        bundle = portal._bundle_over(params.start_session, params.end_session)
        return _run(context, functions, bundle, settings, as_frame, blotter), as_frame


class _AroundEvents:
    """A strategy's own context manager around what is called on each bar: create(data) gives it."""

    def __init__(self, context, functions):
        initialize, handle_data = functions["initialize"], functions["handle_data"]
        self._entered = None

        def begin(context, data):
            self._entered = context._create_event_context(data)
            self._entered.__enter__()
            if handle_data is not None:
                handle_data(context, data)

        def set_up(context):
            from rustybt.utils.events import Always

            initialize(context)
            context.add_event(Always(), lambda context, data: self.__exit__(None, None, None))  # after all others

        functions.update(initialize=set_up, handle_data=begin)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        entered, self._entered = self._entered, None
        if entered is not None:
            entered.__exit__(kind, value, traceback)


def _strategy(algorithm, functions):
    """(context, functions) of a strategy given as functions, as a class or as an object of one."""
    from rustybt.algorithm import TradingAlgorithm

    if algorithm is None:
        return TradingAlgorithm(), functions
    twice = [name for name, function in functions.items() if function is not None]
    if twice:
        raise ValueError(f"a strategy is functions or an algorithm, found both: {', '.join(twice)} and {algorithm!r}")
    if isinstance(algorithm, type) and issubclass(algorithm, TradingAlgorithm):
        algorithm = algorithm()
    if not isinstance(algorithm, TradingAlgorithm):
        raise TypeError(f"algorithm is a class made of rustybt.algorithm.TradingAlgorithm, or an object of it, found {algorithm!r}")
    return algorithm, algorithm._functions()


def _run(context, functions, bundle, settings, as_frame, blotter=None):
    """One run; analyze gets the frame or the Result."""
    from rustybt.result import Result

    wrapped = None
    changes = settings["capital_changes"]

    def initialize(context):
        if changes:
            context.capital_changes = changes
        if blotter is not None:
            blotter._attach(context)
        if functions["initialize"] is not None:
            functions["initialize"](context)

    def analyze(context, core):
        nonlocal wrapped
        wrapped = Result(core, functions.get("metrics"))
        functions["analyze"](context, wrapped.perf if as_frame else wrapped)

    try:
        called = {"metrics": None, **functions, "analyze": functions["analyze"] and analyze}
        if changes or blotter is not None:
            called["initialize"] = initialize
        core = _core.run(context, called, bundle, settings)
    except BaseException as error:
        if isinstance(getattr(error, "partial_result", None), _core.RunResult):
            error.partial_result = Result(error.partial_result, functions.get("metrics"))
        raise
    return wrapped if wrapped is not None else Result(core, functions.get("metrics"))


def _returns_frame():
    """Zipline's run_algorithm returns the frame itself; ours does so while the alias is active."""
    return _preset.default == "zipline"


def _refuse_unsupported(custom_loader):
    from rustybt.errors import NotYetSupported

    if custom_loader is not None:
        raise NotYetSupported(f"run_algorithm(custom_loader={custom_loader!r}) is not supported yet")


def _blotter(given):
    """The blotter whose models a run takes, also by the name it was registered under; None for the default one."""
    if given is None or isinstance(given, str) and given == "default":
        return None
    from rustybt import extensions
    from rustybt.errors import NotYetSupported
    from rustybt.finance.blotter import Blotter, SimulationBlotter

    blotter = extensions.load(Blotter, given) if isinstance(given, str) else given
    if not isinstance(blotter, SimulationBlotter):
        raise NotYetSupported(f"run_algorithm(blotter={given!r}): a run takes a SimulationBlotter, or the name of one")
    return blotter


def _bundle(bundle, timestamp, root, environ):
    from rustybt.data import bundles

    if isinstance(bundle, _core.Bundle):
        return bundle
    if root is None and environ is not None:
        root = environ.get("RUSTYBT_ROOT")
    name = bundles.only_bundle(root) if bundle is None else bundle
    return bundles.load(name, environ=environ, timestamp=timestamp, root=root)


def _settings(
    start,
    end,
    capital,
    data_frequency,
    calendar,
    benchmark_returns,
    benchmark,
    preset,
    policies,
    progress,
    emission_rate="daily",
    base_currency=None,
    capital_changes=None,
):
    for name, value in (("data_frequency", data_frequency), ("emission_rate", emission_rate)):
        if value not in ("daily", "minute"):
            raise ValueError(f"{name} is 'daily' or 'minute', found {value!r}")
    return {
        "start": optional_days(start),
        "end": optional_days(end),
        "capital": capital,
        "minute": data_frequency == "minute",
        "minute_emission": emission_rate == "minute",
        "base_currency": None if base_currency is None else base_currency.upper(),
        "preset": preset or _preset.default,
        "preset_reason": "asked for" if preset else _preset.reason,
        "policies": {str(k): str(v) for k, v in (policies or {}).items()},
        "calendar": getattr(calendar, "name", calendar),
        "benchmark_returns": _daily_returns(benchmark_returns),
        "benchmark_symbol": getattr(benchmark, "symbol", benchmark),
        "capital_changes": capital_changes,
        "log": _log,
        "progress": _html.progress_of(progress),
    }


def _daily_returns(returns):
    """(day, return) of a Series, a dict or pairs; days without a value are left out."""
    if returns is None:
        return []
    pairs = returns.items() if hasattr(returns, "items") else returns
    return [(to_days(day), float(value)) for day, value in pairs if value == value]


def _log(level, message):
    logging.getLogger("rustybt").log(level, message)


class BenchmarkSpec:
    """The ways to name a benchmark: a Series of returns, a file of them, a sid, a symbol, or none wanted.

    >>> BenchmarkSpec.from_cli_params(None, None, None, no_benchmark=True).no_benchmark
    True
    """

    benchmark_returns: Any
    benchmark_file: Any
    benchmark_sid: int | None
    benchmark_symbol: str | None
    no_benchmark: bool

    def __init__(
        self,
        benchmark_returns: Any,
        benchmark_file: Any,
        benchmark_sid: int | None,
        benchmark_symbol: str | None,
        no_benchmark: bool,
    ) -> None:
        self.benchmark_returns, self.benchmark_file = benchmark_returns, benchmark_file
        self.benchmark_sid, self.benchmark_symbol = benchmark_sid, benchmark_symbol
        self.no_benchmark = no_benchmark

    @classmethod
    def from_cli_params(
        cls, benchmark_sid: int | None, benchmark_symbol: str | None, benchmark_file: Any, no_benchmark: bool
    ) -> "BenchmarkSpec":
        """Of the options of a command."""
        return cls(None, benchmark_file, benchmark_sid, benchmark_symbol, no_benchmark)

    @classmethod
    def from_returns(cls, benchmark_returns: Any) -> "BenchmarkSpec":
        """Of a Series of daily returns; None: no benchmark."""
        return cls(benchmark_returns, None, None, None, benchmark_returns is None)

    def resolve(self, asset_finder: Any, start_date: Any, end_date: Any) -> "tuple[int | None, Any]":
        """(sid, daily returns), one of them None at least; returns are 0 where no benchmark is wanted.

        A symbol is looked up as of end_date. Raises SymbolNotFound.
        """
        if self.benchmark_returns is not None:
            return None, self.benchmark_returns
        if self.benchmark_file is not None:
            from rustybt.data.benchmarks import get_benchmark_returns_from_file

            return None, get_benchmark_returns_from_file(self.benchmark_file)
        if self.benchmark_sid is not None:
            return self.benchmark_sid, None
        if self.benchmark_symbol is not None:
            return asset_finder.lookup_symbol(self.benchmark_symbol, as_of_date=end_date).sid, None
        if self.no_benchmark:
            import pandas as pd

            return None, pd.Series(0.0, index=pd.date_range(start_date, end_date, tz="utc"))
        for line in _NO_BENCHMARK:
            logging.getLogger("rustybt").warning(line)
        return None, None


_NO_BENCHMARK = (
    "No benchmark configured. Assuming algorithm calls set_benchmark.",
    "Pass --benchmark-sid, --benchmark-symbol, or --benchmark-file to set a source of benchmark returns.",
    "Pass --no-benchmark to use a dummy benchmark of zero returns.",
)


def load_extensions(default: bool, extensions: Any, strict: bool, environ: "Mapping[str, str]", reload: bool = False) -> None:
    """Run files of extensions, each once in a process: extension.py of the root where `default` is set, then `extensions`.

    strict: an error in one of them is raised, else it is warned of. reload: those that ran before run again.
    """
    from rustybt.data.bundles import _extension

    if reload:
        _extension.forget()
    _extension.load(extensions, default, strict, None, environ)

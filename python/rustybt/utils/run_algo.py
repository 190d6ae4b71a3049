"""run_algorithm: functions in, result out."""

import logging
from typing import TYPE_CHECKING, Any

from rustybt import _core, _explain, _html, _preset
from rustybt._dates import optional_days, to_days

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rustybt.algorithm import TradingAlgorithm
    from rustybt.result import Result

__all__ = ["run_algorithm"]


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
) -> "Result":
    """Run a strategy over a bundle.

    start, end: first and last day (default: the bundle's). bundle: name, or what rustybt.data.bundles.load returned.
    benchmark_returns: Series of daily returns; benchmark: a symbol; neither: zero returns.
    preset: "rustybt" or "zipline"; policies: single policies that differ from it ({"limit_check": "trigger_only"}).
    emission_rate: "minute" writes the books after every minute too: result.table("minute_performance"), "minute_orders".
    base_currency: currency of the books ("EUR"); assets quoted in another one are valued through the bundle's exchange rates.
    capital_changes: cash that comes or goes, by day or (minute bars) minute: {"2013-05-08": {"type": "delta", "value": 25_000}};
    type "target" brings the portfolio to a value. Also context.capital_changes; done ones are in result.capital_changes.
    metrics_set: "default", "none", "classic", a name registered in rustybt.finance.metrics, or a set of metrics.
    progress: called after each session with (sessions done, all, date, bars, orders, transactions, portfolio value); True: a bar
    below a notebook's cell.

    Returns a Result; under the zipline alias the performance frame. What the strategy raises passes through, with the finished
    sessions in the exception's attribute `partial_result`, the line of the strategy in `where`, and `code` and `hint`.
    """
    from rustybt.finance.metrics import _run as metrics_run

    _refuse_unsupported(custom_loader, blotter)
    functions = {
        "initialize": initialize,
        "handle_data": handle_data,
        "before_trading_start": before_trading_start,
        "analyze": analyze,
        "metrics": metrics_run.make(metrics_set),
    }
    _explain.check_functions(functions)
    settings = _settings(
        start,
        end,
        capital_base,
        data_frequency,
        trading_calendar,
        benchmark_returns,
        benchmark,
        preset,
        policies,
        progress,
        emission_rate,
        base_currency,
        capital_changes,
    )
    as_frame = _returns_frame()
    result = _run(functions, _bundle(bundle, bundle_timestamp, root, environ), settings, as_frame)
    return result.perf if as_frame else result


def _run(functions, bundle, settings, as_frame):
    """One run; analyze gets the frame or the Result."""
    from rustybt.algorithm import TradingAlgorithm
    from rustybt.result import Result

    wrapped = None
    changes = settings["capital_changes"]

    def initialize(context):
        context.capital_changes = changes
        if functions["initialize"] is not None:
            functions["initialize"](context)

    def analyze(context, core):
        nonlocal wrapped
        wrapped = Result(core, functions.get("metrics"))
        functions["analyze"](context, wrapped.perf if as_frame else wrapped)

    try:
        called = {"metrics": None, **functions, "analyze": functions["analyze"] and analyze}
        if changes:
            called["initialize"] = initialize
        core = _core.run(TradingAlgorithm(), called, bundle, settings)
    except BaseException as error:
        if isinstance(getattr(error, "partial_result", None), _core.RunResult):
            error.partial_result = Result(error.partial_result, functions.get("metrics"))
        raise
    return wrapped if wrapped is not None else Result(core, functions.get("metrics"))


def _returns_frame():
    """Zipline's run_algorithm returns the frame itself; ours does so while the alias is active."""
    return _preset.default == "zipline"


def _refuse_unsupported(custom_loader, blotter):
    from rustybt.errors import NotYetSupported

    for name, value, known in (
        ("custom_loader", custom_loader, None),
        ("blotter", blotter, "default"),
    ):
        if value != known:
            raise NotYetSupported(f"run_algorithm({name}={value!r}) is not supported yet")


def _bundle(bundle, timestamp, root, environ):
    from rustybt.data import bundles

    if isinstance(bundle, _core.Bundle):
        return bundle
    if root is None and environ is not None:
        root = environ.get("RUSTYBT_ROOT")
    return bundles.load(bundles.only_bundle(root) if bundle is None else bundle, timestamp=timestamp, root=root)


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

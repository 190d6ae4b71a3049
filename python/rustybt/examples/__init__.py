"""Strategies to read and to run: `rustybt run` takes the files, load_example_modules() gives them as modules.

    from rustybt import examples
    perf = examples.run_example(examples.load_example_modules(), "buyapple", environ={"ZIPLINE_ROOT": "~/.zipline"})

They trade US stocks; run_example takes them from the bundle "test".
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

# first and last day
_PERIODS = {
    "buy_and_hold": ("2008-01-01", "2013-01-01"),
    "buyapple": ("2014-01-01", "2014-11-01"),
    "dual_ema_talib": ("2014-01-01", "2014-11-01"),
    "dual_moving_average": ("2011-01-01", "2013-01-01"),
    "olmar": ("2004-01-01", "2008-01-01"),
}
# what two runs have in common: orders carry ids of their own
_cols_to_check = (
    "algo_volatility algorithm_period_return alpha benchmark_period_return benchmark_volatility beta capital_used ending_cash "
    "ending_exposure ending_value excess_return gross_leverage long_exposure long_value longs_count max_drawdown max_leverage "
    "net_leverage period_close period_label period_open pnl portfolio_value positions returns short_exposure short_value shorts_count "
    "sortino starting_cash starting_exposure starting_value trading_days treasury_period_return"
).split()


def load_example_modules() -> dict[str, ModuleType]:
    """The examples by name; without those whose libraries are not installed (dual_ema_talib needs TA-Lib)."""
    modules = {}
    for name in _PERIODS:
        try:
            modules[name] = import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if str(error.name).startswith("rustybt"):
                raise
    return modules


def run_example(
    example_modules: Mapping[str, ModuleType],
    example_name: str,
    environ: Mapping[str, str],
    benchmark_returns: Any = None,
) -> Any:
    """Run an example over the bundle "test" of the environment's RUSTYBT_ROOT or ZIPLINE_ROOT, with 10 millions."""
    from rustybt import run_algorithm

    module = example_modules[example_name]
    start, end = _PERIODS[example_name]
    functions = {name: getattr(module, name, None) for name in ("initialize", "handle_data", "before_trading_start", "analyze")}
    return run_algorithm(
        start=start, end=end, capital_base=1e7, bundle="test", environ=environ, benchmark_returns=benchmark_returns, **functions
    )

"""Exact-money backtests of strategies written for Zipline or RustyBT.

    import rustybt

    def initialize(context):
        context.asset = rustybt.api.symbol("AAPL")

    def handle_data(context, data):
        rustybt.api.order(context.asset, 10)

    result = rustybt.run_algorithm(start="2014-01-02", end="2014-12-31", initialize=initialize, handle_data=handle_data,
                                   capital_base=100_000, bundle="mine")
    result.perf.portfolio_value

Nothing heavy is imported before it is used: not the C++ module, not NumPy, not pandas.
"""

import importlib

TYPE_CHECKING = False  # the import of typing would cost more than all the rest
if TYPE_CHECKING:
    from rustybt import algorithm, api, assets, compat, data, errors, finance, protocol, result, utils
    from rustybt._core import __version__
    from rustybt.algorithm import TradingAlgorithm
    from rustybt.result import Result
    from rustybt.utils.calendar_utils import get_calendar
    from rustybt.utils.run_algo import run_algorithm

_PLACES = {
    "run_algorithm": "rustybt.utils.run_algo",
    "TradingAlgorithm": "rustybt.algorithm",
    "Result": "rustybt.result",
    "get_calendar": "rustybt.utils.calendar_utils",
    "__version__": "rustybt._core",
}
_MODULES = ("algorithm", "api", "assets", "compat", "data", "errors", "finance", "protocol", "result", "utils")

__all__ = ["run_algorithm", "TradingAlgorithm", "Result", "get_calendar", *_MODULES]


def __getattr__(name: str) -> object:
    if name in _PLACES:
        value = getattr(importlib.import_module(_PLACES[name]), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return importlib.import_module(f"rustybt.{name}")
    raise AttributeError(f"module 'rustybt' has no attribute {name!r}")


def load_ipython_extension(shell: object) -> None:
    """%load_ext rustybt: the cell magics %%rustybt and %%zipline."""
    from rustybt import _magic

    _magic.register(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

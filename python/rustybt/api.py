"""The functions of a strategy: `from rustybt.api import order, record, symbol`.

They speak to the running strategy's context, whose methods they are; outside a run they raise RuntimeError.
"""

from rustybt import _core
from rustybt.algorithm import TradingAlgorithm as _TradingAlgorithm
from rustybt.algorithm import api_methods as _api_methods
from rustybt.finance import cancel_policy, commission, costs, execution, latency, margin, partial_fill, slippage
from rustybt.finance.asset_restrictions import (
    RESTRICTION_STATES,
    HistoricalRestrictions,
    Restriction,
    StaticRestrictions,
)
from rustybt.finance.cancel_policy import EODCancel, NeverCancel
from rustybt.finance.slippage import FixedBasisPointsSlippage, FixedSlippage, VolumeShareSlippage
from rustybt.utils import events, math_utils
from rustybt.utils.events import calendars, date_rules, time_rules

__all__ = [
    "EODCancel",
    "FixedBasisPointsSlippage",
    "FixedSlippage",
    "HistoricalRestrictions",
    "NeverCancel",
    "RESTRICTION_STATES",
    "Restriction",
    "StaticRestrictions",
    "VolumeShareSlippage",
    "calendars",
    "cancel_policy",
    "commission",
    "costs",
    "date_rules",
    "events",
    "execution",
    "latency",
    "margin",
    "math_utils",
    "partial_fill",
    "slippage",
    "time_rules",
    *_api_methods,
]


def _free_function(name):
    method = getattr(_TradingAlgorithm, name)
    signature = getattr(method, "__text_signature__", None)
    head = f"{name}{signature.replace('$self, ', '')}\n--\n\n" if signature else ""
    return _core.api_function(name, head + (method.__doc__ or ""), __name__)


for _name in _api_methods:
    globals()[_name] = _free_function(_name)
del _name

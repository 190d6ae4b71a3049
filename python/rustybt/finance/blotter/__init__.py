"""Books of open orders.

    blotter = SimulationBlotter(equity_slippage=FixedSlippage(0.02), equity_commission=PerTrade(1.0))
    run_algorithm(..., blotter=blotter)            # the run uses its models and its cancel policy

    @register(Blotter, "cheap")                    # rustybt.extensions.register: from here on run_algorithm(..., blotter="cheap")
    class CheapBlotter(SimulationBlotter): ...

A blotter also works by itself:

    blotter.order(asset, 100, LimitOrder(10.5))
    fills, commissions, closed = blotter.get_transactions(data)
    blotter.prune_orders(closed)
"""

from rustybt.finance.blotter.blotter import Blotter
from rustybt.finance.blotter.simulation_blotter import SimulationBlotter

__all__ = ["Blotter", "SimulationBlotter"]

"""The fixture of rustybt.testing.fixtures that runs algorithms."""

from __future__ import annotations

from typing import Any

import pandas as pd

from rustybt.algorithm import TradingAlgorithm
from rustybt.testing._bar_fixtures import WithBenchmarkReturns, WithDataPortal
from rustybt.testing.fixtures import WithSimParams
from rustybt.utils.classproperty import classproperty


class WithMakeAlgo(WithBenchmarkReturns, WithSimParams, WithDataPortal):
    """self.make_algo(**settings) makes a TradingAlgorithm over the fixtures' data, self.run_algorithm(**settings) runs it too.

    BENCHMARK_SID: what to compare with (default: the first asset); None: BENCHMARK_RETURNS.
    """

    START_DATE = pd.Timestamp("2014-12-29")
    END_DATE = pd.Timestamp("2015-01-05")
    SIM_PARAMS_DATA_FREQUENCY = "minute"
    DEFAULT_ALGORITHM_CLASS = TradingAlgorithm

    @classproperty
    def BENCHMARK_SID(cls) -> int | None:
        return cls.asset_finder.sids[0]

    def merge_with_inherited_algo_kwargs(
        self, overriding_type: type, suite_overrides: dict[str, Any], method_overrides: dict[str, Any]
    ) -> dict[str, Any]:
        """What make_algo_kwargs above `overriding_type` gives, with the suite's settings and over them those of the test."""
        return super(overriding_type, self).make_algo_kwargs(**{**suite_overrides, **method_overrides})  # type: ignore[misc]

    def make_algo_kwargs(self, **overrides: Any) -> dict[str, Any]:
        """What make_algo passes to the algorithm's class."""
        if self.BENCHMARK_SID is None:
            overrides.setdefault("benchmark_returns", self.BENCHMARK_RETURNS)
        defaults = {"sim_params": self.sim_params, "data_portal": self.data_portal, "benchmark_sid": self.BENCHMARK_SID}
        return {**defaults, **overrides}

    def make_algo(self, algo_class: type[TradingAlgorithm] | None = None, **overrides: Any) -> TradingAlgorithm:
        return (algo_class or self.DEFAULT_ALGORITHM_CLASS)(**self.make_algo_kwargs(**overrides))

    def run_algorithm(self, **overrides: Any) -> Any:
        return self.make_algo(**overrides).run()

"""The simulation of a run under Zipline's name: the engine does it, a run is asked for with run_algorithm or TradingAlgorithm.run."""

from __future__ import annotations

from typing import Any

from rustybt._not_yet import not_yet_class

__all__ = ["AlgorithmSimulator"]

AlgorithmSimulator: Any = not_yet_class("AlgorithmSimulator over a clock of one's own", __name__)

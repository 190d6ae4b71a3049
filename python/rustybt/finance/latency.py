"""How long an order takes to the venue (docs/orders.md). Times are milliseconds; off until it is chosen in initialize:

    context.set_latency(latency.FixedLatency(network_ms=40, broker_ms=5, exchange_ms=1))
    context.set_latency(latency.profile("binance"), seed=7)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustybt._types import StrPath

__all__ = [
    "BrokerLatency",
    "CompositeLatency",
    "ExchangeLatency",
    "FixedLatency",
    "HistoricalLatency",
    "NetworkLatency",
    "RandomLatency",
    "load_profiles",
    "profile",
    "profiles",
]

_VENUES = ("traditional", "crypto", "dex")


class LatencyModel:
    """Base of all models."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class FixedLatency(LatencyModel):
    """The same time for every order: the sum of the three."""

    network_ms: float
    broker_ms: float
    exchange_ms: float

    def __init__(self, network_ms: float = 0.0, broker_ms: float = 0.0, exchange_ms: float = 0.0) -> None:
        self.network_ms, self.broker_ms, self.exchange_ms = network_ms, broker_ms, exchange_ms

    def _parts(self):
        return [("fixed", self.network_ms, self.broker_ms, self.exchange_ms)]


class RandomLatency(LatencyModel):
    """Times drawn from three ranges (least, most): "uniform", or "normal" around their middles and cut to them."""

    network: tuple[float, float]
    broker: tuple[float, float]
    exchange: tuple[float, float]

    def __init__(
        self,
        network: tuple[float, float] = (0, 0),
        broker: tuple[float, float] = (0, 0),
        exchange: tuple[float, float] = (0, 0),
        distribution: str = "uniform",
    ) -> None:
        if distribution not in ("uniform", "normal"):
            raise ValueError(f"distribution is 'uniform' or 'normal', found {distribution!r}")
        self.network, self.broker, self.exchange, self.distribution = network, broker, exchange, distribution

    def _parts(self):
        return [("random", self.network, self.broker, self.exchange, self.distribution == "normal")]


class HistoricalLatency(LatencyModel):
    """Measured times: {timestamp: milliseconds, or (network, broker, exchange)}; the one nearest in time counts."""

    def __init__(self, measurements: Mapping[Any, Any]) -> None:
        self.measurements = measurements

    def _parts(self):
        import pandas as pd

        rows = []
        for when, ms in self.measurements.items():
            at = pd.Timestamp(when)
            at = at.tz_localize("UTC") if at.tzinfo is None else at
            rows.append((at.value, float(sum(ms)) if isinstance(ms, (tuple, list)) else float(ms)))
        return [("historical", sorted(rows))]


class NetworkLatency(LatencyModel):
    """base_ms and a uniform jitter from a range that may begin below 0."""

    base_ms: float
    jitter: tuple[float, float]

    def __init__(self, base_ms: float, jitter: tuple[float, float] = (0, 0)) -> None:
        self.base_ms, self.jitter = base_ms, jitter

    def _parts(self):
        return [("network", self.base_ms, self.jitter)]


class BrokerLatency(LatencyModel):
    """base_ms + factor x complexity of the order, cut to the range.

    The complexity is 1, of trailing stops 1.5, of stop-limit orders and of groups 2.
    """

    base_ms: float
    complexity_factor: float
    range: tuple[float, float]

    def __init__(self, base_ms: float, complexity_factor: float = 0.5, range: tuple[float, float] = (1, 10)) -> None:
        self.base_ms, self.complexity_factor, self.range = base_ms, complexity_factor, range

    def _parts(self):
        return [("broker", self.base_ms, self.complexity_factor, self.range)]


class ExchangeLatency(LatencyModel):
    """(base_ms + factor x open orders of the asset) x the venue's speed, cut to the range.

    venue: "traditional" (1), "crypto" (0.5) or "dex" (2).
    """

    base_ms: float
    queue_factor: float
    range: tuple[float, float]

    def __init__(
        self,
        base_ms: float,
        queue_factor: float = 0.1,
        range: tuple[float, float] = (0.1, 5),
        venue: str = "traditional",
    ) -> None:
        if venue not in _VENUES:
            raise ValueError(f"venue is one of {', '.join(_VENUES)}, found {venue!r}")
        self.base_ms, self.queue_factor, self.range, self.venue = base_ms, queue_factor, range, venue

    def _parts(self):
        return [("exchange", self.base_ms, self.queue_factor, self.range, _VENUES.index(self.venue))]


class CompositeLatency(LatencyModel):
    """The sum of other models: CompositeLatency(NetworkLatency(20), BrokerLatency(2), ExchangeLatency(0.5))."""

    def __init__(self, *models: LatencyModel) -> None:
        self.models = models

    def _parts(self):
        return [part for model in self.models for part in model._parts()]


# network, broker, matching; rustybt_requirements 2.4
_PROFILES = {
    "interactive_brokers": ((10, 30), (2, 8), (0.5, 3), "normal"),
    "interactive_brokers_futures": ((10, 30), (1, 5), (0.1, 2), "normal"),
    "interactive_brokers_forex": ((10, 30), (1, 4), (0.1, 1), "normal"),
    "binance": ((20, 50), (1, 5), (0.1, 2), "uniform"),
    "binance_futures": ((20, 50), (1, 5), (0.5, 3), "uniform"),
    "binance_margin": ((20, 50), (2, 8), (0.1, 2), "uniform"),
    "bybit": ((15, 40), (1, 4), (0.1, 1.5), "uniform"),
    "hyperliquid": ((30, 80), (5, 15), (2, 10), "normal"),
}


def load_profiles(path: StrPath) -> None:
    """Add the profiles of a JSON or YAML file (YAML needs PyYAML); profile(name) then knows them.

    {"my_broker": {"network": [20, 50], "broker": [1, 5], "exchange": [0.1, 2], "distribution": "normal"}}
    """
    import json
    from pathlib import Path

    text = Path(path).read_text(encoding="utf-8")
    if Path(path).suffix in (".yaml", ".yml"):
        import yaml

        found = yaml.safe_load(text)
    else:
        found = json.loads(text)
    read = {}
    for name, values in found.items():
        unknown = set(values) - {"network", "broker", "exchange", "distribution"}
        if unknown:
            raise ValueError(f"{path}: profile {name!r} has {sorted(unknown)}; it may have network, broker, exchange, distribution")
        ranges = [tuple(values.get(part, (0, 0))) for part in ("network", "broker", "exchange")]
        read[name] = (*ranges, RandomLatency(distribution=values.get("distribution", "uniform")).distribution)
    _PROFILES.update(read)


def profiles() -> list[str]:
    """The names of the venues' profiles."""
    return list(_PROFILES)


def profile(name: str) -> RandomLatency:
    """The RandomLatency of a venue.

    >>> profile("bybit").network
    (15, 40)
    """
    if name not in _PROFILES:
        raise ValueError(f"there is no latency profile {name!r}; there are {', '.join(_PROFILES)}")
    return RandomLatency(*_PROFILES[name])

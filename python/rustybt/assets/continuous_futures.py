"""Continuous futures: chains of contracts seen as one price series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._core import ContinuousFuture, OrderedContracts

if TYPE_CHECKING:
    from collections.abc import Container

    from rustybt.assets import Future

__all__ = ["ADJUSTMENT_STYLES", "ContinuousFuture", "OrderedContracts", "delivery_predicate", "march_cycle_delivery_predicate"]

ADJUSTMENT_STYLES = {"add", "mul", None}


def delivery_predicate(codes: Container[str], contract: Future) -> bool:
    """Whether the contract's month, the third letter from the end of its symbol, is one of `codes`."""
    return contract.symbol[-3] in codes


def march_cycle_delivery_predicate(contract: Future) -> bool:
    """Whether the contract is of March, June, September or December."""
    return delivery_predicate({"H", "M", "U", "Z"}, contract)

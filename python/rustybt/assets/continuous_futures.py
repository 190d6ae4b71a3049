"""Continuous futures: chains of contracts seen as one price series."""

from rustybt._core import ContinuousFuture, OrderedContracts

__all__ = ["ADJUSTMENT_STYLES", "ContinuousFuture", "OrderedContracts", "delivery_predicate", "march_cycle_delivery_predicate"]

ADJUSTMENT_STYLES = {"add", "mul", None}


def delivery_predicate(codes, contract):
    """Whether the contract's month, the third letter from the end of its symbol, is one of `codes`."""
    return contract.symbol[-3] in codes


def march_cycle_delivery_predicate(contract):
    """Whether the contract is of March, June, September or December."""
    return delivery_predicate({"H", "M", "U", "Z"}, contract)

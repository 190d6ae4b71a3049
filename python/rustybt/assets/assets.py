"""The kinds of assets. They compare, hash and sort by sid, as in Zipline.

>>> from rustybt.assets import ExchangeInfo
>>> Equity(24, ExchangeInfo("NASDAQ", "NASDAQ", "US"), symbol="AAPL")
Equity(24 [AAPL])
"""

from __future__ import annotations

from abc import ABC
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

from rustybt._core import Asset, ContinuousFuture, Cryptocurrency, Equity, Future, FxPair

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = [
    "Asset",
    "AssetConvertible",
    "AssetFinder",
    "Cryptocurrency",
    "Equity",
    "Future",
    "FxPair",
    "NotAssetConvertible",
    "OwnershipPeriod",
    "PricingDataAssociable",
    "only_active_assets",
    "was_active",
]


class OwnershipPeriod(NamedTuple):
    """An asset had a symbol, or a supplementary value, from start to end."""

    start: pd.Timestamp
    end: pd.Timestamp
    sid: int
    value: str


class AssetConvertible(ABC):
    """What the finder turns into an asset: an asset, a sid, a symbol."""


for _type in (Integral, Asset, str):
    AssetConvertible.register(_type)


class PricingDataAssociable(ABC):
    """What has prices: an asset or a continuous future."""


for _type in (Asset, ContinuousFuture):
    PricingDataAssociable.register(_type)


def was_active(reference_date_value: pd.Timestamp, asset: Asset) -> bool:
    """Whether the asset existed at a moment given in nanoseconds since 1970."""
    return asset.start_date.value <= reference_date_value <= asset.end_date.value


def only_active_assets(reference_date_value: pd.Timestamp, assets: Asset | Iterable[Asset]) -> list[Asset]:
    """Those of `assets` that existed at a moment given in nanoseconds since 1970."""
    return [a for a in assets if was_active(reference_date_value, a)]


def __getattr__(name: str) -> Any:  # where Zipline has them
    if name in ("AssetFinder", "NotAssetConvertible"):
        from rustybt.assets import asset_finder

        return getattr(asset_finder, name)
    raise AttributeError(f"module 'rustybt.assets.assets' has no attribute {name!r}")

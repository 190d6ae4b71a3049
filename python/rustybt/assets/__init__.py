"""Assets: equities, futures, cryptocurrencies, FX pairs; the finder that knows them, and the writer of their databases."""

from rustybt.assets.asset_db_schema import ASSET_DB_VERSION
from rustybt.assets.asset_finder import AssetFinder, NotAssetConvertible
from rustybt.assets.asset_writer import AssetDBWriter
from rustybt.assets.assets import Asset, AssetConvertible, Cryptocurrency, Equity, Future, FxPair, PricingDataAssociable
from rustybt.assets.continuous_futures import ContinuousFuture
from rustybt.assets.exchange_info import ExchangeInfo

__all__ = [
    "ASSET_DB_VERSION",
    "Asset",
    "AssetConvertible",
    "AssetDBWriter",
    "AssetFinder",
    "ContinuousFuture",
    "Cryptocurrency",
    "Equity",
    "ExchangeInfo",
    "Future",
    "FxPair",
    "NotAssetConvertible",
    "PricingDataAssociable",
]

"""Assets: equities and futures, and the finder that knows them by sid and symbol."""

from rustybt._core import Asset, AssetFinder, Equity, Future

__all__ = ["Asset", "AssetFinder", "Equity", "Future"]

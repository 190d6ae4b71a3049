"""The kinds of assets where Zipline keeps them: what it pickled names this module."""

from rustybt._core import Asset, Equity, Future

__all__ = ["Asset", "Equity", "Future"]

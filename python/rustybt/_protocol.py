"""BarData, at the place where Zipline keeps it."""

from rustybt._core import BarData

__all__ = ["BarData"]

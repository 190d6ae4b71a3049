"""AlphaVantageAdapter; see web."""

from rustybt.data.adapters.web import AlphaVantageAdapter

__all__ = ["AlphaVantageAdapter"]

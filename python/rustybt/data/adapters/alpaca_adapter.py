"""AlpacaAdapter; see web."""

from rustybt.data.adapters.web import AlpacaAdapter

__all__ = ["AlpacaAdapter"]

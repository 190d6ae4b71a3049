"""PolygonAdapter; see web."""

from rustybt.data.adapters.web import PolygonAdapter

__all__ = ["PolygonAdapter"]

"""Sources of bars: those of the core, and adapters of one's own.

    from rustybt.data.adapters import YFinanceAdapter
    YFinanceAdapter().ingest("web", ["AAPL", "MSFT"], "2020-01-01", "2023-12-31")

Derive from BaseDataAdapter for another source; `registry.register` names it for `rustybt ingest NAME --symbols ...`.
"""

from rustybt.data.adapters import registry
from rustybt.data.adapters.base import BaseDataAdapter
from rustybt.data.adapters.csv_adapter import CSVAdapter
from rustybt.data.adapters.web import AlpacaAdapter, AlphaVantageAdapter, PolygonAdapter, YFinanceAdapter

__all__ = [
    "AlpacaAdapter",
    "AlphaVantageAdapter",
    "BaseDataAdapter",
    "CSVAdapter",
    "PolygonAdapter",
    "YFinanceAdapter",
    "registry",
]

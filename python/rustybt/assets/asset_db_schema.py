"""The schema of asset databases: Zipline's tables, version 7, and rustybt's own beside them."""

from __future__ import annotations

ASSET_DB_VERSION = 7

asset_db_table_names: frozenset[str] = frozenset(
    {
        "asset_router",
        "equities",
        "equity_symbol_mappings",
        "equity_supplementary_mappings",
        "futures_contracts",
        "exchanges",
        "futures_root_symbols",
        "version_info",
    }
)
own_table_names: frozenset[str] = frozenset({"asset_terms", "cryptocurrencies", "fx_pairs", "rustybt_version"})

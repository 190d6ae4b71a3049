"""Older layouts of asset databases, for programs that read them: `downgrade(engine, 6)`."""

from __future__ import annotations

from typing import Any

from rustybt.assets._engine import path_of_engine
from rustybt.assets.asset_writer import write_version_info
from rustybt.errors import AssetDBImpossibleDowngrade

_EQUITY_COLUMNS = """sid BIGINT NOT NULL PRIMARY KEY UNIQUE, {more} asset_name TEXT, start_date BIGINT NOT NULL,
    end_date BIGINT NOT NULL, first_traded BIGINT{first_traded}, auto_close_date BIGINT, exchange TEXT"""
_SYMBOLS = "symbol TEXT, company_symbol TEXT, share_class_symbol TEXT, fuzzy_symbol TEXT,"
_EQUITY_INDEXES = (
    "CREATE INDEX ix_equities_fuzzy_symbol ON equities (fuzzy_symbol)",
    "CREATE INDEX ix_equities_company_symbol ON equities (company_symbol)",
)


def _remade(columns, select):
    """Statements that make the table of equities anew, with these columns, from a SELECT."""
    return (
        f"CREATE TABLE new_equities ({columns})",
        f"INSERT INTO new_equities {select}",
        "DROP TABLE equities",
        "ALTER TABLE new_equities RENAME TO equities",
    )


_US = "(SELECT exchange FROM exchanges WHERE country_code IN ('US', '??'))"
# statements by the version that they leave behind
_DOWNGRADES = {
    6: (
        *_remade(
            _EQUITY_COLUMNS.format(more="", first_traded="") + ", exchange_full TEXT",
            "SELECT sid, asset_name, start_date, end_date, first_traded, auto_close_date, e.canonical_name, e.exchange "
            "FROM equities JOIN exchanges e ON equities.exchange = e.exchange WHERE e.country_code IN ('US', '??')",
        ),
        f"DELETE FROM futures_contracts WHERE exchange NOT IN {_US}",
        f"DELETE FROM futures_root_symbols WHERE exchange NOT IN {_US}",
        "DELETE FROM equity_symbol_mappings WHERE sid NOT IN (SELECT sid FROM equities)",
        "DELETE FROM equity_supplementary_mappings WHERE sid NOT IN (SELECT sid FROM equities)",
        "DELETE FROM asset_router WHERE sid NOT IN (SELECT sid FROM equities UNION SELECT sid FROM futures_contracts)",
        "ALTER TABLE exchanges RENAME TO all_exchanges",
        "CREATE TABLE exchanges (exchange TEXT NOT NULL PRIMARY KEY UNIQUE, timezone TEXT)",
        "INSERT INTO exchanges SELECT exchange, NULL FROM all_exchanges WHERE country_code IN ('US', '??')",
        "DROP TABLE all_exchanges",
    ),
    5: ("DROP TABLE equity_supplementary_mappings",),
    4: (
        *_remade(
            _EQUITY_COLUMNS.format(more=_SYMBOLS, first_traded="") + ", exchange_full TEXT",
            "SELECT e.sid, s.symbol, s.company_symbol, s.share_class_symbol, s.company_symbol || s.share_class_symbol, "
            "e.asset_name, e.start_date, e.end_date, e.first_traded, e.auto_close_date, e.exchange, e.exchange_full "
            "FROM equities e JOIN (SELECT *, rank() OVER (PARTITION BY sid ORDER BY end_date DESC) AS place "
            "FROM equity_symbol_mappings) s ON e.sid = s.sid AND s.place = 1",
        ),
        "DROP TABLE equity_symbol_mappings",
        *_EQUITY_INDEXES,
    ),
    3: (
        "UPDATE equities SET exchange = exchange_full",
        "ALTER TABLE equities DROP COLUMN exchange_full",
    ),
    2: (
        *_remade(
            _EQUITY_COLUMNS.format(more=_SYMBOLS, first_traded=" NOT NULL"),
            "SELECT * FROM equities WHERE first_traded IS NOT NULL",
        ),
        *_EQUITY_INDEXES,
    ),
    1: ("ALTER TABLE equities DROP COLUMN auto_close_date",),
    0: (
        "ALTER TABLE futures_contracts RENAME COLUMN multiplier TO contract_multiplier",
        "ALTER TABLE futures_contracts DROP COLUMN tick_size",
    ),
}
_OWN_TABLES = ("asset_terms", "cryptocurrencies", "fx_pairs", "rustybt_version")


def downgrade(engine: Any, desired_version: int) -> None:
    """Bring a database (path or SQLAlchemy engine) to an older version, in one transaction. What the older layout has no place for
    goes: exchanges outside the US below 7, supplementary values below 6, former symbols below 5, assets that only rustybt has.

    Raises AssetDBImpossibleDowngrade when it is older than desired_version already.
    """
    import sqlalchemy as sa

    path = path_of_engine(engine)
    if path is not None:
        engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)
    with engine.begin() as conn:
        metadata = sa.MetaData()
        metadata.reflect(conn)
        version_info = metadata.tables["version_info"]
        version = conn.execute(sa.select(version_info.c.version)).scalar()
        if version < desired_version:
            raise AssetDBImpossibleDowngrade(db_version=version, desired_version=desired_version)
        if version == desired_version:
            return
        conn.execute(sa.text("PRAGMA legacy_alter_table = ON"))
        for table in _OWN_TABLES:
            conn.execute(sa.text(f"DROP TABLE IF EXISTS {table}"))
        for older in range(version - 1, desired_version - 1, -1):
            for statement in _DOWNGRADES[older]:
                conn.execute(sa.text(statement))
        conn.execute(version_info.delete())
        write_version_info(conn, version_info, desired_version)
        conn.execute(sa.text("PRAGMA legacy_alter_table = OFF"))

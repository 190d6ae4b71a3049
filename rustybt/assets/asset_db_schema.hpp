#pragma once
// The asset database: Zipline's schema, version 7 (zipline_semantics 6.8), and tables of our own beside it, with their
// own version. Dates are nanoseconds since 1970 UTC; exact numbers are text.

#include <cstdint>

namespace rustybt::assets {

inline constexpr std::int64_t kAssetDbVersion = 7;
/// Zipline's "no date" (NaT).
inline constexpr std::int64_t kNoDate = INT64_MIN;

/// Tables and indexes with Zipline's names, so that its own tools read our files.
inline constexpr const char* kAssetDbTables = R"sql(
CREATE TABLE exchanges (
  exchange TEXT NOT NULL PRIMARY KEY UNIQUE,
  canonical_name TEXT NOT NULL,
  country_code TEXT NOT NULL);
CREATE TABLE equities (
  sid BIGINT NOT NULL PRIMARY KEY UNIQUE,
  asset_name TEXT,
  start_date BIGINT NOT NULL,
  end_date BIGINT NOT NULL,
  first_traded BIGINT,
  auto_close_date BIGINT,
  exchange TEXT REFERENCES exchanges (exchange));
CREATE TABLE equity_symbol_mappings (
  id BIGINT NOT NULL PRIMARY KEY UNIQUE,
  sid BIGINT NOT NULL REFERENCES equities (sid),
  symbol TEXT NOT NULL,
  company_symbol TEXT,
  share_class_symbol TEXT,
  start_date BIGINT NOT NULL,
  end_date BIGINT NOT NULL);
CREATE INDEX ix_equity_symbol_mappings_sid ON equity_symbol_mappings (sid);
CREATE INDEX ix_equity_symbol_mappings_company_symbol ON equity_symbol_mappings (company_symbol);
CREATE TABLE equity_supplementary_mappings (
  sid BIGINT NOT NULL REFERENCES equities (sid),
  field TEXT NOT NULL,
  start_date BIGINT NOT NULL,
  end_date BIGINT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (sid, field, start_date));
CREATE TABLE futures_root_symbols (
  root_symbol TEXT NOT NULL PRIMARY KEY UNIQUE,
  root_symbol_id BIGINT,
  sector TEXT,
  description TEXT,
  exchange TEXT REFERENCES exchanges (exchange));
CREATE TABLE futures_contracts (
  sid BIGINT NOT NULL PRIMARY KEY UNIQUE,
  symbol TEXT,
  root_symbol TEXT REFERENCES futures_root_symbols (root_symbol),
  asset_name TEXT,
  start_date BIGINT NOT NULL,
  end_date BIGINT NOT NULL,
  first_traded BIGINT,
  exchange TEXT REFERENCES exchanges (exchange),
  notice_date BIGINT NOT NULL,
  expiration_date BIGINT NOT NULL,
  auto_close_date BIGINT NOT NULL,
  multiplier FLOAT,
  tick_size FLOAT);
CREATE UNIQUE INDEX ix_futures_contracts_symbol ON futures_contracts (symbol);
CREATE INDEX ix_futures_contracts_root_symbol ON futures_contracts (root_symbol);
CREATE TABLE asset_router (
  sid BIGINT NOT NULL PRIMARY KEY UNIQUE,
  asset_type TEXT);
CREATE TABLE version_info (
  id INTEGER NOT NULL PRIMARY KEY UNIQUE CHECK (id <= 1),
  version INTEGER NOT NULL UNIQUE);
)sql";

/// Version of the tables below. A file without `rustybt_version` (Zipline's, or of our first release) has version 0.
inline constexpr std::int64_t kOwnTablesVersion = 1;

/// One step from a version to the next. Files are read-only, so the reader makes the tables in SQLite's TEMP schema.
struct OwnTablesStep {
  std::int64_t from;
  const char* sql;  ///< begins each table with "CREATE TABLE"
};

/// Version 0 had the tables of Zipline only. Terms of equities and futures that version 7 has no exact column for, and
/// the assets that it does not know: they are not in asset_router, which Zipline's tools take for equities and futures.
inline constexpr OwnTablesStep kOwnTablesSteps[] = {{0, R"sql(
CREATE TABLE asset_terms (
  sid BIGINT NOT NULL PRIMARY KEY UNIQUE,
  tick_size TEXT NOT NULL,
  multiplier TEXT NOT NULL,
  quantity_step TEXT NOT NULL,
  minimum_notional TEXT NOT NULL,
  currency TEXT NOT NULL,
  calendar TEXT NOT NULL);
CREATE TABLE cryptocurrencies (
  sid BIGINT NOT NULL PRIMARY KEY UNIQUE,
  symbol TEXT NOT NULL,
  asset_name TEXT NOT NULL,
  base_currency TEXT NOT NULL,
  quote_currency TEXT NOT NULL,
  start_date BIGINT NOT NULL,
  end_date BIGINT NOT NULL,
  first_traded BIGINT NOT NULL,
  auto_close_date BIGINT NOT NULL,
  exchange TEXT NOT NULL REFERENCES exchanges (exchange),
  tick_size TEXT NOT NULL,
  quantity_step TEXT NOT NULL,
  minimum_notional TEXT NOT NULL,
  multiplier TEXT NOT NULL,
  calendar TEXT NOT NULL);
CREATE TABLE fx_pairs (
  sid BIGINT NOT NULL PRIMARY KEY UNIQUE,
  symbol TEXT NOT NULL,
  asset_name TEXT NOT NULL,
  base_currency TEXT NOT NULL,
  quote_currency TEXT NOT NULL,
  start_date BIGINT NOT NULL,
  end_date BIGINT NOT NULL,
  first_traded BIGINT NOT NULL,
  auto_close_date BIGINT NOT NULL,
  exchange TEXT NOT NULL REFERENCES exchanges (exchange),
  tick_size TEXT NOT NULL,
  quantity_step TEXT NOT NULL,
  minimum_notional TEXT NOT NULL,
  multiplier TEXT NOT NULL,
  calendar TEXT NOT NULL);
CREATE TABLE rustybt_version (version INTEGER NOT NULL);
)sql"}};

}  // namespace rustybt::assets

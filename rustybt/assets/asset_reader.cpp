#include <fmt/format.h>

#include <limits>
#include <unordered_map>
#include <utility>

#include "rustybt/assets/asset_db_schema.hpp"
#include "rustybt/assets/asset_tables.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/storage/sqlite.hpp"

namespace rustybt::assets {

namespace {

using storage::Database;
using storage::Statement;

std::optional<Date> optional_date(const Statement& row, int column) {
  if (row.is_null(column) || row.int64(column) == kNoDate) return std::nullopt;
  return Timestamp{row.int64(column)}.date();
}

/// Zipline's defaults where a date is not set: 1970 and the last day that nanoseconds reach.
Date start_date(const Statement& row, int column) { return optional_date(row, column).value_or(Date{0}); }
Date end_date(const Statement& row, int column) {
  return optional_date(row, column).value_or(Timestamp{std::numeric_limits<std::int64_t>::max()}.date());
}

[[noreturn]] void refuse_version(const std::filesystem::path& path, std::int64_t expected, std::int64_t found,
                                 std::string_view what, std::string hint) {
  throw Error(ErrorCode::AssetDBVersionError,
              fmt::format("{}: expected {} of version {}, found {}", path.string(), what, expected, found),
              std::move(hint))
      .with("file", path.string())
      .with("db_version", std::to_string(found))
      .with("expected_version", std::to_string(expected));
}

void check_version(Database& database, const std::filesystem::path& path) {
  Statement row = database.prepare("SELECT version FROM version_info");
  const std::int64_t version = row.step() ? row.int64(0) : 0;
  if (version != kAssetDbVersion) refuse_version(path, kAssetDbVersion, version, "an asset database", "");
}

std::int64_t own_version(Database& database) {
  Statement table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'rustybt_version'");
  if (!table.step()) return 0;
  Statement row = database.prepare("SELECT version FROM rustybt_version");
  return row.step() ? row.int64(0) : 0;
}

/// Bring our tables of an older file to the current version, in the TEMP schema: names are looked up there first.
void upgrade_own_tables(Database& database, const std::filesystem::path& path) {
  const std::int64_t version = own_version(database);
  if (version > kOwnTablesVersion || version < 0)
    refuse_version(path, kOwnTablesVersion, version, "tables of rustybt", "it was written by a newer rustybt: update");
  for (const OwnTablesStep& step : kOwnTablesSteps) {
    if (step.from < version) continue;
    constexpr std::string_view kCreate = "CREATE TABLE";
    std::string sql = step.sql;
    for (std::size_t at = sql.find(kCreate); at != std::string::npos; at = sql.find(kCreate, at + kCreate.size()))
      sql.replace(at, kCreate.size(), "CREATE TEMP TABLE");
    database.execute(sql);
  }
}

std::vector<Exchange> read_exchanges(Database& database) {
  std::vector<Exchange> exchanges;
  Statement row = database.prepare("SELECT exchange, canonical_name, country_code FROM exchanges ORDER BY exchange");
  while (row.step()) exchanges.push_back({row.text(0), row.text(1), row.text(2)});
  return exchanges;
}

class AssetReader {
 public:
  AssetReader(Database& database, const std::vector<Exchange>& exchanges) : database_(database) {
    for (const Exchange& e : exchanges) exchanges_.emplace(e.exchange, &e);
  }

  std::vector<Asset> read() {
    read_equities();
    read_futures();
    read_pairs("cryptocurrencies", AssetType::Cryptocurrency);
    read_pairs("fx_pairs", AssetType::FxPair);
    return std::move(assets_);
  }

 private:
  static constexpr const char* kTerms =
      "t.tick_size, t.multiplier, t.quantity_step, t.minimum_notional, t.currency, t.calendar";

  /// Columns sid, asset_name, start_date, end_date, first_traded, auto_close_date, exchange.
  Asset read_common(const Statement& row, AssetType type) const {
    Asset asset = make_asset(type);
    asset.sid = {row.int64(0)};
    asset.asset_name = row.text(1);
    asset.start_date = start_date(row, 2);
    asset.end_date = end_date(row, 3);
    asset.first_traded = optional_date(row, 4);
    asset.auto_close_date = optional_date(row, 5);
    asset.exchange = row.text(6);
    if (const auto names = exchanges_.find(asset.exchange); names != exchanges_.end()) {
      asset.exchange_full = names->second->canonical_name;
      asset.country_code = names->second->country_code;
    }
    return asset;
  }

  /// Columns as in kTerms, from `column`.
  static void read_terms(const Statement& row, int column, Asset& asset) {
    asset.tick_size = Decimal::parse(row.text(column));
    asset.price_multiplier = Decimal::parse(row.text(column + 1));
    asset.quantity_step = Decimal::parse(row.text(column + 2));
    asset.minimum_notional = Decimal::parse(row.text(column + 3));
    asset.quote_currency = row.text(column + 4);
    asset.calendar_name = row.text(column + 5);
  }

  void read_equities() {
    Statement row = database_.prepare(
        fmt::format("SELECT a.sid, asset_name, start_date, end_date, first_traded, auto_close_date, exchange, {} "
                    "FROM equities a LEFT JOIN asset_terms t ON t.sid = a.sid",
                    kTerms));
    while (row.step()) {
      Asset asset = read_common(row, AssetType::Equity);
      if (!row.is_null(7)) read_terms(row, 7, asset);
      complete_terms(asset);
      assets_.push_back(std::move(asset));
    }
  }

  void read_futures() {
    Statement row = database_.prepare(
        fmt::format("SELECT a.sid, asset_name, start_date, end_date, first_traded, auto_close_date, exchange, {}, "
                    "symbol, root_symbol, notice_date, expiration_date, a.tick_size, a.multiplier "
                    "FROM futures_contracts a LEFT JOIN asset_terms t ON t.sid = a.sid",
                    kTerms));
    while (row.step()) {
      Asset asset = read_common(row, AssetType::Future);
      asset.symbol = row.text(13);
      asset.root_symbol = row.text(14);
      asset.notice_date = optional_date(row, 15);
      asset.expiration_date = optional_date(row, 16);
      if (!row.is_null(7)) {
        read_terms(row, 7, asset);
      } else {  // Zipline's file: doubles, and its defaults where they are not set
        if (!row.is_null(17)) asset.tick_size = Decimal::from_double_shortest(row.real(17));
        if (!row.is_null(18)) asset.price_multiplier = Decimal::from_double_shortest(row.real(18));
      }
      if (asset.root_symbol.empty()) asset.root_symbol = asset.symbol;  // Zipline allows a contract of no family
      complete_terms(asset);
      assets_.push_back(std::move(asset));
    }
  }

  void read_pairs(std::string_view table, AssetType type) {
    Statement row = database_.prepare(
        fmt::format("SELECT sid, asset_name, start_date, end_date, first_traded, auto_close_date, exchange, tick_size, "
                    "multiplier, quantity_step, minimum_notional, quote_currency, calendar, symbol, base_currency "
                    "FROM {}",
                    table));
    while (row.step()) {
      Asset asset = read_common(row, type);
      read_terms(row, 7, asset);
      asset.symbol = row.text(13);
      asset.base_currency = row.text(14);
      complete_terms(asset);
      assets_.push_back(std::move(asset));
    }
  }

  Database& database_;
  std::unordered_map<std::string, const Exchange*> exchanges_;
  std::vector<Asset> assets_;
};

}  // namespace

AssetTables read_assets(const std::filesystem::path& path) {
  Database database(path, storage::OpenMode::ReadOnly);
  check_version(database, path);
  upgrade_own_tables(database, path);
  AssetTables tables;
  tables.exchanges = read_exchanges(database);
  tables.assets = AssetReader(database, tables.exchanges).read();
  Statement mapping =
      database.prepare("SELECT sid, symbol, start_date, end_date FROM equity_symbol_mappings ORDER BY end_date, id");
  while (mapping.step())
    tables.symbol_mappings.push_back(
        {{mapping.int64(0)}, mapping.text(1), start_date(mapping, 2), end_date(mapping, 3)});
  Statement value = database.prepare(
      "SELECT sid, field, value, start_date, end_date FROM equity_supplementary_mappings ORDER BY sid, field, "
      "start_date");
  while (value.step())
    tables.supplementary_mappings.push_back(
        {{value.int64(0)}, value.text(1), value.text(2), start_date(value, 3), end_date(value, 4)});
  Statement root = database.prepare(
      "SELECT root_symbol, root_symbol_id, sector, description, exchange FROM futures_root_symbols ORDER BY "
      "root_symbol");
  while (root.step()) {
    tables.roots.push_back({root.text(0), root.is_null(1) ? std::nullopt : std::optional(root.int64(1)), root.text(2),
                            root.text(3), root.text(4)});
  }
  return tables;
}

}  // namespace rustybt::assets

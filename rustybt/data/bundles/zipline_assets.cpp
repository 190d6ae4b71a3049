#include "rustybt/data/bundles/zipline_assets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "rustybt/assets/asset_db_schema.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/storage/sqlite.hpp"

namespace rustybt::data {

namespace {

using assets::Asset;
using assets::AssetType;
using storage::Database;
using storage::Statement;

constexpr std::int64_t kNanosecondsADay = 86'400'000'000'000;

/// Zipline's "no end": the last day that nanoseconds reach.
Date last_day() { return Timestamp{INT64_MAX}.date(); }

std::optional<Date> day_of(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  const std::int64_t ns = row.int64(column);
  if (ns == assets::kNoDate || ns == INT64_MAX) return std::nullopt;
  return Date{static_cast<std::int32_t>(ns / kNanosecondsADay - (ns % kNanosecondsADay < 0 ? 1 : 0))};
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file), database_(file, storage::OpenMode::ReadOnly) {
    Statement version = database_.prepare("SELECT version FROM version_info");
    version_ = version.step() ? version.int64(0) : -1;
    if (version_ < 1 || version_ > assets::kAssetDbVersion) {
      throw Error(
          ErrorCode::AssetDBVersionError,
          fmt::format("{} has schema version {}, expected 1 to {}", file.string(), version_, assets::kAssetDbVersion),
          "ingest the bundle again with Zipline")
          .with("file", file.string());
    }
  }

  BundleContent read() {
    read_exchanges();
    read_equities();
    read_futures();
    std::ranges::sort(content_.items, {}, [](const BundleContent::Item& item) { return item.asset.sid; });
    for (std::size_t i = 0; i < content_.items.size(); ++i)
      places_[content_.items[i].asset.sid] = static_cast<std::int64_t>(i);
    if (places_.size() != content_.items.size())
      throw Error(ErrorCode::DatabaseError, fmt::format("{}: a sid appears twice", file_.string()));
    read_symbols();
    read_supplementary();
    read_roots();
    return std::move(content_);
  }

 private:
  std::set<std::string> columns_of(const std::string& table) {
    std::set<std::string> names;
    Statement row = database_.prepare(fmt::format("SELECT name FROM pragma_table_info('{}')", table));
    while (row.step()) names.insert(row.text(0));
    return names;
  }

  void read_exchanges() {
    if (version_ < 7) return;  // named by the assets
    Statement row = database_.prepare("SELECT exchange, canonical_name, country_code FROM exchanges ORDER BY rowid");
    while (row.step()) content_.exchanges.push_back({row.text(0), row.text(1), row.text(2)});
  }

  void add_exchange(const std::string& exchange, const std::string& canonical) {
    const auto known = std::ranges::find(content_.exchanges, exchange, &assets::Exchange::exchange);
    if (known == content_.exchanges.end()) content_.exchanges.push_back({exchange, canonical, "US"});
  }

  /// Columns sid, asset_name, start_date, end_date, first_traded, auto_close_date, exchange, canonical name.
  Asset read_asset(const Statement& row, AssetType type) {
    Asset asset = assets::make_asset(type);
    asset.sid = {row.int64(0)};
    asset.asset_name = row.text(1);
    asset.start_date = day_of(row, 2).value_or(Date{0});
    asset.end_date = day_of(row, 3).value_or(last_day());
    asset.first_traded = day_of(row, 4);
    asset.auto_close_date = day_of(row, 5);
    asset.exchange = row.text(6);  // empty where Zipline allows none
    if (version_ < 7) add_exchange(asset.exchange, row.text(7));
    return asset;
  }

  void read_equities() {
    const std::set<std::string> there = columns_of("equities");
    const bool full = there.contains("exchange_full");  // versions 4 to 6: `exchange` is the canonical name
    Statement row = database_.prepare(fmt::format(
        "SELECT sid, asset_name, start_date, end_date, first_traded, {}, {}, exchange, {} FROM equities ORDER BY sid",
        there.contains("auto_close_date") ? "auto_close_date" : "NULL",
        full ? "COALESCE(exchange_full, exchange)" : "exchange", there.contains("symbol") ? "symbol" : "NULL"));
    while (row.step()) {
      Asset asset = read_asset(row, AssetType::Equity);
      if (!row.is_null(8)) asset.symbol = row.text(8);
      content_.items.push_back({std::move(asset), {}, {}});
    }
  }

  void read_futures() {
    const std::set<std::string> there = columns_of("futures_contracts");
    if (there.empty()) return;
    Statement row = database_.prepare(fmt::format(
        "SELECT sid, asset_name, start_date, end_date, first_traded, auto_close_date, exchange, exchange, symbol, "
        "root_symbol, notice_date, expiration_date, {}, {} FROM futures_contracts ORDER BY sid",
        there.contains("multiplier") ? "multiplier" : "contract_multiplier",
        there.contains("tick_size") ? "tick_size" : "NULL"));
    while (row.step()) {
      Asset asset = read_asset(row, AssetType::Future);
      asset.symbol = row.text(8);
      asset.root_symbol = row.text(9);
      asset.notice_date = day_of(row, 10);
      asset.expiration_date = day_of(row, 11);
      if (!row.is_null(12)) asset.price_multiplier = Decimal::from_double_shortest(row.real(12));
      asset.tick_size = row.is_null(13) ? Decimal(1, 3) : Decimal::from_double_shortest(row.real(13));
      content_.items.push_back({std::move(asset), {}, {}});
    }
  }

  /// Position of an asset that a further table names.
  std::int64_t place(const Statement& row, const char* table) const {
    const auto found = places_.find(Sid{row.int64(0)});
    if (found != places_.end()) return found->second;
    throw Error(ErrorCode::DatabaseError,
                fmt::format("{}: {} names sid {}, which is no asset", file_.string(), table, row.int64(0)));
  }

  void read_symbols() {
    if (columns_of("equity_symbol_mappings").empty()) return;  // before version 5: a column of the equities
    Statement row =
        database_.prepare("SELECT sid, symbol, start_date, end_date FROM equity_symbol_mappings ORDER BY end_date, id");
    while (row.step()) {
      const std::int64_t i = place(row, "equity_symbol_mappings");
      Asset& asset = content_.items[static_cast<std::size_t>(i)].asset;
      asset.symbol = row.text(1);  // the last one that it held
      content_.symbol_mappings.push_back(
          {Sid{i}, row.text(1), day_of(row, 2).value_or(Date{0}), day_of(row, 3).value_or(last_day())});
    }
  }

  void read_supplementary() {
    if (columns_of("equity_supplementary_mappings").empty()) return;
    Statement row = database_.prepare(
        "SELECT sid, field, value, start_date, end_date FROM equity_supplementary_mappings ORDER BY rowid");
    while (row.step()) {
      content_.supplementary_mappings.push_back({Sid{place(row, "equity_supplementary_mappings")}, row.text(1),
                                                 row.text(2), day_of(row, 3).value_or(Date{0}),
                                                 day_of(row, 4).value_or(last_day())});
    }
  }

  void read_roots() {
    if (columns_of("futures_root_symbols").empty()) return;
    Statement row = database_.prepare(
        "SELECT root_symbol, root_symbol_id, sector, description, exchange FROM futures_root_symbols ORDER BY rowid");
    while (row.step()) {
      std::optional<std::int64_t> id;
      if (!row.is_null(1)) id = row.int64(1);
      const auto text = [&](int column) { return row.is_null(column) ? std::string() : row.text(column); };
      content_.roots.push_back({row.text(0), id, text(2), text(3), text(4)});
    }
  }

  std::filesystem::path file_;
  Database database_;
  std::int64_t version_ = 0;
  BundleContent content_;
  std::unordered_map<Sid, std::int64_t> places_;
};

}  // namespace

BundleContent read_zipline_assets(const std::filesystem::path& file) { return Reader(file).read(); }

}  // namespace rustybt::data

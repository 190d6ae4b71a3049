#include "rustybt/assets/asset_finder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "rustybt/assets/asset_db_schema.hpp"
#include "rustybt/assets/symbols.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/storage/sqlite.hpp"

namespace rustybt::assets {

namespace {

using storage::Database;
using storage::Statement;

constexpr Date kForEver{std::numeric_limits<std::int32_t>::max()};

std::optional<Date> optional_date(const Statement& row, int column) {
  if (row.is_null(column) || row.int64(column) == kNoDate) return std::nullopt;
  return Timestamp{row.int64(column)}.date();
}

/// Zipline's defaults where a date is not set: 1970 and the last day that nanoseconds reach.
Date start_date(const Statement& row, int column) { return optional_date(row, column).value_or(Date{0}); }
Date end_date(const Statement& row, int column) {
  return optional_date(row, column).value_or(Timestamp{std::numeric_limits<std::int64_t>::max()}.date());
}

void check_version(Database& database, const std::filesystem::path& path) {
  Statement row = database.prepare("SELECT version FROM version_info");
  const std::int64_t version = row.step() ? row.int64(0) : 0;
  if (version == kAssetDbVersion) return;
  throw Error(ErrorCode::AssetDBVersionError, fmt::format("{}: expected an asset database of version {}, found {}",
                                                          path.string(), kAssetDbVersion, version))
      .with("file", path.string())
      .with("db_version", std::to_string(version))
      .with("expected_version", std::to_string(kAssetDbVersion));
}

struct ExchangeNames {
  std::string canonical_name;
  std::string country_code;
};
using Exchanges = std::unordered_map<std::string, ExchangeNames>;

Exchanges read_exchanges(Database& database) {
  Exchanges exchanges;
  Statement row = database.prepare("SELECT exchange, canonical_name, country_code FROM exchanges");
  while (row.step()) exchanges[row.text(0)] = {row.text(1), row.text(2)};
  return exchanges;
}

/// Columns sid, asset_name, start_date, end_date, first_traded, auto_close_date, exchange.
Asset read_asset(const Statement& row, AssetType type, const Exchanges& exchanges) {
  Asset asset;
  asset.sid = {row.int64(0)};
  asset.type = type;
  asset.asset_name = row.text(1);
  asset.start_date = start_date(row, 2);
  asset.end_date = end_date(row, 3);
  asset.first_traded = optional_date(row, 4);
  asset.auto_close_date = optional_date(row, 5);
  asset.exchange = row.text(6);
  if (const auto names = exchanges.find(asset.exchange); names != exchanges.end()) {
    asset.exchange_full = names->second.canonical_name;
    asset.country_code = names->second.country_code;
  }
  return asset;
}

std::vector<Asset> read_assets(Database& database) {
  const Exchanges exchanges = read_exchanges(database);
  const std::string columns = "SELECT sid, asset_name, start_date, end_date, first_traded, auto_close_date, exchange";
  std::vector<Asset> assets;
  Statement equity = database.prepare(columns + " FROM equities");
  while (equity.step()) assets.push_back(read_asset(equity, AssetType::Equity, exchanges));
  Statement future = database.prepare(columns + ", symbol, tick_size, multiplier FROM futures_contracts");
  while (future.step()) {
    Asset asset = read_asset(future, AssetType::Future, exchanges);
    asset.symbol = future.text(7);
    // Zipline's default tick of a future
    asset.tick_size = future.is_null(8) ? Decimal(1, 3) : Decimal::from_double_shortest(future.real(8));
    if (!future.is_null(9)) asset.price_multiplier = Decimal::from_double_shortest(future.real(9));
    assets.push_back(std::move(asset));
  }
  return assets;
}

std::string describe(const Asset& asset) {
  return fmt::format("{} (sid {}, {} to {}, {})", asset.symbol, asset.sid.value, asset.start_date.to_string(),
                     asset.end_date.to_string(), asset.country_code);
}

}  // namespace

AssetFinder::AssetFinder(const std::filesystem::path& path) {
  Database database(path, storage::OpenMode::ReadOnly);
  check_version(database, path);
  assets_ = read_assets(database);
  index_assets();
  // an asset is shown with its latest symbol, so the rows come in that order
  Statement row = database.prepare(
      "SELECT sid, symbol, company_symbol, share_class_symbol, start_date, end_date FROM equity_symbol_mappings "
      "ORDER BY end_date, id");
  while (row.step()) {
    const auto found = by_sid_.find(Sid{row.int64(0)});
    if (found == by_sid_.end()) {
      throw Error(ErrorCode::DatabaseError, fmt::format("{}: symbol {} belongs to sid {}, which is no equity",
                                                        path.string(), row.text(1), row.int64(0)))
          .with("file", path.string());
    }
    Asset& asset = assets_[static_cast<std::size_t>(found->second.value)];
    asset.symbol = row.text(1);
    add_owner(symbol_key(SplitSymbol{row.text(2), row.text(3)}), found->second, start_date(row, 4), end_date(row, 5));
  }
  extend_ownership();
}

AssetFinder::AssetFinder(std::vector<Asset> assets) : assets_(std::move(assets)) {
  index_assets();
  for (std::size_t i = 0; i < assets_.size(); ++i) {
    const Asset& asset = assets_[i];
    add_owner(symbol_key(asset.symbol), AssetIndex{static_cast<std::int32_t>(i)}, asset.start_date, asset.end_date);
  }
  extend_ownership();
}

void AssetFinder::index_assets() {
  std::ranges::sort(assets_, {}, &Asset::sid);
  by_sid_.reserve(assets_.size());
  by_symbol_.reserve(assets_.size());
  for (std::size_t i = 0; i < assets_.size(); ++i) {
    if (!by_sid_.emplace(assets_[i].sid, AssetIndex{static_cast<std::int32_t>(i)}).second)
      throw Error(ErrorCode::InvalidArgument, fmt::format("sid {} appears twice", assets_[i].sid.value));
  }
}

void AssetFinder::add_owner(const std::string& key, AssetIndex asset, Date start, Date end) {
  by_symbol_[key].push_back({asset, (*this)[asset].country_code, start, end});
}

// Within a country a period reaches to the next owner's start, so that a symbol never falls vacant; the last one for
// ever, so that a delisted asset stays known by its symbol (zipline_semantics 6.8).
void AssetFinder::extend_ownership() {
  for (auto& [key, owners] : by_symbol_) {
    std::ranges::sort(owners, {}, [](const Ownership& o) { return std::tie(o.country_code, o.start, o.end, o.asset); });
    for (std::size_t i = 0; i < owners.size(); ++i) {
      const bool last = i + 1 == owners.size() || owners[i + 1].country_code != owners[i].country_code;
      owners[i].end = last ? kForEver : owners[i + 1].start;
    }
  }
}

std::optional<AssetIndex> AssetFinder::find_sid(Sid sid) const {
  const auto found = by_sid_.find(sid);
  return found == by_sid_.end() ? std::nullopt : std::optional(found->second);
}

AssetIndex AssetFinder::retrieve(Sid sid) const {
  if (const auto index = find_sid(sid)) return *index;
  throw Error(ErrorCode::SidsNotFound, fmt::format("No asset found for sid {}.", sid.value))
      .with("sids", std::to_string(sid.value));
}

AssetIndex AssetFinder::lookup_symbol(std::string_view symbol, std::optional<Date> as_of,
                                      std::optional<std::string> country_code) const {
  const auto known = by_symbol_.find(symbol_key(symbol));
  if (known == by_symbol_.end()) throw_symbol_not_found(symbol, "");
  std::set<AssetIndex> owners;
  std::set<std::string> countries;
  std::optional<Date> first_day;
  for (const Ownership& owner : known->second) {
    if (country_code && owner.country_code != *country_code) continue;
    if (!first_day || owner.start < *first_day) first_day = owner.start;
    if (as_of && !(owner.start <= *as_of && *as_of < owner.end)) continue;
    owners.insert(owner.asset);
    countries.insert(owner.country_code);
  }
  if (owners.size() == 1) return *owners.begin();
  if (owners.empty() && first_day) {
    throw_symbol_not_found(symbol, fmt::format("nobody owned it on {}; its first owner has it from {}",
                                               as_of->to_string(), first_day->to_string()));
  }
  if (owners.empty()) throw_symbol_not_found(symbol, fmt::format("it is not used in country {}", *country_code));

  std::vector<std::string> options;
  std::vector<std::int64_t> sids;
  for (const AssetIndex owner : owners) {
    options.push_back(describe((*this)[owner]));
    sids.push_back((*this)[owner].sid.value);
  }
  const bool across = countries.size() > 1;
  throw Error(across ? ErrorCode::SameSymbolUsedAcrossCountries : ErrorCode::MultipleSymbolsFound,
              fmt::format("Multiple assets {} symbol '{}': {}", across ? "in different countries use" : "have had",
                          symbol, fmt::join(options, "; ")))
      .with("symbol", std::string(symbol))
      .with("sids", fmt::format("{}", fmt::join(sids, ",")));
}

void AssetFinder::throw_symbol_not_found(std::string_view symbol, std::string hint) const {
  if (hint.empty()) {
    std::vector<std::string> known;
    for (const auto& [key, owners] : by_symbol_) known.push_back(key);
    const std::vector<std::string> near = nearest_symbols(symbol_key(symbol), known);
    if (!near.empty()) hint = fmt::format("did you mean {}?", fmt::join(near, ", "));
  }
  throw Error(ErrorCode::SymbolNotFound, fmt::format("Symbol '{}' was not found.", symbol), std::move(hint))
      .with("symbol", std::string(symbol));
}

}  // namespace rustybt::assets

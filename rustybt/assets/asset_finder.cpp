#include "rustybt/assets/asset_finder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "rustybt/assets/futures.hpp"
#include "rustybt/assets/symbols.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::assets {

namespace {

constexpr Date kForEver{std::numeric_limits<std::int32_t>::max()};

std::string describe(const Asset& asset) {
  return fmt::format("{} (sid {}, {} to {}, {})", asset.symbol, asset.sid.value, asset.start_date.to_string(),
                     asset.end_date.to_string(), asset.country_code);
}

std::string fuzzy_key(std::string_view symbol) {
  const SplitSymbol split = split_symbol(symbol);
  return split.company + split.share_class;
}

/// Field names hold no unit separator; values and sids follow it.
std::string field_key(std::string_view field, std::string_view rest) { return fmt::format("{}\x1f{}", field, rest); }

std::optional<Date> open_end(Date end) { return end == kForEver ? std::nullopt : std::optional(end); }

bool is_pair(const Asset& a) { return a.type == AssetType::Cryptocurrency || a.type == AssetType::FxPair; }

}  // namespace

AssetFinder::AssetFinder(const std::filesystem::path& path) : AssetFinder(read_assets(path)) {}

AssetFinder::AssetFinder(AssetTables tables)
    : assets_(std::move(tables.assets)), exchanges_(std::move(tables.exchanges)), roots_(std::move(tables.roots)) {
  index_assets();
  // an asset is shown with its latest symbol
  std::ranges::stable_sort(tables.symbol_mappings, {}, &SymbolMapping::end_date);
  for (SymbolMapping& m : tables.symbol_mappings) {
    const auto found = by_sid_.find(m.sid);
    if (found == by_sid_.end())
      throw Error(ErrorCode::DatabaseError,
                  fmt::format("symbol {} belongs to sid {}, which is no asset", m.symbol, m.sid.value));
    assets_[static_cast<std::size_t>(found->second.value)].symbol = m.symbol;
    add_owner(found->second, std::move(m.symbol), m.start_date, m.end_date);
  }
  for (std::size_t i = 0; i < assets_.size(); ++i)
    if (const Asset& a = assets_[i]; is_pair(a))
      add_owner(AssetIndex{static_cast<std::int32_t>(i)}, a.symbol, a.start_date, a.end_date);
  extend_ownership();
  add_supplements(tables.supplementary_mappings);
}

AssetFinder::AssetFinder(std::vector<Asset> assets) : assets_(std::move(assets)) {
  index_assets();
  for (std::size_t i = 0; i < assets_.size(); ++i)
    if (const Asset& a = assets_[i]; a.type != AssetType::Future)
      add_owner(AssetIndex{static_cast<std::int32_t>(i)}, a.symbol, a.start_date, a.end_date);
  extend_ownership();
  std::set<std::string> exchanges;
  std::set<std::string> roots;
  for (const Asset& a : assets_) {
    if (exchanges.insert(a.exchange).second) exchanges_.push_back({a.exchange, a.exchange_full, a.country_code});
    if (a.type == AssetType::Future && roots.insert(a.root_symbol).second)
      roots_.push_back({a.root_symbol, {}, {}, {}, a.exchange});
  }
}

void AssetFinder::index_assets() {
  std::ranges::sort(assets_, {}, &Asset::sid);
  by_sid_.reserve(assets_.size());
  by_symbol_.reserve(assets_.size());
  by_fuzzy_symbol_.reserve(assets_.size());
  for (std::size_t i = 0; i < assets_.size(); ++i) {
    const AssetIndex index{static_cast<std::int32_t>(i)};
    const Asset& asset = assets_[i];
    if (!by_sid_.emplace(asset.sid, index).second)
      throw Error(ErrorCode::InvalidArgument, fmt::format("sid {} appears twice", asset.sid.value));
    if (asset.type == AssetType::Future) by_contract_.emplace(to_upper(asset.symbol), index);
  }
}

std::string AssetFinder::market_of(AssetIndex asset) const {
  const Asset& a = (*this)[asset];
  return is_pair(a) ? a.exchange : a.country_code;
}

void AssetFinder::add_owner(AssetIndex asset, std::string symbol, Date start, Date end) {
  by_symbol_[symbol_key(symbol)].push_back({market_of(asset), start, end, asset, to_upper(symbol)});
}

// Within a country a period reaches to the next owner's start, so that a symbol never falls vacant; the last one for
// ever, so that a delisted asset stays known by its symbol (zipline_semantics 6.8).
void AssetFinder::extend_ownership() {
  const auto order = [](const Ownership& o) { return std::tie(o.market, o.start, o.end, o.asset); };
  for (auto& [key, owners] : by_symbol_) {
    std::ranges::sort(owners, {}, order);
    for (std::size_t i = 0; i < owners.size(); ++i) {
      const bool last = i + 1 == owners.size() || owners[i + 1].market != owners[i].market;
      owners[i].end = last ? kForEver : owners[i + 1].start;
      by_fuzzy_symbol_[fuzzy_key(owners[i].symbol)].push_back(owners[i]);
    }
  }
  for (auto& [key, owners] : by_fuzzy_symbol_) std::ranges::sort(owners, {}, order);
}

void AssetFinder::add_supplements(const std::vector<SupplementaryMapping>& mappings) {
  for (const SupplementaryMapping& m : mappings) {
    const auto asset = find_sid(m.sid);
    if (!asset)
      throw Error(ErrorCode::DatabaseError,
                  fmt::format("{} {} belongs to sid {}, which is no asset", m.field, m.value, m.sid.value));
    const Supplement value{m.start_date, m.end_date, *asset, m.value};
    by_value_[field_key(m.field, m.value)].push_back(value);
    by_field_[field_key(m.field, std::to_string(m.sid.value))].push_back(value);
  }
  for (auto* map : {&by_value_, &by_field_}) {
    for (auto& [key, periods] : *map) {
      std::ranges::sort(periods, {}, [](const Supplement& s) { return std::tie(s.start, s.end, s.asset, s.value); });
      for (std::size_t i = 0; i < periods.size(); ++i)
        periods[i].end = i + 1 < periods.size() ? periods[i + 1].start : kForEver;
    }
  }
}

AssetFinder AssetFinder::with_unknown_ends(Date known) const {
  constexpr int kYear = 366;
  Date end = known;
  for (const Asset& a : assets_) end = std::max(end, a.end_date);
  end = end + kYear;
  AssetFinder other = *this;
  for (Asset& a : other.assets_) {
    if (a.type == AssetType::Future || a.end_date <= known) continue;
    if (a.auto_close_date) a.auto_close_date = *a.auto_close_date + (end - a.end_date);
    a.end_date = end;
  }
  return other;
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

std::vector<AssetIndex> AssetFinder::of_type(AssetType type) const {
  std::vector<AssetIndex> found;
  for (std::size_t i = 0; i < assets_.size(); ++i)
    if (assets_[i].type == type) found.push_back(AssetIndex{static_cast<std::int32_t>(i)});
  return found;
}

AssetIndex AssetFinder::lookup_symbol(std::string_view symbol, std::optional<Date> as_of,
                                      std::optional<std::string> country_code) const {
  const auto known = by_symbol_.find(symbol_key(symbol));
  if (known == by_symbol_.end()) throw_symbol_not_found(symbol, "");
  std::set<AssetIndex> owners;
  std::set<std::string> countries;
  std::optional<Date> first_day;
  for (const Ownership& owner : known->second) {
    if (country_code && owner.market != *country_code) continue;
    if (!first_day || owner.start < *first_day) first_day = owner.start;
    if (as_of && !(owner.start <= *as_of && *as_of < owner.end)) continue;
    owners.insert(owner.asset);
    if (!is_pair((*this)[owner.asset])) countries.insert(owner.market);
  }
  if (owners.size() == 1) return *owners.begin();
  if (owners.empty() && first_day) {
    throw_symbol_not_found(symbol, fmt::format("nobody owned it on {}; its first owner has it from {}",
                                               as_of->to_string(), first_day->to_string()));
  }
  if (owners.empty()) throw_symbol_not_found(symbol, fmt::format("it is not used in country {}", *country_code));
  const std::vector<AssetIndex> options(owners.begin(), owners.end());
  if (countries.size() > 1)
    throw_ambiguous(ErrorCode::SameSymbolUsedAcrossCountries, symbol, "in different countries use", options);
  throw_ambiguous(ErrorCode::MultipleSymbolsFound, symbol, "have had", options);
}

AssetIndex AssetFinder::lookup_symbol_fuzzy(std::string_view symbol, std::optional<Date> as_of,
                                            std::optional<std::string> country_code) const {
  const auto known = by_fuzzy_symbol_.find(fuzzy_key(symbol));
  if (known == by_fuzzy_symbol_.end()) throw_symbol_not_found(symbol, "");
  const std::string key = symbol_key(symbol);
  std::set<AssetIndex> owners;
  std::set<AssetIndex> exact;
  for (const Ownership& owner : known->second) {
    if (country_code && owner.market != *country_code) continue;
    if (as_of && !(owner.start <= *as_of && *as_of < owner.end)) continue;
    owners.insert(owner.asset);
    // without a day only the same spelling decides, with a day the same company and share class (as Zipline)
    if (as_of ? symbol_key(owner.symbol) == key : owner.symbol == to_upper(symbol)) exact.insert(owner.asset);
  }
  if (owners.empty()) throw_symbol_not_found(symbol, "");
  if (owners.size() == 1) return *owners.begin();
  if (exact.size() == 1) return *exact.begin();
  throw_ambiguous(ErrorCode::MultipleSymbolsFoundForFuzzySymbol, symbol, "match",
                  std::vector<AssetIndex>(owners.begin(), owners.end()));
}

AssetIndex AssetFinder::lookup_future_symbol(std::string_view symbol) const {
  const auto found = by_contract_.find(to_upper(symbol));
  if (found != by_contract_.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, index] : by_contract_) known.push_back(name);
  const std::vector<std::string> near = nearest_symbols(to_upper(symbol), known);
  throw Error(ErrorCode::SymbolNotFound, fmt::format("Symbol '{}' was not found.", symbol),
              near.empty() ? (known.empty() ? "there are no futures in the bundle" : "")
                           : fmt::format("did you mean {}?", fmt::join(near, ", ")))
      .with("symbol", std::string(symbol));
}

const FutureRoot& AssetFinder::lookup_root(std::string_view root_symbol) const {
  const auto found = std::ranges::find(roots_, to_upper(root_symbol), &FutureRoot::root_symbol);
  if (found != roots_.end()) return *found;
  std::vector<std::string> names;
  for (const FutureRoot& root : roots_) names.push_back(root.root_symbol);
  throw Error(ErrorCode::SymbolNotFound, fmt::format("Symbol '{}' was not found.", root_symbol),
              names.empty() ? "there are no futures in the bundle"
                            : fmt::format("roots of futures are {}", fmt::join(names, ", ")))
      .with("symbol", std::string(root_symbol));
}

std::vector<AssetIndex> AssetFinder::contracts_of(std::string_view root_symbol) const {
  const std::string root = to_upper(root_symbol);
  std::vector<AssetIndex> found;
  for (const AssetIndex i : of_type(AssetType::Future))
    if ((*this)[i].root_symbol == root) found.push_back(i);
  return found;
}

std::vector<AssetIndex> AssetFinder::chain_of(std::string_view root_symbol) const {
  const std::string root = to_upper(root_symbol);
  if (const auto set = chains_.find(root); set != chains_.end()) return set->second;
  std::vector<AssetIndex> chain = contracts_of(root);
  std::erase_if(chain, [&](AssetIndex i) { return !is_in_chain(root, (*this)[i].symbol); });
  return chain;
}

void AssetFinder::set_chain(std::string_view root_symbol, std::vector<AssetIndex> contracts) {
  std::ranges::sort(contracts);
  chains_[to_upper(root_symbol)] = std::move(contracts);
}

AssetIndex AssetFinder::lookup_by_supplementary_field(std::string_view field, std::string_view value,
                                                      std::optional<Date> as_of) const {
  const auto known = by_value_.find(field_key(field, value));
  if (known != by_value_.end()) {
    const std::vector<Supplement>& periods = known->second;
    if (!as_of && periods.size() == 1) return periods.front().asset;
    if (!as_of) {
      std::set<AssetIndex> owners;
      for (const Supplement& p : periods) owners.insert(p.asset);
      std::vector<std::string> options;
      for (const AssetIndex owner : owners) options.push_back(describe((*this)[owner]));
      throw Error(ErrorCode::MultipleValuesFoundForField,
                  fmt::format("Multiple occurrences of the value '{}' found for field '{}': {}", value, field,
                              fmt::join(options, "; ")));
    }
    for (const Supplement& p : periods)
      if (p.start <= *as_of && *as_of < p.end) return p.asset;
  }
  throw Error(ErrorCode::ValueNotFoundForField, fmt::format("Value '{}' was not found for field '{}'.", value, field));
}

const std::string& AssetFinder::get_supplementary_field(Sid sid, std::string_view field,
                                                        std::optional<Date> as_of) const {
  const auto known = by_field_.find(field_key(field, std::to_string(sid.value)));
  if (known != by_field_.end()) {
    const std::vector<Supplement>& periods = known->second;
    if (!as_of && periods.size() == 1) return periods.front().value;
    if (!as_of) {
      std::set<std::string> values;
      for (const Supplement& p : periods) values.insert(p.value);
      throw Error(ErrorCode::MultipleValuesFoundForSid, fmt::format("Multiple '{}' values found for sid '{}': {}",
                                                                    field, sid.value, fmt::join(values, ", ")));
    }
    for (const Supplement& p : periods)
      if (p.start <= *as_of && *as_of < p.end) return p.value;
  }
  throw Error(ErrorCode::NoValueForSid, fmt::format("No '{}' value found for sid '{}'.", field, sid.value));
}

std::vector<OwnershipPeriod> AssetFinder::symbol_periods() const {
  std::vector<OwnershipPeriod> found;
  for (const auto& [key, owners] : by_symbol_) {
    for (const Ownership& o : owners)
      if ((*this)[o.asset].type == AssetType::Equity)
        found.push_back({{}, o.market, o.symbol, o.asset, o.start, open_end(o.end)});
  }
  std::ranges::sort(found, {}, [](const OwnershipPeriod& p) { return std::tie(p.value, p.market, p.start, p.asset); });
  return found;
}

std::vector<OwnershipPeriod> AssetFinder::supplementary_periods(bool by_sid) const {
  std::vector<OwnershipPeriod> found;
  for (const auto& [key, periods] : by_sid ? by_field_ : by_value_) {
    for (const Supplement& p : periods)
      found.push_back({key.substr(0, key.find('\x1f')), {}, p.value, p.asset, p.start, open_end(p.end)});
  }
  std::ranges::sort(found, {}, [](const OwnershipPeriod& p) { return std::tie(p.field, p.value, p.start, p.asset); });
  return found;
}

std::vector<std::string> AssetFinder::country_codes() const {
  std::set<std::string> codes;
  for (const Asset& a : assets_)
    if (a.type == AssetType::Equity) codes.insert(a.country_code);
  return {codes.begin(), codes.end()};
}

Lifetimes AssetFinder::lifetimes(std::span<const Date> days, bool include_start_date,
                                 std::span<const std::string> country_codes) const {
  Lifetimes result;
  for (std::size_t i = 0; i < assets_.size(); ++i)
    if (assets_[i].type != AssetType::Future && std::ranges::count(country_codes, assets_[i].country_code) > 0)
      result.assets.push_back(AssetIndex{static_cast<std::int32_t>(i)});
  result.alive.reserve(days.size() * result.assets.size());
  for (const Date day : days) {
    for (const AssetIndex i : result.assets) {
      const Asset& a = (*this)[i];
      const bool started = include_start_date ? a.start_date <= day : a.start_date < day;
      result.alive.push_back(started && day <= a.end_date ? 1 : 0);
    }
  }
  return result;
}

void AssetFinder::throw_ambiguous(ErrorCode code, std::string_view symbol, std::string_view have,
                                  std::span<const AssetIndex> options) const {
  std::vector<std::string> assets;
  std::vector<std::int64_t> sids;
  for (const AssetIndex option : options) {
    assets.push_back(describe((*this)[option]));
    sids.push_back((*this)[option].sid.value);
  }
  throw Error(code, fmt::format("Multiple assets {} symbol '{}': {}", have, symbol, fmt::join(assets, "; ")))
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

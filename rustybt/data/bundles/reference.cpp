#include "rustybt/data/bundles/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::data {

using assets::Asset;
using Json = nlohmann::ordered_json;

namespace {

constexpr auto kAssetFields = std::tuple(
    std::pair("symbol", &Asset::symbol), std::pair("type", &Asset::type), std::pair("name", &Asset::asset_name),
    std::pair("exchange", &Asset::exchange), std::pair("exchange_full", &Asset::exchange_full),
    std::pair("country", &Asset::country_code), std::pair("start", &Asset::start_date),
    std::pair("end", &Asset::end_date), std::pair("first_traded", &Asset::first_traded),
    std::pair("auto_close", &Asset::auto_close_date), std::pair("tick_size", &Asset::tick_size),
    std::pair("multiplier", &Asset::price_multiplier), std::pair("quantity_digits", &Asset::quantity_digits),
    std::pair("root", &Asset::root_symbol), std::pair("notice", &Asset::notice_date),
    std::pair("expiration", &Asset::expiration_date), std::pair("base", &Asset::base_currency),
    std::pair("quote", &Asset::quote_currency), std::pair("quantity_step", &Asset::quantity_step),
    std::pair("minimum_notional", &Asset::minimum_notional), std::pair("calendar", &Asset::calendar_name));

template <class Visit>
void for_each_field(const Visit& visit) {
  std::apply([&](const auto&... field) { (visit(field.first, field.second), ...); }, kAssetFields);
}

Json encode(const std::string& text) { return text; }
Json encode(int number) { return number; }
Json encode(Date day) { return day.to_string(); }
Json encode(const std::optional<Date>& day) { return day ? Json(day->to_string()) : Json(); }
Json encode(const Decimal& number) { return number.normalized().to_string(); }
Json encode(assets::AssetType type) { return std::string(assets::to_string(type)); }

void decode(const Json& json, std::string& text) { json.get_to(text); }
void decode(const Json& json, int& number) { json.get_to(number); }
void decode(const Json& json, Date& day) { day = Date::parse(json.get<std::string>()); }
void decode(const Json& json, std::optional<Date>& day) {
  day = json.is_null() ? std::nullopt : std::optional(Date::parse(json.get<std::string>()));
}
void decode(const Json& json, Decimal& number) { number = Decimal::parse(json.get<std::string>()); }
void decode(const Json& json, assets::AssetType& type) { type = assets::parse_asset_type(json.get<std::string>()); }

/// What is not said is left out.
Json asset_json(const Asset& asset) {
  const Asset silent;
  Json out = Json::object();
  for_each_field([&](const char* name, auto member) {
    if (asset.*member != silent.*member) out[name] = encode(asset.*member);
  });
  return out;
}

/// Nothing but a symbol (and a sid) is said of it.
bool is_nameless(Asset asset) {
  asset.symbol.clear();
  return asset_json(asset).empty();
}

/// Later words replace earlier ones; what an asset of that type has anyway is not a word.
void describe_further(Asset& known, const Asset& later) {
  if (is_nameless(known)) {
    const Sid sid = known.sid;
    known = later;
    known.sid = sid;
    return;
  }
  const Asset silent;
  const Asset usual = assets::make_asset(later.type);
  if (later.type != silent.type) known.type = later.type;
  for_each_field([&](const char*, auto member) {
    if (later.*member != silent.*member && later.*member != usual.*member) known.*member = later.*member;
  });
}

Asset parse_asset(const Json& json) {
  Asset asset;
  for_each_field([&](const char* name, auto member) {
    if (const auto at = json.find(name); at != json.end()) decode(*at, asset.*member);
  });
  return asset;
}

/// Replace the entry that says the same thing, or add it.
template <class Row, class Key>
void put(std::vector<Row>& rows, Row row, const Key& key) {
  const auto same = std::ranges::find_if(rows, [&](const Row& r) { return key(r) == key(row); });
  if (same == rows.end()) {
    rows.push_back(std::move(row));
  } else {
    *same = std::move(row);
  }
}

const auto kMappingKey = [](const assets::SymbolMapping& m) { return std::tuple(m.sid, m.symbol, m.start_date); };
const auto kSupplementaryKey = [](const assets::SupplementaryMapping& m) {
  return std::tuple(m.sid, m.field, m.start_date, m.value);
};

template <class Row>
void append(std::vector<Row>& to, std::vector<Row>&& rows) {
  std::ranges::move(rows, std::back_inserter(to));
}

}  // namespace

std::string describe_asset(const Asset& asset) {
  return asset_json(asset).dump(-1, ' ', false, Json::error_handler_t::replace);
}

int ReferenceBook::key_of(Sid sid) const {
  const auto at = by_sid_.find(sid.value);
  return at == by_sid_.end() ? -1 : at->second;
}

int ReferenceBook::find(const Asset& asset) const {
  const auto named = by_symbol_.find(asset.symbol);
  if (asset.sid.value >= 0) {
    if (const int key = key_of(asset.sid); key >= 0) return key;
    if (named != by_symbol_.end())
      for (const int key : named->second)
        if (entries_[static_cast<std::size_t>(key)].asset.sid.value < 0) return key;
    return -1;
  }
  if (named == by_symbol_.end()) return -1;
  if (named->second.size() > 1) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("symbol {} belongs to {} assets", asset.symbol, named->second.size()),
                "say which one is meant: two owners of one symbol over time need sids from the source");
  }
  return named->second.front();
}

void ReferenceBook::add(const Asset& asset) {
  const int key = static_cast<int>(entries_.size());
  entries_.push_back({.asset = asset});
  by_symbol_[asset.symbol].push_back(key);
  if (asset.sid.value >= 0) by_sid_[asset.sid.value] = key;
}

std::vector<int> ReferenceBook::take(const BundleContent& part) {
  std::vector<int> keys;
  std::set<int> seen;
  for (const BundleContent::Item& item : part.items) {
    Asset asset = item.asset;
    asset.symbol = to_upper(asset.symbol);
    if (asset.symbol.empty()) throw Error(ErrorCode::InvalidArgument, "an asset has no symbol");
    int key = find(asset);
    if (key < 0) {
      key = static_cast<int>(entries_.size());
      add(asset);
    } else {
      Asset& known = entries_[static_cast<std::size_t>(key)].asset;
      if (seen.contains(key) && asset.sid.value >= 0 && known.sid == asset.sid)
        throw Error(ErrorCode::InvalidArgument,
                    fmt::format("sid {} appears twice ({})", asset.sid.value, asset.symbol));
      if (seen.contains(key)) {
        throw Error(ErrorCode::InvalidArgument, fmt::format("symbol {} appears twice", asset.symbol),
                    "one series per symbol; two owners of one symbol over time need sids from the source");
      }
      if (known.symbol != asset.symbol) {
        std::erase(by_symbol_[known.symbol], key);
        by_symbol_[asset.symbol].push_back(key);
        has_renamed_ = has_renamed_ || static_cast<std::size_t>(key) < parsed_;
      }
      if (asset.sid.value >= 0) by_sid_[(known.sid = asset.sid).value] = key;
      describe_further(known, asset);
    }
    seen.insert(key);
    keys.push_back(key);
  }

  const auto key_at = [&](std::int64_t position, const char* what) {
    if (position < 0 || position >= static_cast<std::int64_t>(keys.size()))
      throw Error(ErrorCode::InvalidArgument, fmt::format("a {} refers to item {} of {}", what, position, keys.size()));
    return keys[static_cast<std::size_t>(position)];
  };
  for (const auto& e : part.exchanges) put(exchanges_, e, [](const assets::Exchange& x) { return x.exchange; });
  for (const auto& r : part.roots) put(roots_, r, [](const assets::FutureRoot& x) { return x.root_symbol; });
  for (auto m : part.symbol_mappings) {
    m.sid = Sid{key_at(m.sid.value, "symbol mapping")};
    put(mappings_, m, kMappingKey);
  }
  for (auto m : part.supplementary_mappings) {
    m.sid = Sid{key_at(m.sid.value, "supplementary mapping")};
    put(supplementary_, m, kSupplementaryKey);
  }
  Adjustments given = part.actions.by_item;
  for_each_asset_of(given, [&](AssetIndex& a) { a.value = key_at(a.value, "corporate action"); });
  append(actions.splits, std::move(given.splits));
  append(actions.mergers, std::move(given.mergers));
  append(actions.dividends, std::move(given.dividends));
  append(actions.cash_dividends, std::move(given.cash_dividends));
  append(actions.stock_dividends, std::move(given.stock_dividends));
  fx_rates.insert(fx_rates.end(), part.fx_rates.begin(), part.fx_rates.end());
  return keys;
}

void ReferenceBook::assign_sids(std::map<std::string, std::int64_t>& known) {
  std::int64_t next = 0;
  for (const auto& [symbol, sid] : known) next = std::max(next, sid + 1);
  // contracts in the order in which they close: chains of continuous futures follow their sids
  std::map<std::tuple<Date, std::string_view>, int> unassigned;
  for (std::size_t key = 0; key < entries_.size(); ++key) {
    const Asset& asset = entries_[key].asset;
    if (asset.sid.value < 0) {
      const Date closes = asset.type == assets::AssetType::Future
                              ? asset.auto_close_date.value_or(asset.expiration_date.value_or(asset.end_date))
                              : Date{};
      unassigned[{closes, asset.symbol}] = static_cast<int>(key);
    } else {
      next = std::max(next, asset.sid.value + 1);
      known.emplace(asset.symbol, asset.sid.value);
    }
  }
  for (const auto& [place, key] : unassigned) {
    const std::string symbol(std::get<std::string_view>(place));
    const auto before = known.find(symbol);
    const std::int64_t sid = before != known.end() && !by_sid_.contains(before->second) ? before->second : next++;
    entries_[static_cast<std::size_t>(key)].asset.sid.value = sid;
    by_sid_[sid] = key;
    known[symbol] = sid;
  }
}

std::vector<int> ReferenceBook::by_sid() const {
  std::vector<int> keys;
  for (const auto& [sid, key] : by_sid_) keys.push_back(key);
  return keys;
}

assets::AssetTables ReferenceBook::tables(std::vector<Asset> list) const {
  assets::AssetTables tables;
  tables.exchanges = exchanges_;
  tables.assets = std::move(list);
  for (Asset& asset : tables.assets) {
    const auto known = std::ranges::find(tables.exchanges, asset.exchange, &assets::Exchange::exchange);
    if (known == tables.exchanges.end()) {
      tables.exchanges.push_back({asset.exchange, asset.exchange_full, asset.country_code});
    } else {
      asset.country_code = known->country_code;  // as they will be read
      asset.exchange_full = known->canonical_name.empty() ? known->exchange : known->canonical_name;
    }
  }
  const auto sid_of = [&](Sid key) { return entries_[static_cast<std::size_t>(key.value)].asset.sid; };
  tables.symbol_mappings = mappings_;
  for (auto& m : tables.symbol_mappings) m.sid = sid_of(m.sid);
  tables.supplementary_mappings = supplementary_;
  for (auto& m : tables.supplementary_mappings) m.sid = sid_of(m.sid);
  const auto by_life = [](const auto& m) { return std::pair(m.sid, m.start_date); };
  std::ranges::stable_sort(tables.symbol_mappings, {}, by_life);
  std::ranges::stable_sort(tables.supplementary_mappings, {}, by_life);
  tables.roots = roots_;
  for (const assets::FutureRoot& root : roots_)
    if (!root.exchange.empty() &&
        std::ranges::find(tables.exchanges, root.exchange, &assets::Exchange::exchange) == tables.exchanges.end())
      tables.exchanges.push_back({root.exchange, "", "??"});
  return tables;
}

std::string ReferenceBook::to_json() const {
  Json out;
  out["compute_dividend_ratios"] = compute_dividend_ratios;
  out["given_dividend_ratios"] = given_ratios;
  out["assets"] = Json::array();
  for (const int key : by_sid()) {
    const Asset& asset = entries_[static_cast<std::size_t>(key)].asset;
    Json line = asset_json(asset);
    line["sid"] = asset.sid.value;
    if (entries_[static_cast<std::size_t>(key)].closes_after_end) line["closes_after_end"] = true;
    out["assets"].push_back(std::move(line));
  }
  out["exchanges"] = Json::array();
  for (const auto& e : exchanges_) out["exchanges"].push_back({e.exchange, e.canonical_name, e.country_code});
  out["roots"] = Json::array();
  for (const auto& r : roots_)
    out["roots"].push_back(
        {r.root_symbol, r.root_symbol_id ? Json(*r.root_symbol_id) : Json(), r.sector, r.description, r.exchange});
  const auto sid_of = [&](Sid key) { return entries_[static_cast<std::size_t>(key.value)].asset.sid.value; };
  out["symbol_mappings"] = Json::array();
  for (const auto& m : mappings_)
    out["symbol_mappings"].push_back({sid_of(m.sid), m.symbol, m.start_date.to_string(), m.end_date.to_string()});
  out["supplementary_mappings"] = Json::array();
  for (const auto& m : supplementary_) {
    out["supplementary_mappings"].push_back(
        {sid_of(m.sid), m.field, m.value, m.start_date.to_string(), m.end_date.to_string()});
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

ReferenceBook ReferenceBook::parse(std::string_view text, const std::filesystem::path& file) {
  try {
    const Json in = Json::parse(text);
    ReferenceBook book;
    in.at("compute_dividend_ratios").get_to(book.compute_dividend_ratios);
    in.at("given_dividend_ratios").get_to(book.given_ratios);
    for (const Json& line : in.at("assets")) {
      Asset asset = parse_asset(line);
      line.at("sid").get_to(asset.sid.value);
      book.add(asset);
      book.entries_.back().closes_after_end = line.value("closes_after_end", false);
    }
    book.parsed_ = book.entries_.size();
    const auto day = [](const Json& json) { return Date::parse(json.get<std::string>()); };
    const auto key = [&](const Json& json) {
      const int found = book.key_of(Sid{json.get<std::int64_t>()});
      if (found < 0) throw Error(ErrorCode::CorruptBundle, fmt::format("it maps the unknown sid {}", json.dump()));
      return Sid{found};
    };
    for (const Json& e : in.at("exchanges")) {
      book.exchanges_.push_back({e.at(0).get<std::string>(), e.at(1).get<std::string>(), e.at(2).get<std::string>()});
    }
    for (const Json& r : in.at("roots")) {
      book.roots_.push_back({r.at(0).get<std::string>(),
                             r.at(1).is_null() ? std::nullopt : std::optional(r.at(1).get<std::int64_t>()),
                             r.at(2).get<std::string>(), r.at(3).get<std::string>(), r.at(4).get<std::string>()});
    }
    for (const Json& m : in.at("symbol_mappings"))
      book.mappings_.push_back({key(m.at(0)), m.at(1).get<std::string>(), day(m.at(2)), day(m.at(3))});
    for (const Json& m : in.at("supplementary_mappings")) {
      book.supplementary_.push_back(
          {key(m.at(0)), m.at(1).get<std::string>(), m.at(2).get<std::string>(), day(m.at(3)), day(m.at(4))});
    }
    return book;
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::CorruptBundle,
                fmt::format("{} is not a bundle's reference data: {}", file.string(), e.what()));
  } catch (const Error& e) {
    throw Error(ErrorCode::CorruptBundle,
                fmt::format("{} is not a bundle's reference data: {}", file.string(), e.message()));
  }
}

}  // namespace rustybt::data

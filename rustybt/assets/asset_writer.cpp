#include "rustybt/assets/asset_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "rustybt/assets/asset_db_schema.hpp"
#include "rustybt/assets/symbols.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/storage/sqlite.hpp"

namespace rustybt::assets {

namespace {

using storage::Database;
using storage::Statement;

[[noreturn]] void refuse(std::string message, std::string hint = {}) {
  throw Error(ErrorCode::InvalidArgument, std::move(message), std::move(hint));
}

std::string period(Date start, Date end) { return fmt::format("{} to {}", start.to_string(), end.to_string()); }

using Exchanges = std::map<std::string, const Exchange*>;

Exchanges index_exchanges(const std::vector<Exchange>& exchanges) {
  Exchanges by_name;
  for (const Exchange& exchange : exchanges)
    if (!by_name.emplace(exchange.exchange, &exchange).second)
      refuse(fmt::format("exchange {} appears twice", exchange.exchange));
  return by_name;
}

/// Assets by sid, each checked alone and with its terms filled in.
std::vector<Asset> sorted_assets(const AssetTables& tables, const Exchanges& exchanges) {
  std::vector<Asset> assets = tables.assets;
  for (Asset& asset : assets) {
    const std::string name = fmt::format("{} (sid {})", asset.symbol, asset.sid.value);
    if (asset.sid.value < 0) refuse(name + ": sids are 0 or more");
    if (!exchanges.contains(asset.exchange))
      refuse(fmt::format("{}: unknown exchange \"{}\"", name, asset.exchange), "list the exchange among the exchanges");
    if (asset.end_date < asset.start_date)
      refuse(fmt::format("{}: the end {} is before the start {}", name, asset.end_date.to_string(),
                         asset.start_date.to_string()));
    complete_terms(asset);
    if (asset.type == AssetType::Equity) continue;  // its symbols are checked as mappings
    asset.symbol = to_upper(asset.symbol);
    if (symbol_key(asset.symbol).empty()) refuse(fmt::format("sid {} has no symbol", asset.sid.value));
  }
  std::ranges::sort(assets, {}, &Asset::sid);
  const auto twice = std::ranges::adjacent_find(assets, {}, &Asset::sid);
  if (twice != assets.end())
    refuse(fmt::format("sid {} appears twice: {} and {}", twice->sid.value, twice->symbol, std::next(twice)->symbol));
  return assets;
}

std::vector<const Asset*> of_type(const std::vector<Asset>& assets, AssetType type) {
  std::vector<const Asset*> found;
  for (const Asset& asset : assets)
    if (asset.type == type) found.push_back(&asset);
  return found;
}

void check_contracts(const std::vector<const Asset*>& futures) {
  std::map<std::string, const Asset*> by_symbol;
  for (const Asset* future : futures) {
    const auto [first, added] = by_symbol.emplace(future->symbol, future);
    if (!added) {
      refuse(fmt::format("contract {} appears twice: sid {} and sid {}", future->symbol, first->second->sid.value,
                         future->sid.value),
             "a contract's symbol names one contract for ever");
    }
  }
}

/// A pair has one owner of its symbol a day on an exchange.
void check_pairs(const std::vector<const Asset*>& pairs) {
  std::map<std::pair<std::string, std::string>, std::vector<const Asset*>> by_symbol;
  for (const Asset* pair : pairs) by_symbol[{symbol_key(pair->symbol), pair->exchange}].push_back(pair);
  for (auto& [key, owners] : by_symbol) {
    std::ranges::sort(owners, {}, &Asset::start_date);
    for (std::size_t i = 1; i < owners.size(); ++i) {
      const Asset& a = *owners[i - 1];
      const Asset& b = *owners[i];
      if (b.start_date <= a.end_date)
        refuse(fmt::format("two assets are {} on {} at the same time: sid {} ({}) and sid {} ({})", a.symbol,
                           key.second, a.sid.value, period(a.start_date, a.end_date), b.sid.value,
                           period(b.start_date, b.end_date)));
    }
  }
}

/// The roots given and those that only a contract names, by name.
std::map<std::string, FutureRoot> complete_roots(const AssetTables& tables, const std::vector<const Asset*>& futures,
                                                 const Exchanges& exchanges) {
  std::map<std::string, FutureRoot> roots;
  for (FutureRoot root : tables.roots) {
    root.root_symbol = to_upper(root.root_symbol);
    if (root.root_symbol.empty()) refuse("a root of futures has no symbol");
    if (!root.exchange.empty() && !exchanges.contains(root.exchange))
      refuse(fmt::format("root {}: unknown exchange \"{}\"", root.root_symbol, root.exchange),
             "list the exchange among the exchanges");
    if (!roots.emplace(root.root_symbol, root).second) refuse(fmt::format("root {} appears twice", root.root_symbol));
  }
  for (const Asset* future : futures) {
    FutureRoot& root =
        roots.try_emplace(future->root_symbol, FutureRoot{future->root_symbol, {}, {}, {}, {}}).first->second;
    if (root.exchange.empty()) root.exchange = future->exchange;
  }
  return roots;
}

std::vector<SupplementaryMapping> sorted_supplements(const AssetTables& tables,
                                                     const std::vector<const Asset*>& equities) {
  std::vector<SupplementaryMapping> values = tables.supplementary_mappings;
  const auto key = [](const SupplementaryMapping& m) { return std::tie(m.sid, m.field, m.start_date); };
  std::ranges::sort(values, {}, key);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const SupplementaryMapping& m = values[i];
    if (!std::ranges::binary_search(equities, m.sid, {}, [](const Asset* a) { return a->sid; }))
      refuse(fmt::format("{} {} belongs to sid {}, which is no equity", m.field, m.value, m.sid.value));
    if (m.field.empty()) refuse(fmt::format("a supplementary value of sid {} has no field", m.sid.value));
    if (i > 0 && key(values[i - 1]) == key(m))
      refuse(fmt::format("sid {} has two values of {} from {}", m.sid.value, m.field, m.start_date.to_string()));
  }
  return values;
}

/// The given mappings and those of equities without any, by sid and time.
std::vector<SymbolMapping> complete_mappings(const AssetTables& tables, const std::vector<const Asset*>& equities) {
  std::vector<SymbolMapping> mappings = tables.symbol_mappings;
  std::unordered_map<Sid, bool> mapped;
  for (const Asset* asset : equities) mapped[asset->sid] = false;
  for (const SymbolMapping& mapping : mappings) {
    const auto owner = mapped.find(mapping.sid);
    if (owner == mapped.end())
      refuse(fmt::format("symbol {} belongs to sid {}, which is no equity", mapping.symbol, mapping.sid.value));
    owner->second = true;
  }
  for (const Asset* asset : equities)
    if (!mapped[asset->sid]) mappings.push_back({asset->sid, asset->symbol, asset->start_date, asset->end_date});
  for (SymbolMapping& mapping : mappings) {
    mapping.symbol = to_upper(mapping.symbol);
    if (symbol_key(mapping.symbol).empty()) refuse(fmt::format("sid {} has no symbol", mapping.sid.value));
    if (mapping.end_date < mapping.start_date) {
      refuse(fmt::format("symbol {} of sid {}: the end {} is before the start {}", mapping.symbol, mapping.sid.value,
                         mapping.end_date.to_string(), mapping.start_date.to_string()));
    }
  }
  std::ranges::sort(mappings, {},
                    [](const SymbolMapping& m) { return std::tuple(m.sid, m.start_date, m.end_date, m.symbol); });
  return mappings;
}

/// Owners of a symbol and what of their periods lies in others', as Zipline shows them.
std::string describe_clash(const std::string& symbol, const std::string& country,
                           std::span<const SymbolMapping* const> owners) {
  using Period = std::pair<Date, Date>;
  std::vector<Period> periods;
  for (const SymbolMapping* o : owners) periods.emplace_back(o->start_date, o->end_date);
  std::vector<Period> merged;  // Zipline's: each with the next one only, from the last to the first; last first
  for (auto p = periods.rbegin(); p != periods.rend(); ++p) {
    if (!merged.empty() && p->second >= merged.back().first && merged.back().second >= p->first)
      merged.back() = {std::min(p->first, merged.back().first), std::max(p->second, merged.back().second)};
    else
      merged.push_back(*p);
  }
  std::vector<std::string> inside;
  std::size_t m = merged.size();
  for (std::size_t i = 0; i < periods.size();) {
    if (m > 0 && merged[m - 1] < periods[i]) {
      --m;
    } else if (m > 0 && merged[m - 1] == periods[i]) {
      --m, ++i;
    } else {
      const auto& [start, end] = periods[i++];
      inside.push_back(fmt::format("('{} 00:00:00', '{} 00:00:00')", start.to_string(), end.to_string()));
    }
  }
  std::size_t width = 3;
  for (const SymbolMapping* o : owners) width = std::max(width, std::to_string(o->sid.value).size());
  std::string rows = fmt::format("  {:{}} start_date   end_date\n  {:{}}{:22}", "", width, "sid", width, "");
  std::vector<const SymbolMapping*> by_sid(owners.begin(), owners.end());
  std::ranges::stable_sort(by_sid, {}, &SymbolMapping::sid);
  for (const SymbolMapping* o : by_sid)
    rows += fmt::format("\n  {:<{}} {} {}", o->sid.value, width, o->start_date.to_string(), o->end_date.to_string());
  return fmt::format("{} ({}):\n  intersections: ({}{})\n{}", symbol, country, fmt::join(inside, ", "),
                     inside.size() == 1 ? "," : "", rows);
}

/// A symbol has one owner a day in a country; both days of a period count.
void check_ownership(const std::vector<SymbolMapping>& mappings, const std::vector<const Asset*>& equities,
                     const Exchanges& exchanges) {
  std::unordered_map<Sid, const std::string*> countries;
  for (const Asset* asset : equities) countries[asset->sid] = &exchanges.at(asset->exchange)->country_code;
  std::map<std::pair<std::string, std::string>, std::vector<const SymbolMapping*>> by_symbol;
  for (const SymbolMapping& m : mappings) by_symbol[{symbol_key(m.symbol), *countries[m.sid]}].push_back(&m);
  std::vector<std::string> clashes;
  for (auto& [key, owners] : by_symbol) {
    std::ranges::sort(owners, {},
                      [](const SymbolMapping* m) { return std::tuple(m->start_date, m->end_date, m->sid); });
    const SymbolMapping* longest = owners.front();
    for (const SymbolMapping* owner : owners) {
      if (owner->sid != longest->sid && owner->start_date <= longest->end_date) {
        clashes.push_back(describe_clash(owners.front()->symbol, key.second, owners));
        break;
      }
      if (owner->end_date > longest->end_date) longest = owner;
    }
  }
  if (clashes.empty()) return;
  refuse(fmt::format("Ambiguous ownership for {} symbol{}, multiple assets held the following symbols:\n{}",
                     clashes.size(), clashes.size() == 1 ? "" : "s", fmt::join(clashes, "\n")),
         "end the first one's ownership before the second one's begins, or rename one; . / \\ - _ are one delimiter");
}

std::int64_t to_ns(Date day) { return Timestamp::from_date(day).ns; }
std::int64_t to_ns(const std::optional<Date>& day) { return day ? to_ns(*day) : kNoDate; }

/// Whether the reader would fill in the same terms by itself: most equities need no row of their own.
bool has_default_terms(const Asset& asset) {
  const Asset usual = make_asset(asset.type);
  return asset.type == AssetType::Equity && asset.tick_size.to_string() == usual.tick_size.to_string() &&
         asset.price_multiplier.to_string() == usual.price_multiplier.to_string() &&
         asset.quantity_step.to_string() == usual.quantity_step.to_string() && asset.minimum_notional.is_zero() &&
         asset.quote_currency.empty() && asset.calendar_name.empty();
}

class TableWriter {
 public:
  explicit TableWriter(Database& database) : database_(database) {}

  void write_exchanges(const Exchanges& exchanges) {
    Statement insert = database_.prepare("INSERT INTO exchanges VALUES (?, ?, ?)");
    for (const auto& [name, exchange] : exchanges) {
      const std::string& canonical = exchange->canonical_name.empty() ? name : exchange->canonical_name;
      insert.bind(1, name).bind(2, canonical).bind(3, exchange->country_code).execute();
    }
  }

  void write_roots(const std::map<std::string, FutureRoot>& roots) {
    Statement insert = database_.prepare("INSERT INTO futures_root_symbols VALUES (?, ?, ?, ?, ?)");
    for (const auto& [name, root] : roots) {
      insert.bind(1, name).bind(3, root.sector).bind(4, root.description);
      if (root.root_symbol_id) {
        insert.bind(2, *root.root_symbol_id);
      } else {
        insert.bind_null(2);
      }
      if (root.exchange.empty()) {
        insert.bind_null(5);
      } else {
        insert.bind(5, root.exchange);
      }
      insert.execute();
    }
  }

  void write_equities(const std::vector<const Asset*>& equities) {
    Statement insert = database_.prepare("INSERT INTO equities VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const Asset* asset : equities) {
      insert.bind(1, asset->sid.value).bind(2, asset->asset_name).bind(3, to_ns(asset->start_date));
      insert.bind(4, to_ns(asset->end_date)).bind(5, to_ns(asset->first_traded));
      insert.bind(6, to_ns(asset->auto_close_date)).bind(7, asset->exchange).execute();
    }
  }

  void write_futures(const std::vector<const Asset*>& futures) {
    Statement insert =
        database_.prepare("INSERT INTO futures_contracts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const Asset* asset : futures) {
      insert.bind(1, asset->sid.value).bind(2, asset->symbol).bind(3, asset->root_symbol).bind(4, asset->asset_name);
      insert.bind(5, to_ns(asset->start_date)).bind(6, to_ns(asset->end_date)).bind(7, to_ns(asset->first_traded));
      insert.bind(8, asset->exchange).bind(9, to_ns(asset->notice_date)).bind(10, to_ns(asset->expiration_date));
      insert.bind(11, to_ns(asset->auto_close_date)).bind(12, asset->price_multiplier.to_double());
      insert.bind(13, asset->tick_size.to_double()).execute();
    }
  }

  /// Which table of Zipline's a sid is in.
  void write_routes(const std::vector<Asset>& assets) {
    Statement insert = database_.prepare("INSERT INTO asset_router VALUES (?, ?)");
    for (const Asset& asset : assets)
      if (asset.type == AssetType::Equity || asset.type == AssetType::Future)
        insert.bind(1, asset.sid.value).bind(2, to_string(asset.type)).execute();
  }

  /// What version 7 has no exact column for.
  void write_terms(const std::vector<Asset>& assets) {
    Statement insert = database_.prepare("INSERT INTO asset_terms VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const Asset& asset : assets) {
      if (asset.type != AssetType::Equity && asset.type != AssetType::Future) continue;
      if (has_default_terms(asset)) continue;
      insert.bind(1, asset.sid.value).bind(2, asset.tick_size.to_string()).bind(3, asset.price_multiplier.to_string());
      insert.bind(4, asset.quantity_step.to_string()).bind(5, asset.minimum_notional.to_string());
      insert.bind(6, asset.quote_currency).bind(7, asset.calendar_name).execute();
    }
  }

  void write_pairs(std::string_view table, const std::vector<const Asset*>& pairs) {
    Statement insert =
        database_.prepare(fmt::format("INSERT INTO {} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", table));
    for (const Asset* asset : pairs) {
      insert.bind(1, asset->sid.value).bind(2, asset->symbol).bind(3, asset->asset_name);
      insert.bind(4, asset->base_currency).bind(5, asset->quote_currency).bind(6, to_ns(asset->start_date));
      insert.bind(7, to_ns(asset->end_date)).bind(8, to_ns(asset->first_traded));
      insert.bind(9, to_ns(asset->auto_close_date)).bind(10, asset->exchange).bind(11, asset->tick_size.to_string());
      insert.bind(12, asset->quantity_step.to_string()).bind(13, asset->minimum_notional.to_string());
      insert.bind(14, asset->price_multiplier.to_string()).bind(15, asset->calendar_name).execute();
    }
  }

  void write_mappings(const std::vector<SymbolMapping>& mappings) {
    Statement insert = database_.prepare("INSERT INTO equity_symbol_mappings VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (std::size_t i = 0; i < mappings.size(); ++i) {
      const SymbolMapping& mapping = mappings[i];
      const SplitSymbol split = split_symbol(mapping.symbol);
      insert.bind(1, static_cast<std::int64_t>(i)).bind(2, mapping.sid.value).bind(3, mapping.symbol);
      insert.bind(4, split.company).bind(5, split.share_class);
      insert.bind(6, to_ns(mapping.start_date)).bind(7, to_ns(mapping.end_date)).execute();
    }
  }

  void write_supplements(const std::vector<SupplementaryMapping>& values) {
    Statement insert = database_.prepare("INSERT INTO equity_supplementary_mappings VALUES (?, ?, ?, ?, ?)");
    for (const SupplementaryMapping& m : values) {
      insert.bind(1, m.sid.value).bind(2, m.field).bind(3, to_ns(m.start_date)).bind(4, to_ns(m.end_date));
      insert.bind(5, m.value).execute();
    }
  }

 private:
  Database& database_;
};

}  // namespace

void write_assets(const std::filesystem::path& path, const AssetTables& tables) {
  const Exchanges exchanges = index_exchanges(tables.exchanges);
  const std::vector<Asset> assets = sorted_assets(tables, exchanges);
  const std::vector<const Asset*> equities = of_type(assets, AssetType::Equity);
  const std::vector<const Asset*> futures = of_type(assets, AssetType::Future);
  const std::vector<const Asset*> cryptocurrencies = of_type(assets, AssetType::Cryptocurrency);
  const std::vector<const Asset*> fx_pairs = of_type(assets, AssetType::FxPair);
  const std::vector<SymbolMapping> mappings = complete_mappings(tables, equities);
  check_ownership(mappings, equities, exchanges);
  const std::vector<SupplementaryMapping> supplements = sorted_supplements(tables, equities);
  check_contracts(futures);
  check_pairs(cryptocurrencies);
  check_pairs(fx_pairs);
  const std::map<std::string, FutureRoot> roots = complete_roots(tables, futures, exchanges);

  Database database(path, storage::OpenMode::Create);
  database.execute("BEGIN");
  database.execute(kAssetDbTables);
  database.prepare("INSERT INTO version_info VALUES (1, ?)").bind(1, kAssetDbVersion).execute();
  for (const OwnTablesStep& step : kOwnTablesSteps) database.execute(step.sql);
  database.prepare("INSERT INTO rustybt_version VALUES (?)").bind(1, kOwnTablesVersion).execute();
  {
    TableWriter writer(database);
    writer.write_exchanges(exchanges);
    writer.write_roots(roots);
    writer.write_equities(equities);
    writer.write_futures(futures);
    writer.write_routes(assets);
    writer.write_terms(assets);
    writer.write_pairs("cryptocurrencies", cryptocurrencies);
    writer.write_pairs("fx_pairs", fx_pairs);
    writer.write_mappings(mappings);
    writer.write_supplements(supplements);
  }
  database.execute("COMMIT");
}

}  // namespace rustybt::assets

#include "rustybt/assets/asset_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
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

std::map<std::string, const Exchange*> index_exchanges(const std::vector<Exchange>& exchanges) {
  std::map<std::string, const Exchange*> by_name;
  for (const Exchange& exchange : exchanges)
    if (!by_name.emplace(exchange.exchange, &exchange).second)
      refuse(fmt::format("exchange {} appears twice", exchange.exchange));
  return by_name;
}

/// Equities by sid, each checked alone.
std::vector<const Asset*> sorted_equities(const AssetTables& tables,
                                          const std::map<std::string, const Exchange*>& exchanges) {
  std::vector<const Asset*> equities;
  for (const Asset& asset : tables.assets) {
    const std::string name = fmt::format("{} (sid {})", asset.symbol, asset.sid.value);
    if (asset.type != AssetType::Equity) {
      throw Error(ErrorCode::NotYetSupported, name + " is not an equity: only equities can be written so far")
          .with("symbol", asset.symbol);
    }
    if (asset.sid.value < 0) refuse(name + ": sids are 0 or more");
    if (!exchanges.contains(asset.exchange))
      refuse(fmt::format("{}: unknown exchange \"{}\"", name, asset.exchange), "list the exchange among the exchanges");
    if (asset.end_date < asset.start_date)
      refuse(fmt::format("{}: the end {} is before the start {}", name, asset.end_date.to_string(),
                         asset.start_date.to_string()));
    equities.push_back(&asset);
  }
  std::ranges::sort(equities, {}, [](const Asset* a) { return a->sid; });
  const auto twice = std::ranges::adjacent_find(equities, {}, [](const Asset* a) { return a->sid; });
  if (twice != equities.end())
    refuse(fmt::format("sid {} appears twice: {} and {}", (*twice)->sid.value, (*twice)->symbol,
                       (*std::next(twice))->symbol));
  return equities;
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

/// A symbol has one owner a day in a country; both days of a period count.
void check_ownership(const std::vector<SymbolMapping>& mappings, const std::vector<const Asset*>& equities,
                     const std::map<std::string, const Exchange*>& exchanges) {
  std::unordered_map<Sid, const std::string*> countries;
  for (const Asset* asset : equities) countries[asset->sid] = &exchanges.at(asset->exchange)->country_code;
  std::map<std::pair<std::string, std::string>, std::vector<const SymbolMapping*>> by_symbol;
  for (const SymbolMapping& m : mappings) by_symbol[{symbol_key(m.symbol), *countries[m.sid]}].push_back(&m);
  for (auto& [key, owners] : by_symbol) {
    std::ranges::sort(owners, {},
                      [](const SymbolMapping* m) { return std::tuple(m->start_date, m->end_date, m->sid); });
    const SymbolMapping* longest = owners.front();
    for (const SymbolMapping* owner : owners) {
      if (owner->sid != longest->sid && owner->start_date <= longest->end_date) {
        refuse(fmt::format("two assets own {} in country {} at the same time: sid {} ({}, {}) and sid {} ({}, {})",
                           key.first, key.second, longest->sid.value, longest->symbol,
                           period(longest->start_date, longest->end_date), owner->sid.value, owner->symbol,
                           period(owner->start_date, owner->end_date)),
               "end the first one's ownership before the second one's begins, or rename one; . / \\ - _ are one "
               "delimiter");
      }
      if (owner->end_date > longest->end_date) longest = owner;
    }
  }
}

std::int64_t to_ns(Date day) { return Timestamp::from_date(day).ns; }
std::int64_t to_ns(const std::optional<Date>& day) { return day ? to_ns(*day) : kNoDate; }

}  // namespace

void write_assets(const std::filesystem::path& path, const AssetTables& tables) {
  const auto exchanges = index_exchanges(tables.exchanges);
  const std::vector<const Asset*> equities = sorted_equities(tables, exchanges);
  const std::vector<SymbolMapping> mappings = complete_mappings(tables, equities);
  check_ownership(mappings, equities, exchanges);

  Database database(path, storage::OpenMode::Create);
  database.execute("BEGIN");
  database.execute(kAssetDbTables);
  database.prepare("INSERT INTO version_info VALUES (1, ?)").bind(1, kAssetDbVersion).execute();
  Statement insert_exchange = database.prepare("INSERT INTO exchanges VALUES (?, ?, ?)");
  for (const auto& [name, exchange] : exchanges) {
    const std::string& canonical = exchange->canonical_name.empty() ? name : exchange->canonical_name;
    insert_exchange.bind(1, name).bind(2, canonical).bind(3, exchange->country_code).execute();
  }
  Statement insert_equity = database.prepare("INSERT INTO equities VALUES (?, ?, ?, ?, ?, ?, ?)");
  Statement insert_route = database.prepare("INSERT INTO asset_router VALUES (?, 'equity')");
  for (const Asset* asset : equities) {
    insert_equity.bind(1, asset->sid.value).bind(2, asset->asset_name).bind(3, to_ns(asset->start_date));
    insert_equity.bind(4, to_ns(asset->end_date)).bind(5, to_ns(asset->first_traded));
    insert_equity.bind(6, to_ns(asset->auto_close_date)).bind(7, asset->exchange).execute();
    insert_route.bind(1, asset->sid.value).execute();
  }
  Statement insert_mapping = database.prepare("INSERT INTO equity_symbol_mappings VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    const SymbolMapping& mapping = mappings[i];
    const SplitSymbol split = split_symbol(mapping.symbol);
    insert_mapping.bind(1, static_cast<std::int64_t>(i)).bind(2, mapping.sid.value).bind(3, mapping.symbol);
    insert_mapping.bind(4, split.company).bind(5, split.share_class);
    insert_mapping.bind(6, to_ns(mapping.start_date)).bind(7, to_ns(mapping.end_date)).execute();
  }
  database.execute("COMMIT");
}

}  // namespace rustybt::assets

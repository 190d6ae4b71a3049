// `rustybt data list` and `data info`: what there is, from the catalog; `data cache`: what is kept of web sources.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "rustybt/cli/actions.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/core.hpp"
#include "rustybt/data/catalog.hpp"
#include "rustybt/data/source_cache.hpp"

namespace rustybt::cli {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

std::string size_text(std::int64_t bytes) {
  constexpr std::int64_t kKilo = 1000;
  if (bytes < 10 * kKilo) return fmt::format("{} bytes", bytes);
  if (bytes < 10 * kKilo * kKilo) return fmt::format("{} kB", bytes / kKilo);
  return fmt::format("{} MB", bytes / (kKilo * kKilo));
}

/// "500MB", "2GB" (1000s), "10GiB" (1024s), or a number of bytes.
std::int64_t parse_size(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> kUnits = {{{"KiB", 1LL << 10},
                                                                                {"MiB", 1LL << 20},
                                                                                {"GiB", 1LL << 30},
                                                                                {"kB", 1'000},
                                                                                {"MB", 1'000'000},
                                                                                {"GB", 1'000'000'000},
                                                                                {"", 1}}};
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  const auto found = std::ranges::find(kUnits, unit, &std::pair<std::string_view, std::int64_t>::first);
  std::int64_t bytes = 0;
  if (error != std::errc() || number < 0 || found == kUnits.end() ||
      __builtin_mul_overflow(number, found->second, &bytes))
    throw Error(ErrorCode::InvalidArgument, fmt::format("a size of \"{}\"", text),
                "write a whole number and kB, MB, GB, KiB, MiB or GiB, as 500MB");
  return bytes;
}

std::string quality_text(const data::CatalogDataset& d) {
  if (!d.quality) return "not checked";
  if (d.quality->errors == 0 && d.quality->warnings == 0) return "clean";
  return fmt::format("{} errors, {} warnings", grouped(d.quality->errors), grouped(d.quality->warnings));
}

Json quality_json(const data::CatalogDataset& d) {
  if (!d.quality) return nullptr;
  return {{"checked_at", d.quality->checked_at}, {"errors", d.quality->errors}, {"warnings", d.quality->warnings}};
}

Json dataset_json(const data::CatalogDataset& d) {
  return {{"name", d.name},
          {"version", d.version_id},
          {"calendar", d.calendar_name},
          {"first_session", d.first_session},
          {"last_session", d.last_session},
          {"assets", d.assets},
          {"daily_rows", d.daily_rows},
          {"minute_rows", d.minute_rows},
          {"splits", d.splits},
          {"dividends", d.dividends},
          {"data_hash", d.data_hash},
          {"ingested_at", d.ingested_at},
          {"source", d.source},
          {"bytes", d.bytes},
          {"versions", d.versions},
          {"quality", quality_json(d)},
          {"problem", d.problem}};
}

Json range_json(const data::CatalogRange& r) {
  return {{"dataset", r.dataset},   {"symbol", r.symbol},       {"sid", r.sid},     {"asset_type", r.asset_type},
          {"exchange", r.exchange}, {"frequency", r.frequency}, {"first", r.first}, {"last", r.last},
          {"rows", r.rows},         {"missing", r.missing}};
}

std::string range_table(const std::vector<data::CatalogRange>& ranges, bool with_bundle) {
  std::vector<TextColumn> columns = {{"SYMBOL"}, {"SID", true}, {"TYPE"},       {"EXCHANGE"},     {"BARS"},
                                     {"FIRST"},  {"LAST"},      {"ROWS", true}, {"MISSING", true}};
  if (with_bundle) columns.insert(columns.begin(), {"BUNDLE"});
  std::vector<std::vector<std::string>> rows;
  for (const data::CatalogRange& r : ranges) {
    std::vector<std::string> row = {
        r.symbol, fmt::format("{}", r.sid), r.asset_type,      r.exchange, r.frequency, r.first,
        r.last,   grouped(r.rows),          grouped(r.missing)};
    if (with_bundle) row.insert(row.begin(), r.dataset);
    rows.push_back(std::move(row));
  }
  return align_table(columns, rows);
}

data::CatalogDataset require_dataset(data::Catalog& catalog, const std::string& name) {
  if (auto found = catalog.find(name)) return *found;
  (void)data::load_bundle(data::default_root(), name);  // throws UnknownBundle with the names there are
  throw Error(ErrorCode::InvariantViolation, fmt::format("the catalog does not know the bundle {}", name));
}

}  // namespace

int list_data(Invocation& invocation, const DataListCommand& command) {
  Console& console = invocation.console;
  const fs::path root = data::default_root();
  data::Catalog catalog(root, console.log());
  if (!command.bundle.empty() || !command.symbol.empty()) {
    if (!command.bundle.empty()) (void)require_dataset(catalog, command.bundle);
    const std::vector<data::CatalogRange> ranges = catalog.ranges(command.bundle, command.symbol);
    Json json = Json::array();
    for (const data::CatalogRange& r : ranges) json.push_back(range_json(r));
    console.print(ranges.empty()
                      ? fmt::format("no bars of {}\n", command.symbol.empty() ? command.bundle : command.symbol)
                      : range_table(ranges, command.bundle.empty()));
    Json result = command.bundle.empty() ? Json::object() : dataset_json(*catalog.find(command.bundle));
    result["symbols"] = std::move(json);
    console.print_json(dump(result));
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> unreadable;
  Json json = Json::array();
  for (const data::CatalogDataset& d : catalog.datasets()) {
    json.push_back(dataset_json(d));
    if (!d.problem.empty()) {
      rows.push_back({d.name, "unreadable", "", "", "", "", "", "", ""});
      unreadable.push_back(fmt::format("{} is unreadable: {}; ingest it again", d.name, d.problem));
      continue;
    }
    rows.push_back({d.name, d.calendar_name, d.first_session, d.last_session, grouped(d.assets), grouped(d.daily_rows),
                    grouped(d.minute_rows), size_text(d.bytes), quality_text(d)});
  }
  if (rows.empty()) {
    console.print(fmt::format(
        "no bundles in {}\n`rustybt demo` makes an invented one, `rustybt ingest FILE` one of your own data\n",
        root.string()));
  } else {
    console.print(align_table({{"BUNDLE"},
                               {"CALENDAR"},
                               {"FIRST"},
                               {"LAST"},
                               {"ASSETS", true},
                               {"DAILY BARS", true},
                               {"MINUTE BARS", true},
                               {"SIZE", true},
                               {"QUALITY"}},
                              rows));
  }
  for (const std::string& what : unreadable) console.warn(what);
  console.print_json(dump({{"root", root.string()}, {"bundles", json}}));
  return 0;
}

int show_cache(Invocation& invocation, const CacheCommand& command) {
  Console& console = invocation.console;
  const WallClock clock;
  const fs::path folder = data::SourceCache::folder_in(data::default_root());
  data::SourceCache cache(folder, clock, console.log());
  if (!command.limit.empty()) cache.set_limit(parse_size(command.limit));
  if (command.clear) cache.clear();
  const data::CacheStatistics now = cache.statistics();
  std::vector<std::vector<std::string>> rows;
  Json entries = Json::array();
  for (const data::CacheEntry& entry : cache.entries()) {
    const std::string fetched = entry.fetched.to_string();
    rows.push_back({entry.source, entry.description, size_text(entry.bytes), fetched.substr(0, 19)});
    entries.push_back(
        {{"source", entry.source}, {"request", entry.description}, {"bytes", entry.bytes}, {"fetched", fetched}});
  }
  if (!rows.empty()) console.print(align_table({{"SOURCE"}, {"REQUEST"}, {"SIZE", true}, {"FETCHED"}}, rows));
  console.print(fmt::format("{} answers, {} of at most {}; used {} times, not there or too old {} times\n{}\n",
                            grouped(now.entries), size_text(now.bytes), size_text(cache.limit()), grouped(now.hits),
                            grouped(now.misses), folder.string()));
  console.print_json(dump({{"folder", folder.string()},
                           {"entries", entries},
                           {"bytes", now.bytes},
                           {"limit", cache.limit()},
                           {"hits", now.hits},
                           {"misses", now.misses}}));
  return 0;
}

int describe_data(Invocation& invocation, const std::string& bundle) {
  Console& console = invocation.console;
  data::Catalog catalog(data::default_root(), console.log());
  const data::CatalogDataset d = require_dataset(catalog, bundle);
  const std::vector<data::CatalogRange> ranges = catalog.ranges(bundle);
  const std::vector<data::CatalogFile> files = catalog.files(bundle);

  std::map<std::string, std::map<std::int64_t, int>> types;
  std::map<std::string, std::int64_t> missing;
  for (const data::CatalogRange& r : ranges) {
    types[r.asset_type][r.sid] = 1;
    missing[r.frequency] += r.missing;
  }
  std::string assets = grouped(d.assets);
  for (const auto& [type, sids] : types) assets += fmt::format(", {} {}", grouped(std::int64_t(sids.size())), type);
  const auto bars = [&](const char* frequency, std::int64_t rows) {
    if (rows == 0) return std::string("none");
    return missing[frequency] == 0
               ? grouped(rows)
               : fmt::format("{}; {} sessions without one", grouped(rows), grouped(missing[frequency]));
  };
  std::vector<std::vector<std::string>> facts = {
      {"Bundle", d.name},
      {"Source", d.source},
      {"Version", fmt::format("{}, ingested {}, {} kept", d.version_id, d.ingested_at.substr(0, 19), d.versions)},
      {"Calendar", fmt::format("{}, {} to {}", d.calendar_name, d.first_session, d.last_session)},
      {"Assets", assets},
      {"Daily bars", bars("1d", d.daily_rows)},
      {"Minute bars", bars("1m", d.minute_rows)},
      {"Actions", fmt::format("{} splits, {} dividends", grouped(d.splits), grouped(d.dividends))},
      {"Quality", d.quality ? fmt::format("{} ({})", quality_text(d), d.quality->checked_at.substr(0, 19))
                            : fmt::format("not checked; `rustybt data check {}` does", d.name)},
      {"Size", fmt::format("{} in {} files", size_text(d.bytes), files.size())},
      {"Data hash", d.data_hash}};
  if (!d.problem.empty()) facts.push_back({"Problem", d.problem});
  std::string text = align_table({{""}, {""}}, facts);
  std::vector<std::vector<std::string>> rows;
  Json files_json = Json::array();
  for (const data::CatalogFile& f : files) {
    rows.push_back({f.path, grouped(f.rows), size_text(f.bytes), f.sha256.substr(0, 16)});
    files_json.push_back({{"path", f.path}, {"rows", f.rows}, {"bytes", f.bytes}, {"sha256", f.sha256}});
  }
  text += "\n" + align_table({{"FILE"}, {"ROWS", true}, {"SIZE", true}, {"SHA-256"}}, rows);
  console.print(text);

  Json result = dataset_json(d);
  result["files"] = files_json;
  result["symbols"] = Json::array();
  for (const data::CatalogRange& r : ranges) result["symbols"].push_back(range_json(r));
  console.print_json(dump(result));
  return 0;
}

}  // namespace rustybt::cli

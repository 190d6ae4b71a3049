#include "rustybt/data/adapters/http_adapter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/net/url.hpp"

namespace rustybt::data::adapters {

namespace {

std::vector<std::string> symbols_in(const std::string& list) {
  std::vector<std::string> symbols;
  std::string_view rest = list;
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
    std::string symbol = to_upper(trim(piece));
    if (symbol.empty()) continue;
    if (std::ranges::find(symbols, symbol) != symbols.end())
      throw Error(ErrorCode::InvalidArgument, fmt::format("symbols has {} twice", symbol));
    symbols.push_back(std::move(symbol));
  }
  if (symbols.empty()) {
    throw Error(ErrorCode::InvalidArgument, "no symbols: expected names with commas between",
                "pass --symbols AAPL,MSFT");
  }
  return symbols;
}

bool is_minute(const std::string& frequency) {
  if (frequency == "daily" || frequency == "1d") return false;
  if (frequency == "minute" || frequency == "1m") return true;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("frequency is \"{}\"; bundles hold daily and minute bars", frequency),
              "pass --frequency daily or --frequency minute; longer bars are made of these by data.history");
}

/// The default time stamps of a request without a clock: everything has ended.
Timestamp now_of(const IngestOptions& options) { return options.clock ? options.clock->now() : Timestamp{INT64_MAX}; }

/// Is the failure one of the way to the source, so that what it has answered is worth keeping?
bool may_pass(ErrorCode code) {
  return code == ErrorCode::ConnectionFailed || code == ErrorCode::NetworkTimeout || code == ErrorCode::RateLimited ||
         code == ErrorCode::SourceRefused;
}

std::string listed(const std::vector<std::string>& symbols) {
  constexpr std::size_t kShown = 10;
  if (symbols.size() <= kShown) return fmt::format("{}", fmt::join(symbols, ", "));
  return fmt::format("{} and {} more", fmt::join(symbols.begin(), symbols.begin() + kShown, ", "),
                     symbols.size() - kShown);
}

}  // namespace

std::vector<SettingHelp> HttpAdapter::settings() const {
  std::vector<SettingHelp> all = {
      {"symbols", "of a web source, with commas between"},
      {"start", "first day of a web source's bars"},
      {"end", "last day (default: the last that has ended)"},
      {"frequency", "daily (default) or minute"},
      {"freshness",
       "how long a kept answer counts: market_close (default for days), hybrid (default for "
       "minutes), ttl, never (too old), always"},
      {"base_url", "address of the source, for sandboxes and proxies"},
      {"requests_per_minute", "pace of requests (default: the source's own limit)"},
      {"calendar", "trading calendar (default XNYS)"},
      {"exchange", "exchange of the assets (default NYSE)"},
      {"country", "country of the exchange (default US)"}};
  for (const KeyNeed& key : facts().keys) {
    all.push_back({key.setting, "key of a web source; safer: an environment variable, or `rustybt keys set`"});
    all.push_back(
        {key.setting + "_name", "name under which that key is looked up (default POLYGON_API_KEY and alike)"});
  }
  const auto& further = facts().settings;
  all.insert(all.end(), further.begin(), further.end());
  return all;
}

BarRequest HttpAdapter::bar_request(const Settings& settings, Timestamp now) const {
  BarRequest request;
  request.symbols = symbols_in(settings.text("symbols", ""));
  request.minute = is_minute(settings.text("frequency", "daily"));
  if (!settings.find("start"))
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} needs a first day", name()), "pass --start YYYY-MM-DD");
  request.now = now;
  request.start = settings.date("start", {});
  request.end = std::min(settings.date("end", now.date()), now.date());
  if (request.end < request.start) {
    throw Error(ErrorCode::InvalidDateRange,
                fmt::format("from {} to {}: the end is before the start, or the start is in the future",
                            request.start.to_string(), request.end.to_string()));
  }
  request.calendar = utils::get_calendar(settings.text("calendar", "XNYS"));
  return request;
}

std::map<std::string, utils::Secret> HttpAdapter::keys_of(const Settings& settings, const DataRequest& request,
                                                          const std::filesystem::path& root) const {
  std::map<std::string, utils::Secret> keys;
  for (const KeyNeed& need : facts().keys) {
    if (const std::string* given = settings.find(need.setting); given && !given->empty()) {
      keys.emplace(need.setting, utils::Secret(*given));
      continue;
    }
    const std::string name = settings.text(need.setting + "_name", need.name);
    const utils::CredentialStore store(root / "credentials", utils::default_passphrase());
    const std::optional<utils::Secret> found =
        request.find_key ? request.find_key(name) : utils::find_credential(name, store);
    if (!found) {
      throw Error(ErrorCode::MissingKey, fmt::format("{} needs a key, and there is none named {}", this->name(), name),
                  fmt::format("set the environment variable {0}, or store it: rustybt keys set {0}", name));
    }
    keys.emplace(need.setting, *found);
  }
  return keys;
}

std::string HttpAdapter::describe(const DataRequest& request) const {
  const Settings settings(*this, request);
  const WallClock clock;
  const BarRequest bars = bar_request(settings, clock.now());
  return fmt::format("{}: {} bars of {}, {} to {}, as traded, calendar {}\n{}", name(),
                     bars.minute ? "minute" : "daily", listed(bars.symbols), bars.start.to_string(),
                     bars.end.to_string(), bars.calendar->name(), notes(bars));
}

BundleContent HttpAdapter::fetch(const DataRequest& request, const IngestOptions& options) const {
  const Settings settings(*this, request);
  const Timestamp now = now_of(options);
  const BarRequest bars = bar_request(settings, now);
  const std::map<std::string, utils::Secret> keys = keys_of(settings, request, options.root);
  std::string base_url = settings.text("base_url", std::string(facts().base_url));
  while (base_url.ends_with('/')) base_url.pop_back();
  static_cast<void>(net::parse_url(base_url));

  HttpSession::Options how;
  how.source = name();
  const bool has_pace = settings.find("requests_per_minute") != nullptr;
  how.requests_per_minute =
      has_pace ? static_cast<double>(settings.integer("requests_per_minute", 0)) : facts().requests_per_minute;
  how.burst = facts().burst;
  how.log = options.log;
  for (const auto& [setting, key] : keys) how.secrets.push_back(key);
  how.request = {std::string(name()),
                 bars.symbols,
                 Timestamp::from_date(bars.start),
                 Timestamp::from_date(bars.end),
                 bars.minute ? "1m" : "1d",
                 {}};
  how.freshness = {parse_freshness(settings.text("freshness", bars.minute ? "hybrid" : "market_close")),
                   FreshnessPolicy::default_ttl(how.request.frequency), bars.calendar};
  std::optional<SourceCache> cache;
  if (!options.root.empty() && options.clock) {
    cache.emplace(SourceCache::folder_in(options.root), *options.clock, options.log);
    how.cache = &*cache;
  }
  std::size_t position = 0;
  how.progress = [&](std::int64_t requests) {
    if (!options.progress) return;
    const std::string what = fmt::format("{} {} (request {})", name(), bars.symbols[position], requests);
    options.progress(what, static_cast<std::int64_t>(position), static_cast<std::int64_t>(bars.symbols.size()));
  };
  HttpSession session(tools_, how);

  BundleContent content;
  content.calendar_name = bars.calendar->name();
  content.source = fmt::format("{} {} {} {} to {}", name(), bars.minute ? "minute" : "daily", listed(bars.symbols),
                               bars.start.to_string(), bars.end.to_string());
  const std::string exchange = settings.text("exchange", "NYSE");
  const assets::Exchange default_exchange{exchange, exchange, settings.text("country", "US")};
  try {
    for (; position < bars.symbols.size(); ++position) {
      const std::string& symbol = bars.symbols[position];
      SourceBars found = fetch_symbol({session, bars, keys, base_url, settings, options.log}, symbol);
      found.symbol = symbol;
      if (!add_source_bars(std::move(found), bars, std::string(name()), default_exchange, options.log, content))
        options.log.warning(fmt::format("{}: no bars of {} from {} to {}", name(), symbol, bars.start.to_string(),
                                        bars.end.to_string()));
    }
  } catch (const Error& error) {
    if (!may_pass(error.code())) session.forget();  // what was answered is wrong: the next fetch asks anew
    throw;
  }
  if (content.items.empty()) {
    throw Error(ErrorCode::EmptyData,
                fmt::format("{} has no bars of {} from {} to {}", name(), listed(bars.symbols), bars.start.to_string(),
                            bars.end.to_string()),
                "check the symbols and the dates");
  }
  return content;
}

}  // namespace rustybt::data::adapters

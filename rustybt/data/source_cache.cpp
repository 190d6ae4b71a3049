#include "rustybt/data/source_cache.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

storage::Database open_index(const fs::path& folder) {
  fs::create_directories(folder);
  const storage::FileLock one_at_a_time(folder / ".lock");
  storage::Database index(folder / "index.sqlite", storage::OpenMode::Shared);
  index.execute(
      "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, source TEXT, sha256 TEXT, bytes INTEGER, "
      "fetched INTEGER, used INTEGER, description TEXT);"
      "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, number INTEGER);"
      "CREATE TABLE IF NOT EXISTS counts (what TEXT PRIMARY KEY, number INTEGER);");
  return index;
}

}  // namespace

std::string SourceRequest::describe() const {
  return fmt::format("{} {} {} to {}", fmt::join(symbols, ", "), frequency, start.date().to_string(),
                     end.date().to_string());
}

std::string SourceRequest::key() const {
  std::string text;
  // each part with its length: no two requests give the same text
  const auto add = [&](std::string_view part) { text += fmt::format("{}:{}", part.size(), part); };
  std::vector<std::string> sorted = symbols;
  std::ranges::sort(sorted);
  add(source);
  add(frequency);
  add(fmt::format("{} {} {}", start.ns, end.ns, sorted.size()));
  for (const std::string& symbol : sorted) add(symbol);
  for (const auto& [name, value] : settings) {
    add(name);
    add(value);
  }
  return storage::sha256_hex(text);
}

Freshness parse_freshness(std::string_view word) {
  if (word == "market_close") return Freshness::MarketClose;
  if (word == "ttl") return Freshness::Ttl;
  if (word == "hybrid") return Freshness::Hybrid;
  if (word == "never") return Freshness::Never;
  if (word == "always") return Freshness::Always;
  throw Error(ErrorCode::InvalidArgument, fmt::format("freshness is \"{}\"", word),
              "choose market_close, ttl, hybrid, never or always");
}

std::int64_t FreshnessPolicy::default_ttl(std::string_view frequency) {
  if (frequency == "1d") return 86'400;
  return frequency == "1h" ? 3'600 : 300;
}

bool FreshnessPolicy::is_fresh(Timestamp fetched, Timestamp now) const {
  const bool needs_calendar = kind == Freshness::MarketClose || kind == Freshness::Hybrid;
  if (needs_calendar && !calendar)
    throw Error(ErrorCode::InvalidArgument, "freshness by market close needs the calendar of the asset, found none");
  const bool within_ttl = now.ns - fetched.ns < ttl_seconds * Timestamp::kSecond;
  switch (kind) {
    case Freshness::Never:
      return true;
    case Freshness::Always:
      return false;
    case Freshness::Ttl:
      return within_ttl;
    case Freshness::MarketClose:
      return calendar->next_close(fetched) > now;
    case Freshness::Hybrid:
      return calendar->next_close(fetched) > now && (within_ttl || !calendar->is_open_on_minute(now));
  }
  return false;
}

SourceCache::SourceCache(const fs::path& folder, const ClockSource& clock, Log log)
    : folder_(folder), clock_(clock), log_(std::move(log)), index_(open_index(folder)) {}

std::optional<CachedContent> SourceCache::find(const SourceRequest& request, const FreshnessPolicy& policy) {
  const storage::FileLock one_at_a_time(folder_ / ".lock");
  const std::string key = request.key();
  CachedContent found;
  bool known = false;
  {
    storage::Statement row = index_.prepare("SELECT sha256, fetched FROM entries WHERE key = ?");
    row.bind(1, std::string_view(key));
    if ((known = row.step())) found = {{}, row.text(0), Timestamp{row.int64(1)}};
  }
  if (!known || !policy.is_fresh(found.fetched, clock_.now())) {
    count("misses");
    return std::nullopt;
  }
  std::error_code none;
  if (fs::exists(file_of(key), none)) found.content = storage::read_file(file_of(key));
  if (storage::sha256_hex(found.content) != found.sha256) {
    log_.warning(fmt::format("what was kept of {} is damaged and is fetched again", request.source));
    remove(key);
    count("misses");
    return std::nullopt;
  }
  index_.prepare("UPDATE entries SET used = (SELECT max(used) + 1 FROM entries) WHERE key = ?")
      .bind(1, std::string_view(key))
      .execute();
  count("hits");
  return found;
}

void SourceCache::put(const SourceRequest& request, std::string_view content) {
  const storage::FileLock one_at_a_time(folder_ / ".lock");
  const std::string key = request.key();
  const auto bytes = static_cast<std::int64_t>(content.size());
  remove(key);
  if (bytes > limit()) {
    log_.warning(fmt::format("{} bytes of {} are more than the cache may hold", bytes, request.source));
    return;
  }
  evict(bytes);
  // the file first: an entry without its file would look damaged, a file without entry is replaced by the next put
  storage::write_file_atomically(file_of(key), content);
  const std::string sha256 = storage::sha256_hex(content), description = request.describe();
  index_.prepare("INSERT INTO entries VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(used), 0) + 1 FROM entries), ?)")
      .bind(1, std::string_view(key))
      .bind(2, std::string_view(request.source))
      .bind(3, std::string_view(sha256))
      .bind(4, bytes)
      .bind(5, clock_.now().ns)
      .bind(6, std::string_view(description))
      .execute();
}

void SourceCache::forget(const SourceRequest& request) {
  const storage::FileLock one_at_a_time(folder_ / ".lock");
  remove(request.key());
}

void SourceCache::set_limit(std::int64_t bytes) {
  if (bytes < 0)
    throw Error(ErrorCode::InvalidArgument, fmt::format("a cache of {} bytes; 0 or more are possible", bytes));
  const storage::FileLock one_at_a_time(folder_ / ".lock");
  index_.prepare("INSERT INTO settings VALUES ('limit', ?) ON CONFLICT (name) DO UPDATE SET number = excluded.number")
      .bind(1, bytes)
      .execute();
  evict(0);
}

std::int64_t SourceCache::limit() {
  storage::Statement row = index_.prepare("SELECT number FROM settings WHERE name = 'limit'");
  return row.step() ? row.int64(0) : kDefaultLimit;
}

std::vector<CacheEntry> SourceCache::entries() {
  std::vector<CacheEntry> all;
  storage::Statement row = index_.prepare("SELECT source, description, bytes, fetched FROM entries ORDER BY used DESC");
  while (row.step()) all.push_back({row.text(0), row.text(1), row.int64(2), Timestamp{row.int64(3)}});
  return all;
}

void SourceCache::evict(std::int64_t room) {
  const std::int64_t most = limit();
  std::int64_t total = room + statistics().bytes;
  std::vector<std::string> leaving;
  {
    storage::Statement row = index_.prepare("SELECT key, bytes FROM entries ORDER BY used");
    while (total > most && row.step()) {
      leaving.push_back(row.text(0));
      total -= row.int64(1);
    }
  }
  for (const std::string& key : leaving) remove(key);
}

void SourceCache::remove(const std::string& key) {
  index_.prepare("DELETE FROM entries WHERE key = ?").bind(1, std::string_view(key)).execute();
  std::error_code none;
  fs::remove(file_of(key), none);
}

void SourceCache::count(const char* what) {
  index_.prepare("INSERT INTO counts VALUES (?, 1) ON CONFLICT (what) DO UPDATE SET number = number + 1")
      .bind(1, std::string_view(what))
      .execute();
}

CacheStatistics SourceCache::statistics() {
  storage::Statement row = index_.prepare(
      "SELECT (SELECT count(*) FROM entries), (SELECT coalesce(sum(bytes), 0) FROM entries), "
      "coalesce((SELECT number FROM counts WHERE what = 'hits'), 0), "
      "coalesce((SELECT number FROM counts WHERE what = 'misses'), 0)");
  row.step();
  return {row.int64(0), row.int64(1), row.int64(2), row.int64(3)};
}

void SourceCache::clear() {
  const storage::FileLock one_at_a_time(folder_ / ".lock");
  std::vector<std::string> keys;
  {
    storage::Statement row = index_.prepare("SELECT key FROM entries");
    while (row.step()) keys.push_back(row.text(0));
  }
  for (const std::string& key : keys) remove(key);
  index_.execute("DELETE FROM counts");
}

}  // namespace rustybt::data

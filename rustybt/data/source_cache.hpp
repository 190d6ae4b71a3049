#pragma once
// What was fetched from a source, kept: files named by the exact request, verified on reading, the least recently used
// removed when they outgrow a limit. Several processes may share a folder.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/core/clock_source.hpp"
#include "rustybt/core/log.hpp"
#include "rustybt/storage/sqlite.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

/// All that decides what a source answers. Two requests share an entry only when every part is equal, times to the
/// nanosecond; the order of symbols does not matter.
struct SourceRequest {
  std::string source;
  std::vector<std::string> symbols;
  Timestamp start, end;
  std::string frequency;                        ///< "1d", "1h", "5m", "1m"
  std::map<std::string, std::string> settings;  ///< without keys and other secrets: they do not change the answer

  /// For people: "AAPL, MSFT 1m 2024-01-02 to 2024-01-02".
  [[nodiscard]] std::string describe() const;
  /// SHA-256 of the request, in hex.
  [[nodiscard]] std::string key() const;
};

/// When a kept answer is too old.
enum class Freshness : std::uint8_t {
  MarketClose,  ///< once a session of the calendar has closed since
  Ttl,          ///< after `ttl_seconds`
  Hybrid,       ///< once a session has closed since, and while the market is open after `ttl_seconds`
  Never,        ///< never too old
  Always        ///< always
};

/// The words are market_close, ttl, hybrid, never, always. @throws Error{InvalidArgument} for another
[[nodiscard]] Freshness parse_freshness(std::string_view word);

struct FreshnessPolicy {
  Freshness kind = Freshness::Ttl;
  std::int64_t ttl_seconds = 86'400;
  utils::CalendarPtr calendar = nullptr;  ///< of MarketClose and Hybrid

  /// Seconds for a frequency: 1d 86,400; 1h 3,600; shorter ones 300.
  [[nodiscard]] static std::int64_t default_ttl(std::string_view frequency);
  /// @throws Error{InvalidArgument} when the kind needs a calendar and there is none
  [[nodiscard]] bool is_fresh(Timestamp fetched, Timestamp now) const;
};

struct CachedContent {
  std::string content;
  std::string sha256;  ///< of the content: what is made of it can name exactly what it was made of
  Timestamp fetched;
};

struct CacheStatistics {
  std::int64_t entries = 0, bytes = 0, hits = 0, misses = 0;
};

/// What is kept of one source.
struct CacheEntry {
  std::string source, description;
  std::int64_t bytes = 0;
  Timestamp fetched;
};

class SourceCache {
 public:
  static constexpr std::int64_t kDefaultLimit = 10LL << 30;

  /// The cache of a data root.
  [[nodiscard]] static std::filesystem::path folder_in(const std::filesystem::path& root) {
    return root / "cache" / "sources";
  }
  /// Open or make a cache in a folder. The clock must outlive it. @throws Error{DatabaseError}, Error{FileNotWritable}
  SourceCache(const std::filesystem::path& folder, const ClockSource& clock, Log log = {});

  /// The answer kept for exactly this request, if it is fresh and whole; a damaged one is removed.
  [[nodiscard]] std::optional<CachedContent> find(const SourceRequest& request, const FreshnessPolicy& policy);
  /// Keep an answer in place of an earlier one, then remove the least recently used until all fit the limit. An answer
  /// larger than the limit is not kept.
  void put(const SourceRequest& request, std::string_view content);
  /// Forget one answer, if it is kept.
  void forget(const SourceRequest& request);
  /// Bytes that it may hold, kept with it: 10 GiB until set. What does not fit any more leaves.
  void set_limit(std::int64_t bytes);
  [[nodiscard]] std::int64_t limit();
  [[nodiscard]] CacheStatistics statistics();
  /// The last used first.
  [[nodiscard]] std::vector<CacheEntry> entries();
  void clear();

 private:
  [[nodiscard]] std::filesystem::path file_of(const std::string& key) const { return folder_ / (key + ".bin"); }
  void remove(const std::string& key);
  void evict(std::int64_t room);
  void count(const char* what);

  std::filesystem::path folder_;
  const ClockSource& clock_;
  Log log_;
  storage::Database index_;
};

}  // namespace rustybt::data

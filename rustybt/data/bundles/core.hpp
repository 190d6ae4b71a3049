#pragma once
// Bundles: a folder of Parquet bars, assets.sqlite, adjustments.sqlite and a manifest; versions replace each other
// whole.
//
//   ROOT/data/NAME/manifest.json          names every file of the current version with SHA-256 and row count
//   ROOT/data/NAME/versions/ID/           daily/*.parquet, minute/*.parquet, assets.sqlite, adjustments.sqlite,
//   bars.arrow
//
// Writing: everything into a new version folder, fsync, then the manifest atomically. A killed ingest leaves the
// previous version whole; left-over folders are removed by the next ingest or `clean`.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/assets/asset_writer.hpp"
#include "rustybt/core/clock_source.hpp"
#include "rustybt/core/log.hpp"
#include "rustybt/data/adjustments.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/data/fx.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

/// Where everything lives: RUSTYBT_ROOT, default ~/.rustybt.
[[nodiscard]] std::filesystem::path default_root();

/// Where Zipline keeps its own: ZIPLINE_ROOT, default ~/.zipline.
[[nodiscard]] std::filesystem::path zipline_root();

/// Rows of a source that are not bars of the bundle, and why ("no date", "weekend"); a source that skips a row says so
/// here.
struct RowsLeftOut {
  std::string source;  ///< file or table
  std::string reason;
  std::int64_t rows = 0;
};

/// Where the rows of an ingest went: read = left out + repeated + superseded + replacing + added.
struct RowLedger {
  std::int64_t read = 0;        ///< rows of the source
  std::int64_t repeated = 0;    ///< came again with equal values: stored once
  std::int64_t superseded = 0;  ///< replaced by a later row of the same ingest
  std::int64_t replacing = 0;   ///< stored in place of a row of the version before
  std::int64_t added = 0;       ///< stored as new bars
  std::vector<RowsLeftOut> left_out;

  [[nodiscard]] std::int64_t rows_left_out() const {
    std::int64_t rows = 0;
    for (const RowsLeftOut& part : left_out) rows += part.rows;
    return rows;
  }
};

/// What a source delivers for one ingest; everything by symbol, sids are given out by the writer (stable over ingests:
/// a symbol known to the previous version keeps its sid, new ones get the next, in sorted order, contracts of futures
/// in the order in which they close) unless the source sets them.
struct BundleContent {
  struct Item {
    assets::Asset asset;  ///< sid.value -1 = give one out; start/end default to the first and last bar
    BarSeries daily;
    BarSeries minute;
  };
  /// Splits etc. refer to items by position.
  struct Actions {
    Adjustments by_item;                  ///< AssetIndex = position in `items`
    bool compute_dividend_ratios = true;  ///< 1 - amount / previous raw close (zipline_semantics 6.7)
  };
  std::vector<Item> items;
  std::vector<assets::Exchange> exchanges;
  std::vector<assets::FutureRoot> roots;
  /// Further symbols and vendor ids of the items in time; `sid` is the position in `items`.
  std::vector<assets::SymbolMapping> symbol_mappings;
  std::vector<assets::SupplementaryMapping> supplementary_mappings;
  Actions actions;
  std::string calendar_name = "XNYS";
  std::string source;  ///< what was read, for the manifest ("csvdir FOLDER")
  std::vector<RowsLeftOut> left_out;
  std::vector<FxRate> fx_rates;
};

/// What happens to a bar, or a corporate action, that comes again with other values.
enum class OnConflict : std::uint8_t { Refuse, Replace };

struct IngestOptions {
  std::filesystem::path root;
  bool append = false;  ///< add to the current version instead of replacing it
  OnConflict on_conflict = OnConflict::Refuse;
  bool accept_bad_bars = false;  ///< store bars that contradict themselves (a close above the high) as they come
  std::int64_t memory_limit = 256 << 20;  ///< bytes of bars held before they are spilled to disk
  const ClockSource* clock = nullptr;     ///< time of the ingestion; null = 1970 (tests)
  std::function<void(std::string_view, std::int64_t done, std::int64_t total)> progress;
  storage::WriteProbe probe;  ///< tests: called before every write step
  Log log;
};

struct BundleInfo {
  std::string name;
  std::string version_id;
  std::string calendar_name;
  std::string source;
  std::string ingested_at;  ///< ISO time
  std::string data_hash;    ///< of the content, equal for equal input
  Date first_session{}, last_session{};
  std::int64_t assets = 0, daily_rows = 0, minute_rows = 0, splits = 0, dividends = 0;
  RowLedger rows;                 ///< of the ingest that made this version
  std::int64_t restatements = 0;  ///< cells that differ from the version before; listed in restatements.csv
};

/// Write one version of bundle `name` from content in memory and make it current (BundleWriter, which takes parts).
/// Every row of the source is counted; what is refused is an error with symbol and row. @returns the new version's info
BundleInfo write_bundle(std::string_view name, BundleContent content, const IngestOptions& options);

/// An open bundle: everything a run needs, immutable, shareable between threads.
struct Bundle {
  BundleInfo info;
  utils::CalendarPtr calendar;
  std::shared_ptr<const assets::AssetFinder> finder;
  std::shared_ptr<const BarStore> bars;
  std::shared_ptr<const Adjustments> adjustments;
  std::shared_ptr<const FxRates> fx_rates = std::make_shared<const FxRates>();  ///< empty where the bundle has none
};

/// Open the current version (or the newest ingested at or before `as_of`).
/// @throws Error{UnknownBundle} with the names that exist, Error{CorruptBundle}
[[nodiscard]] Bundle load_bundle(const std::filesystem::path& root, std::string_view name,
                                 std::optional<Timestamp> as_of = std::nullopt);
[[nodiscard]] std::vector<BundleInfo> list_bundles(const std::filesystem::path& root);

struct CheckFinding {
  std::string file;
  std::string problem;  ///< empty = whole
  std::int64_t rows = 0;
};
/// Open the bundle, verify every file's hash and row count, and that store and Parquet agree.
[[nodiscard]] std::vector<CheckFinding> check_bundle(const std::filesystem::path& root, std::string_view name);

/// Remove versions: all but the newest `keep_last`, or those ingested before/after a time. @throws Error{BadClean}
/// @returns ids removed
std::vector<std::string> clean_bundle(const std::filesystem::path& root, std::string_view name,
                                      std::optional<int> keep_last, std::optional<Timestamp> before,
                                      std::optional<Timestamp> after);

/// Make the version before the current one current and remove the current one; a bundle of one version is removed.
/// @returns the version that is current now, if any. @throws Error{UnknownBundle}
std::optional<BundleInfo> rollback_bundle(const std::filesystem::path& root, std::string_view name);

/// A registered way to make the bundle of its name, by a function of the user's.
struct BundleSource {
  std::string name;
  std::string description;
  std::function<void(const IngestOptions&)> ingest;  ///< writes the bundle's new version
};

/// Registered sources; the composition root owns one and fills it from the user's extensions.
class BundleRegistry {
 public:
  void register_source(BundleSource source);  ///< @throws Error{InvalidArgument} when the name is taken
  void unregister(std::string_view name);     ///< @throws Error{UnknownBundle}
  [[nodiscard]] const BundleSource& source(std::string_view name) const;  ///< @throws Error{UnknownBundle}
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::vector<BundleSource> sources_;
};

}  // namespace rustybt::data

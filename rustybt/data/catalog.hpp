#pragma once
// The catalog: ROOT/catalog.sqlite, an index of the bundles under a root and of what is known about their quality.
//
// It is never the truth: bundles are. Every opening compares it with the bundles' manifests (their size and time of
// change) and brings what differs up to date; a missing or damaged file is made again. Only quality results live here
// alone, tied to the data's hash.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/core/log.hpp"
#include "rustybt/core/timestamp.hpp"
#include "rustybt/storage/sqlite.hpp"

namespace rustybt::data {

/// What `rustybt data check` said of a bundle.
struct QualityResult {
  std::string data_hash;  ///< of the data that were checked
  std::string checked_at;
  std::int64_t errors = 0;
  std::int64_t warnings = 0;
};

struct CatalogDataset {
  std::string name;
  std::string version_id;
  std::string calendar_name;
  std::string source;
  std::string ingested_at;
  std::string data_hash;
  std::string first_session, last_session;
  std::int64_t assets = 0, daily_rows = 0, minute_rows = 0, splits = 0, dividends = 0;
  std::int64_t bytes = 0;                ///< of the current version's files
  std::int64_t versions = 0;             ///< kept, the current one included
  std::string problem;                   ///< why the bundle cannot be read; empty when it can
  std::optional<QualityResult> quality;  ///< of exactly these data
};

/// A symbol with the range of its bars in one frequency.
struct CatalogRange {
  std::string dataset;
  std::string symbol;
  std::int64_t sid = 0;
  std::string asset_type;  ///< equity, future, crypto, fx
  std::string exchange;
  std::string frequency;    ///< "1d", "1m"
  std::string first, last;  ///< sessions
  std::int64_t rows = 0;
  std::int64_t missing = 0;  ///< sessions between first and last without a bar
};

struct CatalogFile {
  std::string path;  ///< relative to the version's folder
  std::string sha256;
  std::int64_t bytes = 0;
  std::int64_t rows = 0;
};

class Catalog {
 public:
  /// Open the catalog of a root, made or brought up to date as needed. Several processes may do so at once.
  /// @throws Error{DatabaseError} when it can be neither read nor made again
  Catalog(const std::filesystem::path& root, const Log& log);

  /// By name.
  [[nodiscard]] std::vector<CatalogDataset> datasets();
  [[nodiscard]] std::optional<CatalogDataset> find(std::string_view dataset);
  /// Ranges of a dataset (empty: of all), by symbol and frequency; `symbol` narrows them to one, in any dataset.
  [[nodiscard]] std::vector<CatalogRange> ranges(std::string_view dataset, std::string_view symbol = {});
  [[nodiscard]] std::vector<CatalogFile> files(std::string_view dataset);
  void record_quality(std::string_view dataset, const QualityResult& result);

 private:
  void refresh();
  void read_bundle(const std::string& name);
  void forget(const std::string& name);

  std::filesystem::path root_;
  Log log_;
  storage::Database database_;
};

}  // namespace rustybt::data

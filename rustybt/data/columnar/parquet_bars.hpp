#pragma once
// What the readers of daily and of minute bars share: a file, or a folder of Parquet files in hive partitions
// (year=2014/month=06/...), of a bundle or of another writer, read for some assets, fields and times. Nothing is
// cached.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rustybt/core/ids.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {

/// Which bars to read.
struct BarSelection {
  std::vector<Sid> sids = {};             ///< empty = all
  std::vector<std::string> symbols = {};  ///< the same for files that name assets by a column `symbol`
  std::vector<Field> fields = {Field::Open, Field::High, Field::Low, Field::Close, Field::Volume};
  std::int64_t first = INT64_MIN;  ///< days (daily) or ns UTC (minute); both ends count
  std::int64_t last = INT64_MAX;
};

class ParquetBars {
 public:
  /// Files and row groups there are, and how many of them a load has read.
  struct Work {
    int files = 0, files_read = 0, row_groups = 0, row_groups_read = 0;
  };

  /// Rows of the selection as columns sid (or symbol), session (Dates) or time (Timestamps), and the fields (Decimals,
  /// null where there is no value); files in order of their paths, rows as they stand in them.
  /// @throws Error{MissingColumn} when a file lacks one, Error{WrongType} for prices that are no decimals or integers,
  ///         Error{Overflow} when files differ so much in scale that a price does not fit 18 digits,
  ///         Error{FileNotFound}
  [[nodiscard]] storage::ColumnTable load(const BarSelection& selection, Work* work = nullptr) const;

 protected:
  ParquetBars(const std::filesystem::path& path, bool minutes);
  /// First or last time of an asset.
  [[nodiscard]] std::optional<std::int64_t> find_end(Sid sid, bool last) const;

 private:
  struct File {
    std::filesystem::path path;
    std::int64_t first, last;  ///< times that its folders' names allow
  };
  std::vector<File> files_;
  bool minutes_;
};

}  // namespace rustybt::data

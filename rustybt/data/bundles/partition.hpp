#pragma once
// Partitions of a bundle's bars, and their Parquet files: daily bars by UTC year, minute bars by UTC month.
//
// Columns: sid, session or time, open, high, low, close, volume; sorted by sid, then time. Prices of all daily files of
// a version share one decimal type, the coarsest that holds them, and so do those of all minute files: Polars scans a
// folder only when its files agree. A cell without value is null.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rustybt/data/bar_store.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {

struct Partition {
  bool minutes = false;
  int year = 1970;
  int month = 0;  ///< 0 = the whole year (daily)
  friend auto operator<=>(const Partition&, const Partition&) = default;

  /// @param time  days or ns, as in BarSeries
  [[nodiscard]] static Partition of(bool minutes, std::int64_t time);
  /// First time of the partition after this one.
  [[nodiscard]] std::int64_t end() const;
  /// "daily/year=2014/bars.parquet", "minute/year=2014/month=06/bars.parquet"
  [[nodiscard]] std::string path() const;
  /// The partition of such a path; empty for other files.
  [[nodiscard]] static std::optional<Partition> parse(std::string_view path);
};

/// The decimal types of files, which must be known before one is begun.
struct PartitionShape {
  int price_scale = 0;
  int volume_scale = 0;
  int price_digits = 18;
  int volume_digits = 18;

  /// Take in one asset's bars.
  void widen(const BarSeries& series);
  /// Take in the shape of a file that is there.
  void widen(const PartitionShape& file);
  /// Once all are in: the digits at the common scales.
  void settle();
  [[nodiscard]] bool is_type_of(const PartitionShape& other) const;
  /// Of a bundle's file.
  [[nodiscard]] static PartitionShape of(const std::filesystem::path& file);

 private:
  std::int64_t largest_price_[19] = {};  // by scale
  std::int64_t largest_volume_[19] = {};
};

/// Writes one partition's file, asset by asset in order of sid, row groups of 128 Ki rows.
class PartitionWriter {
 public:
  PartitionWriter(const std::filesystem::path& file, bool minutes, const PartitionShape& shape);
  /// @throws Error{Overflow} naming `symbol` when its values do not fit 19 digits at the file's scale
  void add(Sid sid, const BarSeries& series, const std::string& symbol);
  void close();

 private:
  void begin_group();
  storage::ParquetWriter file_;
  bool minutes_;
  PartitionShape shape_;
  storage::ColumnTable group_;
  bool has_written_ = false;
};

/// Bars of a bundle's file, asset by asset, in its order; one row group is held at a time.
void for_each_series(const std::filesystem::path& file, const std::function<void(Sid, BarSeries)>& take);

}  // namespace rustybt::data

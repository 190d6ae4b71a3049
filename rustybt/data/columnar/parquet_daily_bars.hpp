#pragma once
// Daily bars from Parquet. Seed row: data/polars/parquet_daily_bars.

#include "rustybt/data/columnar/parquet_bars.hpp"

namespace rustybt::data {

/// Daily bars of a file or folder; the day is in a column session, date or day (dates, or times of which the UTC day
/// counts).
class ParquetDailyBars : public ParquetBars {
 public:
  /// @throws Error{FileNotFound} when there is no Parquet file
  explicit ParquetDailyBars(const std::filesystem::path& path) : ParquetBars(path, false) {}
  /// Day of an asset's first bar; empty without bars.
  [[nodiscard]] std::optional<Date> find_first_day(Sid sid) const { return day(find_end(sid, false)); }
  [[nodiscard]] std::optional<Date> find_last_day(Sid sid) const { return day(find_end(sid, true)); }

 private:
  static std::optional<Date> day(std::optional<std::int64_t> time) {
    return time ? std::optional(Date{static_cast<std::int32_t>(*time)}) : std::nullopt;
  }
};

}  // namespace rustybt::data

#pragma once
// Minute bars from Parquet. Seed row: data/polars/parquet_minute_bars.

#include "rustybt/data/columnar/parquet_bars.hpp"

namespace rustybt::data {

/// Minute bars of a file or folder; the time (UTC) is in a column time, timestamp or dt.
class ParquetMinuteBars : public ParquetBars {
 public:
  /// @throws Error{FileNotFound} when there is no Parquet file
  explicit ParquetMinuteBars(const std::filesystem::path& path) : ParquetBars(path, true) {}
  /// Time of an asset's first bar; empty without bars.
  [[nodiscard]] std::optional<Timestamp> find_first_minute(Sid sid) const { return minute(find_end(sid, false)); }
  [[nodiscard]] std::optional<Timestamp> find_last_minute(Sid sid) const { return minute(find_end(sid, true)); }

 private:
  static std::optional<Timestamp> minute(std::optional<std::int64_t> time) {
    return time ? std::optional(Timestamp{*time}) : std::nullopt;
  }
};

}  // namespace rustybt::data

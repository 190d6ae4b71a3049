#pragma once
// Bars as the tables of a bundle's Parquet files: sid, session or time, open, high, low, close, volume; sorted by sid,
// then time. Prices of one file share one decimal scale, chosen from the data; a bar without trade is null.

#include <span>
#include <string>
#include <vector>

#include "rustybt/data/bundles/core.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {

/// A month of UTC time, for the partitions of minute bars.
struct Month {
  int year = 1970;
  int month = 1;
  friend auto operator<=>(const Month&, const Month&) = default;
};

/// @throws Error{Overflow} when an asset's prices do not fit 19 digits at the file's scale
[[nodiscard]] storage::ColumnTable daily_table(std::span<const BundleContent::Item> items);
[[nodiscard]] storage::ColumnTable minute_table(std::span<const BundleContent::Item> items, Month month);
/// Months that have minute bars, sorted.
[[nodiscard]] std::vector<Month> months_of(std::span<const BundleContent::Item> items);
/// "minute/year=2014/month=06/bars.parquet"
[[nodiscard]] std::string minute_path(Month month);

/// Call `row(sid, time, values)` for every row of such a table: time in days or ns, values at the given scales or
/// kMissing.
template <class Row>
void for_each_bar(const storage::ColumnTable& table, Row row) {
  static constexpr const char* kNames[kFieldCount] = {"open", "high", "low", "close", "volume"};
  const auto& sids = table.column("sid").as<storage::Int64s>().values;
  const auto* sessions = table.find("session") ? &table.column("session").as<storage::Dates>().values : nullptr;
  const auto* times = sessions ? nullptr : &table.column("time").as<storage::Timestamps>().values;
  const storage::Column* columns[kFieldCount];
  int scales[kFieldCount];
  for (int f = 0; f < kFieldCount; ++f) {
    columns[f] = &table.column(kNames[f]);
    scales[f] = columns[f]->as<storage::Decimals>().scale;
  }
  for (std::size_t i = 0; i < sids.size(); ++i) {
    std::int64_t values[kFieldCount];
    for (int f = 0; f < kFieldCount; ++f)
      values[f] = columns[f]->is_valid(i) ? columns[f]->as<storage::Decimals>().values[i] : kMissing;
    const std::int64_t time = sessions ? (*sessions)[i] : (*times)[i];
    row(Sid{sids[i]}, time, values, scales);
  }
}

}  // namespace rustybt::data

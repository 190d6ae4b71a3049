#include "rustybt/data/bundles/bar_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"

namespace rustybt::data {

namespace {

using Item = BundleContent::Item;

/// Rows [begin, end) of one item's series.
struct Part {
  const Item* item;
  const BarSeries* series;
  std::size_t begin;
  std::size_t end;
};

storage::Column decimal_column(std::span<const Part> parts, int field, const char* name, int scale, std::size_t rows) {
  storage::Decimals out;
  out.scale = scale;
  out.values.reserve(rows);
  std::vector<std::uint8_t> validity;
  for (const Part& part : parts) {
    const int own = field == static_cast<int>(Field::Volume) ? part.series->volume_scale : part.series->price_scale;
    const auto factor = static_cast<std::int64_t>(power_of_ten(scale - own));
    for (std::size_t i = part.begin; i < part.end; ++i) {
      std::int64_t v = part.series->columns[field][i];
      if (v == kMissing) {
        if (validity.empty()) validity.assign(rows, 1);
        validity[out.values.size()] = 0;
        v = 0;
      } else if (__builtin_mul_overflow(v, factor, &v)) {
        throw Error(ErrorCode::Overflow,
                    fmt::format("{}: {} does not fit 19 digits at the {} decimals that other assets of the bundle have",
                                part.item->asset.symbol, name, scale),
                    "ingest assets with very large and very fine prices as two bundles");
      }
      out.values.push_back(v);
    }
  }
  return {name, std::move(out), std::move(validity)};
}

storage::ColumnTable make_table(std::span<const Part> parts, bool minutes) {
  std::size_t rows = 0;
  int price_scale = 0;
  int volume_scale = 0;
  for (const Part& part : parts) {
    rows += part.end - part.begin;
    price_scale = std::max(price_scale, part.series->price_scale);
    volume_scale = std::max(volume_scale, part.series->volume_scale);
  }
  storage::Int64s sids;
  storage::Timestamps times;
  storage::Dates sessions;
  sids.values.reserve(rows);
  for (const Part& part : parts) {
    sids.values.insert(sids.values.end(), part.end - part.begin, part.item->asset.sid.value);
    for (std::size_t i = part.begin; i < part.end; ++i) {
      if (minutes) {
        times.values.push_back(part.series->times[i]);
      } else {
        sessions.values.push_back(static_cast<std::int32_t>(part.series->times[i]));
      }
    }
  }
  storage::ColumnTable table;
  table.columns.push_back({"sid", std::move(sids)});
  if (minutes) {
    table.columns.push_back({"time", std::move(times)});
  } else {
    table.columns.push_back({"session", std::move(sessions)});
  }
  static constexpr const char* kNames[kFieldCount] = {"open", "high", "low", "close", "volume"};
  for (int f = 0; f < kFieldCount; ++f)
    table.columns.push_back(decimal_column(parts, f, kNames[f], f == 4 ? volume_scale : price_scale, rows));
  return table;
}

Month month_of(Date day) { return {day.year(), day.month()}; }
Month next(Month m) { return m.month == 12 ? Month{m.year + 1, 1} : Month{m.year, m.month + 1}; }
std::int64_t begin_ns(Month m) { return Timestamp::from_date(Date::from_ymd(m.year, m.month, 1)).ns; }

}  // namespace

storage::ColumnTable daily_table(std::span<const Item> items) {
  std::vector<Part> parts;
  for (const Item& item : items)
    if (!item.daily.times.empty()) parts.push_back({&item, &item.daily, 0, item.daily.times.size()});
  return make_table(parts, false);
}

storage::ColumnTable minute_table(std::span<const Item> items, Month month) {
  std::vector<Part> parts;
  for (const Item& item : items) {
    const auto& times = item.minute.times;
    const auto begin = std::ranges::lower_bound(times, begin_ns(month));
    const auto end = std::ranges::lower_bound(times, begin_ns(next(month)));
    if (begin != end)
      parts.push_back({&item, &item.minute, static_cast<std::size_t>(begin - times.begin()),
                       static_cast<std::size_t>(end - times.begin())});
  }
  return make_table(parts, true);
}

std::vector<Month> months_of(std::span<const Item> items) {
  std::set<Month> months;
  for (const Item& item : items) {
    for (auto at = item.minute.times.begin(); at != item.minute.times.end();) {
      const Month month = month_of(Timestamp{*at}.date());
      months.insert(month);
      at = std::lower_bound(at, item.minute.times.end(), begin_ns(next(month)));
    }
  }
  return {months.begin(), months.end()};
}

std::string minute_path(Month month) {
  return fmt::format("minute/year={:04}/month={:02}/bars.parquet", month.year, month.month);
}

}  // namespace rustybt::data

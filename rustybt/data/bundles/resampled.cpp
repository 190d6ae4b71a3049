#include "rustybt/data/bundles/resampled.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::data {
namespace {

/// Collects the columns; a decimal column has the largest scale of the assets.
class TableBuilder {
 public:
  TableBuilder(int price_scale, int volume_scale) {
    for (int f = 0; f < kFieldCount; ++f) decimals_[f].scale = f == kVolume ? volume_scale : price_scale;
  }

  void add(const assets::Asset& asset, const ResampledBars& found) {
    const BarSeries& bars = found.bars;
    for (std::size_t i = 0; i < bars.times.size(); ++i) {
      symbols_.values.push_back(asset.symbol);
      sids_.values.push_back(asset.sid.value);
      times_.push_back(bars.times[i]);
      rows_.values.push_back(found.rows[i]);
      partial_.values.push_back(found.last_is_partial && i + 1 == bars.times.size());
      for (int f = 0; f < kFieldCount; ++f) {
        const std::int64_t value = bars.columns[f][i];
        const int missing_digits = decimals_[f].scale - (f == kVolume ? bars.volume_scale : bars.price_scale);
        std::int64_t raised = 0;
        if (value != kMissing && __builtin_mul_overflow(value, kPowersOfTen64[static_cast<std::size_t>(missing_digits)],
                                                        &raised))
          throw Error(ErrorCode::Overflow,
                      fmt::format("{}: {} does not fit 18 digits at the {} decimals of other assets", asset.symbol,
                                  kNames[f], decimals_[f].scale));
        decimals_[f].values.push_back(raised);
        validity_[f].push_back(value != kMissing);
      }
    }
  }

  storage::ColumnTable take(bool intraday) && {
    storage::ColumnTable table;
    table.columns.push_back({"symbol", std::move(symbols_)});
    table.columns.push_back({"sid", std::move(sids_)});
    if (intraday) {
      table.columns.push_back({"dt", storage::Timestamps{std::move(times_)}});
    } else {
      storage::Dates days;
      for (const std::int64_t day : times_) days.values.push_back(static_cast<std::int32_t>(day));
      table.columns.push_back({"session", std::move(days)});
    }
    for (int f = 0; f < kFieldCount; ++f) {
      if (std::ranges::all_of(validity_[f], [](std::uint8_t v) { return v != 0; })) validity_[f].clear();
      table.columns.push_back({kNames[f], std::move(decimals_[f]), std::move(validity_[f])});
    }
    table.columns.push_back({"rows", std::move(rows_)});
    table.columns.push_back({"is_partial", std::move(partial_)});
    return table;
  }

 private:
  static constexpr int kVolume = static_cast<int>(Field::Volume);
  static constexpr const char* kNames[kFieldCount] = {"open", "high", "low", "close", "volume"};
  storage::Strings symbols_;
  storage::Int64s sids_, rows_;
  std::vector<std::int64_t> times_;
  storage::Bools partial_;
  storage::Decimals decimals_[kFieldCount];
  std::vector<std::uint8_t> validity_[kFieldCount];
};

}  // namespace

storage::ColumnTable resampled_table(const Bundle& bundle, BarPeriod to, BarLabel label) {
  if (to.is_intraday() && !bundle.bars->has_minutes())
    throw Error(ErrorCode::EmptyData,
                fmt::format("bundle {} has no minute bars to make bars of {} from", bundle.info.name, to.to_string()),
                "daily bars make 1w and 1mo");
  ResampleOptions options;
  options.to = to;
  options.label = label;
  const auto all = bundle.finder->assets();
  std::vector<ResampledBars> found(all.size());
  int price_scale = 0, volume_scale = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const AssetIndex asset{static_cast<std::int32_t>(i)};
    const bool from_daily = !to.is_intraday() && bundle.bars->daily(asset).count > 0;
    BarSeries rows =
        from_daily ? daily_series(*bundle.bars, asset) : minute_series(*bundle.bars, asset, *bundle.calendar);
    options.from = from_daily ? BarPeriod::day() : BarPeriod::of_minutes(1);
    if (rows.times.empty()) continue;
    if (options.from == to) {  // days of a bundle of days
      found[i].rows.assign(rows.times.size(), 1);
      found[i].bars = std::move(rows);
    } else {
      found[i] = resample(rows, bundle.calendar, options);
    }
    price_scale = std::max(price_scale, found[i].bars.price_scale);
    volume_scale = std::max(volume_scale, found[i].bars.volume_scale);
  }
  TableBuilder builder(price_scale, volume_scale);
  for (std::size_t i = 0; i < all.size(); ++i) builder.add(all[i], found[i]);
  return std::move(builder).take(to.is_intraday());
}

}  // namespace rustybt::data

#pragma once
// Inside of the bar store, shared by its source files: a store is a list of int64 arrays, in memory or the columns of
// an Arrow IPC file (kPartNames; assets one after another in each). Nothing but the directory is read when a file is
// opened.
//
// directory (all int64): kHeaderWords words (magic, version, counts), the sessions, the minutes of each session (stores
// with minutes only), then kAssetWords words per asset.

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/data/bar_store.hpp"

namespace rustybt::data {

inline constexpr std::int64_t kStoreMagic = 0x3130534241525452;  // "RTRABS01"
inline constexpr std::int64_t kStoreVersion = 1;
inline constexpr int kPartCount = 12;
inline constexpr int kDailyPart = 1;
inline constexpr int kMinutePart = 6;
inline constexpr int kBlockPart = 11;

inline constexpr const char* kPartNames[kPartCount] = {"directory",   "daily_open",   "daily_high",    "daily_low",
                                                       "daily_close", "daily_volume", "minute_open",   "minute_high",
                                                       "minute_low",  "minute_close", "minute_volume", "minute_blocks"};

enum HeaderWord : int {
  kMagicWord,
  kVersionWord,
  kSessionsWord,
  kAssetsWord,
  kHasDailyWord,
  kHasMinutesWord,
  kHeaderWords
};
/// Words of one asset's bars: its first row in the columns and how many, first session and how many, scales, range of
/// the values, first entry of its block table (minutes).
enum AssetWord : int {
  kOffset,
  kRows,
  kFirst,
  kCount,
  kPriceScale,
  kVolumeScale,
  kMinPrice,
  kMaxPrice,
  kMaxVolume,
  kBlocks,
  kBarsWords
};
inline constexpr int kAssetWords = 2 * kBarsWords;  // daily, minutes

using Parts = std::array<std::span<const std::int64_t>, kPartCount>;

using BarsWords = std::array<std::int64_t, kBarsWords>;

inline BarsWords empty_bars(int price_scale, int volume_scale) {
  BarsWords w{};
  w[kPriceScale] = price_scale;
  w[kVolumeScale] = volume_scale;
  w[kMinPrice] = INT64_MAX;
  w[kMaxPrice] = w[kMaxVolume] = INT64_MIN;
  return w;
}

/// The rows of a series at the store's scales, which are as fine or finer.
struct RowScale {
  RowScale(const BarSeries& rows, int price_scale, int volume_scale)
      : series(rows),
        price_factor(kPowersOfTen64[static_cast<std::size_t>(price_scale - rows.price_scale)]),
        volume_factor(kPowersOfTen64[static_cast<std::size_t>(volume_scale - rows.volume_scale)]) {}
  const BarSeries& series;
  std::int64_t price_factor;
  std::int64_t volume_factor;
};

/// Copy row `from` of the series to row `to` of the columns and widen the asset's range; the one place of "no trade".
inline void put_row(const RowScale& scale, std::size_t from,
                    std::array<std::vector<std::int64_t>, kFieldCount>& columns, std::size_t to, BarsWords& words) {
  std::int64_t row[kFieldCount];
  bool is_zero = true;
  for (int f = 0; f < kFieldCount; ++f) {
    row[f] = scale.series.columns[f][from];
    is_zero = is_zero && row[f] == 0;
    const bool is_volume = f == static_cast<int>(Field::Volume);
    if (row[f] != kMissing &&
        __builtin_mul_overflow(row[f], is_volume ? scale.volume_factor : scale.price_factor, &row[f])) {
      throw Error{ErrorCode::Overflow, "row " + std::to_string(from + 1) +
                                           " does not fit 18 digits at the scale of the "
                                           "asset's other bars"};
    }
  }
  if (is_zero) std::fill_n(row, static_cast<int>(Field::Volume), kMissing);
  for (int f = 0; f < kFieldCount; ++f) {
    columns[static_cast<std::size_t>(f)][to] = row[f];
    if (row[f] == kMissing) continue;
    if (f == static_cast<int>(Field::Volume)) {
      words[kMaxVolume] = std::max(words[kMaxVolume], row[f]);
    } else {
      words[kMinPrice] = std::min(words[kMinPrice], row[f]);
      words[kMaxPrice] = std::max(words[kMaxPrice], row[f]);
    }
  }
}

inline std::vector<std::int64_t> make_directory(const std::vector<Date>& sessions,
                                                const std::vector<std::int32_t>& minute_counts,
                                                const std::vector<BarsWords>& daily,
                                                const std::vector<BarsWords>& minutes) {
  const auto any = [](const std::vector<BarsWords>& list) {
    return std::any_of(list.begin(), list.end(), [](const BarsWords& w) { return w[kCount] > 0; });
  };
  const bool has_minutes = any(minutes);
  std::vector<std::int64_t> words(kHeaderWords, 0);
  words[kMagicWord] = kStoreMagic;
  words[kVersionWord] = kStoreVersion;
  words[kSessionsWord] = static_cast<std::int64_t>(sessions.size());
  words[kAssetsWord] = static_cast<std::int64_t>(daily.size());
  words[kHasDailyWord] = any(daily);
  words[kHasMinutesWord] = has_minutes;
  for (const Date d : sessions) words.push_back(d.days);
  if (has_minutes) words.insert(words.end(), minute_counts.begin(), minute_counts.end());
  for (std::size_t a = 0; a < daily.size(); ++a) {
    words.insert(words.end(), daily[a].begin(), daily[a].end());
    words.insert(words.end(), minutes[a].begin(), minutes[a].end());
  }
  return words;
}

inline Error not_a_session(Date day) {
  return Error{ErrorCode::NotASession, "the bundle's calendar has no session on " + day.to_string(),
               "choose the calendar of the market"};
}
inline Error not_a_minute(Timestamp minute) {
  return Error{ErrorCode::NotASession, minute.to_string() + " is not a trading minute of the bundle's calendar",
               "choose the calendar of the market"};
}
inline Error rows_out_of_order(std::size_t row) {
  return Error{ErrorCode::RowsOutOfOrder,
               "row " + std::to_string(row + 1) + " of the series is not later than the row before it"};
}

struct BarStore::Backing {
  Parts parts{};
  std::shared_ptr<const void> owner;              ///< the map, the builder's vectors or the store that was copied from
  std::vector<std::vector<std::int64_t>> copies;  ///< with_source(): columns that had to change
};

}  // namespace rustybt::data

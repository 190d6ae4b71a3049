#pragma once
// Inside of the bar store, shared by its source files: a store is a list of int64 arrays, in memory or the columns of
// an Arrow IPC file (kPartNames; assets one after another in each). Nothing but the directory is read when a file is
// opened.
//
// directory (all int64): kHeaderWords words (magic, version, counts), the sessions, the minutes of each session (stores
// with minutes only), then kAssetWords words per asset.

#include <array>
#include <memory>
#include <span>
#include <vector>

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

struct BarStore::Backing {
  Parts parts{};
  std::shared_ptr<const void> owner;              ///< the map, the builder's vectors or the store that was copied from
  std::vector<std::vector<std::int64_t>> copies;  ///< with_source(): columns that had to change
};

}  // namespace rustybt::data

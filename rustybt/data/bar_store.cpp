#include "rustybt/data/bar_store.hpp"

#include <cmath>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/data/bar_store_parts.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {
namespace {

constexpr std::int64_t kUint32Max = 4'294'967'295;
constexpr std::int64_t kSmallPowers[4] = {1, 10, 100, 1000};

[[noreturn]] void throw_corrupt(const std::string& origin, const std::string& what) {
  throw Error{ErrorCode::CorruptBundle, "bar store " + origin + ": " + what, "ingest the bundle again"};
}

/// Price as Zipline stores it: thousandths rounded half-even as its writer does it (on the double), 0 and what does not
/// fit 32 bits are missing (zipline_semantics 6.2).
std::int64_t to_thousandths(std::int64_t mantissa, int scale) {
  if (mantissa == kMissing || mantissa <= 0) return kMissing;
  if (scale <= 3) return mantissa > kUint32Max / kSmallPowers[3 - scale] ? kMissing : mantissa;
  const double rounded = std::nearbyint(mantissa_to_double(mantissa, scale) * 1000.0);
  return rounded < 1.0 || rounded > static_cast<double>(kUint32Max) ? kMissing : static_cast<std::int64_t>(rounded);
}

std::int64_t to_uint32_volume(std::int64_t mantissa, int scale) {
  if (mantissa == kMissing) return kMissing;
  const auto whole = static_cast<std::int64_t>(mantissa / power_of_ten(scale));
  return whole < 0 || whole > kUint32Max ? 0 : whole;
}

}  // namespace

bool BarStore::Range::fits_thousandths(int price_scale, int volume_scale) const {
  if (price_scale > 3 || volume_scale > 0 || max_volume > kUint32Max) return false;
  const bool has_prices = max_price != INT64_MIN;
  return !has_prices || (min_price > 0 && max_price <= kUint32Max / kSmallPowers[3 - price_scale]);
}

std::shared_ptr<const BarStore> BarStore::open(const std::filesystem::path& file) {
  auto backing = std::make_shared<Backing>();
  try {
    auto mapped = std::make_shared<storage::MappedTable>(storage::map_ipc(file));
    for (std::size_t part = 0; part < kPartCount; ++part) backing->parts[part] = mapped->column(kPartNames[part]);
    backing->owner = std::move(mapped);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::FileNotFound) throw;
    throw_corrupt(file.string(), error.message());
  }
  return from_backing(std::move(backing), file.string());
}

std::shared_ptr<const BarStore> BarStore::from_backing(std::shared_ptr<const Backing> backing,
                                                       const std::string& origin) {
  const std::span<const std::int64_t> directory = backing->parts[0];
  if (directory.size() < kHeaderWords || directory[kMagicWord] != kStoreMagic) throw_corrupt(origin, "not a bar store");
  if (directory[kVersionWord] != kStoreVersion)
    throw_corrupt(origin, "version " + std::to_string(directory[kVersionWord]) + ", this rustybt reads " +
                              std::to_string(kStoreVersion));
  const std::int64_t sessions = directory[kSessionsWord], assets = directory[kAssetsWord];
  const auto words = static_cast<std::int64_t>(directory.size());
  auto store = std::make_shared<BarStore>();
  store->has_daily_ = directory[kHasDailyWord] != 0;
  store->has_minutes_ = directory[kHasMinutesWord] != 0;
  if (sessions < 0 || assets < 0 || sessions > words || assets > words ||
      words != kHeaderWords + sessions * (store->has_minutes_ ? 2 : 1) + assets * kAssetWords)
    throw_corrupt(origin, "its directory has the wrong length");

  const std::int64_t* at = directory.data() + kHeaderWords;
  store->sessions_.reserve(static_cast<std::size_t>(sessions));
  for (std::int64_t i = 0; i < sessions; ++i) store->sessions_.push_back(Date{static_cast<std::int32_t>(*at++)});
  if (store->has_minutes_) {
    store->minute_counts_.reserve(static_cast<std::size_t>(sessions));
    for (std::int64_t i = 0; i < sessions; ++i) store->minute_counts_.push_back(static_cast<std::int32_t>(*at++));
  }

  const auto read_bars = [&](auto& bars, int first_part, const std::int64_t* w) {
    bars.first = static_cast<std::int32_t>(w[kFirst]);
    bars.count = static_cast<std::int32_t>(w[kCount]);
    bars.price_scale = static_cast<std::int8_t>(w[kPriceScale]);
    bars.volume_scale = static_cast<std::int8_t>(w[kVolumeScale]);
    if (w[kFirst] < 0 || w[kCount] < 0 || w[kFirst] > sessions || w[kCount] > sessions - w[kFirst] || w[kOffset] < 0 ||
        w[kRows] < 0 || w[kPriceScale] < 0 || w[kPriceScale] > 18 || w[kVolumeScale] < 0 || w[kVolumeScale] > 18)
      throw_corrupt(origin, "an asset's bars lie outside the sessions");
    for (int f = 0; f < kFieldCount; ++f) {
      const auto& part = backing->parts[static_cast<std::size_t>(first_part + f)];
      const auto rows = static_cast<std::int64_t>(part.size());
      if (w[kOffset] > rows || w[kRows] > rows - w[kOffset]) throw_corrupt(origin, "a column is too short");
      if (bars.count > 0) bars.columns[f] = part.data() + w[kOffset];
    }
  };
  const auto range_of = [](const std::int64_t* w) { return Range{w[kMinPrice], w[kMaxPrice], w[kMaxVolume]}; };
  store->daily_.resize(static_cast<std::size_t>(assets));
  store->minutes_.resize(static_cast<std::size_t>(assets));
  store->daily_ranges_.reserve(static_cast<std::size_t>(assets));
  store->minute_ranges_.reserve(static_cast<std::size_t>(assets));
  const auto& blocks = backing->parts[kBlockPart];
  for (std::size_t a = 0; a < static_cast<std::size_t>(assets); ++a, at += kAssetWords) {
    read_bars(store->daily_[a], kDailyPart, at);
    if (at[kRows] != at[kCount]) throw_corrupt(origin, "an asset's daily rows do not match its sessions");
    store->daily_ranges_.push_back(range_of(at));
    const std::int64_t* m = at + kBarsWords;
    read_bars(store->minutes_[a], kMinutePart, m);
    store->minute_ranges_.push_back(range_of(m));
    if (m[kCount] > 0) {
      const auto entries = static_cast<std::int64_t>(blocks.size());
      if (m[kBlocks] < 0 || m[kBlocks] > entries || m[kCount] > entries - m[kBlocks])
        throw_corrupt(origin, "a block table is too short");
      store->minutes_[a].blocks = blocks.data() + m[kBlocks];
    }
  }
  store->backing_ = std::move(backing);
  return store;
}

std::shared_ptr<const BarStore> BarStore::with_source(std::shared_ptr<const BarStore> store, PriceSource source) {
  if (source == PriceSource::Exact) return store;
  constexpr Range kThousandthsLimits{1, kUint32Max, kUint32Max};
  std::shared_ptr<BarStore> result;
  std::shared_ptr<Backing> backing;
  const auto convert = [&](auto& bars, std::int64_t rows) {
    for (int f = 0; f < kFieldCount; ++f) {
      auto& copy = backing->copies.emplace_back(static_cast<std::size_t>(rows));
      for (std::size_t i = 0; i < copy.size(); ++i) {
        const std::int64_t value = bars.columns[f][i];
        copy[i] = f == static_cast<int>(Field::Volume) ? to_uint32_volume(value, bars.volume_scale)
                                                       : to_thousandths(value, bars.price_scale);
      }
      bars.columns[f] = copy.data();
    }
    if (bars.price_scale > 3) bars.price_scale = 3;
    bars.volume_scale = 0;
  };
  const auto begin_copy = [&] {
    if (result) return;
    result = std::make_shared<BarStore>(*store);
    backing = std::make_shared<Backing>();
    backing->owner = store;
  };
  for (std::size_t a = 0; a < store->daily_.size(); ++a) {
    const AssetBars& daily = store->daily_[a];
    if (daily.count > 0 && !store->daily_ranges_[a].fits_thousandths(daily.price_scale, daily.volume_scale)) {
      begin_copy();
      convert(result->daily_[a], daily.count);
      result->daily_ranges_[a] = kThousandthsLimits;
    }
    const AssetMinutes& minutes = store->minutes_[a];
    if (minutes.count > 0 && !store->minute_ranges_[a].fits_thousandths(minutes.price_scale, minutes.volume_scale)) {
      begin_copy();
      std::int64_t rows = 0;
      for (int s = minutes.first; s < minutes.first + minutes.count; ++s)
        if (minutes.block(s) >= 0) rows = std::max(rows, minutes.block(s) + store->minutes_in(s));
      convert(result->minutes_[a], rows);
      result->minute_ranges_[a] = kThousandthsLimits;
    }
  }
  if (!result) return store;
  result->backing_ = std::move(backing);
  return result;
}

}  // namespace rustybt::data

#pragma once
// What a run reads: int64 mantissas, one contiguous column per field, assets one after another, each over its own life
// (architecture, section 3). Built once per bundle version as an Arrow IPC file and memory-mapped.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/core/ids.hpp"
#include "rustybt/core/timestamp.hpp"

namespace rustybt::data {

/// A cell that is not there, in every column.
inline constexpr std::int64_t kMissing = INT64_MIN;

enum class Field : std::uint8_t { Open, High, Low, Close, Volume };
inline constexpr int kFieldCount = 5;

/// One asset's bars: pointers into the store, bar i of the asset is session (or minute) `first + i`.
struct AssetBars {
  const std::int64_t* columns[kFieldCount] = {};  ///< by Field; null when count is 0
  std::int32_t first = 0;                         ///< index of the first session in the store's session list
  std::int32_t count = 0;                         ///< sessions from the first to the last bar, gaps included (kMissing)
  std::int8_t price_scale = 0;                    ///< prices are mantissa * 10^-price_scale
  std::int8_t volume_scale = 0;

  /// Mantissa at a session index of the store, kMissing outside the asset's life.
  [[nodiscard]] std::int64_t at(Field f, std::int32_t session) const {
    const std::int32_t i = session - first;
    return static_cast<std::uint32_t>(i) < static_cast<std::uint32_t>(count) ? columns[static_cast<int>(f)][i]
                                                                             : kMissing;
  }
};

/// One asset's minute bars: per session of its life a block of that session's trading minutes, or none.
struct AssetMinutes {
  const std::int64_t* columns[kFieldCount] = {};
  const std::int64_t* blocks =
      nullptr;  ///< per session from `first`: offset of its first minute in the columns, -1 = no bars
  std::int32_t first = 0;
  std::int32_t count = 0;  ///< number of entries of `blocks`
  std::int8_t price_scale = 0;
  std::int8_t volume_scale = 0;

  /// Offset of the session's block, -1 when the asset has no minute in it.
  [[nodiscard]] std::int64_t block(std::int32_t session) const {
    const std::int32_t i = session - first;
    return static_cast<std::uint32_t>(i) < static_cast<std::uint32_t>(count) ? blocks[i] : -1;
  }
};

/// How prices leave the store (policy price_source).
enum class PriceSource : std::uint8_t { Exact, Thousandths };

/// What is made of the bars after a moment, to see whether a strategy knows them (`rustybt strategy check`).
enum class FutureKind : std::uint8_t {
  Cut,       ///< taken away
  Mirrored,  ///< prices p become last^2 / p of the last known close: what rose falls; volumes likewise
  Shuffled,  ///< the bars of each asset in another order
};

struct FutureView {
  FutureKind kind = FutureKind::Cut;
  Date last_session{};    ///< the last session that is known whole
  int known_minutes = 0;  ///< minute bars that are known of the session after it (its daily bar is not)
  std::uint64_t seed = 1;

  /// "cut:2020-03-05", "shuffled:2020-03-05+120" with minutes of the next session.
  /// @throws Error{InvalidArgument}
  static FutureView parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

/// Immutable, shareable between threads. Asset i is the i-th asset of the bundle by sid (AssetIndex).
class BarStore {
 public:
  /// Map the store file of a bundle version. Costs no copy. @throws Error{CorruptBundle}, Error{FileNotFound}
  static std::shared_ptr<const BarStore> open(const std::filesystem::path& file);

  /// The store under `source`: Thousandths rounds assets of finer scale half-even to 0.001 and caps volume at uint32
  /// (zipline_semantics 6.2: a larger or missing value is 0 = missing); returns this store itself where nothing
  /// changes.
  [[nodiscard]] static std::shared_ptr<const BarStore> with_source(std::shared_ptr<const BarStore> store,
                                                                   PriceSource source);

  /// The store with another future, the past as it is (future.cpp); copies the columns unless the future is cut whole.
  [[nodiscard]] static std::shared_ptr<const BarStore> with_future(std::shared_ptr<const BarStore> store,
                                                                   const FutureView& view);

  [[nodiscard]] std::span<const Date> sessions() const { return sessions_; }  ///< of the bundle's calendar
  [[nodiscard]] int asset_count() const { return static_cast<int>(daily_.size()); }
  [[nodiscard]] const AssetBars& daily(AssetIndex asset) const { return daily_[static_cast<std::size_t>(asset.value)]; }
  [[nodiscard]] const AssetMinutes& minutes(AssetIndex asset) const {
    return minutes_[static_cast<std::size_t>(asset.value)];
  }
  /// Largest price mantissa of the asset's bars, 0 without bars; from the directory, reads no data.
  [[nodiscard]] std::int64_t largest_price(AssetIndex asset) const {
    const auto i = static_cast<std::size_t>(asset.value);
    std::int64_t largest = i < daily_ranges_.size() ? daily_ranges_[i].max_price : 0;
    if (i < minute_ranges_.size() && minute_ranges_[i].max_price > largest) largest = minute_ranges_[i].max_price;
    return largest > 0 ? largest : 0;
  }
  [[nodiscard]] bool has_minutes() const { return has_minutes_; }
  [[nodiscard]] bool has_daily() const { return has_daily_; }
  /// Length of every minute block of the session; 0 when no asset has minutes in it.
  [[nodiscard]] int minutes_in(int session) const {
    return has_minutes_ ? minute_counts_[static_cast<std::size_t>(session)] : 0;
  }

 private:
  friend class BarStoreBuilder;
  struct Backing;  // mapped file or owned vectors
  /// Range of an asset's values, kept in the directory so that with_source() decides without reading data.
  struct Range {
    std::int64_t min_price = INT64_MAX, max_price = INT64_MIN, max_volume = INT64_MIN;
    [[nodiscard]] bool fits_thousandths(int price_scale, int volume_scale) const;
  };
  /// Read the directory and point the assets into `parts`. @throws Error{CorruptBundle} naming `origin`
  static std::shared_ptr<const BarStore> from_backing(std::shared_ptr<const Backing> backing,
                                                      const std::string& origin);

  std::shared_ptr<const Backing> backing_;
  std::vector<Date> sessions_;
  std::vector<AssetBars> daily_;
  std::vector<AssetMinutes> minutes_;
  std::vector<Range> daily_ranges_;
  std::vector<Range> minute_ranges_;
  std::vector<std::int32_t> minute_counts_;
  bool has_daily_ = false;
  bool has_minutes_ = false;
};

/// Rows of one asset as a source delivers them, strictly increasing in time, decimals as mantissas.
struct BarSeries {
  std::vector<std::int64_t> times;  ///< daily: days since 1970; minute: ns UTC, label = end of the minute
  std::vector<std::int64_t> columns[kFieldCount];  ///< kMissing where the source has no value
  int price_scale = 0;
  int volume_scale = 0;
};

/// Assembles a BarStore in memory (bar_store_file.hpp writes the store file of a bundle).
///
/// The one place where "no trade" is recognised: a row whose open, high, low, close and volume are all 0 (how Zipline's
/// sources write it) gets missing prices and volume 0. Sessions between an asset's rows without a row are missing.
class BarStoreBuilder {
 public:
  explicit BarStoreBuilder(std::vector<Date> sessions);
  /// Add assets in order of AssetIndex; an empty series is an asset without bars.
  /// @throws Error{NotASession} naming the row's day, Error{RowsOutOfOrder}
  void add_daily(const BarSeries& series);
  /// @throws Error{NotASession} naming the minute, Error{RowsOutOfOrder}
  void add_minutes(const BarSeries& series, const class MinuteLabels& labels);
  [[nodiscard]] std::shared_ptr<const BarStore> build() &&;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Trading minutes by session of the store; implemented over utils::TradingCalendar.
class MinuteLabels {
 public:
  virtual ~MinuteLabels() = default;
  [[nodiscard]] virtual int session_of(Timestamp minute) const = 0;  ///< index into the store's sessions, -1 outside
  [[nodiscard]] virtual int minute_count(int session) const = 0;
  [[nodiscard]] virtual int minute_index(int session, Timestamp minute) const = 0;  ///< -1 when not a trading minute
};

}  // namespace rustybt::data

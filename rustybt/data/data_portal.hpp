#pragma once
// Point-in-time reading. The simulator moves the cursor; everything here answers "as of the cursor".
// Prices leave as doubles (for strategies, statistics) or as exact mantissas (for fills and books).

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rustybt/assets/asset_finder.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/data/adjustments.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

/// What history rows are rounded to after adjusting (policy history_rounding).
enum class HistoryRounding : std::uint8_t { ThreeDecimals, Tick, None };
enum class DataFrequency : std::uint8_t { Daily, Minute };

/// A column a strategy can ask for. Price is close carried forward.
enum class BarField : std::uint8_t { Open, High, Low, Close, Volume, Price };

struct DataPortalOptions {
  DataFrequency frequency = DataFrequency::Daily;
  PriceSource price_source = PriceSource::Exact;
  HistoryRounding history_rounding = HistoryRounding::None;
};

/// The window of a history call: `labels` = sessions (as midnight UTC) or minutes, oldest first; values row-major
/// [asset][row], NaN where there is nothing (volume: 0).
struct HistoryWindow {
  std::vector<Timestamp> labels;
  std::vector<double> values;
  int rows = 0;
};

/// Bars of a bundle on the sessions of the simulation's calendar, with a cursor.
///
/// Thread-compatible: one portal per run; the store behind it is shared.
class DataPortal {
 public:
  /// @param finder  assets; AssetIndex i of the store is finder.assets()[i]
  /// @param calendar  the simulation's calendar (sessions may differ from the store's: bars are found by date)
  DataPortal(std::shared_ptr<const BarStore> store, std::shared_ptr<const assets::AssetFinder> finder,
             std::shared_ptr<const Adjustments> adjustments, utils::CalendarPtr calendar, DataPortalOptions options);

  // --- cursor ---------------------------------------------------------------------------------------------------------
  /// Daily: "now" is the close of calendar session `session`.
  void set_session(int session);
  /// Minute: "now" is trading minute `minute` (0-based) of calendar session `session`.
  void set_minute(int session, int minute);
  [[nodiscard]] int session() const { return session_; }

  // --- the current bar ------------------------------------------------------------------------------------------------
  /// Mantissa of the current bar's field at the asset's price (volume) scale; kMissing when there is no bar.
  [[nodiscard]] std::int64_t bar_mantissa(AssetIndex asset, Field field) const {
    if (options_.frequency == DataFrequency::Daily) return store_->daily(asset).at(field, store_session_);
    return minute_mantissa(asset, field);
  }
  /// Value of the current bar as a double: NaN (volume 0) when there is none or the asset is not alive.
  [[nodiscard]] double current(AssetIndex asset, BarField field) const;
  /// Last known price as Zipline's "price": close of the last bar, adjusted when it lies on an earlier day; NaN when none.
  [[nodiscard]] double current_price(AssetIndex asset) const;
  /// Time of the last bar with volume at or before now (daily: midnight of its session); absent when never traded.
  [[nodiscard]] std::optional<Timestamp> last_traded(AssetIndex asset) const;
  [[nodiscard]] bool can_trade(AssetIndex asset) const;   ///< alive, not auto-closed, has a price (zipline_semantics 1.2)
  [[nodiscard]] bool is_stale(AssetIndex asset) const;
  [[nodiscard]] bool is_alive(AssetIndex asset) const;    ///< start_date <= session of now <= end_date

  // --- history --------------------------------------------------------------------------------------------------------
  /// The last `bar_count` daily (or minute) rows up to now, adjusted point in time, rounded by policy (zipline_semantics 6.3).
  /// @throws Error{InvalidArgument} for bar_count < 1, Error{HistoryWindowStartsBeforeData}
  [[nodiscard]] HistoryWindow history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                      DataFrequency frequency) const;
  /// Read-only view of the last `n` daily values of one column ending now, same values as history of one asset.
  /// Valid until the next adjustment of the asset is effective; views handed out before stay as they were.
  [[nodiscard]] std::span<const double> window(AssetIndex asset, BarField field, int n);
  /// Keeps the memory of window() alive for Python's array (shared with the portal's buffer).
  [[nodiscard]] std::shared_ptr<const void> window_owner(AssetIndex asset, BarField field) const;

  /// Double of a price mantissa under the price policy: u*0.001 for Thousandths, one correctly rounded division for Exact.
  [[nodiscard]] double price_to_double(AssetIndex asset, std::int64_t mantissa) const {
    if (mantissa == kMissing) return std::nan("");
    const int scale = store_->daily(asset).price_scale;
    if (options_.price_source == PriceSource::Thousandths) {
      std::int64_t u = mantissa;
      for (int s = scale; s < 3; ++s) u *= 10;
      return static_cast<double>(u) * 0.001;
    }
    if (static_cast<std::uint64_t>(mantissa < 0 ? -mantissa : mantissa) <= (1ull << 53) && scale <= 18)
      return static_cast<double>(mantissa) / kPowers[scale];
    return mantissa_to_double(mantissa, scale);
  }
  [[nodiscard]] int price_scale(AssetIndex asset) const { return store_->daily(asset).price_scale; }
  [[nodiscard]] int volume_scale(AssetIndex asset) const { return store_->daily(asset).volume_scale; }

  [[nodiscard]] const BarStore& store() const { return *store_; }
  [[nodiscard]] const assets::AssetFinder& finder() const { return *finder_; }
  [[nodiscard]] const Adjustments& adjustments() const { return *adjustments_; }
  [[nodiscard]] const utils::TradingCalendar& calendar() const { return *calendar_; }
  [[nodiscard]] const DataPortalOptions& options() const { return options_; }
  /// Row of the store for a calendar session, -1 when the store's calendar has no such day.
  [[nodiscard]] int store_session_of(int calendar_session) const {
    return store_session_of_[static_cast<std::size_t>(calendar_session)];
  }

  static constexpr double kPowers[19] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                         1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

 private:
  [[nodiscard]] std::int64_t minute_mantissa(AssetIndex asset, Field field) const;
  std::shared_ptr<const BarStore> store_;
  std::shared_ptr<const assets::AssetFinder> finder_;
  std::shared_ptr<const Adjustments> adjustments_;
  utils::CalendarPtr calendar_;
  DataPortalOptions options_;
  AdjustmentIndex factors_;
  std::vector<std::int32_t> store_session_of_;
  int session_ = -1;
  int store_session_ = -1;
  int minute_ = -1;
  struct Windows;                      // buffers behind window()
  std::shared_ptr<Windows> windows_;
};

}  // namespace rustybt::data

#pragma once
// Point-in-time reading. The simulator moves the cursor; everything here answers "as of the cursor".
// Prices leave as doubles (for strategies, statistics) or as exact mantissas (for fills and books).

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "rustybt/assets/asset_finder.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/data/adjustments.hpp"
#include "rustybt/data/bar_period.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

class FxRates;

/// What history rows are rounded to after adjusting (policy history_rounding).
enum class HistoryRounding : std::uint8_t { ThreeDecimals, Tick, None };
enum class DataFrequency : std::uint8_t { Daily, Minute };

/// A column a strategy can ask for. Price is close carried forward.
enum class BarField : std::uint8_t { Open, High, Low, Close, Volume, Price };

struct DataPortalOptions {
  DataFrequency frequency = DataFrequency::Daily;
  PriceSource price_source = PriceSource::Exact;
  HistoryRounding history_rounding = HistoryRounding::None;
  /// Quirk Q33: on a calendar session that the bundle's calendar lacks an asset counts as tradable and not stale,
  /// last_traded is absent, and its row in history is the bundle's last bar between it and the session before it. Off:
  /// stale, not tradable, no bar.
  bool zipline_session_gaps = false;
  /// Before the open of a session on minute bars, quirk Q12: nothing can be traded, as Zipline looks whether the
  /// exchange trades in the minute of the opening bell, while the first minute of a session is the one after it. Q17:
  /// rows of several fields are adjusted by the ratio of the first asset. Q29: last_traded of equities is an error.
  bool zipline_before_open = false;
  /// Quirk Q36: the date that an error of history suggests is a session after the first one that works.
  bool zipline_history_start = false;
  /// Quirk Q32, and rolls of windows found as far ahead as Zipline reads.
  bool zipline_continuous_futures = false;
  /// The calendar of the bundle, for daily bars that are seen from its close on; null: on their date
  /// (session_rows.hpp).
  utils::CalendarPtr own_calendar = nullptr;
};

/// The window of a history call: `labels` = sessions (as midnight UTC) or minutes, oldest first; values row-major
/// [asset][row], NaN where there is nothing (volume: 0).
struct HistoryWindow {
  std::vector<Timestamp> labels;
  std::vector<double> values;
  int rows = 0;
  bool last_is_partial = false;  ///< more of the last bar may come: its label may lie after now
};

/// Bars of a bundle on the sessions of the simulation's calendar, with a cursor.
///
/// Thread-compatible: one portal per run; the store behind it is shared.
class DataPortal {
 public:
  /// @param store  put under options.price_source here (BarStore::with_source)
  /// @param finder  assets; AssetIndex i of the store is finder.assets()[i]
  /// @param calendar  the simulation's calendar (sessions may differ from the store's: bars are found by date; minute
  /// bars are
  ///                  read where both calendars give the session the same number of minutes)
  /// @throws Error{CorruptBundle} when store and finder have different numbers of assets
  DataPortal(std::shared_ptr<const BarStore> store, std::shared_ptr<const assets::AssetFinder> finder,
             std::shared_ptr<const Adjustments> adjustments, utils::CalendarPtr calendar, DataPortalOptions options);

  // --- cursor
  // ---------------------------------------------------------------------------------------------------------
  /// Daily: "now" is the close of calendar session `session`; minute: its last minute.
  void set_session(int session) {
    set_minute(session, options_.frequency == DataFrequency::Daily ? -1 : calendar_->minute_count(session) - 1);
  }
  /// Minute: "now" is trading minute `minute` (0-based) of calendar session `session`.
  void set_minute(int session, int minute) {
    if (session != session_) {
      session_ = session;
      store_session_ = store_session_of(session);
    }
    minute_ = minute;
    opening_ = -1;
  }
  /// "Now" is before the open of `session`: bars as of the close of the session before it, multiplied by the
  /// adjustments that are effective on `session`; alive, can_trade and is_stale speak of `session`.
  void set_before_session(int session);
  /// Session whose day it is where the bars lag behind it (quirk Q2): can_trade() goes by it. -1: the session of the
  /// bars.
  void set_trading_session(int session) { trading_session_ = session; }
  /// Is now before the open of a session? (set_before_session)
  [[nodiscard]] bool is_before_open() const { return opening_ >= 0; }
  /// Multiply history before the open by this ratio whatever the asset (quirk Q17); none: by each asset's own.
  void share_opening_ratio(std::optional<double> ratio) { shared_opening_ratio_ = ratio; }
  /// What history before the open is multiplied with: 1 unless set_before_session.
  [[nodiscard]] double opening_ratio(AssetIndex asset, BarField field) const;
  /// Session of the newest bar in sight; -1 before the first.
  [[nodiscard]] int session() const { return session_; }

  // --- the current bar
  // ------------------------------------------------------------------------------------------------
  /// Mantissa of the current bar's field at the asset's price (volume) scale; kMissing when there is no bar.
  [[nodiscard]] std::int64_t bar_mantissa(AssetIndex asset, Field field) const {
    if (options_.frequency == DataFrequency::Daily) return daily_[asset.value].at(field, store_session_);
    return minute_mantissa(asset, field);
  }
  /// Start to fetch what matching will read of the asset's next minute: its volume is seldom in the cache.
  void prefetch_next_minute(AssetIndex asset) const {
    if (options_.frequency == DataFrequency::Daily) return;
    const MinuteBlock& block = minute_block(asset);
    for (const Field f : {Field::Volume, Field::Close}) {
      if (const std::int64_t* column = block.columns[static_cast<int>(f)]) __builtin_prefetch(column + minute_ + 1);
    }
  }
  /// Value of the current bar as a double: NaN (volume 0) when there is none or the asset is not alive.
  [[nodiscard]] double current(AssetIndex asset, BarField field) const {
    if (field == BarField::Price) return current_price(asset);
    if (opening_ >= 0) return current_before_session(asset, field);
    const AssetView& view = views_[static_cast<std::size_t>(asset.value)];
    if (session_ < view.first_alive || session_ > view.last_alive)
      return field == BarField::Volume ? 0.0 : std::nan("");
    const std::int64_t mantissa = bar_mantissa(asset, static_cast<Field>(field));
    return field == BarField::Volume ? volume_to_double(asset, mantissa) : price_to_double(asset, mantissa);
  }
  /// Last known price as Zipline's "price": close of the last bar, adjusted when it lies on an earlier day; NaN when
  /// none.
  [[nodiscard]] double current_price(AssetIndex asset) const {
    const AssetView& view = views_[static_cast<std::size_t>(asset.value)];
    if (opening_ < 0 && session_ >= view.first_alive && session_ <= view.last_alive) {
      const std::int64_t mantissa = bar_mantissa(asset, Field::Close);
      if (mantissa != kMissing) return price_to_double(asset, mantissa);
    }
    return last_known_price(asset);
  }
  /// Time of the last bar with volume at or before now (daily: midnight of its session); absent when never traded.
  [[nodiscard]] std::optional<Timestamp> last_traded(AssetIndex asset) const;
  [[nodiscard]] bool can_trade(
      AssetIndex asset) const;  ///< alive, not auto-closed, has a price (zipline_semantics 1.2)
  [[nodiscard]] bool is_stale(AssetIndex asset) const;
  [[nodiscard]] bool is_alive(AssetIndex asset) const {  ///< start_date <= session of now <= end_date
    const AssetView& view = views_[static_cast<std::size_t>(asset.value)];
    const int now = opening_ >= 0 ? opening_ : session_;
    return view.first_alive <= now && now <= view.last_alive;
  }
  /// Product of the adjustments with from < effective day <= to (times of bars), as Zipline applies it to a single
  /// value.
  [[nodiscard]] double adjustment_ratio(AssetIndex asset, BarField field, Timestamp from, Timestamp to) const {
    return factors_.ratio(asset, field == BarField::Volume, from, to);
  }

  // --- history
  // --------------------------------------------------------------------------------------------------------
  /// The last `bar_count` daily (or minute) rows up to now, adjusted point in time, rounded by policy
  /// (zipline_semantics 6.3).
  /// @throws Error{InvalidArgument} for bar_count < 1, Error{HistoryWindowStartsBeforeData}
  [[nodiscard]] HistoryWindow history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                      DataFrequency frequency) const;
  /// Does a window of so many daily rows ending now begin inside the data?
  [[nodiscard]] bool has_sessions(int bar_count) const {
    return std::int64_t{session_} - bar_count + 1 >= first_session_;
  }
  /// The same in bars of any length (resample.hpp), the last one running: its label is the end it will have.
  /// `currency`: prices converted at the rate of each row's session, before they are put together; empty = as they are.
  /// @throws Error{InvalidArgument} for bars shorter than the run's, Error{NoFxRate}
  [[nodiscard]] HistoryWindow history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                      BarPeriod period, const std::string& currency = {}) const;
  /// Rate from the asset's currency to another one on the session of now. @throws Error{NoFxRate} naming pair and day
  [[nodiscard]] double rate_to(AssetIndex asset, const std::string& currency) const;
  /// Exchange rates, by the name of one of them ("mid"). Without them only rate 1 is known.
  void set_fx_rates(std::shared_ptr<const FxRates> rates, std::string name) {
    fx_rates_ = std::move(rates);
    fx_name_ = std::move(name);
  }
  /// Read-only view of the last `n` daily values of one column ending now, same values as history of one asset.
  /// The view stays as it is while window_owner() taken right after the call is held, and at least until the next call
  /// for this column otherwise.
  [[nodiscard]] std::span<const double> window(AssetIndex asset, BarField field, int n);
  /// Keeps the memory of the last window() of the column alive for Python's array (shared with the portal's buffer).
  [[nodiscard]] std::shared_ptr<const void> window_owner(AssetIndex asset, BarField field) const;

  /// Double of a price mantissa (of bar_mantissa) under the price policy: u*0.001 for Thousandths, one correctly
  /// rounded division for Exact.
  [[nodiscard]] double price_to_double(AssetIndex asset, std::int64_t mantissa) const {
    return price_to_double(mantissa, views_[static_cast<std::size_t>(asset.value)].price_scale);
  }
  [[nodiscard]] double volume_to_double(AssetIndex asset, std::int64_t mantissa) const {
    return mantissa == kMissing ? 0.0
                                : exact_double(mantissa, views_[static_cast<std::size_t>(asset.value)].volume_scale);
  }
  /// Scales of bar_mantissa.
  [[nodiscard]] int price_scale(AssetIndex asset) const {
    return views_[static_cast<std::size_t>(asset.value)].price_scale;
  }
  [[nodiscard]] int volume_scale(AssetIndex asset) const {
    return views_[static_cast<std::size_t>(asset.value)].volume_scale;
  }

  /// The same market in daily frequency, with a cursor of its own.
  [[nodiscard]] DataPortal daily_portal() const {
    DataPortalOptions daily = options_;
    daily.frequency = DataFrequency::Daily;
    DataPortal portal{store_, finder_, adjustments_, calendar_, daily};
    portal.set_fx_rates(fx_rates_, fx_name_);
    return portal;
  }

  [[nodiscard]] const BarStore& store() const { return *store_; }
  [[nodiscard]] const assets::AssetFinder& finder() const { return *finder_; }
  [[nodiscard]] const Adjustments& adjustments() const { return *adjustments_; }
  [[nodiscard]] const utils::TradingCalendar& calendar() const { return *calendar_; }
  [[nodiscard]] const DataPortalOptions& options() const { return options_; }
  /// First calendar session at or after the store's first; history reaches no further back.
  [[nodiscard]] int first_session() const { return first_session_; }
  /// Let history reach back to this day instead (Zipline's first_trading_day): rows without bars are missing.
  void set_first_session(Date day) { first_session_ = calendar_->session_at_or_after(day); }
  /// Row of the store for a calendar session, -1 when the store's calendar has no such day.
  [[nodiscard]] int store_session_of(int calendar_session) const {
    return calendar_session < 0 ? -1 : store_session_of_[static_cast<std::size_t>(calendar_session)];
  }

  static constexpr double kPowers[19] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                         1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

 private:
  friend class ContinuousFutureReader;
  /// What the hot path needs to know of an asset; sessions are the calendar's.
  struct AssetView {
    std::int32_t first_alive = 0;
    std::int32_t last_alive = -1;
    std::int32_t last_open = INT32_MAX;  ///< last session not after auto_close_date
    std::int8_t price_scale = 0;
    std::int8_t volume_scale = 0;
  };
  /// Start of the asset's minutes of the session in every column; null pointers where it has none.
  struct MinuteBlock {
    const std::int64_t* columns[kFieldCount] = {};
    std::int32_t session = -2;
  };
  /// A factor on all rows before calendar session `row`, in force from that session on.
  struct FactorRow {
    std::int32_t row = 0;
    AdjustmentKind kind = AdjustmentKind::Split;
    Date effective_date;
    double price = 1.0;
    double volume = 1.0;
  };
  /// A minute of a calendar session.
  struct MinuteRef {
    int session = -1;
    int minute = -1;
  };
  struct Rows;     // buffer of one column
  struct Windows;  // buffers behind window() and history()

  /// Is one division exact? False for kMissing.
  static bool is_small(std::int64_t mantissa) {
    return static_cast<std::uint64_t>(mantissa) + (1ull << 53) <= 1ull << 54;
  }
  static double exact_double(std::int64_t mantissa, int scale) {
    return is_small(mantissa) ? static_cast<double>(mantissa) / kPowers[scale] : mantissa_to_double(mantissa, scale);
  }
  [[nodiscard]] double price_to_double(std::int64_t mantissa, int scale) const {
    const bool is_exact = options_.price_source == PriceSource::Exact;
    if (is_exact && is_small(mantissa)) [[likely]]
      return static_cast<double>(mantissa) / kPowers[scale];
    if (mantissa == kMissing) return std::nan("");
    if (is_exact) return mantissa_to_double(mantissa, scale);
    for (int s = scale; s < 3; ++s) mantissa *= 10;
    return static_cast<double>(mantissa) * 0.001;
  }

  [[nodiscard]] const MinuteBlock& minute_block(AssetIndex asset) const {
    MinuteBlock& block = minute_blocks_[static_cast<std::size_t>(asset.value)];
    if (block.session != session_) block = find_minute_block(asset, session_);
    return block;
  }
  [[nodiscard]] std::int64_t minute_mantissa(AssetIndex asset, Field field) const {
    const std::int64_t* column = minute_block(asset).columns[static_cast<int>(field)];
    return column == nullptr || minute_ < 0 ? kMissing : column[minute_];
  }
  [[nodiscard]] MinuteBlock find_minute_block(AssetIndex asset, int session) const;

  [[nodiscard]] Timestamp now() const;  ///< label of the newest bar in sight
  [[nodiscard]] double last_known_price(AssetIndex asset) const;
  [[nodiscard]] double current_before_session(AssetIndex asset, BarField field) const;
  [[nodiscard]] std::span<const FactorRow> factor_rows(AssetIndex asset) const;
  [[nodiscard]] double round_history(double value, AssetIndex asset, BarField field) const;
  [[nodiscard]] Error history_before_data(int first_that_works) const;

  // daily rows (data_portal.cpp, history.cpp)
  [[nodiscard]] std::int64_t daily_mantissa(AssetIndex asset, Field field, int session) const;
  [[nodiscard]] double daily_value(AssetIndex asset, Field field, int session) const;
  [[nodiscard]] double history_value(AssetIndex asset, Field field, int session) const;
  [[nodiscard]] std::pair<int, int> daily_extent(AssetIndex asset) const;  ///< store sessions [first, end) with rows
  [[nodiscard]] bool has_rows_before(AssetIndex asset, int session) const;
  [[nodiscard]] double price_at(AssetIndex asset, int session) const;
  [[nodiscard]] int last_traded_session(AssetIndex asset, int session) const;
  [[nodiscard]] double leading_price(AssetIndex asset, int first) const;
  [[nodiscard]] Rows& rows_of(AssetIndex asset, BarField field) const;
  [[nodiscard]] std::span<const double> finished_rows(AssetIndex asset, BarField field, int first, int last) const;
  void fill_daily(AssetIndex asset, BarField field, int first, std::span<double> out) const;
  [[nodiscard]] int first_session_of_window(int bar_count) const;

  // minutes (minute_view.cpp)
  [[nodiscard]] double minute_value(AssetIndex asset, Field field, MinuteRef at) const;
  [[nodiscard]] std::int64_t aggregate(AssetIndex asset, Field field, int session, int minutes) const;
  [[nodiscard]] double running_value(AssetIndex asset, Field field) const;
  [[nodiscard]] std::optional<MinuteRef> last_traded_minute(AssetIndex asset, MinuteRef from) const;
  [[nodiscard]] double minute_price(AssetIndex asset) const;
  [[nodiscard]] MinuteRef first_minute_of_window(int bar_count) const;
  [[nodiscard]] HistoryWindow minute_history(std::span<const AssetIndex> assets, BarField field, int bar_count) const;

  // longer bars and other currencies (resampled_history.cpp)
  [[nodiscard]] HistoryWindow intraday_history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                               BarPeriod period, const std::string& currency) const;
  [[nodiscard]] HistoryWindow period_history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                             BarPeriod period, const std::string& currency) const;
  [[nodiscard]] double rate_to(AssetIndex asset, const std::string& currency, Date day) const;
  void convert(HistoryWindow& window, std::span<const AssetIndex> assets, BarField field, DataFrequency frequency,
               const std::string& currency) const;

  std::shared_ptr<const BarStore> store_;
  std::shared_ptr<const assets::AssetFinder> finder_;
  std::shared_ptr<const Adjustments> adjustments_;
  utils::CalendarPtr calendar_;
  DataPortalOptions options_;
  AdjustmentIndex factors_;
  std::vector<FactorRow> factor_rows_;
  std::vector<std::int32_t> first_factor_row_;
  std::vector<std::int32_t> store_session_of_;
  std::vector<AssetView> views_;
  const AssetBars* daily_ = nullptr;
  mutable std::vector<MinuteBlock> minute_blocks_;
  int first_session_ = 0;  ///< first calendar session at or after the store's first
  int session_ = -1;
  int store_session_ = -1;
  int minute_ = -1;
  int trading_session_ = -1;
  int opening_ = -1;  ///< session about to open (set_before_session), else -1
  std::optional<double> shared_opening_ratio_;
  std::shared_ptr<Windows> windows_;
  std::shared_ptr<const FxRates> fx_rates_;
  std::string fx_name_;
};

}  // namespace rustybt::data

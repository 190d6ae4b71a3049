#include "rustybt/data/data_portal.hpp"

#include <algorithm>

#include "rustybt/data/data_windows.hpp"
#include "rustybt/data/session_rows.hpp"

namespace rustybt::data {

DataPortal::DataPortal(std::shared_ptr<const BarStore> store, std::shared_ptr<const assets::AssetFinder> finder,
                       std::shared_ptr<const Adjustments> adjustments, utils::CalendarPtr calendar,
                       DataPortalOptions options)
    : store_(BarStore::with_source(std::move(store), options.price_source)),
      finder_(std::move(finder)),
      adjustments_(std::move(adjustments)),
      calendar_(std::move(calendar)),
      options_(options),
      windows_(std::make_shared<Windows>()) {
  const auto assets = finder_->assets();
  if (static_cast<int>(assets.size()) != store_->asset_count())
    throw Error{ErrorCode::CorruptBundle, "the bundle has " + std::to_string(assets.size()) +
                                              " assets, its bars have " + std::to_string(store_->asset_count())};
  const auto stored = store_->sessions();
  store_session_of_ = rows_of_sessions(stored, *calendar_, options_.own_calendar.get());
  first_session_ = stored.empty() ? calendar_->session_count() : calendar_->session_at_or_after(stored.front());

  factors_ = AdjustmentIndex(*adjustments_, store_->asset_count());
  views_.resize(assets.size());
  first_factor_row_.reserve(assets.size() + 1);
  for (std::size_t a = 0; a < assets.size(); ++a) {
    const assets::Asset& asset = assets[a];
    const AssetIndex index{static_cast<std::int32_t>(a)};
    AssetView& view = views_[a];
    view.first_alive = calendar_->session_at_or_after(asset.start_date);
    view.last_alive = calendar_->session_at_or_before(asset.end_date);
    if (asset.auto_close_date) view.last_open = calendar_->session_at_or_before(*asset.auto_close_date);
    const bool daily = options_.frequency == DataFrequency::Daily;
    view.price_scale = daily ? store_->daily(index).price_scale : store_->minutes(index).price_scale;
    view.volume_scale = daily ? store_->daily(index).volume_scale : store_->minutes(index).volume_scale;

    const std::size_t first = factor_rows_.size();
    first_factor_row_.push_back(static_cast<std::int32_t>(first));
    for (const AdjustmentFactor& f : factors_.factors(index))
      factor_rows_.push_back({calendar_->session_at_or_after(f.effective_date), f.kind, f.effective_date,
                              f.price_factor, f.volume_factor});
    // days that are no session fall together with the next session: keep the order of kinds within a row
    std::stable_sort(
        factor_rows_.begin() + static_cast<std::ptrdiff_t>(first), factor_rows_.end(),
        [](const FactorRow& x, const FactorRow& y) { return x.row != y.row ? x.row < y.row : x.kind < y.kind; });
  }
  first_factor_row_.push_back(static_cast<std::int32_t>(factor_rows_.size()));
  daily_ = assets.empty() ? nullptr : &store_->daily(AssetIndex{0});
  if (options_.frequency == DataFrequency::Minute) minute_blocks_.resize(assets.size());
  windows_->assets.resize(assets.size());
}

void DataPortal::set_before_session(int session) {
  require_invariant(session >= 0 && session < calendar_->session_count(), "the session to open is one of the calendar");
  session_ = session - 1;
  store_session_ = store_session_of(session_);
  minute_ = options_.frequency == DataFrequency::Daily || session_ < 0 ? -1 : calendar_->minute_count(session_) - 1;
  opening_ = session;
}

Timestamp DataPortal::now() const {
  return options_.frequency == DataFrequency::Daily ? Timestamp::from_date(calendar_->session(session_))
                                                    : calendar_->minute(session_, minute_);
}

double DataPortal::opening_ratio(AssetIndex asset, BarField field) const {
  if (opening_ < 0 || session_ < 0) return 1.0;
  if (shared_opening_ratio_) return *shared_opening_ratio_;
  return adjustment_ratio(asset, field, now(), Timestamp::from_date(calendar_->session(opening_)));
}

double DataPortal::current_before_session(AssetIndex asset, BarField field) const {
  const bool volume = field == BarField::Volume;
  const AssetView& view = views_[static_cast<std::size_t>(asset.value)];
  if (session_ < view.first_alive || session_ > view.last_alive || session_ < 0) return volume ? 0.0 : std::nan("");
  const std::int64_t mantissa = bar_mantissa(asset, static_cast<Field>(field));
  return (volume ? volume_to_double(asset, mantissa) : price_to_double(asset, mantissa)) * opening_ratio(asset, field);
}

double DataPortal::last_known_price(AssetIndex asset) const {
  const AssetView& view = views_[static_cast<std::size_t>(asset.value)];
  if (session_ < view.first_alive || session_ > view.last_alive || session_ < 0) return std::nan("");
  const double price = options_.frequency == DataFrequency::Daily ? price_at(asset, session_) : minute_price(asset);
  return opening_ < 0 ? price : price * opening_ratio(asset, BarField::Price);
}

std::optional<Timestamp> DataPortal::last_traded(AssetIndex asset) const {
  if (session_ < 0) return std::nullopt;
  if (options_.frequency == DataFrequency::Minute) {
    const auto at = last_traded_minute(asset, {session_, minute_});
    if (!at) return std::nullopt;
    return calendar_->minute(at->session, at->minute);
  }
  const int session = last_traded_session(asset, session_);
  if (session < 0) return std::nullopt;
  return Timestamp::from_date(calendar_->session(session));
}

bool DataPortal::can_trade(AssetIndex asset) const {
  const int session = opening_ >= 0 ? opening_ : trading_session_ >= 0 ? trading_session_ : session_;
  const AssetView& view = views_[static_cast<std::size_t>(asset.value)];
  if (session < view.first_alive || session > view.last_alive || session > view.last_open) return false;
  // the asset's exchange is closed on a session that its bundle's calendar lacks (Q33: Zipline does not look in daily
  // mode)
  const bool looks = options_.frequency == DataFrequency::Minute || !options_.zipline_session_gaps;
  if (looks && store_session_of(session) < 0) return false;
  if (opening_ >= 0 && options_.zipline_before_open && options_.frequency == DataFrequency::Minute) return false;
  return !std::isnan(current_price(asset));
}

bool DataPortal::is_stale(AssetIndex asset) const {
  return is_alive(asset) && !(current(asset, BarField::Volume) > 0.0) && last_traded(asset).has_value();
}

// --- single daily values
// ------------------------------------------------------------------------------------------------

std::int64_t DataPortal::daily_mantissa(AssetIndex asset, Field field, int session) const {
  if (store_->has_daily()) return daily_[asset.value].at(field, store_session_of(session));
  return aggregate(asset, field, session, calendar_->minute_count(session));
}

std::pair<int, int> DataPortal::daily_extent(AssetIndex asset) const {
  if (store_->has_daily()) return {daily_[asset.value].first, daily_[asset.value].first + daily_[asset.value].count};
  const AssetMinutes& minutes = store_->minutes(asset);
  return {minutes.first, minutes.first + minutes.count};
}

double DataPortal::daily_value(AssetIndex asset, Field field, int session) const {
  const std::int64_t mantissa = daily_mantissa(asset, field, session);
  const auto [price_scale, volume_scale] =
      store_->has_daily() ? std::pair(daily_[asset.value].price_scale, daily_[asset.value].volume_scale)
                          : std::pair(store_->minutes(asset).price_scale, store_->minutes(asset).volume_scale);
  if (field == Field::Volume) return mantissa == kMissing ? 0.0 : exact_double(mantissa, volume_scale);
  return price_to_double(mantissa, price_scale);
}

/// Zipline's daily "price" of a session: its close, else the last one before it, adjusted to the session.
double DataPortal::price_at(AssetIndex asset, int session) const {
  const auto [first, end] = daily_extent(asset);
  for (int s = session; s >= 0; --s) {
    const int row = store_session_of(s);
    if (row < 0) continue;
    if (row < first || row >= end) return std::nan("");
    const double price = daily_value(asset, Field::Close, s);
    if (std::isnan(price)) continue;
    if (s == session) return price;
    return price * adjustment_ratio(asset, BarField::Price, Timestamp::from_date(calendar_->session(s)),
                                    Timestamp::from_date(calendar_->session(session)));
  }
  return std::nan("");
}

/// Last session up to `session` with volume; -1 when there is none.
int DataPortal::last_traded_session(AssetIndex asset, int session) const {
  const auto [first, end] = daily_extent(asset);
  if (session < 0 || first == end) return -1;
  if (options_.zipline_session_gaps && store_session_of(session) < 0) return -1;
  for (int s = session; s >= 0; --s) {
    const int row = store_session_of(s);
    if (row < 0) continue;
    if (row < first) return -1;
    const std::int64_t volume = daily_mantissa(asset, Field::Volume, s);
    if (volume != kMissing && volume != 0) return s;
  }
  return -1;
}

}  // namespace rustybt::data

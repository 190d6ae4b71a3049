// Minutes: single values, the running day, and minute windows (zipline_semantics 1.2, 6.3).

#include <algorithm>
#include <cmath>

#include "rustybt/data/data_windows.hpp"

namespace rustybt::data {

DataPortal::MinuteBlock DataPortal::find_minute_block(AssetIndex asset, int session) const {
  MinuteBlock block;
  block.session = session;
  const int stored = store_session_of(session);
  if (stored < 0 || store_->minutes_in(stored) != calendar_->minute_count(session)) return block;
  const AssetMinutes& minutes = store_->minutes(asset);
  const std::int64_t start = minutes.block(stored);
  if (start < 0) return block;
  for (int f = 0; f < kFieldCount; ++f) block.columns[f] = minutes.columns[f] + start;
  return block;
}

double DataPortal::minute_value(AssetIndex asset, Field field, MinuteRef at) const {
  const std::int64_t* column = find_minute_block(asset, at.session).columns[static_cast<int>(field)];
  const std::int64_t mantissa = column == nullptr ? kMissing : column[at.minute];
  return field == Field::Volume ? volume_to_double(asset, mantissa) : price_to_double(asset, mantissa);
}

/// The first `minutes` minutes of a session as one bar's field; kMissing (volume 0) when nothing traded.
std::int64_t DataPortal::aggregate(AssetIndex asset, Field field, int session, int minutes) const {
  const std::int64_t* column = find_minute_block(asset, session).columns[static_cast<int>(field)];
  std::int64_t result = field == Field::Volume ? 0 : kMissing;
  if (column == nullptr) return result;
  for (int i = 0; i < minutes; ++i) {
    const std::int64_t value = column[i];
    if (value == kMissing) continue;
    switch (field) {
      case Field::Open:
        return value;
      case Field::High:
        result = std::max(result, value);
        break;
      case Field::Low:
        result = result == kMissing ? value : std::min(result, value);
        break;
      case Field::Close:
        result = value;
        break;
      case Field::Volume:
        if (__builtin_add_overflow(result, value, &result))
          throw Error{ErrorCode::Overflow, "the volume of " + (*finder_)[asset].symbol + " on " +
                                               calendar_->session(session).to_string() + " does not fit 64 bits"};
        break;
    }
  }
  return result;
}

double DataPortal::running_value(AssetIndex asset, Field field) const {
  const AssetView& view = views_[static_cast<std::size_t>(asset.value)];
  if (session_ < view.first_alive || session_ > view.last_alive) return field == Field::Volume ? 0.0 : std::nan("");
  const std::int64_t mantissa = aggregate(asset, field, session_, minute_ + 1);
  return field == Field::Volume ? volume_to_double(asset, mantissa) : price_to_double(asset, mantissa);
}

/// Last minute up to `from` with volume, not before midnight of the asset's start date.
std::optional<DataPortal::MinuteRef> DataPortal::last_traded_minute(AssetIndex asset, MinuteRef from) const {
  const Timestamp start = Timestamp::from_date((*finder_)[asset].start_date);
  const AssetMinutes& minutes = store_->minutes(asset);
  for (int s = from.session; s >= 0; --s) {
    const int stored = store_session_of(s);
    if (stored < 0) continue;
    if (stored < minutes.first || minutes.count == 0) return std::nullopt;
    const std::int64_t* volume = find_minute_block(asset, s).columns[static_cast<int>(Field::Volume)];
    if (volume == nullptr) continue;
    for (int m = s == from.session ? from.minute : calendar_->minute_count(s) - 1; m >= 0; --m) {
      if (volume[m] == kMissing || volume[m] == 0) continue;
      if (calendar_->minute(s, m) < start) return std::nullopt;
      return MinuteRef{s, m};
    }
  }
  return std::nullopt;
}

/// Zipline's minute "price": close of this minute, else of the last one traded; adjusted when that lies on an earlier
/// UTC day.
double DataPortal::minute_price(AssetIndex asset) const {
  const std::int64_t mantissa = minute_mantissa(asset, Field::Close);
  if (mantissa != kMissing) return price_to_double(asset, mantissa);
  const auto traded = last_traded_minute(asset, {session_, minute_});
  if (!traded) return std::nan("");
  const double price = minute_value(asset, Field::Close, *traded);
  const Timestamp then = calendar_->minute(traded->session, traded->minute);
  return then.date() == now().date() ? price : price * adjustment_ratio(asset, BarField::Price, then, now());
}

namespace {

/// Session that Zipline suggests for a window of minutes (Q36): of the time of the minute after the window, on the
/// session after its day.
int zipline_minute_start(const utils::TradingCalendar& calendar, int first_session, int bar_count) {
  const std::int64_t wanted = calendar.minutes_before(first_session) + bar_count;
  int session = first_session;
  while (session + 1 < calendar.session_count() && calendar.minutes_before(session + 1) <= wanted) ++session;
  const std::int64_t minute =
      std::min<std::int64_t>(wanted - calendar.minutes_before(session), calendar.minute_count(session) - 1);
  const Timestamp after = calendar.minute(session, static_cast<int>(minute));
  const int next = calendar.session_at_or_after(Date{after.date().days + 1});
  if (next >= calendar.session_count()) return next;
  const std::int64_t time_of_day = after.ns - Timestamp::from_date(after.date()).ns;
  const Timestamp then{Timestamp::from_date(calendar.session(next)).ns + time_of_day};
  int found = next;
  while (found < calendar.session_count() && calendar.close(found) < then) ++found;
  return found;
}

}  // namespace

/// @throws Error{InvalidArgument}, Error{HistoryWindowStartsBeforeData}
DataPortal::MinuteRef DataPortal::first_minute_of_window(int bar_count) const {
  if (bar_count < 1)
    throw Error{ErrorCode::InvalidArgument, "bar_count must be >= 1, but got " + std::to_string(bar_count),
                "ask for one bar or more"};
  if (options_.frequency == DataFrequency::Daily || session_ < 0)
    throw Error{ErrorCode::InvalidArgument, "minute history needs a run on minute bars",
                "run with --frequency minute, or ask for \"1d\""};
  const std::int64_t last = calendar_->minutes_before(session_) + minute_;
  const std::int64_t first = last - bar_count + 1;
  if (first < calendar_->minutes_before(first_session_)) {
    // the first session whose every minute has bar_count minutes of data before it
    const std::int64_t needed = calendar_->minutes_before(first_session_) + bar_count - 1;
    int works = first_session_;
    while (works + 1 < calendar_->session_count() && calendar_->minutes_before(works) < needed) ++works;
    if (options_.zipline_history_start) works = zipline_minute_start(*calendar_, first_session_, bar_count);
    Error error = history_before_data(works);
    throw error.with("bar_count", std::to_string(bar_count));
  }
  MinuteRef start{session_, 0};
  while (calendar_->minutes_before(start.session) > first) --start.session;
  start.minute = static_cast<int>(first - calendar_->minutes_before(start.session));
  return start;
}

HistoryWindow DataPortal::minute_history(std::span<const AssetIndex> assets, BarField field, int bar_count) const {
  const MinuteRef start = first_minute_of_window(bar_count);
  HistoryWindow window;
  window.rows = bar_count;
  window.labels.reserve(static_cast<std::size_t>(bar_count));
  const auto each_session = [&](const auto& visit) {  // visit(session, first minute, one past the last minute)
    for (int s = start.session; s <= session_; ++s)
      visit(s, s == start.session ? start.minute : 0, s == session_ ? minute_ + 1 : calendar_->minute_count(s));
  };
  each_session([&](int s, int from, int to) {
    for (int m = from; m < to; ++m) window.labels.push_back(calendar_->minute(s, m));
  });
  window.values.resize(assets.size() * window.labels.size());

  const bool volume = field == BarField::Volume, price = field == BarField::Price;
  const Field source = price ? Field::Close : static_cast<Field>(field);
  const Date first_day = window.labels.front().date(), last_day = window.labels.back().date();
  std::size_t offset = 0;
  for (const AssetIndex asset : assets) {
    const std::span<double> out = std::span(window.values).subspan(offset, window.labels.size());
    offset += window.labels.size();
    std::size_t row = 0;
    each_session([&](int s, int from, int to) {
      const std::int64_t* column = find_minute_block(asset, s).columns[static_cast<int>(source)];
      for (int m = from; m < to; ++m, ++row) {
        const std::int64_t mantissa = column == nullptr ? kMissing : column[m];
        out[row] = volume ? volume_to_double(asset, mantissa) : price_to_double(asset, mantissa);
      }
    });
    // a factor is in force from midnight UTC of its day
    for (const FactorRow& f : factor_rows(asset)) {
      if (f.effective_date <= first_day || f.effective_date > last_day) continue;
      const auto end =
          std::ranges::lower_bound(window.labels, Timestamp::from_date(f.effective_date)) - window.labels.begin();
      for (double& value : out.first(static_cast<std::size_t>(end))) value *= volume ? f.volume : f.price;
    }
    for (double& value : out) value = round_history(value, asset, field);
    if (price) {
      const Date end_date = (*finder_)[asset].end_date;
      if (std::isnan(out[0]))
        if (const auto traded = last_traded_minute(asset, start)) {
          const Timestamp then = calendar_->minute(traded->session, traded->minute);
          out[0] = minute_value(asset, Field::Close, *traded) *
                   adjustment_ratio(asset, BarField::Price, then, window.labels.back());
        }
      for (std::size_t i = 1; i < out.size(); ++i)
        if (std::isnan(out[i])) out[i] = out[i - 1];
      for (std::size_t i = out.size(); i-- > 0 && window.labels[i].date() > end_date;) out[i] = std::nan("");
    }
    if (opening_ >= 0) {
      const double ratio = opening_ratio(asset, field);
      for (double& value : out) value *= ratio;
    }
  }
  return window;
}

}  // namespace rustybt::data

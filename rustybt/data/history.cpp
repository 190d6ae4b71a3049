// Windows of daily rows, point in time (zipline_semantics 6.3): a row is multiplied by every factor that is effective
// after it and not after now, in the order of the rows where they come into force, then rounded by policy.

#include <algorithm>
#include <cmath>

#include "rustybt/data/data_windows.hpp"

namespace rustybt::data {

std::span<const DataPortal::FactorRow> DataPortal::factor_rows(AssetIndex asset) const {
  const auto a = static_cast<std::size_t>(asset.value);
  return std::span(factor_rows_)
      .subspan(static_cast<std::size_t>(first_factor_row_[a]),
               static_cast<std::size_t>(first_factor_row_[a + 1] - first_factor_row_[a]));
}

double DataPortal::round_history(double value, AssetIndex asset, BarField field) const {
  if (options_.history_rounding == HistoryRounding::None || std::isnan(value)) return value;
  const assets::Asset& a = (*finder_)[asset];
  if (options_.history_rounding == HistoryRounding::ThreeDecimals) {
    // numpy's round; futures round to the decimals of their tick as Python prints it (1 is "1.0")
    const int decimals = a.type == assets::AssetType::Future && !a.tick_size.is_zero()
                             ? std::max(1, a.tick_size.normalized().scale())
                             : 3;
    return std::rint(value * kPowers[decimals]) / kPowers[decimals];
  }
  if (field == BarField::Volume || a.tick_size.is_zero()) return value;
  const auto ticks = static_cast<int128>(std::rint(value / a.tick_size.to_double()));
  return mantissa_to_double(ticks * a.tick_size.coefficient(), a.tick_size.scale());
}

Error DataPortal::history_before_data(int first_that_works) const {
  const std::string first_day =
      calendar_->session(std::min(first_session_, calendar_->session_count() - 1)).to_string();
  const std::string start = calendar_->session(std::min(first_that_works, calendar_->session_count() - 1)).to_string();
  Error error{ErrorCode::HistoryWindowStartsBeforeData,
              "History window extends before " + first_day +
                  ". To use this history window, start the backtest on or after " + start + ".",
              "start on or after " + start + ", or ask for fewer bars"};
  error.with("first_trading_day", first_day).with("suggested_start_day", start);
  return error;
}

int DataPortal::first_session_of_window(int bar_count) const {
  if (bar_count < 1)
    throw Error{ErrorCode::InvalidArgument, "bar_count must be >= 1, but got " + std::to_string(bar_count),
                "ask for one bar or more"};
  const std::int64_t first = std::int64_t{session_} - bar_count + 1;
  if (has_sessions(bar_count)) return static_cast<int>(first);
  // before_trading_start sees the session before, so its first call that works is a session later
  const bool is_later = opening_ >= 0 || options_.zipline_history_start;
  const std::int64_t works = std::int64_t{first_session_} + bar_count - 1 + (is_later ? 1 : 0);
  Error error = history_before_data(static_cast<int>(std::min<std::int64_t>(works, calendar_->session_count() - 1)));
  throw error.with("bar_count", std::to_string(bar_count));
}

DataPortal::Rows& DataPortal::rows_of(AssetIndex asset, BarField field) const {
  auto& columns = windows_->assets[static_cast<std::size_t>(asset.value)];
  if (!columns) columns = std::make_unique<Windows::Columns>();
  return (*columns)[static_cast<std::size_t>(field)];
}

/// Daily value of a row of history. Zipline finds the place of each bundle session among the calendar's: one that the
/// calendar lacks falls to the next session, and stays there when the bundle has no bar of that one (quirk Q33).
double DataPortal::history_value(AssetIndex asset, Field field, int session) const {
  if (store_session_of(session) >= 0 || session == 0 || !options_.zipline_session_gaps || !store_->has_daily())
    return daily_value(asset, field, session);
  const auto stored = store_->sessions();
  const auto next = std::ranges::lower_bound(stored, calendar_->session(session));
  if (next == stored.begin() || *(next - 1) <= calendar_->session(session - 1))
    return daily_value(asset, field, session);
  const AssetBars& bars = daily_[asset.value];
  const std::int64_t mantissa = bars.at(field, static_cast<int>(next - 1 - stored.begin()));
  if (field == Field::Volume) return mantissa == kMissing ? 0.0 : exact_double(mantissa, bars.volume_scale);
  return price_to_double(mantissa, bars.price_scale);
}

/// Rows [first, last] of finished sessions as of the cursor. For price a row without a close repeats the one before it;
/// rows before the first close of the buffer are NaN, fill_daily() replaces them.
std::span<const double> DataPortal::finished_rows(AssetIndex asset, BarField field, int first, int last) const {
  Rows& rows = rows_of(asset, field);
  const std::span<const FactorRow> factors = factor_rows(asset);
  const int count = last - first + 1;
  int in_force = rows.factors;
  while (in_force < static_cast<int>(factors.size()) && factors[static_cast<std::size_t>(in_force)].row <= session_)
    ++in_force;
  while (in_force > 0 && factors[static_cast<std::size_t>(in_force - 1)].row > session_) --in_force;
  rows.largest = std::max(rows.largest, count);
  if (!rows.data || in_force != rows.factors || first < rows.begin || last >= rows.begin + rows.capacity) {
    rows.begin = rows.end = std::max(0, last - rows.largest + 1);
    rows.capacity = 2 * rows.largest + 64;
    rows.data = std::shared_ptr<double[]>(new double[static_cast<std::size_t>(rows.capacity)]);
    rows.factors = in_force;
  }

  const bool volume = field == BarField::Volume;
  const bool price = field == BarField::Price;
  const Field source = price ? Field::Close : static_cast<Field>(field);
  const AssetView& view = views_[static_cast<std::size_t>(asset.value)];
  double* const data = rows.data.get();
  std::size_t next_factor = 0;
  for (int row = rows.end; row <= last; ++row) {
    double value = history_value(asset, source, row);
    while (next_factor < static_cast<std::size_t>(in_force) && factors[next_factor].row <= row) ++next_factor;
    for (std::size_t i = next_factor; i < static_cast<std::size_t>(in_force); ++i)
      value *= volume ? factors[i].volume : factors[i].price;
    value = round_history(value, asset, field);
    if (price && std::isnan(value) && row > rows.begin) value = data[row - rows.begin - 1];
    if (price && row > view.last_alive) value = std::nan("");
    data[row - rows.begin] = value;
  }
  rows.end = std::max(rows.end, last + 1);
  return {data + (first - rows.begin), static_cast<std::size_t>(count)};
}

/// What Zipline writes into leading rows of a price window that have no close: the price of the last session with
/// volume before the window, adjusted as a single value and not rounded.
double DataPortal::leading_price(AssetIndex asset, int first) const {
  // with minute bars the window's first day may be today, so the search starts the day before it
  const int traded = last_traded_session(asset, options_.frequency == DataFrequency::Daily ? first : first - 1);
  const AssetView& view = views_[static_cast<std::size_t>(asset.value)];
  if (traded < view.first_alive || traded > view.last_alive || traded < 0) return std::nan("");
  return price_at(asset, traded) * adjustment_ratio(asset, BarField::Price,
                                                    Timestamp::from_date(calendar_->session(traded)),
                                                    Timestamp::from_date(calendar_->session(session_)));
}

/// The daily window of one asset from session `first` to now.
void DataPortal::fill_daily(AssetIndex asset, BarField field, int first, std::span<double> out) const {
  const bool price = field == BarField::Price;
  const bool running = options_.frequency == DataFrequency::Minute;
  const int last_alive = views_[static_cast<std::size_t>(asset.value)].last_alive;
  const std::size_t finished = out.size() - (running ? 1 : 0);
  if (finished > 0) {
    std::ranges::copy(finished_rows(asset, field, first, first + static_cast<int>(finished) - 1), out.begin());
    const auto has_close = [&](std::size_t i) {
      return !std::isnan(history_value(asset, Field::Close, first + static_cast<int>(i)));
    };
    if (price && !has_close(0)) {
      const double lead = leading_price(asset, first);
      for (std::size_t i = 0; i < finished && !has_close(i); ++i)
        out[i] = first + static_cast<int>(i) > last_alive ? std::nan("") : lead;
    }
  }
  if (running) {
    // the running day is not adjusted, and like Zipline's not rounded to thousandths (Q18)
    double value = running_value(asset, price ? Field::Close : static_cast<Field>(field));
    if (price && std::isnan(value)) value = finished > 0 ? out[finished - 1] : leading_price(asset, first);
    if (price && session_ > last_alive) value = std::nan("");
    out[finished] = options_.history_rounding == HistoryRounding::Tick ? round_history(value, asset, field) : value;
  }
  if (opening_ >= 0) {
    const double ratio = opening_ratio(asset, field);
    for (double& value : out) value *= ratio;
  }
}

HistoryWindow DataPortal::history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                  DataFrequency frequency) const {
  if (frequency == DataFrequency::Minute) return minute_history(assets, field, bar_count);
  const int first = first_session_of_window(bar_count);
  HistoryWindow window;
  window.rows = bar_count;
  window.last_is_partial =
      options_.frequency == DataFrequency::Minute && minute_ + 1 < calendar_->minute_count(session_);
  window.labels.reserve(static_cast<std::size_t>(bar_count));
  for (int s = first; s <= session_; ++s) window.labels.push_back(Timestamp::from_date(calendar_->session(s)));
  window.values.resize(assets.size() * static_cast<std::size_t>(bar_count));
  std::span<double> rest = window.values;
  for (const AssetIndex asset : assets) {
    fill_daily(asset, field, first, rest.first(static_cast<std::size_t>(bar_count)));
    rest = rest.subspan(static_cast<std::size_t>(bar_count));
  }
  return window;
}

bool DataPortal::has_rows_before(AssetIndex asset, int session) const {
  const auto [first, end] = daily_extent(asset);
  return first < end && store_->sessions()[static_cast<std::size_t>(first)] < calendar_->session(session);
}

std::span<const double> DataPortal::window(AssetIndex asset, BarField field, int n) {
  const int first = first_session_of_window(n);
  Rows& rows = rows_of(asset, field);
  // rows before the asset's first are NaN in the buffer too; other leading gaps depend on where the window starts
  const bool own_rows = options_.frequency == DataFrequency::Minute || opening_ >= 0 ||
                        (field == BarField::Price && daily_mantissa(asset, Field::Close, first) == kMissing &&
                         has_rows_before(asset, first));
  if (!own_rows) {
    const auto view = finished_rows(asset, field, first, session_);
    rows.owner = rows.data;
    return view;
  }
  std::shared_ptr<double[]> own(new double[static_cast<std::size_t>(n)]);
  fill_daily(asset, field, first, {own.get(), static_cast<std::size_t>(n)});
  rows.owner = own;
  return {own.get(), static_cast<std::size_t>(n)};
}

std::shared_ptr<const void> DataPortal::window_owner(AssetIndex asset, BarField field) const {
  return rows_of(asset, field).owner;
}

}  // namespace rustybt::data

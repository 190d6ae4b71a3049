// History in longer bars and in other currencies: windows of minutes or days, put together (resample.hpp).

#include <algorithm>
#include <cmath>

#include "rustybt/data/data_windows.hpp"
#include "rustybt/data/fx.hpp"
#include "rustybt/data/resample.hpp"

namespace rustybt::data {
namespace {

/// One value of the rows of a bar; NaN (volume: 0) where all are missing.
double combine(std::span<const double> rows, BarField field) {
  double result = field == BarField::Volume ? 0.0 : std::nan("");
  for (const double value : rows) {
    if (std::isnan(value)) continue;
    switch (field) {
      case BarField::Open:
        return value;
      case BarField::High:
        if (!(result >= value)) result = value;
        break;
      case BarField::Low:
        if (!(result <= value)) result = value;
        break;
      case BarField::Close:
      case BarField::Price:
        result = value;
        break;
      case BarField::Volume:
        result += value;
        break;
    }
  }
  return result;
}

/// Bars of a window's rows: `ends[i]` is one past the last row of bar i.
void combine_rows(HistoryWindow& window, BarField field, std::vector<Timestamp> labels,
                  std::span<const std::size_t> ends) {
  const auto rows = static_cast<std::size_t>(window.rows);
  const std::size_t assets = rows == 0 ? 0 : window.values.size() / rows;
  std::vector<double> values;
  values.reserve(assets * ends.size());
  for (std::size_t a = 0; a < assets; ++a) {
    const auto own = std::span(window.values).subspan(a * rows, rows);
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      values.push_back(combine(own.subspan(begin, end - begin), field));
      begin = end;
    }
  }
  window.values = std::move(values);
  window.labels = std::move(labels);
  window.rows = static_cast<int>(ends.size());
}

void check_bar_count(int bar_count) {
  if (bar_count < 1)
    throw Error{ErrorCode::InvalidArgument, "bar_count must be >= 1, but got " + std::to_string(bar_count),
                "ask for one bar or more"};
}

}  // namespace

double DataPortal::rate_to(AssetIndex asset, const std::string& currency, Date day) const {
  const assets::Asset& a = (*finder_)[asset];
  if (a.quote_currency.empty())
    throw Error{ErrorCode::NoFxRate, "the bundle does not say in which currency " + a.symbol + " is quoted",
                "give its assets a quote_currency"};
  if (a.quote_currency == currency) return 1.0;
  static const FxRates kNone;
  return (fx_rates_ ? *fx_rates_ : kNone).require(fx_name_, currency, a.quote_currency, day).to_double();
}

double DataPortal::rate_to(AssetIndex asset, const std::string& currency) const {
  const int session = opening_ >= 0 ? opening_ : session_;
  return rate_to(asset, currency, calendar_->session(std::max(session, 0)));
}

/// Each row times the rate of its session.
void DataPortal::convert(HistoryWindow& window, std::span<const AssetIndex> assets, BarField field,
                         DataFrequency frequency, const std::string& currency) const {
  if (currency.empty() || field == BarField::Volume) return;
  std::vector<Date> days;
  days.reserve(window.labels.size());
  int session = -1;
  for (const Timestamp label : window.labels) {
    if (frequency == DataFrequency::Minute && (session < 0 || label > calendar_->close(session)))
      session = calendar_->minute_to_session(label);
    days.push_back(frequency == DataFrequency::Minute ? calendar_->session(session) : label.date());
  }
  std::size_t i = 0;
  for (const AssetIndex asset : assets) {
    double rate = 1.0;
    for (std::size_t row = 0; row < days.size(); ++row, ++i) {
      if (std::isnan(window.values[i])) continue;
      if (row == 0 || days[row] != days[row - 1] || std::isnan(window.values[i - 1]))
        rate = rate_to(asset, currency, days[row]);
      window.values[i] *= rate;
    }
  }
}

HistoryWindow DataPortal::history(std::span<const AssetIndex> assets, BarField field, int bar_count, BarPeriod period,
                                  const std::string& currency) const {
  if (period == BarPeriod::of_minutes(1) || period == BarPeriod::day()) {
    const auto frequency = period.is_intraday() ? DataFrequency::Minute : DataFrequency::Daily;
    HistoryWindow window = history(assets, field, bar_count, frequency);
    convert(window, assets, field, frequency, currency);
    return window;
  }
  check_bar_count(bar_count);
  return period.is_intraday() ? intraday_history(assets, field, bar_count, period, currency)
                              : period_history(assets, field, bar_count, period, currency);
}

HistoryWindow DataPortal::intraday_history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                           BarPeriod period, const std::string& currency) const {
  if (options_.frequency == DataFrequency::Daily || session_ < 0)
    throw Error{ErrorCode::InvalidArgument, "history in bars of " + period.to_string() + " needs a run on minute bars",
                "run with --data-frequency minute, or ask for \"1d\", \"1w\" or \"1mo\""};
  const BarSchedule schedule(calendar_, period);
  struct Bar {
    int session, bar;
  };
  std::vector<Bar> bars(static_cast<std::size_t>(bar_count));
  Bar at{session_, schedule.bar_of(session_, minute_)};
  for (std::size_t i = bars.size(); i-- > 0; --at.bar) {
    while (at.bar < 0 && at.session > first_session_) at.bar += schedule.bars_in(--at.session);
    if (at.bar < 0) {
      int works = first_session_, there = 0;
      while (works + 1 < calendar_->session_count() && there + 1 < bar_count) there += schedule.bars_in(works++);
      throw history_before_data(works).with("bar_count", std::to_string(bar_count));
    }
    bars[i] = at;
  }
  const auto minutes_before = [&](Bar b) {
    return calendar_->minutes_before(b.session) + schedule.minutes_of(b.session, b.bar).first;
  };
  const std::int64_t first = minutes_before(bars.front());
  const std::int64_t count = calendar_->minutes_before(session_) + minute_ - first + 1;
  HistoryWindow window = minute_history(assets, field, static_cast<int>(count));
  convert(window, assets, field, DataFrequency::Minute, currency);

  std::vector<Timestamp> labels;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    labels.push_back(calendar_->minute(bars[i].session, schedule.minutes_of(bars[i].session, bars[i].bar).last));
    ends.push_back(static_cast<std::size_t>(i + 1 < bars.size() ? minutes_before(bars[i + 1]) - first : count));
  }
  combine_rows(window, field, std::move(labels), ends);
  window.last_is_partial = schedule.minutes_of(session_, bars.back().bar).last > minute_;
  return window;
}

HistoryWindow DataPortal::period_history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                         BarPeriod period, const std::string& currency) const {
  const BarSchedule schedule(calendar_, period);
  std::vector<std::pair<int, int>> periods(static_cast<std::size_t>(bar_count));  // first and last session
  int session = session_;
  for (std::size_t i = periods.size(); i-- > 0;) {
    if (session >= 0) periods[i] = schedule.sessions_of(session);
    if (session < 0 || periods[i].first < first_session_) {
      int works = std::min(first_session_, calendar_->session_count() - 1);
      if (schedule.sessions_of(works).first < works) works = schedule.sessions_of(works).second + 1;  // a whole period
      for (int there = 1; there < bar_count && works < calendar_->session_count(); ++there)
        works = schedule.sessions_of(works).second + 1;
      throw history_before_data(works).with("bar_count", std::to_string(bar_count));
    }
    session = periods[i].first - 1;
  }
  const int first = periods.front().first;
  HistoryWindow window = history(assets, field, session_ - first + 1, DataFrequency::Daily);
  convert(window, assets, field, DataFrequency::Daily, currency);
  std::vector<Timestamp> labels;
  std::vector<std::size_t> ends;
  for (const auto& [begin, last] : periods) {
    labels.push_back(Timestamp::from_date(calendar_->session(last)));
    ends.push_back(static_cast<std::size_t>(std::min(last, session_) - first + 1));
  }
  const bool day_is_partial = window.last_is_partial;
  combine_rows(window, field, std::move(labels), ends);
  window.last_is_partial = day_is_partial || periods.back().second > session_;
  return window;
}

}  // namespace rustybt::data

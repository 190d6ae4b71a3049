#include "rustybt/data/quality/market.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace rustybt::data {

namespace {

using utils::BarColumn;
using utils::BarRow;
using utils::MarketKind;

constexpr std::int64_t kHour = 60 * Timestamp::kMinute;

std::vector<Date> dates_of(const SymbolRows& symbol) {
  std::vector<Date> dates;
  for (const BarRow& row : symbol.rows) dates.push_back(row.date);
  std::ranges::sort(dates);
  dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
  return dates;
}

std::int64_t time_of_day(const BarRow& row) { return row.time.ns - Timestamp::from_date(row.time.date()).ns; }

double share_of_weekday(const std::vector<Date>& dates, int weekday) {
  const auto count = std::ranges::count_if(dates, [&](Date d) { return d.weekday() == weekday; });
  return dates.empty() ? 0 : static_cast<double>(count) / static_cast<double>(dates.size());
}

bool has_volume(const SymbolRows& symbol) {
  return std::ranges::any_of(symbol.rows, [](const BarRow& row) {
    return row[BarColumn::Volume].has_value() && row[BarColumn::Volume].value > 0;
  });
}

/// Bars in at least 22 hours of the day.
bool is_round_the_clock(const SymbolRows& symbol) {
  std::set<std::int64_t> hours;
  for (const BarRow& row : symbol.rows) hours.insert(time_of_day(row) / kHour);
  return hours.size() >= 22;
}

MarketKind guess_kind(const SymbolRows& symbol, const std::vector<Date>& dates, const TableReading& reading,
                      std::string& why) {
  constexpr int kSaturday = 5, kSunday = 6;
  constexpr double kEveryWeek = 0.08;  // a seventh, less the odd hole
  if (reading.has_futures_columns) {
    why = "columns of settlement or open interest";
    return MarketKind::Future;
  }
  if (symbol.is_longer_than_day) return MarketKind::Equity;
  const bool is_long = dates.size() >= 10;
  if (symbol.bar_length_ns) {  // by rows: an evening in New York is a Saturday in Greenwich
    const auto rows_on = [&](int weekday) {
      const auto count = std::ranges::count(symbol.rows, weekday, [](const BarRow& r) { return r.date.weekday(); });
      return static_cast<double>(count) / static_cast<double>(symbol.rows.size());
    };
    const bool all_hours = is_round_the_clock(symbol);
    why = "bars at all hours";
    if (rows_on(kSaturday) > kEveryWeek || (all_hours && !is_long))
      return has_volume(symbol) ? MarketKind::Crypto : MarketKind::Fx;
    if (all_hours) {
      why = "bars at all hours, none on Saturdays";
      return has_volume(symbol) ? MarketKind::Future : MarketKind::Fx;
    }
    why.clear();
    const auto fractional = std::ranges::count_if(symbol.rows, [](const BarRow& r) {
      const auto& volume = r[BarColumn::Volume];
      return volume.has_value() && volume.value != std::floor(volume.value);
    });
    if (static_cast<std::size_t>(fractional) * 2 < symbol.rows.size()) return MarketKind::Equity;
    why = "volumes are fractions";
    return MarketKind::Crypto;
  }
  if (is_long && share_of_weekday(dates, kSaturday) > kEveryWeek) {
    why = "bars on Saturdays and Sundays";
    return MarketKind::Crypto;
  }
  if (is_long && share_of_weekday(dates, kSunday) > kEveryWeek) {
    why = "bars on Sundays, none on Saturdays";
    return has_volume(symbol) ? MarketKind::Future : MarketKind::Fx;
  }
  return MarketKind::Equity;
}

/// The first calendar unless another fits far better, and there are days enough to say so.
utils::CalendarPtr best_calendar(const std::vector<Date>& dates, const std::vector<std::string>& names) {
  utils::CalendarPtr best = utils::get_calendar(names.front());
  const int rows = static_cast<int>(dates.size());
  int fewest = utils::compare_with_calendar(dates, *best).total();
  if (rows < 60 || fewest * 50 < rows) return best;
  for (std::size_t i = 1; i < names.size(); ++i) {
    const utils::CalendarPtr calendar = utils::get_calendar(names[i]);
    const int wrong = utils::compare_with_calendar(dates, *calendar).total();
    if (wrong * 3 > fewest) continue;
    fewest = wrong;
    best = calendar;
  }
  return best;
}

std::vector<std::string> candidates(MarketKind kind) {
  switch (kind) {
    case MarketKind::Equity:
      return {"XNYS", "XLON", "XTSE", "XTKS", "XFRA", "XPAR", "XAMS", "XSWX", "XASX", "XHKG", "XSHG", "XBOM", "XKRX"};
    case MarketKind::Crypto:
      return {"24/7"};
    case MarketKind::Fx:
      return {"24/5"};
    case MarketKind::Future:
      return {"us_futures", "XCBF", "XNYS", "24/5"};
  }
  return {"XNYS"};
}

bool is_new_york_midnight(const BarRow& row) { return utils::new_york_time(row.date, 0, 0) == row.time; }

}  // namespace

Market choose_market(const std::vector<SymbolRows>& symbols, const TableReading& reading,
                     const QualityOptions& options) {
  Market market;
  if (symbols.empty()) return market;
  const SymbolRows& longest = *std::ranges::max_element(symbols, {}, [](const SymbolRows& s) { return s.rows.size(); });
  std::vector<Date> dates = dates_of(longest);
  if (options.today) std::erase_if(dates, [&](Date d) { return d > *options.today + 1; });
  market.kind = options.kind ? *options.kind : guess_kind(longest, dates, reading, market.why);
  if (options.kind) market.why = "as told";
  if (!options.calendar.empty()) {
    market.calendar = utils::get_calendar(options.calendar);
    if (!options.kind && market.calendar->name() == "24/7") market.kind = MarketKind::Crypto;
    return market;
  }
  const bool no_day = reading.day_of_file && dates.empty();
  const bool is_by_gaps = longest.bar_length_ns && (market.kind == MarketKind::Fx || market.kind == MarketKind::Future);
  if (longest.is_longer_than_day || no_day || is_by_gaps || dates.empty()) return market;
  market.calendar = best_calendar(dates, candidates(market.kind));
  return market;
}

void settle_days(SymbolRows& symbol, const Market& market, std::vector<std::string>& remarks) {
  std::set<std::int64_t> times;
  for (const BarRow& row : symbol.rows) times.insert(time_of_day(row));
  if (times.empty() || (times.size() == 1 && *times.begin() == 0)) return;
  const auto new_york = std::ranges::count_if(symbol.rows, is_new_york_midnight);
  const bool is_new_york = static_cast<std::size_t>(new_york) * 10 > symbol.rows.size() * 9;
  int shift = 0;
  if (!is_new_york && market.calendar && market.calendar->name() != "24/7") {
    std::vector<Date> dates = dates_of(symbol);
    const int as_is = utils::compare_with_calendar(dates, *market.calendar).total();
    for (Date& d : dates) d = d + 1;
    if (utils::compare_with_calendar(dates, *market.calendar).total() * 3 < as_is) shift = 1;
  }
  const std::int64_t hours = *times.begin() / kHour;
  std::string words;
  if (is_new_york) {
    words = fmt::format("days are stamped {:02d}:00 UTC in summer and an hour later in winter: midnight in New York",
                        hours);
    if (times.size() == 1) words = fmt::format("days are stamped {:02d}:00 UTC: midnight in New York", hours);
  } else if (shift == 1) {
    words =
        fmt::format("days are stamped {:02d}:00 UTC of the day before: midnight of a zone east of Greenwich", hours);
  } else {
    words = fmt::format("days are stamped {:02d}:00 UTC of the same day", hours);
  }
  remarks.push_back(words);
  for (BarRow& row : symbol.rows) {
    row.date = row.date + shift;
    row.time = Timestamp::from_date(row.date);
  }
}

void settle_stamps(SymbolRows& symbol, const Market& market, std::vector<utils::Finding>& findings) {
  if (!market.calendar || market.calendar->name() == "24/7") return;
  const utils::TradingCalendar& calendar = *market.calendar;
  const utils::StampGuess guess = utils::guess_stamps(symbol.rows, calendar, *symbol.bar_length_ns);
  if (symbol.rows.empty()) return;
  utils::Finding f;
  f.row = symbol.rows.front().row;
  f.column = "date";
  f.severity = utils::Severity::Info;
  f.date = symbol.rows.front().date;
  f.symbol = symbol.symbol;
  const std::string_view zone = guess.is_local ? "New York time" : "UTC";
  if (guess.stamp == utils::BarStamp::Unknown && guess.share_inside >= 0.2) {
    f.code = "time_zone";
    f.message = "neither volume nor gaps say which zone the times are in, and whether they mean start or end of a bar";
    f.advice = "look it up at the source before ingesting";
  } else if (guess.stamp == utils::BarStamp::Unknown) {
    f.code = "time_zone_suspect";
    f.severity = utils::Severity::Warning;
    f.message = fmt::format("the times fit the sessions of {} neither as UTC nor as New York time", calendar.name());
    f.advice = "name the market's calendar with --calendar, or convert the times to UTC";
  } else {
    const bool is_start = guess.stamp == utils::BarStamp::Start;
    f.code = is_start ? "stamped_at_start" : "stamped_at_end";
    f.message = fmt::format(
        "times are {}, and a stamp is the {} of its bar: the volume of the open comes with the "
        "stamp {} the open",
        zone, is_start ? "START" : "END", is_start ? "of" : "one bar after");
    f.advice = is_start ? "say so when ingesting: --stamped-at start; bundles label a bar by its end"
                        : "bundles label a bar by its end, too";
  }
  findings.push_back(std::move(f));
  const bool is_new_york = calendar.time_zone() == "America/New_York";
  for (BarRow& row : symbol.rows) {
    const Date written = row.time.date();
    const auto offset_on = [](Date d) {  // of New York behind UTC at noon: clocks change on Sundays
      return utils::new_york_time(d, 12, 0).ns - Timestamp::from_date(d).ns - 12 * kHour;
    };
    if (guess.is_local) {
      row.time.ns += offset_on(written);
      row.date = written;
    } else if (is_new_york) {
      row.date = Timestamp{row.time.ns - offset_on(written)}.date();
    }
  }
}

}  // namespace rustybt::data

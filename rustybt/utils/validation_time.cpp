// Rules over time: order, sessions, gaps, what stamps mean.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "rustybt/utils/validation_parts.hpp"

namespace rustybt::utils {

namespace validation {

namespace {

constexpr int kMostListed = 63;  // a quarter; a longer hole is one finding, not hundreds
constexpr double kMostMissing = 0.3;
constexpr int kSunday = 6;

std::string_view day_name(Date date) {
  constexpr std::string_view kDays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  return kDays[date.weekday()];
}

bool is_covered(const TradingCalendar& calendar, Date date) {
  return calendar.session_count() > 0 && date >= calendar.session(0) &&
         date <= calendar.session(calendar.session_count() - 1);
}

/// Markets that open on Sunday evening have bars of Sunday when days are counted in UTC.
bool is_open_day(Date date, const ValidationOptions& options) {
  if (!is_covered(*options.calendar, date) || options.calendar->is_session(date)) return true;
  const bool is_round_the_clock = options.kind == MarketKind::Fx || options.kind == MarketKind::Future;
  return is_round_the_clock && date.weekday() == kSunday;
}

std::vector<Date> shifted(std::vector<Date> dates, int days) {
  for (Date& d : dates) d = d + days;
  return dates;
}

/// All dates one day early or late: Sundays with bars, Fridays without. Returns the days to add, 0 = none.
int find_shift(const std::vector<Date>& dates, const ValidationOptions& options) {
  const bool has_weekends = options.kind == MarketKind::Crypto;
  if (has_weekends || dates.size() < 20) return 0;
  const int as_is = compare_with_calendar(dates, *options.calendar).total();
  if (as_is * 10 < static_cast<int>(dates.size())) return 0;
  for (const int days : {1, -1})
    if (compare_with_calendar(shifted(dates, days), *options.calendar).total() * 5 < as_is) return days;
  return 0;
}

std::string closed_day_text(Date date, const ValidationOptions& options) {
  const auto& name = options.calendar->name();
  if (date.weekday() >= 5) return fmt::format("{} is a {}: {} has no session", date.to_string(), day_name(date), name);
  return fmt::format("{} ({}) is a holiday of {}: the market was closed", date.to_string(), day_name(date), name);
}

void report_missing(std::span<const Date> gap, const BarRow& before, const ValidationOptions& options,
                    Findings& findings) {
  const bool is_strict = options.kind == MarketKind::Equity || options.kind == MarketKind::Crypto;
  if (static_cast<int>(gap.size()) > kMostListed) {
    findings
        .add(before, Severity::Error, "long_gap", "date",
             fmt::format("no rows for {} sessions, from {} to {}: the series of another company that used the symbol "
                         "before, or a hole",
                         gap.size(), gap.front().to_string(), gap.back().to_string()),
             "keep one company per file: cut the file here, or fill the hole from another source")
        .date = gap.front();
    return;
  }
  for (const Date date : gap) {
    findings
        .add(before, is_strict ? Severity::Error : Severity::Warning, "missing_session", "date",
             fmt::format("the session of {} ({}) is missing: {} was open", date.to_string(), day_name(date),
                         options.calendar->name()),
             "get the day from the source; if nothing traded (a halt), say so there")
        .date = date;
  }
}

}  // namespace

std::vector<bool> find_misplaced(std::span<const std::int64_t> times) {
  // From the back, so that of two neighbours in the wrong order the second is the one that moves.
  const std::size_t n = times.size();
  std::vector<bool> misplaced(n, false);
  if (std::ranges::is_sorted(times)) return misplaced;
  std::vector<std::size_t> tails;  // tails[k]: end of the best chain of length k + 1, seen from the back
  std::vector<std::size_t> previous(n, n);
  for (std::size_t i = n; i-- > 0;) {
    const auto at = std::ranges::upper_bound(tails, -times[i], {}, [&](std::size_t t) { return -times[t]; });
    if (at != tails.begin()) previous[i] = *(at - 1);
    if (at == tails.end()) {
      tails.push_back(i);
    } else {
      *at = i;
    }
  }
  misplaced.assign(n, true);
  for (std::size_t i = tails.back(); i < n; i = previous[i]) misplaced[i] = false;
  return misplaced;
}

void check_sessions(std::span<const BarRow> rows, const std::vector<std::size_t>& order,
                    const std::vector<bool>& misplaced, const ValidationOptions& options, bool newest_first,
                    std::vector<bool>& unusable, Findings& findings) {
  for (std::size_t i = 0; i < rows.size() && options.today; ++i) {
    if (rows[i].date <= *options.today + 1) continue;
    findings
        .add(rows[i], Severity::Error, "future_date", "date",
             fmt::format("{} has not come yet (today is {})", rows[i].date.to_string(), options.today->to_string()),
             "correct the date or remove the row")
        .repair = Repair::RemoveRow;
    unusable[i] = true;
  }
  if (!options.calendar) return;

  std::vector<Date> present;  // sorted, each once
  Date first{INT32_MAX}, last{INT32_MIN};
  for (const std::size_t i : order) {
    if (options.today && rows[i].date > *options.today + 1) continue;
    if (present.empty() || present.back() != rows[i].date) present.push_back(rows[i].date);
    if (misplaced[i]) continue;
    first = std::min(first, rows[i].date);
    last = std::max(last, rows[i].date);
  }
  if (present.empty()) return;
  if (const int days = find_shift(present, options); days != 0) {
    findings.add(rows[0], Severity::Error, "time_zone_suspect", "date",
                 fmt::format("the dates are one day {}: with {} day the sessions of {} fit, as they are rows fall on "
                             "closed days and sessions are missing",
                             days > 0 ? "early" : "late", days > 0 ? "one more" : "one less", options.calendar->name()),
                 "midnight of another time zone became the day before or after: convert the stamps in their own zone");
    return;
  }

  std::map<Date, int> closed_rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (unusable[i] && options.today && rows[i].date > *options.today + 1) continue;
    if (is_open_day(rows[i].date, options)) continue;
    unusable[i] = true;
    if (options.bar_length_ns && closed_rows[rows[i].date]++ > 0) continue;  // one per day
    findings
        .add(rows[i], Severity::Error, "not_a_session", "date", closed_day_text(rows[i].date, options),
             "remove the row, or choose the market's calendar with --calendar")
        .repair = Repair::RemoveRow;
  }

  const auto closed = std::ranges::count_if(present, [&](Date d) { return !is_open_day(d, options); });
  if (closed * 10 > static_cast<std::ptrdiff_t>(present.size()) * 3) return;  // no series of sessions at all
  const TradingCalendar& calendar = *options.calendar;
  const auto sessions = calendar.sessions();
  const auto from = std::ranges::lower_bound(sessions, first);
  const auto to = std::ranges::upper_bound(sessions, last);
  if (from >= to) return;
  std::vector<Date> missing;
  std::set_difference(from, to, present.begin(), present.end(), std::back_inserter(missing));
  if (missing.empty()) return;

  // the row before which a date belongs, in the order of the file
  std::vector<std::size_t> anchors;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!misplaced[i]) anchors.push_back(i);
  const auto row_before = [&](Date date) -> const BarRow& {
    const auto at =
        newest_first
            ? std::ranges::lower_bound(anchors, -date.days, {}, [&](std::size_t i) { return -rows[i].date.days; })
            : std::ranges::lower_bound(anchors, date.days, {}, [&](std::size_t i) { return rows[i].date.days; });
    return rows[at == anchors.end() ? anchors.back() : *at];
  };
  std::vector<std::span<const Date>> gaps;
  std::size_t short_gaps = 0;  // sessions in gaps that are listed one by one
  for (std::size_t i = 0; i < missing.size();) {
    std::size_t j = i + 1;
    const auto start = std::lower_bound(from, to, missing[i]);
    while (j < missing.size() && *(start + static_cast<std::ptrdiff_t>(j - i)) == missing[j]) ++j;
    gaps.push_back(std::span(missing).subspan(i, j - i));
    if (static_cast<int>(j - i) <= kMostListed) short_gaps += j - i;
    i = j;
  }
  const auto held = static_cast<double>(present.size());
  if (present.size() > 10 &&
      static_cast<double>(short_gaps) > kMostMissing * (held + static_cast<double>(short_gaps))) {
    findings.add(rows[0], Severity::Warning, "sparse_series", "date",
                 fmt::format("{} of the {} sessions between {} and {} have no row: a thinly traded symbol, or the "
                             "wrong calendar ({})",
                             missing.size(), to - from, first.to_string(), last.to_string(), calendar.name()),
                 "choose the market's calendar with --calendar, or expect holes");
    return;
  }
  for (const auto gap : gaps) report_missing(gap, row_before(gap.front()), options, findings);
}

void check_minutes(const Series& series, Findings& findings) {
  const ValidationOptions& options = series.options;
  const std::int64_t step = *options.bar_length_ns;
  const auto& bars = series.bars;
  const auto row_of = [&](const Bar& bar) -> const BarRow& { return series.rows[bar.at]; };
  const bool always_open = !options.calendar || options.calendar->name() == "24/7";
  const bool closes_at_weekends = options.kind == MarketKind::Fx || options.kind == MarketKind::Future;
  constexpr std::int64_t kDailyBreak = 75 * Timestamp::kMinute;
  if (always_open || closes_at_weekends) {
    for (std::size_t i = 1; i < bars.size(); ++i) {
      const std::int64_t gap = bars[i].time.ns - bars[i - 1].time.ns;
      if (gap < step + step / 2) continue;
      bool over_weekend = false;
      for (Date d = bars[i - 1].time.date(); closes_at_weekends && d <= bars[i].time.date() && !over_weekend; d = d + 1)
        over_weekend = d.weekday() == 5;
      if (closes_at_weekends && (over_weekend || gap <= kDailyBreak)) continue;
      findings.add(row_of(bars[i]), Severity::Warning, "missing_bars", "date",
                   fmt::format("{} bars are missing between {} and {}", gap / step - (gap % step == 0 ? 1 : 0),
                               bars[i - 1].time.to_string(), bars[i].time.to_string()),
                   "get the hours from the source; some sources leave out minutes without trade");
    }
    return;
  }
  const TradingCalendar& calendar = *options.calendar;
  for (std::size_t i = 0; i < bars.size();) {
    std::size_t j = i;
    const auto session = calendar.find_session(bars[i].date);
    std::int64_t inside = 0;
    const Bar* first_inside = nullptr;
    for (; j < bars.size() && bars[j].date == bars[i].date; ++j) {
      if (!session || bars[j].time < calendar.open(*session) || bars[j].time > calendar.close(*session)) continue;
      ++inside;
      if (!first_inside) first_inside = &bars[j];
    }
    if (first_inside) {
      const std::int64_t expected = calendar.minute_count(*session) * Timestamp::kMinute / step;
      if (inside < expected && expected > 0) {
        const bool is_serious = (expected - inside) * 10 > expected;
        findings.add(row_of(*first_inside), is_serious ? Severity::Warning : Severity::Info, "missing_bars", "date",
                     fmt::format("{} of {} bars of the session {} are missing", expected - inside, expected,
                                 bars[i].date.to_string()),
                     "a thin symbol has minutes without trade; a long hole needs another source");
      }
    }
    i = j;
  }
}

}  // namespace validation

CalendarMismatch compare_with_calendar(std::span<const Date> dates, const TradingCalendar& calendar) {
  CalendarMismatch mismatch;
  if (dates.empty()) return mismatch;
  for (const Date d : dates)
    if (validation::is_covered(calendar, d) && !calendar.is_session(d)) ++mismatch.not_sessions;
  const int from = calendar.session_at_or_after(dates.front());
  const int to = calendar.session_at_or_before(dates.back());
  for (int s = from; s <= to; ++s)
    if (!std::ranges::binary_search(dates, calendar.session(s))) ++mismatch.missing;
  mismatch.expected = std::max(0, to - from + 1);
  return mismatch;
}

StampGuess guess_stamps(std::span<const BarRow> rows, const TradingCalendar& calendar, std::int64_t bar_length_ns) {
  const bool is_new_york = calendar.time_zone() == "America/New_York";
  StampGuess best;
  double second_share = 0;
  for (const bool is_local : {false, true}) {
    if (is_local && !is_new_york) continue;
    double inside = 0, total = 0;
    double at_open = 0, before_open = 0, after_open = 0;  // sums of log volumes by session, none = 0
    for (const BarRow& row : rows) {
      const BarCell& volume = row[BarColumn::Volume];
      const double weight = volume.has_value() && volume.value > 0 ? volume.value : 1;
      total += weight;
      const auto session = calendar.find_session(row.time.date());
      if (!session) continue;
      const Date date = row.time.date();
      const std::int64_t offset =
          is_local ? new_york_time(date, 12, 0).ns - Timestamp::from_date(date).ns - 12 * 60 * Timestamp::kMinute : 0;
      const std::int64_t open = calendar.open(*session).ns - offset, close = calendar.close(*session).ns - offset;
      if (row.time.ns >= open && row.time.ns <= close) inside += weight;
      const std::int64_t from_open = row.time.ns - open;
      if (from_open == 0) at_open += std::log1p(weight);
      if (from_open == bar_length_ns) after_open += std::log1p(weight);
      if (from_open == -bar_length_ns) before_open += std::log1p(weight);
    }
    const double share = total > 0 ? inside / total : 0;
    if (share <= best.share_inside) {
      second_share = std::max(second_share, share);
      continue;
    }
    second_share = best.share_inside;
    const double jump_at_open = at_open - before_open, jump_after = after_open - at_open;
    BarStamp stamp = BarStamp::Unknown;
    if (jump_at_open != jump_after) stamp = jump_at_open > jump_after ? BarStamp::Start : BarStamp::End;
    best = {stamp, is_local, share};
  }
  if (best.share_inside < 0.5 || best.share_inside - second_share < 0.05) {
    best.stamp = BarStamp::Unknown;
    best.is_local = false;
  }
  return best;
}

}  // namespace rustybt::utils

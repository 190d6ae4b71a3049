#include "rustybt/data/resample.hpp"

#include <algorithm>

#include "rustybt/core/error.hpp"

namespace rustybt::data {
namespace {

/// Number of the week (Monday first) or month of a day.
int period_number(Date day, BarPeriod::Unit unit) {
  switch (unit) {
    case BarPeriod::Unit::Week:
      return (day.days + 3 - day.weekday()) / 7;  // day 0 is a Thursday
    case BarPeriod::Unit::Month:
      return day.year() * 12 + day.month();
    default:
      return day.days;
  }
}

void check_lengths(BarPeriod from, BarPeriod to) {
  using Unit = BarPeriod::Unit;
  const bool divides = from.is_intraday() && to.is_intraday() ? to.minutes % from.minutes == 0 && to != from
                       : from.is_intraday()                   ? true
                       : from.unit == Unit::Day               ? !to.is_intraday() && to.unit != Unit::Day
                                                              : false;
  if (!divides)
    throw Error{ErrorCode::InvalidArgument,
                "bars of " + to.to_string() + " cannot be made from bars of " + from.to_string(),
                "the shorter length must divide the longer one, and weeks do not divide months"};
}

/// Bars in the making: one open bar, closed when a row of the next one comes.
class Collector {
 public:
  explicit Collector(const BarSeries& rows, ResampledBars& out) : rows_(rows), out_(out) {
    out_.bars.price_scale = rows.price_scale;
    out_.bars.volume_scale = rows.volume_scale;
  }
  void open(std::int64_t time) {
    out_.bars.times.push_back(time);
    out_.rows.push_back(0);
    for (auto& column : out_.bars.columns) column.push_back(kMissing);
  }
  void add(std::size_t row) {
    ++out_.rows.back();
    for (int f = 0; f < kFieldCount; ++f) {
      const std::int64_t value = rows_.columns[f][row];
      if (value == kMissing) continue;
      std::int64_t& bar = out_.bars.columns[f].back();
      const bool first = bar == kMissing;
      switch (static_cast<Field>(f)) {
        case Field::Open:
          if (first) bar = value;
          break;
        case Field::High:
          bar = std::max(bar, value);  // kMissing is the least
          break;
        case Field::Low:
          bar = first ? value : std::min(bar, value);
          break;
        case Field::Close:
          bar = value;
          break;
        case Field::Volume:
          if (first) bar = 0;
          if (__builtin_add_overflow(bar, value, &bar))
            throw Error{ErrorCode::Overflow, "the volume of a bar does not fit 18 digits"};
          break;
      }
    }
  }

 private:
  const BarSeries& rows_;
  ResampledBars& out_;
};

/// A row's place: its bar as (session or first session of the period, bar within the session).
struct Place {
  int session = -1;
  int bar = -1;
  friend bool operator==(const Place&, const Place&) = default;
};

}  // namespace

int BarSchedule::minutes_before_break(int session) const {
  const auto start = calendar_->break_start(session);
  return start ? static_cast<int>((start->ns - calendar_->open(session).ns) / Timestamp::kMinute)
               : calendar_->minute_count(session);
}

int BarSchedule::bars_in(int session) const {
  const int first = minutes_before_break(session), rest = calendar_->minute_count(session) - first;
  const auto bars = [&](int minutes) { return (minutes + period_.minutes - 1) / period_.minutes; };
  return bars(first) + bars(rest);
}

int BarSchedule::bar_of(int session, int minute) const {
  const int first = minutes_before_break(session);
  if (minute < first) return minute / period_.minutes;
  return (first + period_.minutes - 1) / period_.minutes + (minute - first) / period_.minutes;
}

BarSchedule::Minutes BarSchedule::minutes_of(int session, int bar) const {
  const int before_break = minutes_before_break(session);
  const int bars = (before_break + period_.minutes - 1) / period_.minutes;
  const bool is_before = bar < bars;
  const int first = is_before ? bar * period_.minutes : before_break + (bar - bars) * period_.minutes;
  const int end = is_before ? before_break : calendar_->minute_count(session);
  return {first, std::min(first + period_.minutes, end) - 1};
}

std::pair<int, int> BarSchedule::sessions_of(int session) const {
  const auto number = [&](int s) { return period_number(calendar_->session(s), period_.unit); };
  const int own = number(session);
  int first = session, last = session;
  while (first > 0 && number(first - 1) == own) --first;
  while (last + 1 < calendar_->session_count() && number(last + 1) == own) ++last;
  return {first, last};
}

ResampledBars resample(const BarSeries& rows, const utils::CalendarPtr& calendar, const ResampleOptions& options) {
  check_lengths(options.from, options.to);
  const BarSchedule schedule(calendar, options.to);
  const bool from_intraday = options.from.is_intraday(), to_intraday = options.to.is_intraday();
  ResampledBars out;
  Collector collector(rows, out);

  int session = -1;  // of the last row
  const auto refuse = [&](std::size_t row) {
    throw Error{
        ErrorCode::NotASession,
        "row " + std::to_string(row + 1) + ": " +
            (from_intraday ? Timestamp{rows.times[row]}.to_string() + " is no minute of a session of "
                           : Date{static_cast<std::int32_t>(rows.times[row])}.to_string() + " is no session of ") +
            calendar->name(),
        "choose the calendar of the data, or leave rows outside the sessions out"}
        .with("row", std::to_string(row + 1));
  };
  /// Session and minute of a row; nothing outside the sessions.
  const auto locate = [&](std::size_t row) -> std::optional<std::pair<int, int>> {
    if (!from_intraday) {
      const auto s = calendar->find_session(Date{static_cast<std::int32_t>(rows.times[row])});
      return s ? std::optional(std::pair(*s, 0)) : std::nullopt;
    }
    const Timestamp minute{rows.times[row] + (options.from_label == BarLabel::Start ? Timestamp::kMinute : 0)};
    if (session < 0 || minute > calendar->close(session) || minute <= calendar->open(session)) {
      const int count = calendar->session_count();
      if (count == 0 || minute > calendar->close(count - 1) || minute <= calendar->open(0)) return std::nullopt;
      session = calendar->minute_to_session(minute);
    }
    const auto m = calendar->find_minute(session, minute);
    return m ? std::optional(std::pair(session, *m)) : std::nullopt;
  };
  const auto end_of = [&](Place place) {  // last minute of a bar
    if (to_intraday) return calendar->minute(place.session, schedule.minutes_of(place.session, place.bar).last);
    return calendar->close(schedule.sessions_of(place.session).second);
  };
  const auto label_of = [&](Place place) -> std::int64_t {
    const bool at_end = options.label == BarLabel::End;
    if (to_intraday) {
      const auto [first, last] = schedule.minutes_of(place.session, place.bar);
      return at_end ? calendar->minute(place.session, last).ns
                    : calendar->minute(place.session, first).ns - Timestamp::kMinute;
    }
    const auto [first, last] = schedule.sessions_of(place.session);
    return calendar->session(at_end ? last : first).days;
  };

  Place open;
  std::pair<int, int> period{0, -1};  // sessions of the open week or month
  std::optional<std::pair<int, int>> last;
  std::size_t last_row = 0;
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    if (i > 0 && rows.times[i] <= rows.times[i - 1])
      throw Error{ErrorCode::RowsOutOfOrder, "row " + std::to_string(i + 1) + " is not later than the row before it"};
    const auto at = locate(i);
    if (!at) {
      if (!options.leave_out_closed) refuse(i);
      ++out.rows_left_out;
      continue;
    }
    Place place{at->first, 0};
    if (to_intraday) {
      place.bar = schedule.bar_of(at->first, at->second);
    } else {
      if (at->first > period.second) period = schedule.sessions_of(at->first);
      place.session = period.first;
    }
    if (place != open) collector.open(label_of(place));
    open = place;
    collector.add(i);
    last = at;
    last_row = i;
  }
  if (last) {
    Timestamp covered = calendar->close(last->first);
    if (from_intraday) {
      covered = calendar->minute(last->first, last->second);
      if (options.from_label == BarLabel::Start)  // the row covers its whole length, at most to the break or close
        covered = std::min(Timestamp{rows.times[last_row] + options.from.minutes * Timestamp::kMinute}, end_of(open));
    }
    out.last_is_partial = options.complete_until.value_or(covered) < end_of(open);
  }
  return out;
}

}  // namespace rustybt::data

#include "rustybt/utils/events.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "rustybt/core/error.hpp"

namespace rustybt::utils {
namespace {

constexpr int kMaxWeekOffset = 4;
constexpr int kMaxMonthOffset = 22;
constexpr std::int64_t kMaxTimeOffset = 12 * 60 * Timestamp::kMinute;

int checked_days(int offset, int max) {
  if (offset < 0 || offset > max) {  // Zipline's wording
    throw Error{
        ErrorCode::InvalidArgument, "offset must be in between 0 and " + std::to_string(max) + " inclusive",
        "days_offset counts sessions from the start or end of the week or month; found " + std::to_string(offset)};
  }
  return offset;
}

std::int64_t checked_time(std::int64_t offset_ns) {
  if (offset_ns < Timestamp::kMinute || offset_ns > kMaxTimeOffset) {
    throw Error{ErrorCode::InvalidArgument, "offset must be in between 1 minute and 12 hours, inclusive.",
                "found " + std::to_string(offset_ns / Timestamp::kSecond) + " seconds"};
  }
  return offset_ns;
}

bool by_week(DateRule::Kind kind) { return kind == DateRule::Kind::WeekStart || kind == DateRule::Kind::WeekEnd; }
bool from_end(DateRule::Kind kind) { return kind == DateRule::Kind::WeekEnd || kind == DateRule::Kind::MonthEnd; }

/// Sessions of one ISO week share their Monday, sessions of one month share year and month.
int group_of(DateRule::Kind kind, Date d) { return by_week(kind) ? d.days - d.weekday() : d.year() * 12 + d.month(); }

/// Mark the n-th session of every group; a group without one has none.
std::vector<bool> matching_sessions(const DateRule& rule, const TradingCalendar& calendar) {
  const auto sessions = calendar.sessions();
  if (rule.kind == DateRule::Kind::EveryDay) return std::vector<bool>(sessions.size(), true);
  std::vector<bool> matches(sessions.size(), false);
  const auto offset = static_cast<std::size_t>(rule.offset);
  for (std::size_t begin = 0; begin < sessions.size();) {
    const int group = group_of(rule.kind, sessions[begin]);
    std::size_t end = begin + 1;
    while (end < sessions.size() && group_of(rule.kind, sessions[end]) == group) ++end;
    if (offset < end - begin) matches[from_end(rule.kind) ? end - 1 - offset : begin + offset] = true;
    begin = end;
  }
  return matches;
}

}  // namespace

DateRule DateRule::week_start(int days_offset) { return {Kind::WeekStart, checked_days(days_offset, kMaxWeekOffset)}; }
DateRule DateRule::week_end(int days_offset) { return {Kind::WeekEnd, checked_days(days_offset, kMaxWeekOffset)}; }
DateRule DateRule::month_start(int days_offset) {
  return {Kind::MonthStart, checked_days(days_offset, kMaxMonthOffset)};
}
DateRule DateRule::month_end(int days_offset) { return {Kind::MonthEnd, checked_days(days_offset, kMaxMonthOffset)}; }

TimeRule TimeRule::market_open(std::int64_t offset_ns) { return {Kind::MarketOpen, checked_time(offset_ns)}; }
TimeRule TimeRule::market_close(std::int64_t offset_ns) { return {Kind::MarketClose, checked_time(offset_ns)}; }

ScheduledRule::ScheduledRule(DateRule date, TimeRule time, bool half_days, CalendarPtr calendar)
    : date_(date),
      time_(time),
      calendar_(std::move(calendar)),
      sessions_(matching_sessions(date_, *calendar_)),
      is_always_(half_days && date_.kind == DateRule::Kind::EveryDay && time_.kind == TimeRule::Kind::EveryMinute) {
  if (half_days) return;
  for (int i = 0; i < calendar_->session_count(); ++i) {
    if (calendar_->is_early_close(i)) sessions_[static_cast<std::size_t>(i)] = false;
  }
}

bool ScheduledRule::should_trigger(Timestamp t) {
  if (!next_reset_ns_ || t.ns >= *next_reset_ns_) {
    fired_ = false;
    next_reset_ns_ = t.ns + Timestamp::kDay;
  }
  if (fired_ || !matches(t)) return false;
  fired_ = true;
  return true;
}

bool ScheduledRule::matches(Timestamp t) {
  if (is_always_) return true;
  const TradingCalendar& calendar = *calendar_;
  if (!(calendar.open(hint_) < t && t <= calendar.close(hint_))) {
    // week and month rules refuse a minute at which their calendar is closed, as minute_to_session(direction="none")
    using Direction = TradingCalendar::Direction;
    const bool every_day = date_.kind == DateRule::Kind::EveryDay;
    hint_ = calendar.minute_to_session(t, every_day ? Direction::Next : Direction::None);
  }
  if (!sessions_[static_cast<std::size_t>(hint_)]) return false;
  switch (time_.kind) {
    case TimeRule::Kind::EveryMinute:
      return true;
    case TimeRule::Kind::MarketOpen:  // first minute + offset - 1 minute
      return t.ns == calendar.execution_open(hint_).ns + time_.offset_ns;
    case TimeRule::Kind::MarketClose:
      return t.ns == calendar.execution_close(hint_).ns - time_.offset_ns;
  }
  return false;
}

}  // namespace rustybt::utils

#include "rustybt/utils/calendar_utils.hpp"

#include <algorithm>
#include <utility>

#include "rustybt/core/error.hpp"

namespace rustybt::utils {
namespace {

constexpr std::int64_t kHour = 60 * Timestamp::kMinute;
constexpr std::string_view kUsFutures = "us_futures";

std::size_t at(int index) { return static_cast<std::size_t>(index); }

int first_greater(const std::vector<std::int64_t>& sorted, std::int64_t value) {
  return static_cast<int>(std::upper_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
}

int first_not_less(const std::vector<std::int64_t>& sorted, std::int64_t value) {
  return static_cast<int>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
}

void require_columns(bool holds, const std::string& name, const std::string& what) {
  if (!holds) {
    throw Error{ErrorCode::InvalidArgument, "calendar " + name + ": expected " + what,
                "correct the columns the calendar is made from"};
  }
}

[[noreturn]] void throw_beyond(const TradingCalendar& calendar, const char* what, Timestamp t) {
  throw Error{ErrorCode::NotASession, "calendar " + calendar.name() + " (" + calendar.sessions().front().to_string() +
                                          " to " + calendar.sessions().back().to_string() + ") has no " + what + " " +
                                          t.to_string()};
}

}  // namespace

TradingCalendar::TradingCalendar(std::string name, std::string time_zone, Columns columns)
    : name_(std::move(name)), time_zone_(std::move(time_zone)), columns_(std::move(columns)) {
  const Columns& c = columns_;
  const std::size_t count = c.sessions.size();
  const auto fits = [&](std::size_t size, bool may_be_empty) { return size == count || (may_be_empty && size == 0); };
  require_columns(count > 0, name_, "at least one session");
  require_columns(fits(c.opens_ns.size(), false) && fits(c.closes_ns.size(), false) &&
                      fits(c.break_starts_ns.size(), true) && c.break_ends_ns.size() == c.break_starts_ns.size() &&
                      fits(c.early_closes.size(), true),
                  name_, "one value per session in every column");

  minutes_before_.reserve(count + 1);
  minutes_before_.push_back(0);
  for (std::size_t i = 0; i < count; ++i) {
    const bool follows = i == 0 || (c.sessions[i - 1] < c.sessions[i] && c.closes_ns[i - 1] <= c.opens_ns[i]);
    bool in_order = follows && c.opens_ns[i] < c.closes_ns[i];
    if (has_breaks() && c.break_starts_ns[i] != kNoBreak) {
      in_order = in_order && c.opens_ns[i] < c.break_starts_ns[i] && c.break_starts_ns[i] < c.break_ends_ns[i] &&
                 c.break_ends_ns[i] < c.closes_ns[i];
    }
    if (!in_order) require_columns(false, name_, "ascending times without overlap at " + c.sessions[i].to_string());
    minutes_before_.push_back(minutes_before_.back() + minute_count(static_cast<int>(i)));
  }
}

// --- sessions ---

int TradingCalendar::session_at_or_after(Date d) const {
  const auto& s = columns_.sessions;
  return static_cast<int>(std::lower_bound(s.begin(), s.end(), d) - s.begin());
}

int TradingCalendar::session_at_or_before(Date d) const {
  const auto& s = columns_.sessions;
  return static_cast<int>(std::upper_bound(s.begin(), s.end(), d) - s.begin()) - 1;
}

std::optional<int> TradingCalendar::find_session(Date d) const {
  const int index = session_at_or_after(d);
  if (index == session_count() || session(index) != d) return std::nullopt;
  return index;
}

std::optional<Timestamp> TradingCalendar::break_start(int session) const {
  if (!has_breaks() || columns_.break_starts_ns[at(session)] == kNoBreak) return std::nullopt;
  return Timestamp{columns_.break_starts_ns[at(session)]};
}

std::optional<Timestamp> TradingCalendar::break_end(int session) const {
  if (!has_breaks() || columns_.break_ends_ns[at(session)] == kNoBreak) return std::nullopt;
  return Timestamp{columns_.break_ends_ns[at(session)]};
}

bool TradingCalendar::is_early_close(int session) const {
  return !columns_.early_closes.empty() && columns_.early_closes[at(session)];
}

Timestamp TradingCalendar::execution_close(int session) const {
  return {close(session).ns - (name_ == kUsFutures ? kHour : 0)};
}

Timestamp TradingCalendar::execution_open(int session) const {
  return {open(session).ns + (name_ == kUsFutures ? 12 * kHour + kHour / 2 : 0)};
}

// --- minutes of a session ---

int TradingCalendar::minute_count(int session) const {
  std::int64_t ns = close(session).ns - open(session).ns;
  if (const auto start = break_start(session)) ns -= break_end(session)->ns - start->ns;
  return static_cast<int>(ns / Timestamp::kMinute);
}

Timestamp TradingCalendar::minute(int session, int n) const {
  std::int64_t ns = open(session).ns + (n + 1) * Timestamp::kMinute;
  if (const auto start = break_start(session); start && ns > start->ns) ns += break_end(session)->ns - start->ns;
  return {ns};
}

std::optional<int> TradingCalendar::find_minute(int session, Timestamp t) const {
  if (t <= open(session) || t > close(session)) return std::nullopt;
  std::int64_t since_open = t.ns - open(session).ns;
  if (const auto start = break_start(session); start && t > *start) {
    if (t <= *break_end(session)) return std::nullopt;
    since_open -= break_end(session)->ns - start->ns;
  }
  if (since_open % Timestamp::kMinute != 0) return std::nullopt;
  return static_cast<int>(since_open / Timestamp::kMinute) - 1;
}

// --- from a time stamp ---

bool TradingCalendar::is_open_on_minute(Timestamp t) const {
  const int session = first_not_less(columns_.closes_ns, t.ns);
  if (session == session_count() || t <= open(session)) return false;
  const auto start = break_start(session);
  return !start || t <= *start || t > *break_end(session);
}

int TradingCalendar::minute_to_session(Timestamp t, Direction direction) const {
  const int session = first_not_less(columns_.closes_ns, t.ns);  // breaks belong to their session
  const bool is_inside = session < session_count() && t > open(session);
  if (is_inside) return session;
  if (direction == Direction::Next && session < session_count()) return session;
  if (direction == Direction::Previous && session > 0) return session - 1;
  const char* expected = direction == Direction::Next       ? "a time before the last close of calendar "
                         : direction == Direction::Previous ? "a time after the first open of calendar "
                                                            : "a minute inside a session of calendar ";
  throw Error{ErrorCode::NotASession, expected + name_ + " (" + columns_.sessions.front().to_string() + " to " +
                                          columns_.sessions.back().to_string() + "), found " + t.to_string()};
}

Timestamp TradingCalendar::next_open(Timestamp t) const {
  const int i = first_greater(columns_.opens_ns, t.ns);
  if (i == session_count()) throw_beyond(*this, "open after", t);
  return open(i);
}

Timestamp TradingCalendar::next_close(Timestamp t) const {
  const int i = first_greater(columns_.closes_ns, t.ns);
  if (i == session_count()) throw_beyond(*this, "close after", t);
  return close(i);
}

Timestamp TradingCalendar::previous_open(Timestamp t) const {
  const int i = first_not_less(columns_.opens_ns, t.ns) - 1;
  if (i < 0) throw_beyond(*this, "open before", t);
  return open(i);
}

Timestamp TradingCalendar::previous_close(Timestamp t) const {
  const int i = first_not_less(columns_.closes_ns, t.ns) - 1;
  if (i < 0) throw_beyond(*this, "close before", t);
  return close(i);
}

Timestamp TradingCalendar::next_minute(Timestamp t) const {
  const int i = first_greater(columns_.closes_ns, t.ns);  // the session with trading minutes after t
  if (i == session_count()) throw_beyond(*this, "trading minute after", t);
  if (t < open(i)) return first_minute(i);
  if (const auto start = break_start(i); start && t >= *start && t < *break_end(i)) {
    return {break_end(i)->ns + Timestamp::kMinute};
  }
  return {open(i).ns + ((t.ns - open(i).ns) / Timestamp::kMinute + 1) * Timestamp::kMinute};
}

Timestamp TradingCalendar::previous_minute(Timestamp t) const {
  // the session with trading minutes before t: its first minute, not its open, lies before t
  const int i = first_not_less(columns_.opens_ns, t.ns - Timestamp::kMinute) - 1;
  if (i < 0) throw_beyond(*this, "trading minute before", t);
  if (t > close(i)) return close(i);
  if (const auto start = break_start(i); start && t > *start && t.ns <= break_end(i)->ns + Timestamp::kMinute) {
    return *start;
  }
  return {open(i).ns + (t.ns - open(i).ns - 1) / Timestamp::kMinute * Timestamp::kMinute};
}

// --- New York ---

namespace {

/// The n-th Sunday of a month; n < 0 counts from the end.
Date sunday(int year, int month, int n) {
  if (n > 0) {
    const Date first = Date::from_ymd(year, month, 1);
    return first + (6 - first.weekday()) + 7 * (n - 1);
  }
  const Date last = month == 12 ? Date::from_ymd(year, 12, 31) : Date::from_ymd(year, month + 1, 1) - 1;
  return last - (last.weekday() + 1) % 7;
}

/// Days on which US daylight saving begins and ends, both at 02:00 wall time.
/// Source: Uniform Time Act of 1966 (from 1967) and its amendments; IANA tzdata, rule "US".
std::pair<Date, Date> us_daylight_saving(int year) {
  if (year >= 2007) return {sunday(year, 3, 2), sunday(year, 11, 1)};
  const Date end = sunday(year, 10, -1);
  if (year >= 1987) return {sunday(year, 4, 1), end};
  if (year == 1974) return {Date::from_ymd(1974, 1, 6), end};
  if (year == 1975) return {Date::from_ymd(1975, 2, 23), end};
  return {sunday(year, 4, -1), end};
}

}  // namespace

Timestamp new_york_time(Date label, int hour, int minute) {
  const int year = label.year();
  if (year < 1967) {
    throw Error{ErrorCode::InvalidDate, "New York time is known from 1967 on, found " + label.to_string(),
                "choose a later date"};
  }
  const auto [begin, end] = us_daylight_saving(year);
  // Wall times that do not exist (02:xx in spring) count from standard time, those that exist twice (01:xx in
  // autumn) mean the first: Python's fold=0.
  const bool is_daylight =
      (label > begin || (label == begin && hour >= 3)) && (label < end || (label == end && hour < 2));
  const std::int64_t offset = (is_daylight ? 4 : 5) * kHour;
  return {Timestamp::from_date(label).ns + hour * kHour + minute * Timestamp::kMinute + offset};
}

}  // namespace rustybt::utils

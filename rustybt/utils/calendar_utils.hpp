#pragma once
// Trading calendars: sessions with their open, close and break, as sorted arrays. Tables are generated from
// exchange_calendars 4.13.2 (tools/make_calendars.py); 24/7 and 24/5 are rules. All calendars are "right-sided" as in
// Zipline: the first minute of a session is open + 1 minute, the last is the close.
// Inside a run time is an index into these arrays; time stamps are for the edges.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/core/timestamp.hpp"

namespace rustybt::utils {

inline constexpr std::int64_t kNoBreak = INT64_MIN;

/// An immutable calendar. Session index: position in `sessions()`.
class TradingCalendar {
 public:
  struct Columns {
    std::vector<Date> sessions;
    std::vector<std::int64_t> opens_ns;         ///< UTC
    std::vector<std::int64_t> closes_ns;        ///< UTC
    std::vector<std::int64_t> break_starts_ns;  ///< kNoBreak where there is none; empty when the calendar has no breaks
    std::vector<std::int64_t> break_ends_ns;
    std::vector<bool> early_closes;  ///< empty = none
  };
  TradingCalendar(std::string name, std::string time_zone, Columns columns);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& time_zone() const { return time_zone_; }
  [[nodiscard]] int session_count() const { return static_cast<int>(columns_.sessions.size()); }
  [[nodiscard]] std::span<const Date> sessions() const { return columns_.sessions; }
  [[nodiscard]] Date session(int index) const { return columns_.sessions[static_cast<std::size_t>(index)]; }

  [[nodiscard]] bool is_session(Date d) const { return find_session(d).has_value(); }
  [[nodiscard]] std::optional<int> find_session(Date d) const;
  /// First session at or after `d`; session_count() when there is none.
  [[nodiscard]] int session_at_or_after(Date d) const;
  /// Last session at or before `d`; -1 when there is none.
  [[nodiscard]] int session_at_or_before(Date d) const;

  [[nodiscard]] Timestamp open(int session) const { return {columns_.opens_ns[static_cast<std::size_t>(session)]}; }
  [[nodiscard]] Timestamp close(int session) const { return {columns_.closes_ns[static_cast<std::size_t>(session)]}; }
  [[nodiscard]] std::optional<Timestamp> break_start(int session) const;
  [[nodiscard]] std::optional<Timestamp> break_end(int session) const;
  [[nodiscard]] bool is_early_close(int session) const;
  [[nodiscard]] bool has_breaks() const { return !columns_.break_starts_ns.empty(); }

  /// open + 1 minute.
  [[nodiscard]] Timestamp first_minute(int session) const { return {open(session).ns + Timestamp::kMinute}; }
  [[nodiscard]] Timestamp last_minute(int session) const { return close(session); }
  /// Trading minutes of the session: (open, break_start] and (break_end, close].
  [[nodiscard]] int minute_count(int session) const;
  /// The n-th trading minute of the session, 0-based.
  [[nodiscard]] Timestamp minute(int session, int n) const;
  /// Position of `t` among the session's trading minutes.
  [[nodiscard]] std::optional<int> find_minute(int session, Timestamp t) const;
  /// Total trading minutes of sessions [0, session); prefix sums, O(1).
  [[nodiscard]] std::int64_t minutes_before(int session) const {
    return minutes_before_[static_cast<std::size_t>(session)];
  }
  [[nodiscard]] bool is_open_on_minute(Timestamp t) const;

  enum class Direction : std::uint8_t { Next, Previous, None };
  /// Session that the minute belongs to; outside sessions by `direction` (Next: the coming one). Zipline's
  /// minute_to_session.
  /// @throws Error{NotASession} with Direction::None outside a session, and beyond either end
  [[nodiscard]] int minute_to_session(Timestamp t, Direction direction = Direction::Next) const;
  /// First session open strictly after `t`. @throws Error{NotASession} beyond the end
  [[nodiscard]] Timestamp next_open(Timestamp t) const;
  [[nodiscard]] Timestamp next_close(Timestamp t) const;
  [[nodiscard]] Timestamp previous_open(Timestamp t) const;
  [[nodiscard]] Timestamp previous_close(Timestamp t) const;
  /// Next / previous trading minute strictly after / before `t`.
  [[nodiscard]] Timestamp next_minute(Timestamp t) const;
  [[nodiscard]] Timestamp previous_minute(Timestamp t) const;

  /// Close as Zipline's simulation uses it: one hour before the close for us_futures, else the close
  /// (zipline_semantics 2.1).
  [[nodiscard]] Timestamp execution_close(int session) const;
  /// Open as Zipline's simulation uses it: 12.5 h after the open for us_futures, else the open.
  [[nodiscard]] Timestamp execution_open(int session) const;

 private:
  std::string name_;
  std::string time_zone_;
  Columns columns_;
  std::vector<std::int64_t> minutes_before_;
};

using CalendarPtr = std::shared_ptr<const TradingCalendar>;

/// A calendar by name or alias (NYSE, NASDAQ -> XNYS, ...). Built once per process, then shared (immutable).
/// @throws Error{InvalidCalendarName} that names near matches
[[nodiscard]] CalendarPtr get_calendar(std::string_view name);
/// Canonical names, sorted.
[[nodiscard]] std::vector<std::string> calendar_names();
/// The canonical name behind an alias; the name itself otherwise. @throws Error{InvalidCalendarName}
[[nodiscard]] std::string resolve_calendar_alias(std::string_view name);

/// The calendar restricted to [first, last]; a cheap way to fix ranges in tests and runs.
[[nodiscard]] CalendarPtr restrict_calendar(const TradingCalendar& calendar, Date first, Date last);

/// 08:45 New York time on `label`, as UTC (when Zipline calls before_trading_start). Exact US daylight-saving rules
/// since 1967.
[[nodiscard]] Timestamp new_york_time(Date label, int hour, int minute);

}  // namespace rustybt::utils

#pragma once
// schedule_function's date and time rules (zipline_semantics 2.4), compiled to per-session answers for the loop.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::utils {

/// On which sessions: every_day, the n-th session of week or month from either end (0-based).
struct DateRule {
  enum class Kind : std::uint8_t { EveryDay, WeekStart, WeekEnd, MonthStart, MonthEnd };
  Kind kind = Kind::EveryDay;
  int offset = 0;

  static DateRule every_day() { return {}; }
  static DateRule week_start(int days_offset = 0);   ///< 0..4,  @throws Error{InvalidArgument}
  static DateRule week_end(int days_offset = 0);     ///< 0..4
  static DateRule month_start(int days_offset = 0);  ///< 0..22
  static DateRule month_end(int days_offset = 0);    ///< 0..22
};

/// At which minute of the session. Offsets 1 minute .. 12 hours.
struct TimeRule {
  enum class Kind : std::uint8_t { EveryMinute, MarketOpen, MarketClose };
  Kind kind = Kind::EveryMinute;
  std::int64_t offset_ns = Timestamp::kMinute;

  static TimeRule every_minute() { return {}; }
  static TimeRule market_open(std::int64_t offset_ns = Timestamp::kMinute);   ///< @throws Error{InvalidArgument}
  static TimeRule market_close(std::int64_t offset_ns = Timestamp::kMinute);  ///< @throws Error{InvalidArgument}
};

/// One scheduled rule as the loop asks it: on which calendar sessions it may fire, and at which minute.
///
/// A rule fires at most once per day (Zipline's OncePerDay): after it has fired at `t` it may fire again from the first
/// time it was asked that day plus 24 hours.
class ScheduledRule {
 public:
  /// Groups of weeks and months are taken over all sessions of `calendar`; half_days false leaves early closes out.
  ScheduledRule(DateRule date, TimeRule time, bool half_days, CalendarPtr calendar);

  /// Should the function run at `t`? Changes the once-per-day state.
  [[nodiscard]] bool should_trigger(Timestamp t);

 private:
  [[nodiscard]] bool matches(Timestamp t);
  DateRule date_;
  TimeRule time_;
  CalendarPtr calendar_;
  std::vector<bool> sessions_;  ///< by session of calendar_: date rule and half-day rule
  bool is_always_;              ///< every day, every minute, half days too: the calendar is not asked
  // once per day
  std::optional<std::int64_t> next_reset_ns_;
  bool fired_ = false;
  int hint_ = 0;  ///< session of the last question; time moves forward
};

}  // namespace rustybt::utils

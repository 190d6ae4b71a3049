#pragma once
// Time at the edges. Inside a run time is an index into the calendar (architecture, section 3).

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace rustybt {

/// A calendar day: days since 1970-01-01 (a session label).
struct Date {
  std::int32_t days = 0;
  friend constexpr auto operator<=>(const Date&, const Date&) = default;
  friend constexpr Date operator+(Date d, int n) { return {d.days + n}; }
  friend constexpr Date operator-(Date d, int n) { return {d.days - n}; }
  friend constexpr int operator-(Date a, Date b) { return a.days - b.days; }

  static Date from_ymd(int year, int month, int day);  ///< @throws Error{InvalidDate}
  /// "YYYY-MM-DD" (or the date part of an ISO time stamp). @throws Error{InvalidDate}
  static Date parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] int year() const;
  [[nodiscard]] int month() const;  ///< 1..12
  [[nodiscard]] int day() const;    ///< 1..31
  /// Monday 0 .. Sunday 6, as Python.
  [[nodiscard]] int weekday() const noexcept { return static_cast<int>(((days + 3) % 7 + 7) % 7); }
};

[[noreturn]] void throw_time_out_of_range();

/// Nanoseconds since 1970-01-01 UTC: 1677-09-21 to 2262-04-11.
struct Timestamp {
  std::int64_t ns = 0;
  static constexpr std::int64_t kSecond = 1'000'000'000;
  static constexpr std::int64_t kMinute = 60 * kSecond;
  static constexpr std::int64_t kDay = 86'400 * kSecond;
  friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) = default;

  /// @throws Error{InvalidDate} outside the range of years
  static constexpr Timestamp from_date(Date d) { return {checked_multiply_ns(d.days, kDay)}; }
  /// @throws Error{InvalidDate} outside the range of years
  static constexpr Timestamp from_seconds(std::int64_t s) { return {checked_multiply_ns(s, kSecond)}; }
  /// ISO 8601: date, or date and hh:mm[:ss] after "T" or " ", optional fraction of up to 9 digits, optional "Z" or
  /// +hh:mm (none = UTC).
  /// @throws Error{InvalidDate}
  static Timestamp parse(std::string_view text);
  /// Day of the UTC date.
  [[nodiscard]] constexpr Date date() const { return {static_cast<std::int32_t>(ns / kDay - (ns % kDay < 0 ? 1 : 0))}; }
  /// "2014-06-05T20:00:00Z"; a fraction only when not 0, with 3, 6 or 9 digits.
  [[nodiscard]] std::string to_string() const;

 private:
  static constexpr std::int64_t checked_multiply_ns(std::int64_t count, std::int64_t unit) {
    std::int64_t result = 0;
    if (__builtin_mul_overflow(count, unit, &result)) throw_time_out_of_range();
    return result;
  }
};

}  // namespace rustybt

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

/// Nanoseconds since 1970-01-01 UTC.
struct Timestamp {
  std::int64_t ns = 0;
  static constexpr std::int64_t kSecond = 1'000'000'000;
  static constexpr std::int64_t kMinute = 60 * kSecond;
  static constexpr std::int64_t kDay = 86'400 * kSecond;
  friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) = default;

  static constexpr Timestamp from_date(Date d) { return {d.days * kDay}; }
  static constexpr Timestamp from_seconds(std::int64_t s) { return {s * kSecond}; }
  /// ISO 8601: date, or date and time with "T" or " ", optional fraction, optional "Z" or +hh:mm (none = UTC).
  /// @throws Error{InvalidDate}
  static Timestamp parse(std::string_view text);
  /// Day of the UTC date.
  [[nodiscard]] constexpr Date date() const {
    return {static_cast<std::int32_t>((ns >= 0 ? ns : ns - (kDay - 1)) / kDay)};
  }
  /// "2014-06-05T20:00:00Z" (fraction only when not 0).
  [[nodiscard]] std::string to_string() const;
};

}  // namespace rustybt

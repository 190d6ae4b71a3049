#include "rustybt/core/timestamp.hpp"

#include <array>
#include <cstddef>

#include "rustybt/core/error.hpp"

namespace rustybt {

namespace {

struct Civil {
  int year;
  int month;
  int day;
};

// Both directions: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". Years begin in March, so that the
// leap day is the last; an era is 400 years = 146,097 days; 719,468 days lie between 0000-03-01 and 1970-01-01.
std::int32_t days_from_civil(const Civil& c) {
  const int year = c.year - (c.month <= 2 ? 1 : 0);
  const int era = (year >= 0 ? year : year - 399) / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

Civil civil_from_days(std::int32_t days) {
  const std::int64_t shifted = std::int64_t{days} + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const int day_of_era = static_cast<int>(shifted - era * 146'097);
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int march_month = (5 * day_of_year + 2) / 153;
  const int day = day_of_year - (153 * march_month + 2) / 5 + 1;
  const int month = march_month < 10 ? march_month + 3 : march_month - 9;
  return {static_cast<int>(year_of_era + era * 400) + (month <= 2 ? 1 : 0), month, day};
}

int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

void append_padded(std::string& text, std::int64_t value, std::size_t width) {
  const std::string digits = std::to_string(value);
  text.append(width > digits.size() ? width - digits.size() : 0, '0').append(digits);
}

/// Reads one time stamp from left to right; what it does not find it names.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  [[nodiscard]] bool next_is_digit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }
  bool skip(char c) {
    const bool found = next_is(c);
    if (found) ++at_;
    return found;
  }
  void require(char c, const char* expected) {
    if (!skip(c)) fail_at(expected);
  }
  int digit(const char* expected) {
    if (!next_is_digit()) fail_at(expected);
    return text_[at_++] - '0';
  }
  int number(int width, const char* expected) {
    int value = 0;
    for (int i = 0; i < width; ++i) value = value * 10 + digit(expected);
    return value;
  }
  int number_up_to(int largest, const char* expected) {
    const int value = number(2, expected);
    if (value > largest) fail(std::string("expected ") + expected + ", found " + std::to_string(value));
    return value;
  }
  [[noreturn]] void fail_at(const char* expected) const {
    const std::string found = at_end() ? "the end" : "'" + std::string(1, text_[at_]) + "'";
    fail(std::string("expected ") + expected + ", found " + found + " at character " + std::to_string(at_ + 1));
  }
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorCode::InvalidDate, "\"" + std::string(text_.substr(0, 80)) + "\" is not a date: " + why);
  }

  Date date() {
    const int year = number(4, "a year of four digits");
    require('-', "'-' after the year");
    const int month = number(2, "a month of two digits");
    require('-', "'-' after the month");
    const int day = number(2, "a day of two digits");
    if (year == 0) fail("expected a year from 0001 to 9999, found 0000");
    if (month < 1 || month > 12) fail("expected a month from 01 to 12, found " + std::to_string(month));
    const int last = days_in_month(year, month);
    if (day < 1 || day > last) {
      fail("expected a day from 01 to " + std::to_string(last) + ", found " + std::to_string(day));
    }
    return {days_from_civil({year, month, day})};
  }

  /// What follows the date, to the end: nanoseconds from its midnight UTC.
  std::int64_t time() {
    if (at_end()) return 0;
    if (!skip('T')) require(' ', "'T', a space or the end after the date");
    std::int64_t ns = number_up_to(23, "hours from 00 to 23") * std::int64_t{60};
    require(':', "':' after the hours");
    ns = (ns + number_up_to(59, "minutes from 00 to 59")) * Timestamp::kMinute;
    if (skip(':')) {
      ns += number_up_to(59, "seconds from 00 to 59") * Timestamp::kSecond;
      if (skip('.')) ns += fraction();
    }
    ns -= offset();
    if (!at_end()) fail_at("the end of the time stamp");
    return ns;
  }

 private:
  std::int64_t fraction() {
    std::int64_t value = digit("a digit after the point");
    int digits = 1;
    for (; next_is_digit(); ++digits) {
      if (digits == 9) fail("expected at most 9 digits after the point (nanoseconds)");
      value = value * 10 + digit("a digit");
    }
    for (; digits < 9; ++digits) value *= 10;
    return value;
  }
  std::int64_t offset() {
    if (skip('Z')) return 0;
    const bool west = next_is('-');
    if (!west && !next_is('+')) return 0;
    ++at_;
    const std::int64_t hours = number_up_to(23, "hours of the offset from 00 to 23");
    require(':', "':' in the offset");
    const std::int64_t minutes = hours * 60 + number_up_to(59, "minutes of the offset from 00 to 59");
    return (west ? -minutes : minutes) * Timestamp::kMinute;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

void throw_time_out_of_range() {
  throw Error(ErrorCode::InvalidDate, "a time stamp lies outside 1677-09-21 to 2262-04-11",
              "use dates that nanoseconds in 64 bits can hold");
}

Date Date::from_ymd(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
    throw Error(ErrorCode::InvalidDate, "year " + std::to_string(year) + ", month " + std::to_string(month) + ", day " +
                                            std::to_string(day) + " is not a day of the calendar");
  }
  return {days_from_civil({year, month, day})};
}

Date Date::parse(std::string_view text) {
  Reader reader(text);
  const Date date = reader.date();
  reader.time();
  return date;
}

std::string Date::to_string() const {
  const Civil c = civil_from_days(days);
  std::string text;
  append_padded(text, c.year, 4);
  append_padded(text += '-', c.month, 2);
  append_padded(text += '-', c.day, 2);
  return text;
}

int Date::year() const { return civil_from_days(days).year; }
int Date::month() const { return civil_from_days(days).month; }
int Date::day() const { return civil_from_days(days).day; }

Timestamp Timestamp::parse(std::string_view text) {
  Reader reader(text);
  const Date date = reader.date();
  const std::int64_t time = reader.time();
  const __int128 exact = static_cast<__int128>(date.days) * kDay + time;
  const auto ns = static_cast<std::int64_t>(exact);
  if (ns != exact) reader.fail("time stamps run from 1677-09-21 to 2262-04-11");
  return {ns};
}

std::string Timestamp::to_string() const {
  const Date day = date();
  const std::int64_t of_day = ns % kDay + (ns % kDay < 0 ? kDay : 0);
  const std::int64_t seconds = of_day / kSecond;
  std::string text = day.to_string();
  append_padded(text += 'T', seconds / 3600, 2);
  append_padded(text += ':', seconds / 60 % 60, 2);
  append_padded(text += ':', seconds % 60, 2);
  if (const std::int64_t fraction = of_day % kSecond; fraction != 0) {
    text += '.';
    if (fraction % 1'000'000 == 0) {
      append_padded(text, fraction / 1'000'000, 3);
    } else if (fraction % 1000 == 0) {
      append_padded(text, fraction / 1000, 6);
    } else {
      append_padded(text, fraction, 9);
    }
  }
  return text += 'Z';
}

}  // namespace rustybt

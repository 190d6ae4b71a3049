#include "rustybt/data/bundles/time_text.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::data {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == '-' || c == '/' || c == '.'; }

/// Take 1 to `most` digits off the front; -1 when there is none.
int take_number(std::string_view& text, int most) {
  int value = 0;
  int digits = 0;
  while (digits < most && !text.empty() && is_digit(text.front())) {
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
    ++digits;
  }
  return digits == 0 ? -1 : value;
}

std::size_t leading_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

std::optional<Date> make_date(int year, int month, int day) {
  constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 || day > kDays[month - 1]) return std::nullopt;
  if (month == 2 && day == 29 && (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0))) return std::nullopt;
  return Date::from_ymd(year, month, day);
}

/// "Z", "UTC", "+hh:mm", "-hhmm", "+hh", or nothing.
bool take_offset(std::string_view& text, std::optional<std::int32_t>& offset) {
  text = trim(text);
  if (text.empty()) return true;
  if (text == "Z" || text == "z" || text == "UTC" || text == "GMT") {
    offset = 0;
    text = {};
    return true;
  }
  if (text.front() != '+' && text.front() != '-') return false;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const int hours = take_number(text, 2);
  if (!text.empty() && text.front() == ':') text.remove_prefix(1);
  const int minutes = text.empty() ? 0 : take_number(text, 2);
  if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59 || !text.empty()) return false;
  offset = sign * (hours * 3600 + minutes * 60);
  return true;
}

/// "hh:mm[:ss[.fraction]]" or "hhmm[ss]" or "hh-", AM/PM, offset; the whole rest of a cell.
bool take_clock(std::string_view text, WrittenTime& time) {
  if (!text.empty() && (text.front() == 'T' || text.front() == 't')) text.remove_prefix(1);
  text = trim(text);
  if (text.empty()) return true;
  if (!is_digit(text.front())) return take_offset(text, time.utc_offset_seconds);
  const std::size_t digits = leading_digits(text);
  int hour = -1;
  int minute = 0;
  int second = 0;
  if (digits == 4 || digits == 6) {
    hour = take_number(text, 2);
    minute = take_number(text, 2);
    if (digits == 6) second = take_number(text, 2);
  } else {
    hour = take_number(text, 2);
    const bool is_half_day = text.size() == 3 && text.front() == '-' && (text[2] & ~0x20) == 'M';  // "09-AM"
    if (text.empty() || (text.front() != ':' && !is_half_day)) return false;
    text.remove_prefix(1);
    if (!is_half_day) minute = take_number(text, 2);
    if (!text.empty() && text.front() == ':') {
      text.remove_prefix(1);
      second = take_number(text, 2);
    }
  }
  std::int64_t nanoseconds = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    std::int64_t unit = 100'000'000;
    if (text.empty() || !is_digit(text.front())) return false;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), unit /= 10)
      nanoseconds += (text.front() - '0') * unit;
  }
  text = trim(text);
  if (text.size() >= 2 && (text[1] == 'M' || text[1] == 'm')) {
    const char half = static_cast<char>(text[0] & ~0x20);
    if ((half != 'A' && half != 'P') || hour < 1 || hour > 12) return false;
    hour = hour % 12 + (half == 'P' ? 12 : 0);
    text.remove_prefix(2);
  }
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  if (hour == 24 && (minute != 0 || second != 0 || nanoseconds != 0)) return false;
  time.time_of_day_ns = ((hour * 60LL + minute) * 60 + second) * Timestamp::kSecond + nanoseconds;
  if (hour == 24) {  // the end of the day is the beginning of the next
    time.date = time.date + 1;
    time.time_of_day_ns = 0;
  }
  return take_offset(text, time.utc_offset_seconds);
}

/// Three numbers with one separator between them.
bool take_three(std::string_view& text, int (&numbers)[3], const int (&most)[3]) {
  char separator = 0;
  for (int i = 0; i < 3; ++i) {
    if (i > 0) {
      if (text.empty() || !is_separator(text.front()) || (separator != 0 && text.front() != separator)) return false;
      separator = text.front();
      text.remove_prefix(1);
    }
    numbers[i] = take_number(text, most[i]);
    if (numbers[i] < 0) return false;
  }
  return text.empty() || !is_digit(text.front());
}

std::optional<WrittenTime> parse_epoch(std::string_view cell) {
  if (const std::size_t dot = cell.find('.');
      dot != std::string_view::npos) {  // "1672531200.0", as float columns print
    if (cell.find_first_not_of('0', dot + 1) != std::string_view::npos) return std::nullopt;
    cell = cell.substr(0, dot);
  }
  const std::size_t digits = leading_digits(cell);
  if (digits != cell.size() || digits < 9 || digits > 19) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : cell)
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value))
      return std::nullopt;
  const std::int64_t unit = digits <= 11 ? Timestamp::kSecond : digits <= 14 ? 1'000'000 : digits <= 17 ? 1'000 : 1;
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(value, unit, &ns)) return std::nullopt;
  return WrittenTime{Timestamp{ns}.date(), ns - Timestamp::from_date(Timestamp{ns}.date()).ns, 0};
}

std::optional<WrittenTime> parse_pattern(std::string_view cell, const std::string& pattern) {
  const std::string text(cell);
  struct tm parts = {};
  parts.tm_mday = 1;
  const char* rest = ::strptime(text.c_str(), pattern.c_str(), &parts);
  if (!rest || *rest != 0) return std::nullopt;
  const auto date = make_date(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
  if (!date) return std::nullopt;
  WrittenTime time{*date, ((parts.tm_hour * 60LL + parts.tm_min) * 60 + parts.tm_sec) * Timestamp::kSecond,
                   std::nullopt};
  if (pattern.find("%z") != std::string::npos) time.utc_offset_seconds = static_cast<std::int32_t>(parts.tm_gmtoff);
  return time;
}

bool is_numeric_date(std::string_view cell) {  // n?n?yyyy
  int numbers[3];
  return take_three(cell, numbers, {2, 2, 4}) && numbers[2] >= 1000;
}

}  // namespace

std::string TimeFormat::describe() const {
  switch (kind) {
    case Kind::YearFirst:
      return "YYYY-MM-DD";
    case Kind::Compact:
      return "YYYYMMDD";
    case Kind::DayFirst:
      return "DD/MM/YYYY";
    case Kind::MonthFirst:
      return "MM/DD/YYYY";
    case Kind::Epoch:
      return "time since 1970";
    case Kind::Pattern:
      return pattern;
  }
  return {};
}

std::optional<WrittenTime> parse_written_time(std::string_view cell, const TimeFormat& format) {
  cell = trim(cell);
  if (cell.empty()) return std::nullopt;
  if (format.kind == TimeFormat::Kind::Epoch) return parse_epoch(cell);
  if (format.kind == TimeFormat::Kind::Pattern) return parse_pattern(cell, format.pattern);
  int n[3] = {};
  std::optional<Date> date;
  switch (format.kind) {
    case TimeFormat::Kind::YearFirst:
      if (take_three(cell, n, {4, 2, 2})) date = make_date(n[0], n[1], n[2]);
      break;
    case TimeFormat::Kind::DayFirst:
      if (take_three(cell, n, {2, 2, 4})) date = make_date(n[2], n[1], n[0]);
      break;
    case TimeFormat::Kind::MonthFirst:
      if (take_three(cell, n, {2, 2, 4})) date = make_date(n[2], n[0], n[1]);
      break;
    default:
      if (const std::size_t digits = leading_digits(cell); digits == 8 || digits == 12 || digits == 14) {
        n[0] = take_number(cell, 4);
        n[1] = take_number(cell, 2);
        n[2] = take_number(cell, 2);
        date = make_date(n[0], n[1], n[2]);
      }
  }
  if (!date) return std::nullopt;
  WrittenTime time{*date, 0, std::nullopt};
  return take_clock(cell, time) ? std::optional(time) : std::nullopt;
}

std::optional<TimeFormat> detect_time_format(std::span<const std::string_view> cells) {
  using Kind = TimeFormat::Kind;
  const auto first = std::ranges::find_if(cells, [](std::string_view c) { return !trim(c).empty(); });
  if (first == cells.end()) return std::nullopt;
  for (const Kind kind : {Kind::YearFirst, Kind::Compact, Kind::Epoch})
    if (parse_written_time(*first, {kind, {}})) return TimeFormat{kind, {}};
  if (!is_numeric_date(trim(*first))) return std::nullopt;
  for (const std::string_view cell : cells) {
    std::string_view rest = trim(cell);
    int n[3] = {};
    if (!take_three(rest, n, {2, 2, 4})) continue;
    if (n[0] > 12 && n[1] <= 12) return TimeFormat{Kind::DayFirst, {}};
    if (n[1] > 12 && n[0] <= 12) return TimeFormat{Kind::MonthFirst, {}};
  }
  throw Error(ErrorCode::InvalidDate, fmt::format("dates like \"{}\" can be day first or month first", trim(*first)),
              "name the form: --date-format %d/%m/%Y or --date-format %m/%d/%Y");
}

}  // namespace rustybt::data

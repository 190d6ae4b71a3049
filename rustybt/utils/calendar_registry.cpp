// Calendars by name: tables and rules expanded on first use.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/utils/calendar_tables.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::utils {
namespace {

// Markets that never close are rules, not data: every (week)day from midnight to midnight UTC.
constexpr std::array kRules = {
    CalendarTable{"24/5", "UTC", "1990-01-01", "2031-12-31", 0b0011111, "0 1440", ""},
    CalendarTable{"24/7", "UTC", "1990-01-01", "2031-12-31", 0b1111111, "0 1440", ""},
};

struct Shape {
  std::array<std::int64_t, 4> ns{0, 0, kNoBreak, kNoBreak};  // open, close, break start, break end
  bool is_early = false;
};

std::vector<Shape> parse_shapes(std::string_view text) {
  std::vector<Shape> shapes;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(';'), text.size());
    Shape shape;
    std::size_t field = 0;
    const char* at = text.data();
    for (const char* end = at + length; at < end; ++at) {
      if (*at == 'e') {
        shape.is_early = true;
      } else if (*at != ' ') {
        int minutes = 0;
        at = std::from_chars(at, end, minutes).ptr;
        shape.ns[field++] = minutes * Timestamp::kMinute;
      }
    }
    shapes.push_back(shape);
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return shapes;
}

struct Token {
  Date day;
  char shape = 0;  // 0: departs from the week mask; a..z: from here on; A..Z: this day only
};

std::vector<Token> parse_days(std::string_view text) {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 5);
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  int year = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find(' ', at);
    if (text[end - 1] == ':') {
      year = number(at, 4);
    } else {
      tokens.push_back({Date::from_ymd(year, number(at, 2), number(at + 2, 2)), end - at > 4 ? text[at + 4] : '\0'});
    }
    at = end + 1;
  }
  return tokens;
}

CalendarPtr expand(const CalendarTable& table) {
  const std::vector<Shape> shapes = parse_shapes(table.shapes);
  const std::vector<Token> tokens = parse_days(table.days);
  const Date first = Date::parse(table.first);
  const Date last = Date::parse(table.last);
  const bool has_breaks = std::any_of(shapes.begin(), shapes.end(), [](const Shape& s) { return s.ns[2] != kNoBreak; });
  const bool has_early = std::any_of(shapes.begin(), shapes.end(), [](const Shape& s) { return s.is_early; });

  TradingCalendar::Columns columns;
  const auto capacity = static_cast<std::size_t>(last - first + 1);
  columns.sessions.reserve(capacity);
  columns.opens_ns.reserve(capacity);
  columns.closes_ns.reserve(capacity);
  auto token = tokens.begin();
  std::size_t base = 0;
  for (Date day = first; day <= last; day = day + 1) {
    bool is_session = (table.week_mask >> day.weekday() & 1) != 0;
    std::size_t today = base;
    for (; token != tokens.end() && token->day == day; ++token) {
      if (token->shape == 0) {
        is_session = !is_session;
      } else if (token->shape >= 'a') {
        today = base = static_cast<std::size_t>(token->shape - 'a');
      } else {
        today = static_cast<std::size_t>(token->shape - 'A');
      }
    }
    if (!is_session) continue;
    const Shape& shape = shapes[today];
    const std::int64_t midnight = Timestamp::from_date(day).ns;
    columns.sessions.push_back(day);
    columns.opens_ns.push_back(midnight + shape.ns[0]);
    columns.closes_ns.push_back(midnight + shape.ns[1]);
    if (has_breaks) {
      const bool has_break = shape.ns[2] != kNoBreak;
      columns.break_starts_ns.push_back(has_break ? midnight + shape.ns[2] : kNoBreak);
      columns.break_ends_ns.push_back(has_break ? midnight + shape.ns[3] : kNoBreak);
    }
    if (has_early) columns.early_closes.push_back(shape.is_early);
  }
  return std::make_shared<const TradingCalendar>(std::string(table.name), std::string(table.time_zone),
                                                 std::move(columns));
}

const CalendarTable* find_in(std::span<const CalendarTable> tables, std::string_view name) {
  const auto it = std::find_if(tables.begin(), tables.end(), [&](const CalendarTable& t) { return t.name == name; });
  return it == tables.end() ? nullptr : &*it;
}

const CalendarTable* find_table(std::string_view name) {
  const CalendarTable* rule = find_in(kRules, name);
  return rule != nullptr ? rule : find_in(calendar_tables(), name);
}

[[noreturn]] void throw_unknown(std::string_view name) {
  std::vector<std::pair<std::size_t, std::string>> candidates;
  constexpr std::size_t kMostEdits = 2;
  const std::string wanted = to_upper(name);
  const auto consider = [&](std::string_view known) {
    const std::size_t distance = edit_distance(wanted, to_upper(known), kMostEdits);
    if (distance <= kMostEdits && distance < known.size() - 1) candidates.emplace_back(distance, known);
  };
  for (const std::string& known : calendar_names()) consider(known);
  for (const CalendarAlias& alias : calendar_aliases()) consider(alias.alias);
  std::sort(candidates.begin(), candidates.end());

  std::string near;
  for (std::size_t i = 0; i < std::min<std::size_t>(candidates.size(), 5); ++i) {
    near += (near.empty() ? "did you mean " : ", ") + candidates[i].second;
  }
  if (near.empty()) near = "names are codes such as XNYS, NYSE, XLON, CMES, us_futures, 24/7";
  throw Error{ErrorCode::InvalidCalendarName,
              "expected the name or alias of a trading calendar, found '" + std::string(name) + "'",
              near + "; `rustybt calendars` lists the names"};
}

}  // namespace

std::vector<std::string> calendar_names() {
  std::vector<std::string> names;
  for (const CalendarTable& rule : kRules) names.emplace_back(rule.name);
  for (const CalendarTable& table : calendar_tables()) names.emplace_back(table.name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string resolve_calendar_alias(std::string_view name) {
  const std::span<const CalendarAlias> aliases = calendar_aliases();
  const auto it = std::find_if(aliases.begin(), aliases.end(), [&](const CalendarAlias& a) { return a.alias == name; });
  if (it != aliases.end()) return std::string(it->name);
  if (find_table(name) == nullptr) throw_unknown(name);
  return std::string(name);
}

CalendarPtr get_calendar(std::string_view name) {
  // The one process-wide cache of this room: what it holds is immutable and a pure function of the name, so it is no
  // hidden state. Built under the lock, once per name (about 1 ms).
  static std::mutex mutex;
  static std::map<std::string, CalendarPtr, std::less<>> cache;

  const std::string canonical = resolve_calendar_alias(name);
  const std::lock_guard lock(mutex);
  CalendarPtr& calendar = cache[canonical];
  if (calendar == nullptr) calendar = expand(*find_table(canonical));
  return calendar;
}

CalendarPtr restrict_calendar(const TradingCalendar& calendar, Date first, Date last) {
  const int begin = calendar.session_at_or_after(first);
  const int end = calendar.session_at_or_before(last) + 1;
  if (begin >= end) {
    throw Error{ErrorCode::InvalidDateRange, "calendar " + calendar.name() + " has no session from " +
                                                 first.to_string() + " to " + last.to_string()};
  }
  TradingCalendar::Columns columns;
  for (int i = begin; i < end; ++i) {
    columns.sessions.push_back(calendar.session(i));
    columns.opens_ns.push_back(calendar.open(i).ns);
    columns.closes_ns.push_back(calendar.close(i).ns);
    if (calendar.has_breaks()) {
      columns.break_starts_ns.push_back(calendar.break_start(i).value_or(Timestamp{kNoBreak}).ns);
      columns.break_ends_ns.push_back(calendar.break_end(i).value_or(Timestamp{kNoBreak}).ns);
    }
    columns.early_closes.push_back(calendar.is_early_close(i));
  }
  return std::make_shared<const TradingCalendar>(calendar.name(), calendar.time_zone(), std::move(columns));
}

}  // namespace rustybt::utils

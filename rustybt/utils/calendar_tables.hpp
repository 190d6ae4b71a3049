#pragma once
// The checked-in calendar tables as tools/make_calendars.py writes them, UTC offsets baked in. Private to this room:
// calendar_registry.cpp expands a table into a TradingCalendar.
//
// shapes  "870 1260;870 1080 e;0 360 150 210"   open, close [, break start, break end] in minutes from the label's UTC
//         midnight; "e" marks an early close. The shapes are named a, b, c, ... The first session has shape a.
// days    "1990: 0101 0219 0402b 1123C "        per year, sorted tokens of month and day:
//         0101   the day departs from the week mask (a holiday, or an extra session)
//         0402b  from this session on the shape is b (daylight saving, new trading hours)
//         1123C  on this session only the shape is c (early close, late open)

#include <cstdint>
#include <span>
#include <string_view>

namespace rustybt::utils {

struct CalendarTable {
  std::string_view name;
  std::string_view time_zone;
  std::string_view first;  ///< first day that the table speaks of, YYYY-MM-DD
  std::string_view last;
  std::uint8_t week_mask;  ///< bit 0 = Monday .. bit 6 = Sunday
  std::string_view shapes;
  std::string_view days;
};

struct CalendarAlias {
  std::string_view alias;
  std::string_view name;
};

/// Sorted by name; without the rules 24/5 and 24/7.
[[nodiscard]] std::span<const CalendarTable> calendar_tables();
/// exchange_calendars' aliases, sorted.
[[nodiscard]] std::span<const CalendarAlias> calendar_aliases();

}  // namespace rustybt::utils

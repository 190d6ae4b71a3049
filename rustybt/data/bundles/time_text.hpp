#pragma once
// Times as files write them: which form a column uses, and what a cell says.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rustybt/core/timestamp.hpp"

namespace rustybt::data {

/// The form of a column of times. A time of day, a UTC offset, "Z" and AM/PM may follow a date in every form but Epoch.
struct TimeFormat {
  enum class Kind : std::uint8_t {
    YearFirst,   ///< 2014-06-05, 2014/6/5, 2014.06.05
    Compact,     ///< 20140605, 20140605 093100, 20140605093100
    DayFirst,    ///< 05/06/2014 = 5 June
    MonthFirst,  ///< 06/05/2014 = 5 June
    Epoch,       ///< seconds, milli-, micro- or nanoseconds since 1970, told by the number of digits
    Pattern,     ///< strptime's
  };
  Kind kind = Kind::YearFirst;
  std::string pattern;

  [[nodiscard]] std::string describe() const;
};

/// A cell's date and time of day as written; offset when the cell names one (Epoch: 0).
struct WrittenTime {
  Date date;
  std::int64_t time_of_day_ns = 0;
  std::optional<std::int32_t> utc_offset_seconds;
};

/// nullopt when the cell is not a time of this form.
[[nodiscard]] std::optional<WrittenTime> parse_written_time(std::string_view cell, const TimeFormat& format);

/// The form of a whole column, by its first cell and, for day and month, by any day above 12.
/// @returns nullopt when the first cell that is not empty has no known form
/// @throws Error{InvalidDate} when day and month cannot be told apart
[[nodiscard]] std::optional<TimeFormat> detect_time_format(std::span<const std::string_view> cells);

}  // namespace rustybt::data

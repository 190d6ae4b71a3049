#pragma once
// Longer bars from shorter ones, on the sessions of a calendar.
//
// Intraday bars are counted from the open of their session and again from the end of its break; the last one before a
// break or a close is shorter where the session does not divide (a half day's too). A week begins on Monday, a month on
// its first day; both hold whole sessions. On 24/7 sessions are UTC days, so bars are UTC bars. Daylight saving moves
// sessions, not bars within them.
// A bar's open is its first value, high the largest, low the smallest, close the last, volume the sum; missing values
// are skipped.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "rustybt/data/bar_period.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

/// What the time of a bar names. End: the last minute of the bar (a day: its session; a week or month: its last
/// session), as bundles label minutes. Start: the moment the bar begins, a minute before its first minute's label (a
/// week or month: its first session).
enum class BarLabel : std::uint8_t { End, Start };

/// Where the bars of a length begin and end.
class BarSchedule {
 public:
  BarSchedule(utils::CalendarPtr calendar, BarPeriod period) : calendar_(std::move(calendar)), period_(period) {}

  /// Trading minutes of a session, both included.
  struct Minutes {
    int first = 0;
    int last = 0;
  };
  // Intraday lengths: bars of a session, 0-based.
  [[nodiscard]] int bars_in(int session) const;
  [[nodiscard]] int bar_of(int session, int minute) const;
  [[nodiscard]] Minutes minutes_of(int session, int bar) const;

  /// Sessions of the day, week or month that holds `session`, both included.
  [[nodiscard]] std::pair<int, int> sessions_of(int session) const;

  [[nodiscard]] const utils::TradingCalendar& calendar() const { return *calendar_; }
  [[nodiscard]] const utils::CalendarPtr& calendar_pointer() const { return calendar_; }
  [[nodiscard]] BarPeriod period() const { return period_; }

 private:
  [[nodiscard]] int minutes_before_break(int session) const;
  utils::CalendarPtr calendar_;
  BarPeriod period_;
};

struct ResampleOptions {
  BarPeriod from = BarPeriod::of_minutes(1);
  BarPeriod to = BarPeriod::day();
  BarLabel from_label = BarLabel::End;  ///< what the times of the rows name
  BarLabel label = BarLabel::End;       ///< what the times of the bars shall name
  /// The rows are complete up to here (UTC); a last bar that ends later is partial. Default: the end of the last row.
  std::optional<Timestamp> complete_until;
  /// Leave rows outside the sessions out and count them, instead of an error.
  bool leave_out_closed = false;
};

struct ResampledBars {
  BarSeries bars;                  ///< times: ns UTC of intraday lengths, else days; only bars that have rows
  std::vector<std::int32_t> rows;  ///< source rows of each bar
  bool last_is_partial = false;    ///< more rows of the last bar may come
  std::int64_t rows_left_out = 0;  ///< outside the sessions
};

/// Bars of `options.to` from rows of `options.from`, which must divide it (15m to 1h; not 1w to 1mo).
/// @throws Error{InvalidArgument} for a length that is not longer or does not divide, Error{NotASession} naming the row
///         outside the sessions, Error{RowsOutOfOrder}, Error{Overflow} for a volume of more than 18 digits
[[nodiscard]] ResampledBars resample(const BarSeries& rows, const utils::CalendarPtr& calendar,
                                     const ResampleOptions& options);

}  // namespace rustybt::data

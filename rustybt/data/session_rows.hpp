#pragma once
// Which daily bar of a bundle a session of the run's calendar sees, and when a corporate action takes effect there.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rustybt/core/timestamp.hpp"
#include "rustybt/data/adjustments.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

/// Row among `stored` (the bundle's sessions, sorted) of every session of the calendar, -1: none.
///
/// Without `own` the row of the same date, as Zipline (quirk Q34: Tokyo sees the day of New York that has not begun).
/// With the bundle's own calendar the last row that has closed since the session before.
[[nodiscard]] std::vector<std::int32_t> rows_of_sessions(std::span<const Date> stored,
                                                         const utils::TradingCalendar& calendar,
                                                         const utils::TradingCalendar* own);

/// The actions with effective dates and ex-dates moved to the first session that sees a bar of that date or a later
/// one: days that are no session of the calendar lose none, and a split comes with the prices that show it. The same
/// object where nothing moves.
[[nodiscard]] std::shared_ptr<const Adjustments> on_sessions(std::shared_ptr<const Adjustments> adjustments,
                                                             std::span<const Date> stored,
                                                             const utils::TradingCalendar& calendar,
                                                             const utils::TradingCalendar& own);

}  // namespace rustybt::data

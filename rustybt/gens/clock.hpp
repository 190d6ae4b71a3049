#pragma once
// The times of a run, session by session, as the loop walks them (zipline_semantics 2.1).

#include <cstdint>
#include <memory>
#include <vector>

#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::gens {

/// One session of a run.
struct SessionTimes {
  int calendar_session = 0;  ///< index into the calendar
  int data_session =
      0;              ///< session whose daily bar the label shows: itself, or one earlier under session_lag (quirk Q2)
  int first_bar = 0;  ///< first trading minute of the session that is simulated (us_futures starts late)
  Date label{};
  std::int64_t label_ns = 0;  ///< midnight UTC of the label
  std::int64_t open_ns = 0;   ///< first minute
  std::int64_t close_ns = 0;  ///< last minute (execution close)
  std::int64_t before_trading_start_ns = 0;
  bool has_before_trading_start = true;  ///< quirk Q23
};

/// All sessions of a run, in order.
class SimulationClock {
 public:
  struct Options {
    bool new_york_morning = false;  ///< before_trading_start at 08:45 New York on every calendar (quirk Q23), else 45
                                    ///< minutes before the open
    bool session_lag = false;       ///< quirk Q2
  };
  SimulationClock(utils::CalendarPtr calendar, int first_session, int last_session, Options options);
  [[nodiscard]] const std::vector<SessionTimes>& sessions() const { return sessions_; }
  [[nodiscard]] const utils::TradingCalendar& calendar() const { return *calendar_; }

 private:
  utils::CalendarPtr calendar_;
  std::vector<SessionTimes> sessions_;
};

}  // namespace rustybt::gens

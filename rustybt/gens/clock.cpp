#include "rustybt/gens/clock.hpp"

namespace rustybt::gens {
namespace {

constexpr std::int64_t kBeforeOpen = 45 * Timestamp::kMinute;

}  // namespace

SimulationClock::SimulationClock(utils::CalendarPtr calendar, int first_session, int last_session, Options options)
    : calendar_(std::move(calendar)) {
  const utils::TradingCalendar& c = *calendar_;
  sessions_.reserve(static_cast<std::size_t>(last_session - first_session + 1));
  for (int s = first_session; s <= last_session; ++s) {
    SessionTimes t;
    t.calendar_session = s;
    t.label = c.session(s);
    t.label_ns = Timestamp::from_date(t.label).ns;
    t.data_session = options.session_lag ? c.minute_to_session({t.label_ns}) : s;
    t.open_ns = c.first_minute(s).ns;
    t.close_ns = c.execution_close(s).ns;
    t.first_bar = static_cast<int>((c.execution_open(s).ns - c.open(s).ns) / Timestamp::kMinute);
    t.before_trading_start_ns =
        options.new_york_morning ? utils::new_york_time(t.label, 8, 45).ns : c.execution_open(s).ns - kBeforeOpen;
    t.has_before_trading_start = t.before_trading_start_ns <= t.close_ns;
    sessions_.push_back(t);
  }
}

}  // namespace rustybt::gens

#include "rustybt/data/session_rows.hpp"

#include <algorithm>
#include <utility>

namespace rustybt::data {

std::vector<std::int32_t> rows_of_sessions(std::span<const Date> stored, const utils::TradingCalendar& calendar,
                                           const utils::TradingCalendar* own) {
  const auto sessions = calendar.sessions();
  std::vector<std::int32_t> rows(sessions.size(), -1);
  std::size_t next = 0;
  for (std::size_t c = 0; c < sessions.size(); ++c) {
    const auto is_seen = [&](Date day) {
      const std::optional<int> theirs = own ? own->find_session(day) : std::nullopt;
      return theirs ? own->close(*theirs) <= calendar.close(static_cast<int>(c)) : day <= sessions[c];
    };
    const std::size_t first = next;
    while (next < stored.size() && is_seen(stored[next])) ++next;
    if (next > first && (own || stored[next - 1] == sessions[c])) rows[c] = static_cast<std::int32_t>(next) - 1;
  }
  return rows;
}

std::shared_ptr<const Adjustments> on_sessions(std::shared_ptr<const Adjustments> adjustments,
                                               std::span<const Date> stored, const utils::TradingCalendar& calendar,
                                               const utils::TradingCalendar& own) {
  if (adjustments->empty()) return adjustments;
  const bool is_own = calendar.name() == own.name();
  const std::vector<std::int32_t> rows =
      is_own ? std::vector<std::int32_t>{} : rows_of_sessions(stored, calendar, &own);
  const auto moved = [&](Date day) {
    int session = calendar.session_at_or_after(day);
    if (!is_own) {
      const auto row = std::ranges::lower_bound(stored, day) - stored.begin();
      if (row < static_cast<std::ptrdiff_t>(stored.size()))
        while (session < calendar.session_count() && rows[static_cast<std::size_t>(session)] < row) ++session;
    }
    return session < calendar.session_count() ? calendar.session(session) : day;
  };
  const auto for_each_table = [](auto& all, auto action) {
    return action(all.splits, &Split::effective_date) | action(all.mergers, &PriceRatio::effective_date) |
           action(all.dividends, &PriceRatio::effective_date) | action(all.cash_dividends, &CashDividend::ex_date) |
           action(all.stock_dividends, &StockDividend::ex_date);
  };
  const bool any_moves = for_each_table(*adjustments, [&](const auto& table, auto date) {
    return std::ranges::any_of(table, [&](const auto& row) { return moved(row.*date) != row.*date; });
  });
  if (!any_moves) return adjustments;
  auto all = std::make_shared<Adjustments>(*adjustments);
  for_each_table(*all, [&](auto& table, auto date) {
    for (auto& row : table) row.*date = moved(row.*date);
    return true;
  });
  return all;
}

}  // namespace rustybt::data

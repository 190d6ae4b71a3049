#include "rustybt/assets/roll_finder.hpp"

#include <algorithm>
#include <utility>

#include "rustybt/core/error.hpp"

namespace rustybt::assets {

RollFinder::RollFinder(RollStyle style, utils::CalendarPtr calendar, SessionVolumes volumes, RollOptions options)
    : style_(style), calendar_(std::move(calendar)), volumes_(std::move(volumes)), options_(options) {
  if (style_ == RollStyle::Volume && !volumes_.volume)
    throw Error(ErrorCode::InvalidArgument, "a volume roll needs the volumes of the contracts");
}

RollFinder::RollFinder(ActiveContract rule, utils::CalendarPtr calendar, RollOptions options)
    : style_(RollStyle::Calendar), calendar_(std::move(calendar)), options_(options), rule_(std::move(rule)) {}

/// `count` sessions after a day (before it, when negative), which need not be a session itself; beyond either end of
/// the calendar the days go on without sessions.
Date RollFinder::add_sessions(Date day, int count) const {
  const int from = count > 0 ? calendar_->session_at_or_before(day) : calendar_->session_at_or_after(day);
  const int to = from + count;
  if (to < 0) return calendar_->session(0) - 1;
  if (to >= calendar_->session_count()) return calendar_->session(calendar_->session_count() - 1) + 1;
  return calendar_->session(to);
}

int RollFinder::active_contract(const OrderedContracts& chain, int front, int back, Date day) const {
  if (rule_) return rule_(chain, front, back, day);
  if (style_ == RollStyle::Volume) return active_by_volume(chain, front, back, day);
  return day >= chain[front].auto_close ? back : front;
}

// Volumes are those of the session before, so both contracts must have been alive then. A switch of volume within the
// grace days before the front's close counts for good: the first of several switches is the roll.
int RollFinder::active_by_volume(const OrderedContracts& chain, int front, int back, Date day) const {
  const auto& [front_asset, front_start, front_end, front_close] = chain[front];
  const auto& [back_asset, back_start, back_end, back_close] = chain[back];
  const Date previous = add_sessions(day, -1);
  if (day > std::min(front_close, front_end)) return back;
  if (front_start > previous) return back;
  if (day > std::min(back_close, back_end)) return front;
  if (back_start > previous) return front;
  if (volumes_.volume(back_asset, previous) > volumes_.volume(front_asset, previous)) return back;

  const Date gap_start = std::max(back_start, add_sessions(front_close, -kGraceDays));
  if (day < gap_start) return front;
  const int last = calendar_->session_at_or_before(add_sessions(previous, -1));
  for (int i = calendar_->session_at_or_after(gap_start); i <= last; ++i) {
    const Date session = calendar_->session(i);
    if (volumes_.volume(back_asset, session) > volumes_.volume(front_asset, session)) return back;
  }
  return front;
}

std::optional<int> RollFinder::active_at_offset(const OrderedContracts& chain, Date session, int offset) const {
  const int front = chain.contract_before_auto_close(session);
  const std::optional<int> back = chain.contract_at_offset(front, 1, session);
  if (!back) {  // Zipline gives the front contract at any offset
    if (offset > 0 && options_.offset_follows_active) return std::nullopt;
    return front;
  }
  return chain.contract_at_offset(active_contract(chain, front, *back, session), offset, session);
}

// Backwards from the contract that is active at the end: while a contract is found active, the one before it is the
// front, and the day on which the front was still active is the roll.
std::vector<Roll> RollFinder::get_rolls(const OrderedContracts& chain, Date start, Date end, int offset) const {
  if (chain.size() == 0) return {};
  const int front_at_end = active_at_offset(chain, end, 0).value_or(chain.contract_before_auto_close(end));
  const std::optional<int> back_at_end = chain.contract_at_offset(front_at_end, 1, end);
  const int first = back_at_end ? active_contract(chain, front_at_end, *back_at_end, end) : front_at_end;
  // the chain ends before the offset: Zipline fails here
  if (first + offset >= chain.size() && !options_.offset_follows_active) return {};

  std::vector<std::pair<int, std::optional<Date>>> rolls{{first, std::nullopt}};  // places without offset, last first
  int current = first == front_at_end ? first - 1 : first - 2;
  Date session = calendar_->session(std::max(0, calendar_->session_at_or_before(end)));
  while (session > start && current >= 0) {
    // Zipline compares with the contract at the offset (Q32), where the one that was left belongs
    const int back = rolls.back().first + (options_.offset_follows_active ? 0 : offset);
    while (session > start) {
      const Date previous = add_sessions(session, -1);
      if (current > 0 && previous < chain[current - 1].auto_close) break;
      if (back != active_contract(chain, current, back, previous)) {
        rolls.emplace_back(current, session);
        break;
      }
      session = previous;
    }
    --current;
    if (current >= 0) session = std::min(session, add_sessions(chain[current].auto_close, 1));
  }
  std::vector<Roll> found;
  for (auto roll = rolls.rbegin(); roll != rolls.rend() && roll->first + offset < chain.size(); ++roll)
    found.push_back({chain[roll->first + offset].asset, roll->second});
  return found;
}

std::optional<AssetIndex> RollFinder::get_contract_center(const OrderedContracts& chain, Date session,
                                                          int offset) const {
  if (chain.size() == 0) return std::nullopt;
  if (style_ == RollStyle::Volume) {
    const Date ahead = add_sessions(session, kRollDaysForCurrentContract);
    const std::vector<Roll> rolls =
        get_rolls(chain, session, std::max(session, std::min(ahead, volumes_.last_session)), offset);
    return rolls.empty() ? std::nullopt : std::optional(rolls.front().contract);
  }
  const std::optional<int> place = active_at_offset(chain, session, offset);
  return place ? std::optional(chain[*place].asset) : std::nullopt;
}

}  // namespace rustybt::assets

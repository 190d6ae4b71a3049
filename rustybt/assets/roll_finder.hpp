#pragma once
// When a continuous future hops from contract to contract (zipline_semantics 8).
//
// How the data portal uses it: keep one OrderedContracts per root and one RollFinder per roll style for the whole run.
//   SessionVolumes volumes{[&](AssetIndex contract, Date session) { ...; return volume or 0; }, last_session_of_data};
//   const RollFinder finder(RollStyle::Volume, calendar, volumes, {.offset_follows_active = ...policy...});
//   current(cf, "contract")     finder.get_contract_center(chain, session, cf.offset)        [nullopt -> None]
//   current(cf, "close")        the same, then the value of that contract
//   current_chain(cf)           chain.active_chain(*chain.find_place(*center), session)
//   history(cf, ...)            finder.get_rolls(chain, first_session, last_session, cf.offset): contract i gives the
//                               rows before rolls[i].session; at each roll between front = rolls[i].contract and
//                               back = rolls[i + 1].contract the closes on the session before it make the adjustment.
//                               Zipline asks 40 sessions beyond the window (its prefetch, at most to the end of data):
//                               the stretches then are those of get_contract_center; do the same under its preset.
// `session` is the label of the session that the moment belongs to (calendar.minute_to_session), also in minute runs.

#include <functional>
#include <optional>
#include <vector>

#include "rustybt/assets/continuous_futures.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::assets {

/// What a volume roll asks of the data.
struct SessionVolumes {
  /// Volume of a contract over a whole session; 0 where it has no bar.
  std::function<double(AssetIndex contract, Date session)> volume;
  Date last_session{};  ///< of the data
};

/// Which of two neighbouring contracts, by their places, is the active one on a day.
using ActiveContract = std::function<int(const OrderedContracts& chain, int front, int back, Date day)>;

struct RollOptions {
  /// Offset 1 is the contract after the active one. False is Zipline's quirk Q32 (policies.md): after a volume roll
  /// offset 1 stays on the contract that offset 0 has just taken, until the old front closes.
  bool offset_follows_active = true;
};

/// A stretch of one contract, up to (not including) the session on which the next one takes over.
struct Roll {
  AssetIndex contract;
  std::optional<Date> session;  ///< none for the last stretch, but where the chain has no contract after it
  friend bool operator==(const Roll&, const Roll&) = default;
};

/// Finds rolls of one style. Immutable; as safe between threads as `volumes`.
class RollFinder {
 public:
  static constexpr int kGraceDays = 7;
  /// How far a volume roll looks ahead to know that a contract, once left, is not taken again (Zipline's constant).
  static constexpr int kRollDaysForCurrentContract = 90;

  /// `volumes` is needed for RollStyle::Volume only. @throws Error{InvalidArgument} when it is missing
  RollFinder(RollStyle style, utils::CalendarPtr calendar, SessionVolumes volumes = {}, RollOptions options = {});
  /// Rolls by a rule of one's own.
  RollFinder(ActiveContract rule, utils::CalendarPtr calendar, RollOptions options = {});

  /// The contract at `offset` from the active one on `session`; none when the chain has no such contract.
  [[nodiscard]] std::optional<AssetIndex> get_contract_center(const OrderedContracts& chain, Date session,
                                                              int offset) const;
  /// Stretches from `start` to `end` in order; at least one, except when the chain is too short for `offset`.
  [[nodiscard]] std::vector<Roll> get_rolls(const OrderedContracts& chain, Date start, Date end, int offset) const;

  /// Place of the one of two neighbouring contracts that is active on a day.
  [[nodiscard]] int active_contract(const OrderedContracts& chain, int front, int back, Date day) const;

 private:
  [[nodiscard]] std::optional<int> active_at_offset(const OrderedContracts& chain, Date session, int offset) const;
  [[nodiscard]] int active_by_volume(const OrderedContracts& chain, int front, int back, Date day) const;
  [[nodiscard]] Date add_sessions(Date day, int count) const;

  RollStyle style_;
  utils::CalendarPtr calendar_;
  SessionVolumes volumes_;
  RollOptions options_;
  ActiveContract rule_;  ///< instead of the style's
};

}  // namespace rustybt::assets

#pragma once
// The one order and its state machine, for simulation, paper and live trading (architecture, section 4).

#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "rustybt/core/ids.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::finance {

enum class OrderStatus : std::uint8_t {
  New,
  Pending,
  Open,
  Held,
  Triggered,
  PartiallyFilled,
  Filled,
  Cancelled,
  Rejected,
  Expired
};

/// May an order go from one state to the other? Open orders may be held, trigger, fill in parts, and end; ended orders
/// stay ended.
[[nodiscard]] constexpr bool is_legal_transition(OrderStatus from, OrderStatus to) {
  using enum OrderStatus;
  constexpr auto bit = [](OrderStatus s) { return 1u << static_cast<unsigned>(s); };
  constexpr unsigned kEnd = bit(Filled) | bit(Cancelled) | bit(Rejected) | bit(Expired);
  constexpr unsigned kNext[] = {/* New */ bit(Pending) | bit(Open) | bit(Rejected) | bit(Cancelled),
                                /* Pending */ bit(Open) | bit(PartiallyFilled) | kEnd,
                                /* Open */ bit(Held) | bit(Triggered) | bit(PartiallyFilled) | kEnd,
                                /* Held */ bit(Open) | bit(PartiallyFilled) | kEnd,
                                /* Triggered */ bit(Held) | bit(Open) | bit(PartiallyFilled) | kEnd,
                                /* PartiallyFilled */ bit(Held) | bit(PartiallyFilled) | kEnd,
                                /* Filled, Cancelled, Rejected, Expired */ 0,
                                0,
                                0,
                                0};
  return (kNext[static_cast<unsigned>(from)] & bit(to)) != 0;
}
[[nodiscard]] std::string_view to_string(OrderStatus status);
/// Zipline's numbers: OPEN 0, FILLED 1, CANCELLED 2, REJECTED 3, HELD 4.
[[nodiscard]] int zipline_status(OrderStatus status);

inline constexpr std::int64_t kNoPrice = std::numeric_limits<std::int64_t>::min();

/// An order. Amounts are mantissas at the asset's quantity digits, prices at its fill scale (decimal/context.hpp).
struct Order {
  OrderId id;
  AssetIndex asset;
  OrderStatus status = OrderStatus::Open;
  bool stop_reached = false;
  bool limit_reached = false;
  std::int64_t amount = 0;  ///< signed: > 0 buys
  std::int64_t filled = 0;  ///< signed as amount
  std::int64_t limit = kNoPrice;
  std::int64_t stop = kNoPrice;
  double decision_limit =
      std::numeric_limits<double>::quiet_NaN();  ///< as IEEE decisions compare it (policy decision_arithmetic)
  double decision_stop = std::numeric_limits<double>::quiet_NaN();
  std::int64_t created_ns = 0;
  std::int64_t dt_ns = 0;  ///< last change
  Money commission;
  std::uint64_t touch = 0;  ///< number of its last touch in the session's order log

  [[nodiscard]] int direction() const { return amount > 0 ? 1 : -1; }
  [[nodiscard]] std::int64_t open_amount() const { return amount - filled; }
  [[nodiscard]] bool has_limit() const { return limit != kNoPrice; }
  [[nodiscard]] bool has_stop() const { return stop != kNoPrice; }
  [[nodiscard]] bool is_open() const { return status <= OrderStatus::PartiallyFilled; }
  /// No stop or limit condition is left to meet.
  [[nodiscard]] bool is_triggered() const { return (!has_stop() || stop_reached) && (!has_limit() || limit_reached); }
  /// Change state. @throws Error{IllegalOrderTransition}
  void transition(OrderStatus to) {
    if (!is_legal_transition(status, to)) throw_illegal_transition(to);
    status = to;
  }

 private:
  [[noreturn]] void throw_illegal_transition(OrderStatus to) const;
};

}  // namespace rustybt::finance

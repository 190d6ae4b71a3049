#pragma once
// Orders of several strategies as few orders of the market: what opposite sides have in common is crossed between them,
// the rest is one order, and each fill of it is shared out exactly.

#include <cstdint>
#include <span>
#include <vector>

namespace rustybt::finance {

/// Orders of one asset and one style, as one. What it is made of is for the caller to group: a buy stop and a sell stop
/// of one price, for one, wait for opposite moves.
class NetOrder {
 public:
  struct Part {
    std::int64_t amount = 0;   ///< as ordered
    std::int64_t crossed = 0;  ///< of it against the other side, to be booked at once and at one price
    std::int64_t filled = 0;   ///< of it by the market
    [[nodiscard]] std::int64_t open() const { return amount - crossed - filled; }
  };

  /// @param amounts  of the strategies' orders, signed, in order of arrival, in the smallest unit
  /// @throws Error{InvalidArgument} for an amount of 0, Error{Overflow} for sums beyond 64 bits
  explicit NetOrder(std::span<const std::int64_t> amounts);

  /// What goes to the market, signed; 0 when the strategies serve each other.
  [[nodiscard]] std::int64_t amount() const { return amount_; }
  /// What changes hands between strategies: the sum of one side.
  [[nodiscard]] std::int64_t crossed() const { return crossed_; }
  [[nodiscard]] std::span<const Part> parts() const { return parts_; }

  /// A fill of the market: every part's share of it, in the order of parts(), in proportion to what is open of each.
  /// What does not divide goes to the largest remainders, among equal ones to the earlier order.
  /// @throws Error{InvalidArgument} for the other side or more than is open
  std::vector<std::int64_t> fill(std::int64_t amount);

 private:
  std::vector<Part> parts_;
  std::int64_t amount_ = 0, crossed_ = 0;
};

}  // namespace rustybt::finance

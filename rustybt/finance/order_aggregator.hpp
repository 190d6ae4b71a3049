#pragma once
// Orders of several strategies as few orders of the market: what opposite sides have in common is crossed between them,
// the rest is one order, and each fill of it is shared out exactly.

#include <cstdint>
#include <span>
#include <vector>

#include "rustybt/core/ids.hpp"
#include "rustybt/finance/order.hpp"

namespace rustybt::finance {

/// One strategy's order, before it goes to the market.
struct StrategyOrder {
  AssetIndex asset;
  std::int64_t amount = 0;  ///< quantity digits of the asset, signed, not 0
  std::int64_t limit = kNoPrice, stop = kNoPrice;
};

/// Orders of one asset, limit and stop, as one.
class NetOrder {
 public:
  struct Part {
    std::size_t order = 0;     ///< its place among the strategies' orders
    std::int64_t amount = 0;   ///< as ordered
    std::int64_t crossed = 0;  ///< of it against the other side, to be booked at once and at one price
    std::int64_t filled = 0;   ///< of it by the market
    [[nodiscard]] std::int64_t open() const { return amount - crossed - filled; }
  };

  /// @throws Error{InvalidArgument} for an amount of 0, Error{Overflow} for sums beyond 64 bits
  explicit NetOrder(std::vector<Part> parts, AssetIndex asset = {}, std::int64_t limit = kNoPrice,
                    std::int64_t stop = kNoPrice);

  [[nodiscard]] AssetIndex asset() const { return asset_; }
  [[nodiscard]] std::int64_t limit() const { return limit_; }
  [[nodiscard]] std::int64_t stop() const { return stop_; }
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
  AssetIndex asset_;
  std::int64_t limit_, stop_;
  std::int64_t amount_ = 0, crossed_ = 0;
};

/// Net orders in the order in which their first one came. Orders are one when asset, limit and stop are the same; stops
/// of opposite sides wait for opposite moves and stay apart.
[[nodiscard]] std::vector<NetOrder> net_orders(std::span<const StrategyOrder> orders);

}  // namespace rustybt::finance

#pragma once
// Commission models: what one fill of an order costs (zipline_semantics 3.4).

#include <string>
#include <variant>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/decimal/context.hpp"
#include "rustybt/finance/order.hpp"

namespace rustybt::finance {

/// Per share, with a floor per order (not per fill).
struct PerShare {
  Decimal cost = Decimal(1, 3);
  Decimal min_trade_cost = Decimal(0, 0);
};
/// Once per order, on its first fill.
struct PerTrade {
  Decimal cost;
};
/// A share of the traded value.
struct PerDollar {
  Decimal cost = Decimal(15, 4);
};
struct NoCommission {};

/// A model written by the user: its answer, a double, is rounded half-even to the money scale.
class CustomCommission {
 public:
  virtual ~CustomCommission() = default;
  virtual double calculate(const Order& order, std::int64_t amount, std::int64_t price) = 0;
  [[nodiscard]] virtual std::string describe() const = 0;
};

using CommissionModel = std::variant<PerShare, PerTrade, PerDollar, NoCommission, CustomCommission*>;

[[nodiscard]] std::string describe(const CommissionModel& model);

/// Additional commission of a fill, before the order's `filled` and `commission` count it. Only an amount above 0 is
/// charged; below 0 where a reverse split shrank what an order has filled: the order's sum then starts anew, as
/// Zipline's does.
[[nodiscard]] Money commission_for(const CommissionModel& model, const Order& order, std::int64_t amount,
                                   std::int64_t price, const DecimalContext& context);

}  // namespace rustybt::finance

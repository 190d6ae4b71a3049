#pragma once
// Commission models: what one fill of an order costs (zipline_semantics 3.4).

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/decimal/context.hpp"
#include "rustybt/finance/fee_models.hpp"
#include "rustybt/finance/order.hpp"

namespace rustybt::finance {

/// Per share, with a floor per order (not per fill).
struct PerShare {
  Decimal cost = Decimal(1, 3);
  Decimal min_trade_cost = Decimal(0, 0);
  double cost_double = cost.to_double();  ///< as Zipline multiplies with it; follows from `cost`
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

/// A cost of futures: one for all root symbols, or one by root symbol.
struct CostByRoot {
  using Costs = std::map<std::string, Decimal, std::less<>>;
  CostByRoot() = default;
  CostByRoot(Decimal cost) : constant(cost) {}
  CostByRoot(Costs costs) : by_root(std::move(costs)) {}

  std::optional<Decimal> constant;
  Costs by_root;
};
/// For futures: per contract, plus the exchange's fee once per order, with a floor per order.
struct PerContract {
  CostByRoot cost;          ///< 0.85 for root symbols that it does not name
  CostByRoot exchange_fee;  ///< the table of constants.hpp for root symbols that it does not name
  Decimal min_trade_cost;
};
/// For futures: once per order, on its first fill.
struct PerFutureTrade {
  CostByRoot cost = Decimal();  ///< the exchange's fee for root symbols that it does not name
};

/// A model written by the user: its answer, a double, is rounded half-even to the money scale.
class CustomCommission {
 public:
  virtual ~CustomCommission() = default;
  virtual double calculate(const Order& order, std::int64_t amount, std::int64_t price) = 0;
  [[nodiscard]] virtual std::string describe() const = 0;
};

using CommissionModel = std::variant<PerShare, PerTrade, PerDollar, NoCommission, PerContract, PerFutureTrade,
                                     CustomCommission*, FeeSchedule>;

[[nodiscard]] std::string describe(const CommissionModel& model);

/// Additional commission of a fill, before the order's `filled` and `commission` count it. Only an amount above 0 is
/// charged; below 0 where a reverse split shrank what an order has filled: the order's sum then starts anew, as
/// Zipline's does. What a fee schedule gives below 0 is a rebate, which the order is paid.
/// @throws Error{UnknownRootSymbol} where neither the model nor the table of fees knows the root symbol
[[nodiscard]] Money commission_for(const CommissionModel& model, const Order& order, std::int64_t amount,
                                   std::int64_t price, const DecimalContext& context);
/// The same in binary floating point with Zipline's order of operations, for the books that follow it
/// (zipline_books.hpp). `paid` is the order's commission so far, `charged` the exact answer: custom models are not
/// asked twice.
[[nodiscard]] double commission_in_doubles(const CommissionModel& model, const Order& order, double amount,
                                           double price, double paid, Money charged, const DecimalContext& context);

}  // namespace rustybt::finance

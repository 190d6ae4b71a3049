#include "rustybt/finance/commission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "rustybt/core/error.hpp"
#include "rustybt/finance/constants.hpp"

namespace rustybt::finance {
namespace {

/// The part of a per-unit commission that is proportional: units x cost, rounded half-even where money is coarser.
inline Money cost_of_units(std::int64_t units, const Decimal& unit_cost, AssetIndex asset,
                           const DecimalContext& context) {
  const int spare = context.money().digits - context[asset].quantity_digits - unit_cost.scale();
  const auto narrow = static_cast<std::int64_t>(unit_cost.coefficient());
  std::int64_t product = 0;
  if (spare >= 0 && spare <= 18 && narrow == unit_cost.coefficient() &&
      !__builtin_mul_overflow(std::llabs(units), narrow, &product)) [[likely]]
    return Money{int128{product} * kPowersOfTen64[static_cast<std::size_t>(spare)]};
  const int128 cost = checked_multiply(std::llabs(units), unit_cost.coefficient());
  if (spare >= 0) return Money{checked_multiply(cost, power_of_ten(spare))};
  return Money{divide_rounded(cost, power_of_ten(-spare), Rounding::HalfEven)};
}

/// Per unit, plus `initial` once per order; at least `min_trade_cost` per order (zipline_semantics 3.4).
Money per_unit_commission(const Order& order, std::int64_t amount, const Decimal& unit_cost, const Decimal& initial,
                          const Decimal& min_trade_cost, const DecimalContext& context) {
  const MoneyScale money = context.money();
  const auto units_cost = [&](std::int64_t units) { return cost_of_units(units, unit_cost, order.asset, context); };
  const auto once = [&](const Decimal& cost) { return cost.is_zero() ? Money{} : money.from_decimal(cost); };
  const Money additional = units_cost(amount) + once(initial);
  const Money floor = once(min_trade_cost);
  if (order.commission.units == 0) return std::max(floor, additional);
  const Money total = units_cost(order.filled) + additional;
  return total < floor ? Money{} : total - order.commission;
}

const Decimal kCostPerContract(85, 2);

/// Fee of the exchange, where a model does not give its own.
Decimal exchange_fee(const CostByRoot& fee, const std::string& root_symbol) {
  if (fee.constant) return *fee.constant;
  if (const auto given = fee.by_root.find(root_symbol); given != fee.by_root.end()) return given->second;
  if (const auto known = find_future_constants(root_symbol)) return known->exchange_fee();
  throw Error(ErrorCode::UnknownRootSymbol,
              fmt::format("no exchange fee is known for futures of root symbol '{}'", root_symbol),
              "choose one in initialize: set_commission(us_futures=PerContract(cost=0.85, exchange_fee=1.50))")
      .with("root_symbol", root_symbol);
}

Money calculate(const PerShare& m, const Order& order, std::int64_t amount, std::int64_t,
                const DecimalContext& context) {
  if (m.min_trade_cost.is_zero() && order.commission.units == 0) [[likely]]
    return cost_of_units(amount, m.cost, order.asset, context);
  return per_unit_commission(order, amount, m.cost, Decimal(), m.min_trade_cost, context);
}

Decimal contract_cost(const CostByRoot& cost, const std::string& root_symbol) {
  const auto given = cost.by_root.find(root_symbol);
  return given != cost.by_root.end() ? given->second : cost.constant.value_or(kCostPerContract);
}

Money calculate(const PerContract& m, const Order& order, std::int64_t amount, std::int64_t,
                const DecimalContext& context) {
  const std::string& root = context[order.asset].root_symbol;
  const Decimal cost = contract_cost(m.cost, root);
  return per_unit_commission(order, amount, cost, exchange_fee(m.exchange_fee, root), m.min_trade_cost, context);
}

Money calculate(const PerFutureTrade& m, const Order& order, std::int64_t amount, std::int64_t,
                const DecimalContext& context) {
  const Decimal fee = exchange_fee(m.cost, context[order.asset].root_symbol);
  return per_unit_commission(order, amount, Decimal(), fee, Decimal(), context);
}

Money calculate(const PerTrade& m, const Order& order, std::int64_t, std::int64_t, const DecimalContext& context) {
  return order.commission.units == 0 ? context.money().from_decimal(m.cost) : Money{};
}

Money calculate(const PerDollar& m, const Order& order, std::int64_t amount, std::int64_t price,
                const DecimalContext& context) {
  const int128 traded = context.value(order.asset, price, std::llabs(amount)).units;
  return {multiply_divide(traded, m.cost.coefficient(), power_of_ten(m.cost.scale()), Rounding::HalfEven)};
}

Money calculate(const NoCommission&, const Order&, std::int64_t, std::int64_t, const DecimalContext&) { return {}; }

Money calculate(CustomCommission* m, const Order& order, std::int64_t amount, std::int64_t price,
                const DecimalContext& context) {
  const double cost = m->calculate(order, amount, price);
  // a user's double names a decimal; shorter than the money scale in practice, rounded half-even where it is not
  return cost > 0 ? context.money().from_decimal(Decimal::from_double_shortest(cost)) : Money{};
}

Money calculate(const FeeSchedule& m, const Order& order, std::int64_t amount, std::int64_t price,
                const DecimalContext& context) {
  require_invariant(m.book != nullptr, "a fee schedule is charged through a blotter");
  return m.book->charge(m, order, amount, price, context);
}

/// A fill as the models in doubles see it.
struct FillInDoubles {
  const Order& order;
  const DecimalContext& context;
  double amount, price, paid;
  Money charged;

  [[nodiscard]] double per_unit(const Decimal& unit_cost, const Decimal& initial, const Decimal& min_trade_cost) const {
    const double cost = number(unit_cost), floor = number(min_trade_cost);
    const double additional = std::fabs(amount * cost), once = number(initial);
    if (paid == 0) return std::max(floor, additional + once);
    const double filled = context.amount_to_double(order.asset, order.filled);
    const double total = std::fabs(filled * cost) + additional + once;
    return total < floor ? 0 : total - paid;
  }
  [[nodiscard]] static double number(const Decimal& d) {
    return d.is_zero() ? 0 : mantissa_to_double(d.coefficient(), d.scale());
  }
  [[nodiscard]] const std::string& root() const { return context[order.asset].root_symbol; }

  double operator()(const PerShare& m) const { return per_unit(m.cost, Decimal(), m.min_trade_cost); }
  double operator()(const PerContract& m) const {
    return per_unit(contract_cost(m.cost, root()), exchange_fee(m.exchange_fee, root()), m.min_trade_cost);
  }
  double operator()(const PerFutureTrade& m) const {
    return per_unit(Decimal(), exchange_fee(m.cost, root()), Decimal());
  }
  double operator()(const PerTrade& m) const { return paid == 0 ? m.cost.to_double() : 0; }
  double operator()(const PerDollar& m) const { return std::fabs(amount) * (price * m.cost.to_double()); }
  double operator()(const NoCommission&) const { return 0; }
  double operator()(CustomCommission*) const { return context.money().to_double(charged); }
  double operator()(const FeeSchedule&) const { return context.money().to_double(charged); }
};

std::string describe_cost(const CostByRoot& cost) { return cost.constant ? cost.constant->to_string() : "<varies>"; }

struct Describe {
  std::string operator()(const PerShare& m) const {
    return fmt::format("PerShare(cost={}, min_trade_cost={})", m.cost.to_string(), m.min_trade_cost.to_string());
  }
  std::string operator()(const PerTrade& m) const { return fmt::format("PerTrade(cost={})", m.cost.to_string()); }
  std::string operator()(const PerDollar& m) const { return fmt::format("PerDollar(cost={})", m.cost.to_string()); }
  std::string operator()(const NoCommission&) const { return "NoCommission()"; }
  std::string operator()(const PerContract& m) const {
    const bool is_default = !m.cost.constant && m.cost.by_root.empty();
    return fmt::format("PerContract(cost={}, exchange_fee={}, min_trade_cost={})",
                       is_default ? kCostPerContract.to_string() : describe_cost(m.cost), describe_cost(m.exchange_fee),
                       m.min_trade_cost.to_string());
  }
  std::string operator()(const PerFutureTrade& m) const {
    return fmt::format("PerFutureTrade(cost={})", describe_cost(m.cost));
  }
  std::string operator()(CustomCommission* m) const { return m->describe(); }
  std::string operator()(const FeeSchedule& m) const { return m.text; }
};

}  // namespace

std::string describe(const CommissionModel& model) { return std::visit(Describe{}, model); }

Money commission_for(const CommissionModel& model, const Order& order, std::int64_t amount, std::int64_t price,
                     const DecimalContext& context) {
  if (const PerShare* m = std::get_if<PerShare>(&model)) [[likely]]
    return calculate(*m, order, amount, price, context);
  return std::visit([&](const auto& m) { return calculate(m, order, amount, price, context); }, model);
}

double commission_in_doubles(const CommissionModel& model, const Order& order, double amount, double price, double paid,
                             Money charged, const DecimalContext& context) {
  return std::visit(FillInDoubles{order, context, amount, price, paid, charged}, model);
}

}  // namespace rustybt::finance

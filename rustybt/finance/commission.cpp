#include "rustybt/finance/commission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace rustybt::finance {
namespace {

Money calculate(const PerShare& m, const Order& order, std::int64_t amount, std::int64_t,
                const DecimalContext& context) {
  const MoneyScale money = context.money();
  const int spare = money.digits - context[order.asset].quantity_digits - m.cost.scale();
  const auto units_cost = [&](std::int64_t units) {
    const int128 cost = checked_multiply(std::llabs(units), m.cost.coefficient());
    if (spare >= 0 && spare <= 18) [[likely]]
      return Money{checked_multiply(cost, kPowersOfTen64[static_cast<std::size_t>(spare)])};
    if (spare >= 0) return Money{checked_multiply(cost, power_of_ten(spare))};
    return Money{divide_rounded(cost, power_of_ten(-spare), Rounding::HalfEven)};
  };
  const Money additional = units_cost(amount);
  if (order.commission.units == 0) {
    return m.min_trade_cost.is_zero() ? additional : std::max(money.from_decimal(m.min_trade_cost), additional);
  }
  const Money total = units_cost(order.filled) + additional;
  if (total < money.from_decimal(m.min_trade_cost)) return {};
  return total - order.commission;
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

struct Describe {
  std::string operator()(const PerShare& m) const {
    return fmt::format("PerShare(cost={}, min_trade_cost={})", m.cost.to_string(), m.min_trade_cost.to_string());
  }
  std::string operator()(const PerTrade& m) const { return fmt::format("PerTrade(cost={})", m.cost.to_string()); }
  std::string operator()(const PerDollar& m) const { return fmt::format("PerDollar(cost={})", m.cost.to_string()); }
  std::string operator()(const NoCommission&) const { return "NoCommission()"; }
  std::string operator()(CustomCommission* m) const { return m->describe(); }
};

}  // namespace

std::string describe(const CommissionModel& model) { return std::visit(Describe{}, model); }

Money commission_for(const CommissionModel& model, const Order& order, std::int64_t amount, std::int64_t price,
                     const DecimalContext& context) {
  return std::visit([&](const auto& m) { return calculate(m, order, amount, price, context); }, model);
}

}  // namespace rustybt::finance

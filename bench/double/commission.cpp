// The commission models of finance/commission.cpp in double, as a double engine writes them.

#include "rustybt/finance/commission.hpp"

#include <algorithm>
#include <concepts>
#include <cstdlib>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

double rate(const Decimal& d) {
  return static_cast<double>(static_cast<std::int64_t>(d.coefficient())) / kExactPowersOfTen[d.scale()];
}

Money calculate(const PerShare& m, const Order& order, std::int64_t amount, std::int64_t,
                const DecimalContext& context) {
  const MoneyScale money = context.money();
  const double unit = rate(m.cost) * kExactPowersOfTen[money.digits - context[order.asset].quantity_digits];
  const Money additional{unit * static_cast<double>(std::llabs(amount))};
  if (order.commission.units == 0) {
    return m.min_trade_cost.is_zero() ? additional : std::max(money.from_decimal(m.min_trade_cost), additional);
  }
  const Money total = Money{unit * static_cast<double>(std::llabs(order.filled))} + additional;
  if (total < money.from_decimal(m.min_trade_cost)) return {};
  return total - order.commission;
}

Money calculate(const PerTrade& m, const Order& order, std::int64_t, std::int64_t, const DecimalContext& context) {
  return order.commission.units == 0 ? context.money().from_decimal(m.cost) : Money{};
}

Money calculate(const PerDollar& m, const Order& order, std::int64_t amount, std::int64_t price,
                const DecimalContext& context) {
  return {context.value(order.asset, price, std::llabs(amount)).units * rate(m.cost)};
}

Money calculate(const NoCommission&, const Order&, std::int64_t, std::int64_t, const DecimalContext&) { return {}; }

template <class OfFutures>
Money calculate(const OfFutures&, const Order&, std::int64_t, std::int64_t, const DecimalContext&)
  requires std::same_as<OfFutures, PerContract> || std::same_as<OfFutures, PerFutureTrade>
{
  throw Error(ErrorCode::NotYetSupported, "the double twin trades equities only");
}

Money calculate(CustomCommission* m, const Order& order, std::int64_t amount, std::int64_t price,
                const DecimalContext& context) {
  return {m->calculate(order, amount, price) * kExactPowersOfTen[context.money().digits]};
}

Money calculate(const FeeSchedule& m, const Order& order, std::int64_t amount, std::int64_t price,
                const DecimalContext& context) {
  return m.book->charge(m, order, amount, price, context);
}

}  // namespace

std::string describe(const CommissionModel&) { return "in double"; }

Money commission_for(const CommissionModel& model, const Order& order, std::int64_t amount, std::int64_t price,
                     const DecimalContext& context) {
  return std::visit([&](const auto& m) { return calculate(m, order, amount, price, context); }, model);
}

double commission_in_doubles(const CommissionModel&, const Order&, double, double, double, Money charged,
                             const DecimalContext& context) {
  return charged.units / kExactPowersOfTen[context.money().digits];
}

}  // namespace rustybt::finance

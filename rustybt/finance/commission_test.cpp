#include "rustybt/finance/commission.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "rustybt/finance/books_test.hpp"

namespace rustybt::finance {
namespace {

class Commission : public testing::Test {
 protected:
  /// Commissions of one order's fills, one after another.
  std::vector<std::string> over_fills(const CommissionModel& model, const std::vector<std::int64_t>& fills,
                                      std::string_view price) {
    Order order;
    order.asset = test::kA;
    for (const std::int64_t amount : fills) order.amount += amount;
    std::vector<std::string> out;
    for (const std::int64_t amount : fills) {
      const Money cost = commission_for(model, order, amount, test::price(context_, price), context_);
      order.filled += amount;
      order.commission += cost;
      out.push_back(context_.money().to_decimal(cost).normalized().to_string());
    }
    return out;
  }
  DecimalContext context_ = test::make_context();
};

using Costs = std::vector<std::string>;
const std::vector<std::int64_t> kFills = {230, 170, 100};

// fills and costs of Zipline's tests/finance/test_commissions.py
TEST_F(Commission, PerShareWithoutMinimum) {
  EXPECT_EQ(over_fills(PerShare{Decimal::parse("0.0075"), Decimal(0, 0)}, kFills, "15"),
            (Costs{"1.725", "1.275", "0.75"}));
  EXPECT_EQ(over_fills(PerShare{}, {100, 30}, "100.55025"), (Costs{"0.1", "0.03"}));  // golden 2
}

TEST_F(Commission, TheMinimumHoldsOncePerOrder) {
  const auto per_share = [](std::string_view minimum) {
    return PerShare{Decimal::parse("0.0075"), Decimal::parse(minimum)};
  };
  EXPECT_EQ(over_fills(per_share("1"), kFills, "15"), (Costs{"1.725", "1.275", "0.75"}));
  EXPECT_EQ(over_fills(per_share("3"), kFills, "15"), (Costs{"3", "0", "0.75"}));
  EXPECT_EQ(over_fills(per_share("5.5"), kFills, "15"), (Costs{"5.5", "0", "0"}));
}

TEST_F(Commission, SellsCostAsBuys) {
  EXPECT_EQ(over_fills(PerShare{Decimal::parse("0.0075"), Decimal::parse("3")}, {-230, -170, -100}, "15"),
            (Costs{"3", "0", "0.75"}));
  EXPECT_EQ(over_fills(PerDollar{}, {-100}, "20"), (Costs{"3"}));
}

TEST_F(Commission, AnOrderShrunkByAReverseSplitStartsAnew) {
  // Zipline's formula, total - commission: 100 shares paid 0.1, a 1:3 split leaves 33, ten more shares make 0.043 - 0.1
  Order order;
  order.asset = test::kA;
  order.amount = 63;
  order.filled = 33;
  order.commission = test::money(context_, "0.1");
  const std::int64_t price = test::price(context_, "30");
  const Money first = commission_for(PerShare{}, order, 10, price, context_);
  EXPECT_EQ(first, test::money(context_, "-0.057"));
  order.filled += 10;
  order.commission += first;
  EXPECT_EQ(commission_for(PerShare{}, order, 10, price, context_), test::money(context_, "0.01"));
}

TEST_F(Commission, PerTradeIsPaidWithTheFirstFill) {
  EXPECT_EQ(over_fills(PerTrade{Decimal::parse("10")}, kFills, "15"), (Costs{"10", "0", "0"}));
}

TEST_F(Commission, PerDollarIsAShareOfTheTradedValue) {
  EXPECT_EQ(over_fills(PerDollar{}, kFills, "15"), (Costs{"5.175", "3.825", "2.25"}));
  EXPECT_EQ(over_fills(PerDollar{Decimal::parse("0.001")}, {3}, "10.000000000001"), (Costs{"0.030000000000003"}));
}

TEST_F(Commission, NoneIsFree) { EXPECT_EQ(over_fills(NoCommission{}, kFills, "15"), (Costs{"0", "0", "0"})); }

struct Scripted : CustomCommission {
  double answer = 0;
  double calculate(const Order&, std::int64_t, std::int64_t) override { return answer; }
  [[nodiscard]] std::string describe() const override { return "Scripted()"; }
};

TEST_F(Commission, CustomModelsDoubleNamesADecimal) {
  Scripted model;
  model.answer = 0.1;
  EXPECT_EQ(over_fills(&model, {1}, "15"), (Costs{"0.1"}));
  model.answer = -1;  // only a cost above 0 is charged
  EXPECT_EQ(over_fills(&model, {1}, "15"), (Costs{"0"}));
}

TEST_F(Commission, ModelsDescribeThemselves) {
  EXPECT_EQ(describe(CommissionModel{PerShare{}}), "PerShare(cost=0.001, min_trade_cost=0)");
  EXPECT_EQ(describe(CommissionModel{PerTrade{Decimal::parse("10")}}), "PerTrade(cost=10)");
  EXPECT_EQ(describe(CommissionModel{PerDollar{}}), "PerDollar(cost=0.0015)");
  EXPECT_EQ(describe(CommissionModel{NoCommission{}}), "NoCommission()");
}

TEST(FractionalCommission, CoinsPayPerCoin) {
  const DecimalContext context = test::make_context(1, 8);
  Order order;
  order.asset = test::kA;
  order.amount = 150'000'000;  // 1.5 coins
  EXPECT_EQ(commission_for(PerShare{Decimal::parse("0.1"), Decimal(0, 0)}, order, 150'000'000,
                           test::price(context, "20000"), context),
            test::money(context, "0.15"));
  EXPECT_EQ(commission_for(PerDollar{Decimal::parse("0.001")}, order, 1, test::price(context, "20000"), context),
            test::money(context, "0.0000002"));
}

}  // namespace
}  // namespace rustybt::finance

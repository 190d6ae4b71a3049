// Costs chosen by a strategy in C++, from its call to the tables of the result.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rustybt/algorithm/result.hpp"
#include "rustybt/algorithm/script_test.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/finance/fee_schedule_files.hpp"

namespace rustybt::algorithm {
namespace {

using finance::Policies;
using finance::Preset;
using test::d;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class CostsOfARun : public testing::TestWithParam<Preset> {
 protected:
  CostsOfARun() : asset_(market_.add_daily("A", "2019-12-02", 60, [](int) { return 10'000; }, 1000)) {}
  /// A stands at 10; -100 of it are sold at the close of Friday 2020-01-03.
  RunResult run_short(const std::function<void(Context&)>& setup) {
    test::Script script;
    script.setup = [&](Context& context) {
      context.set_slippage(finance::NoSlippage{});
      context.set_commission(finance::NoCommission{});
      setup(context);
    };
    script.bar = [&](Context& context, BarData&, int bar) {
      if (bar == 0) context.order(asset_, -100);
    };
    return test::run(script, market_, test::settings("2020-01-02", "2020-01-07", Policies::of(GetParam())));
  }
  test::Market market_ = test::Market::new_york();
  AssetIndex asset_;
};

INSTANTIATE_TEST_SUITE_P(Presets, CostsOfARun, testing::Values(Preset::Rustybt, Preset::Zipline));

TEST_P(CostsOfARun, BorrowCostIsPostedShownAndInReturns) {
  const RunResult result = run_short([](Context& c) { c.set_borrow_cost({.default_rate = d("0.073")}); });
  // 1,000 x 0.073 / 365 = 0.2 a night: three over the weekend, one on Monday and on Tuesday
  std::vector<std::string> amounts;
  for (const finance::FinancingRow& row : result.tables.financing.rows())
    amounts.push_back(test::text(result, row.amount));
  EXPECT_THAT(amounts, ElementsAre("-0.6", "-0.2", "-0.2"));
  const finance::PerformanceRow& last = result.tables.performance.rows().back();
  EXPECT_EQ(test::text(result, last.ending_cash), "100999");
  EXPECT_EQ(test::text(result, last.portfolio_value), "99999");
  EXPECT_EQ(test::text(result, last.pnl), "-0.2");
  EXPECT_NEAR(last.algorithm_period_return, -1e-5, 1e-15);
  EXPECT_EQ(summarize(result).borrow_cost, d("1"));
  EXPECT_EQ(result.borrow_cost, "7.3 % a year on shorts, 365 days");
  EXPECT_EQ(result_table(result, "financing").rows(), 3U);
}

TEST_P(CostsOfARun, WithoutThemThereIsNoTable) {
  const RunResult result = run_short([](Context&) {});
  EXPECT_THAT(result_table_names(result), Not(Contains("financing")));
  EXPECT_EQ(result.borrow_cost + result.financing + result.funding, "");
}

TEST_P(CostsOfARun, CommissionsByModelAndByFile) {
  EXPECT_EQ(summarize(run_short([](Context& c) { c.set_commission(finance::Percentage(d("0.001"))); })).commissions,
            d("1"));
  EXPECT_EQ(summarize(run_short([](Context& c) {
              c.set_commission(finance::MakerTaker(d("-0.001"), d("0.002")));
            })).commissions,
            d("2"));
  const RunResult result =
      run_short([](Context& c) { c.set_commission(finance::fee_schedule("interactive_brokers_fixed")); });
  EXPECT_EQ(summarize(result).commissions, d("1"));
  EXPECT_EQ(result.commission, "schedule(interactive_brokers_fixed)");
}

TEST_P(CostsOfARun, HoldingCostsAreChosenInInitialize) {
  test::Script script;
  script.bar = [&](Context& context, BarData&, int) {
    EXPECT_THROW(context.set_borrow_cost(), Error);
    EXPECT_THROW(context.set_financing(), Error);
    EXPECT_THROW(context.set_funding(), Error);
  };
  (void)test::run(script, market_, test::settings("2020-01-02", "2020-01-03", Policies::of(GetParam())));
}

}  // namespace
}  // namespace rustybt::algorithm

// A margin model chosen by a strategy in C++: what liquidation does beside the strategy's own orders. Worked by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rustybt/algorithm/result.hpp"
#include "rustybt/algorithm/script_test.hpp"

namespace rustybt::algorithm {
namespace {

using finance::MarginModel;
using finance::Policies;
using finance::Preset;
using testing::ElementsAre;

class MarginOfARun : public testing::TestWithParam<Preset> {
 protected:
  /// 1,000 sold short at 100 with 100,000 of one's own; the close of 01-06 is 160: equity 40,000, to keep 48,000.
  RunResult run_short(const MarginModel& model, const std::function<void(Context&, int)>& bar) {
    const AssetIndex a =
        market_.add_daily("A", "2020-01-02", 20, [](int i) { return i < 2 ? 100'000 : 160'000; }, 1'000'000);
    test::Script script;
    script.setup = [&](Context& context) {
      context.set_slippage(finance::NoSlippage{});
      context.set_commission(finance::NoCommission{});
      context.set_margin(model);
    };
    script.bar = [&](Context& context, BarData&, int i) {
      if (i == 0) context.order(a, -1000);
      bar(context, i);
    };
    return test::run(script, market_, test::settings("2020-01-02", "2020-01-10", Policies::of(GetParam())));
  }
  static MarginModel liquidating() {
    MarginModel model;
    model.liquidates = true;
    return model;
  }
  test::Market market_ = test::Market::new_york();
};

INSTANTIATE_TEST_SUITE_P(Presets, MarginOfARun, testing::Values(Preset::Rustybt, Preset::Zipline));

TEST_P(MarginOfARun, LiquidationClosesWhatItTakes) {
  const RunResult result = run_short(liquidating(), [](Context&, int) {});
  // 8,000 are missing, a share frees 160 x 0.3 = 48: 167 shares, at the next close
  EXPECT_THAT(test::trades(result), ElementsAre("2020-01-03 A -1000 @ 100", "2020-01-07 A 167 @ 160"));
  EXPECT_EQ(result.margin_calls.size(), 1U);
}

TEST_P(MarginOfARun, AStrategyThatClosesByItselfIsNotTurnedAround) {
  const RunResult result = run_short(liquidating(), [](Context& context, int i) {
    if (i == 2) context.order_target({0}, 0);
  });
  std::int64_t held = 0;
  for (const finance::TransactionRow& t : result.tables.transactions.rows()) {
    held += t.amount;
    EXPECT_LE(held, 0);
  }
}

}  // namespace
}  // namespace rustybt::algorithm

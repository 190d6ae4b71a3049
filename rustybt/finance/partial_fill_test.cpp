#include "rustybt/finance/partial_fill.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/decimal/blotter.hpp"

namespace rustybt::finance {
namespace {

using Kind = SlippageFill::Kind;
using test::error_of;

class PartialFill : public testing::TestWithParam<Preset> {
 protected:
  [[nodiscard]] SlippageFill apply(const PartialFillModel& model, const SlippageModel& slippage, std::int64_t amount,
                                   std::int64_t volume, std::int64_t used = 0, std::string_view limit = {}) const {
    Order order;
    order.asset = test::kA;
    order.amount = amount;
    if (!limit.empty()) {
      order.limit = test::price(context_, limit);
      order.decision_limit = Decimal::parse(limit).to_double();
      order.limit_reached = true;
    }
    return apply_partial_fill(model, slippage, order, test::bar(context_, "100", volume), used, context_[test::kA],
                              Policies::of(GetParam()));
  }
  void expect_fill(const SlippageFill& fill, std::int64_t amount, std::string_view price) const {
    EXPECT_EQ(fill.kind, Kind::Fill);
    EXPECT_EQ(fill.amount, amount);
    EXPECT_EQ(fill.price, test::price(context_, price));
    if (GetParam() != Preset::Zipline) return;
    EXPECT_NEAR(fill.price_double, Decimal::parse(price).to_double(), 1e-12);
  }
  DecimalContext context_ = test::make_context();
};
INSTANTIATE_TEST_SUITE_P(Presets, PartialFill, testing::Values(Preset::Rustybt, Preset::Zipline),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

// rustybt_requirements 2.4: price x (1 +- impact x fill / volume)
TEST_P(PartialFill, TakesAPartOfTheVolumeAndMovesThePrice) {
  const PartialFillModel model;
  expect_fill(apply(model, NoSlippage{}, 500, 2000), 200, "100.1");  // 100 x (1 + 0.01 x 200/2000)
  expect_fill(apply(model, NoSlippage{}, -500, 2000), -200, "99.9");
  expect_fill(apply(model, NoSlippage{}, 50, 2000), 50, "100.025");             // 100 x (1 + 0.01 x 50/2000)
  expect_fill(apply(model, NoSlippage{}, 500, 2009), 200, "100.099552015928");  // floor(200.9); 100 + 200 / 2009
}

TEST_P(PartialFill, PresetsDifferInVolumeAndImpact) {
  expect_fill(apply(PartialFillModel::aggressive(), NoSlippage{}, 999, 1000), 250, "100.5");     // 0.02 x 0.25
  expect_fill(apply(PartialFillModel::conservative(), NoSlippage{}, 999, 1000), 50, "100.025");  // 0.005 x 0.05
  expect_fill(apply(PartialFillModel::balanced(), NoSlippage{}, 999, 1000), 100, "100.1");       // 0.01 x 0.1
}

TEST_P(PartialFill, OrdersOfABarShareItsVolume) {
  expect_fill(apply({}, NoSlippage{}, 500, 2000, 150), 50, "100.025");
  EXPECT_EQ(apply({}, NoSlippage{}, 500, 2000, 200).kind, Kind::LiquidityExceeded);
  EXPECT_EQ(apply({}, NoSlippage{}, 500, 9).kind, Kind::LiquidityExceeded);
}

TEST_P(PartialFill, ComesAfterTheSlippageModelAndTheNarrowerCapCounts) {
  // 5 basis points: 100.05; then x (1 + 0.01 x 100/1000)
  expect_fill(apply({}, FixedBasisPointsSlippage{}, 500, 1000), 100, "100.15005");
  expect_fill(apply({}, FixedBasisPointsSlippage{.volume_limit = Decimal(5, 2)}, 500, 1000), 50, "100.100025");
  // the share that VolumeShareSlippage sees is of what fills: 100 x (1 + 0.1 x 0.1^2) = 100.1
  expect_fill(apply({}, VolumeShareSlippage{Decimal(5, 1), Decimal(1, 1)}, 500, 1000), 100, "100.2001");
}

TEST_P(PartialFill, NeverBeyondTheLimit) {
  expect_fill(apply({}, NoSlippage{}, 500, 2000, 0, "100.1"), 200, "100.1");
  EXPECT_EQ(apply({}, NoSlippage{}, 500, 2000, 0, "100.099").kind, Kind::None);
  EXPECT_EQ(apply({}, NoSlippage{}, -500, 2000, 0, "99.901").kind, Kind::None);
}

TEST_P(PartialFill, ARestExpiresSoManyBarsAfterTheFirstFill) {
  DecimalBlotter blotter(context_, Policies::of(GetParam()));
  blotter.set_slippage(NoSlippage{});
  blotter.set_partial_fill({.timeout_bars = 2});
  const OrderId rest = blotter.place(test::kA, 1000, kMarketOrder, 0);
  const OrderId waits = blotter.place(test::kA, 100, ExecutionStyle::limit(50), 0);  // never filled: never timed out
  std::vector<Fill> fills;
  for (std::int64_t now = 1; now <= 6; ++now) {
    blotter.match(test::kA, test::bar(context_, "100", 1000), now, fills);
    if (blotter.has_rests()) blotter.end_rests(now);
    EXPECT_EQ(blotter.find(rest)->status, now < 3 ? OrderStatus::PartiallyFilled : OrderStatus::Expired) << now;
  }
  EXPECT_EQ(blotter.find(rest)->filled, 300);  // on bars 1, 2 and 3
  EXPECT_TRUE(blotter.find(waits)->is_open());
}

TEST_P(PartialFill, AnExitOfABracketIsNotTimedOut) {
  DecimalBlotter blotter(context_, Policies::of(GetParam()));
  blotter.set_slippage(NoSlippage{});
  blotter.set_partial_fill({.timeout_bars = 1});
  const auto ids =
      blotter.place_bracket(test::kA, 200, kMarketOrder, ExecutionStyle::stop(90), ExecutionStyle::limit(110), 0);
  std::vector<Fill> fills;
  std::int64_t now = 0;
  const auto bar = [&](std::string_view close, std::int64_t volume) {
    blotter.match(test::kA, test::bar(context_, close, volume), ++now, fills);
    if (blotter.has_rests()) blotter.end_rests(now);
  };
  bar("100", 2000);
  EXPECT_EQ(blotter.find(ids[0])->status, OrderStatus::Filled);
  for (int i = 0; i < 3; ++i) bar("80", 500);  // 50 a bar
  EXPECT_EQ(blotter.find(ids[1])->status, OrderStatus::PartiallyFilled);
  EXPECT_EQ(blotter.find(ids[1])->filled, -150);
  bar("80", 500);
  EXPECT_EQ(blotter.find(ids[1])->status, OrderStatus::Filled);
}

TEST(PartialFillModel, RefusesWhatIsNoModel) {
  for (const PartialFillModel& m :
       {PartialFillModel{Decimal(0, 0)}, PartialFillModel{Decimal(-1, 1)}, PartialFillModel{Decimal(11, 1)},
        PartialFillModel{Decimal(1, 1), Decimal(-1, 2)}, PartialFillModel{.timeout_bars = 0}})
    EXPECT_EQ(error_of([&] { m.check(); }), ErrorCode::InvalidArgument) << describe(m);
  EXPECT_EQ(describe(PartialFillModel{.timeout_bars = 3}),
            "VolumeBasedFill(fill_ratio=0.10, market_impact=0.01, timeout_bars=3)");
}

}  // namespace
}  // namespace rustybt::finance

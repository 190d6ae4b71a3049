#include "rustybt/finance/slippage.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "rustybt/finance/books_test.hpp"

namespace rustybt::finance {
namespace {

using Kind = SlippageFill::Kind;
using test::error_of;

class Slippage : public testing::Test {
 protected:
  [[nodiscard]] static Order order_of(std::int64_t amount) {
    Order order;
    order.asset = test::kA;
    order.amount = amount;
    return order;
  }
  [[nodiscard]] Order limit_order(std::int64_t amount, std::string_view limit) const {
    Order order = order_of(amount);
    order.limit = test::price(context_, limit);
    order.decision_limit = Decimal::parse(limit).to_double();
    order.limit_reached = true;
    return order;
  }
  [[nodiscard]] SlippageFill apply(const SlippageModel& model, const Order& order, std::string_view close,
                                   std::int64_t volume, const Policies& policies,
                                   std::int64_t volume_for_bar = 0) const {
    return apply_slippage(model, order, test::bar(context_, close, volume), volume_for_bar, context_[test::kA],
                          policies);
  }
  void expect_fill(const SlippageFill& fill, std::int64_t amount, std::string_view price) const {
    EXPECT_EQ(fill.kind, Kind::Fill);
    EXPECT_EQ(fill.amount, amount);
    EXPECT_EQ(fill.price, test::price(context_, price));
  }
  DecimalContext context_ = test::make_context();
  const Policies presets_[2] = {test::zipline(), test::rustybt()};
};

// --- FixedBasisPointsSlippage: numbers of zipline_semantics 14.2
// ---------------------------------------------------------

TEST_F(Slippage, BasisPointsMoveTheCloseAgainstTheTraderAndCapTheAmount) {
  const SlippageModel model = FixedBasisPointsSlippage{};
  for (const Policies& p : presets_) {
    expect_fill(apply(model, order_of(10), "92.479", 100'000, p), 10, "92.5252395");  // golden 1
    expect_fill(apply(model, order_of(130), "100.5", 1000, p), 100, "100.55025");     // golden 2
    expect_fill(apply(model, order_of(-25), "49.8", 100, p), -10, "49.7751");
    expect_fill(apply(model, order_of(100), "20.1", 5000, p), 100, "20.11005");
  }
}

TEST_F(Slippage, AllOrdersOfABarShareItsVolume) {
  const SlippageModel model = FixedBasisPointsSlippage{};
  for (const Policies& p : presets_) {
    expect_fill(apply(model, order_of(30), "100", 1000, p, 80), 20, "100.05");
    EXPECT_EQ(apply(model, order_of(30), "100", 1000, p, 100).kind, Kind::LiquidityExceeded);
    EXPECT_EQ(apply(model, order_of(30), "100", 9, p).kind, Kind::LiquidityExceeded);  // int(0.9) shares
  }
}

TEST_F(Slippage, APartFilledOrderTradesWhatIsLeft) {
  Order order = order_of(-25);
  order.filled = -20;
  for (const Policies& p : presets_)
    expect_fill(apply(FixedBasisPointsSlippage{}, order, "49.6", 100, p), -5, "49.5752");
}

TEST_F(Slippage, VolumeCapInDoubleOrExact) {
  // 0.29 * 100 is 28.999999999999996 in IEEE double, so Zipline lets 28 shares trade
  const SlippageModel model = FixedBasisPointsSlippage::make(Decimal::parse("5"), Decimal::parse("0.29"));
  EXPECT_EQ(apply(model, order_of(100), "10", 100, test::zipline()).amount, 28);
  EXPECT_EQ(apply(model, order_of(100), "10", 100, test::rustybt()).amount, 29);
}

TEST_F(Slippage, BasisPointsRefuseBadParameters) {
  EXPECT_EQ(error_of([] { (void)FixedBasisPointsSlippage::make(Decimal::parse("-1"), Decimal::parse("0.1")); }),
            ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of([] { (void)FixedBasisPointsSlippage::make(Decimal::parse("5"), Decimal::parse("0")); }),
            ErrorCode::InvalidArgument);
  EXPECT_TRUE(FixedBasisPointsSlippage::make(Decimal::parse("0"), Decimal::parse("0.1")).basis_points.is_zero());
}

// --- VolumeShareSlippage
// ---------------------------------------------------------------------------------------------------

TEST_F(Slippage, VolumeShareImpactGrowsWithTheSquareOfTheShare) {
  const SlippageModel model = VolumeShareSlippage{};
  for (const Policies& p : presets_) {
    expect_fill(apply(model, order_of(100), "3", 200, p), 5, "3.0001875");   // Zipline's tests/finance/test_slippage.py
    expect_fill(apply(model, order_of(10), "100", 1000, p), 10, "100.001");  // 100 * (1 + 0.1 * 0.01^2)
    expect_fill(apply(model, order_of(30), "100", 1000, p, 10), 15, "100.00625");  // share of both orders: 0.025
    expect_fill(apply(model, order_of(-30), "100", 1000, p, 10), -15, "99.99375");
    EXPECT_EQ(apply(model, order_of(1), "100", 1000, p, 25).kind, Kind::LiquidityExceeded);
    EXPECT_EQ(apply(model, order_of(1), "100", 39, p).kind, Kind::LiquidityExceeded);  // 0.975 shares
  }
}

TEST_F(Slippage, VolumeShareNeverFillsBeyondTheLimitInEitherPreset) {
  const SlippageModel model = VolumeShareSlippage{};
  for (const Policies& p : presets_) {
    EXPECT_EQ(apply(model, limit_order(30, "100.006"), "100", 1000, p).kind, Kind::None);
    EXPECT_EQ(apply(model, limit_order(-30, "99.994"), "100", 1000, p).kind, Kind::None);
    expect_fill(apply(model, limit_order(30, "100.007"), "100", 1000, p), 25, "100.00625");
  }
}

TEST_F(Slippage, VolumeShareTakesALimitOfZeroAsNoneUnderZipline) {
  // 3.3: the price is tested only against a limit that is true
  expect_fill(apply(VolumeShareSlippage{}, limit_order(10, "0"), "100", 1000, test::zipline()), 10, "100.001");
  EXPECT_EQ(apply(VolumeShareSlippage{}, limit_order(10, "0"), "100", 1000, test::rustybt()).kind, Kind::None);
}

// --- the models that do not look at the limit (quirk Q5)
// --------------------------------------------------------------------

TEST_F(Slippage, FillsBeyondTheLimitUnderTriggerOnlyOnly) {
  const Order order = limit_order(30, "49.2");
  expect_fill(apply(FixedBasisPointsSlippage{}, order, "49.2", 100, test::zipline()), 10, "49.2246");  // golden 2
  EXPECT_EQ(apply(FixedBasisPointsSlippage{}, order, "49.2", 100, test::rustybt()).kind, Kind::None);
  expect_fill(apply(FixedSlippage{Decimal::parse("0.06")}, order, "49.2", 100, test::zipline()), 30, "49.23");
  EXPECT_EQ(apply(FixedSlippage{Decimal::parse("0.06")}, order, "49.2", 100, test::rustybt()).kind, Kind::None);
  expect_fill(apply(NoSlippage{}, order, "49.3", 100, test::zipline()), 30, "49.3");
  EXPECT_EQ(apply(NoSlippage{}, order, "49.3", 100, test::rustybt()).kind, Kind::None);
}

TEST_F(Slippage, FillsUpToTheLimitInBothPresets) {
  for (const Policies& p : presets_) {
    expect_fill(apply(FixedBasisPointsSlippage{}, limit_order(30, "49.2246"), "49.2", 100, p), 10, "49.2246");
    expect_fill(apply(NoSlippage{}, limit_order(-30, "49.2"), "49.2", 100, p), -30, "49.2");
  }
}

TEST_F(Slippage, FixedSpreadAndNoSlippageFillTheWholeOrder) {
  for (const Policies& p : presets_) {
    expect_fill(apply(FixedSlippage{Decimal::parse("0.03")}, order_of(5000), "10", 1, p), 5000, "10.015");
    expect_fill(apply(FixedSlippage{Decimal::parse("0.03")}, order_of(-5000), "10", 1, p), -5000, "9.985");
    expect_fill(apply(NoSlippage{}, order_of(-7), "10.001", 1, p), -7, "10.001");
  }
}

// --- models of the user
// ---------------------------------------------------------------------------------------------------

struct Scripted : CustomSlippage {
  Decision decision;
  double seen_volume = -1;
  Decision process_order(const Order&, const BarView&, double volume_for_bar) override {
    seen_volume = volume_for_bar;
    return decision;
  }
  [[nodiscard]] std::string describe() const override { return "Scripted()"; }
};

TEST_F(Slippage, CustomModelDecidesInDoubles) {
  Scripted model;
  model.decision = {true, false, 10.1, 7.9};
  expect_fill(apply(&model, order_of(20), "10", 100, test::zipline(), 3), 7, "10.1");  // a part of a share is cut off
  EXPECT_EQ(model.seen_volume, 3.0);
  model.decision = {false, true, 0, 0};
  EXPECT_EQ(apply(&model, order_of(20), "10", 100, test::zipline()).kind, Kind::LiquidityExceeded);
  model.decision = {};
  EXPECT_EQ(apply(&model, order_of(20), "10", 100, test::zipline()).kind, Kind::None);
  model.decision = {true, false, 10.1, 20};
  EXPECT_EQ(apply(&model, limit_order(20, "10"), "10", 100, test::rustybt()).kind,
            Kind::None);  // never worse holds for it too
}

TEST_F(Slippage, CustomModelMustNameAtLeastOneShareAndARealPrice) {
  Scripted model;
  for (const double amount : {0.0, 0.99, -0.5, std::nan(""), std::numeric_limits<double>::infinity()}) {
    model.decision = {true, false, 10, amount};
    EXPECT_EQ(error_of([&] { (void)apply(&model, order_of(5), "10", 100, test::zipline()); }),
              ErrorCode::InvalidArgument)
        << amount;
  }
  model.decision = {true, false, std::nan(""), 1};
  EXPECT_EQ(error_of([&] { (void)apply(&model, order_of(5), "10", 100, test::zipline()); }), ErrorCode::InvalidNumber);
}

TEST_F(Slippage, PricesBeyond64BitsAreAnError) {
  const SlippageModel model = FixedBasisPointsSlippage::make(Decimal::parse("10000000"), Decimal::parse("0.1"));
  EXPECT_EQ(error_of([&] { (void)apply(model, order_of(1), "99999.999", 100, test::rustybt()); }), ErrorCode::Overflow);
}

TEST_F(Slippage, ModelsDescribeThemselves) {
  EXPECT_EQ(describe(SlippageModel{FixedBasisPointsSlippage{}}),
            "FixedBasisPointsSlippage(basis_points=5, volume_limit=0.1)");
  EXPECT_EQ(describe(SlippageModel{VolumeShareSlippage{}}),
            "VolumeShareSlippage(volume_limit=0.025, price_impact=0.1)");
  EXPECT_EQ(describe(SlippageModel{FixedSlippage{Decimal::parse("0.06")}}), "FixedSlippage(spread=0.06)");
  EXPECT_EQ(describe(SlippageModel{NoSlippage{}}), "NoSlippage()");
  Scripted model;
  EXPECT_EQ(describe(SlippageModel{&model}), "Scripted()");
}

// --- fractional quantities
// -------------------------------------------------------------------------------------------------

TEST(FractionalSlippage, CoinsFillInTheirSmallestUnit) {
  const DecimalContext context = test::make_context(1, 8);
  Order order;
  order.asset = test::kA;
  order.amount = 50'000'000;                                     // 0.5 coins
  const BarView bar = test::bar(context, "20000", 100'000'000);  // 1 coin traded
  const SlippageFill fill =
      apply_slippage(FixedBasisPointsSlippage{}, order, bar, 0, context[test::kA], test::rustybt());
  EXPECT_EQ(fill.amount, 10'000'000);
  EXPECT_EQ(fill.price, test::price(context, "20010"));
}

}  // namespace
}  // namespace rustybt::finance

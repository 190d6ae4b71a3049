// Costs and books of futures. Numbers of the models: zipline-reloaded 3.2.1 on the same values; those of the books are
// worked by hand from zipline_semantics 4.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/constants.hpp"
#include "rustybt/finance/decimal/blotter.hpp"
#include "rustybt/finance/decimal/ledger.hpp"

namespace rustybt::finance {
namespace {

using Kind = SlippageFill::Kind;
using test::kA;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

DecimalContext futures_context(const std::string& root, std::string_view multiplier = "1000",
                               MultiplierPrecision precision = MultiplierPrecision::Exact) {
  std::vector<assets::Asset> assets{test::equity(1, root + "U11"), test::equity(2, "KO")};
  assets[0].type = assets::AssetType::Future;
  assets[0].root_symbol = root;
  assets[0].price_multiplier = Decimal::parse(multiplier);
  return DecimalContext(assets, std::vector<int>{2, 2}, std::vector<std::int64_t>{99'999, 99'999}, precision);
}

/// A bar of 20.80 / 20.15 after 20 sessions.
class Market final : public MarketView {
 public:
  std::array<double, 20> closes{17.8,  17.55, 18.05, 18.6,  18.1, 17.95, 18.35, 19.2, 19.75, 19.1,
                                18.85, 18.4,  18.75, 19.05, 19.6, 20.1,  19.85, 19.4, 19.95, 20.45};
  std::array<double, 20> volumes{5210, 4800, 5010, 6230, 5900, 4700, 4420, 7800, 8120, 6900,
                                 5600, 5030, 4980, 5520, 6100, 7040, 6600, 5900, 6230, 7100};
  bool begins_in_data = true;
  bool has_range = true;

  [[nodiscard]] std::optional<Range> range() const override {
    if (!has_range) return std::nullopt;
    return Range{20'800'000'000'000, 20'150'000'000'000, 20.8, 20.15};
  }
  bool sessions_before_today(std::span<double> closes_out, std::span<double> volumes_out) const override {
    std::ranges::copy(closes, closes_out.begin());
    std::ranges::copy(volumes, volumes_out.begin());
    return begins_in_data;
  }
};

class VolatilityModel : public testing::Test {
 protected:
  Market market_;

  [[nodiscard]] SlippageFill fill(std::int64_t amount, const VolatilityVolumeShare& model = {},
                                  const std::string& root = "VX", std::optional<double> limit = std::nullopt,
                                  std::int64_t volume = 6000, const Policies& policies = test::zipline()) const {
    const DecimalContext context = futures_context(root);
    Order order;
    order.asset = kA;
    order.amount = amount;
    if (limit) {
      order.decision_limit = *limit;
      order.limit = double_to_mantissa(*limit, context[kA].fill_scale);
      order.limit_reached = true;
    }
    BarView bar = test::bar(context, "20.45", volume);
    bar.market = &market_;
    return apply_slippage(model, order, bar, 0, context[kA], policies);
  }
  static void expect_fill(const SlippageFill& found, std::int64_t amount, double price) {
    EXPECT_EQ(found.kind, Kind::Fill);
    EXPECT_EQ(found.amount, amount);
    EXPECT_EQ(found.price, double_to_mantissa(price, 12));
  }
};

VolatilityVolumeShare model_of(std::string_view volume_limit, std::optional<double> eta = std::nullopt,
                               std::map<std::string, double, std::less<>> eta_by_root = {}) {
  return {Decimal::parse(volume_limit), eta, std::move(eta_by_root)};
}

TEST_F(VolatilityModel, MovesTheMiddleOfTheBarByTheRootsImpact) {
  expect_fill(fill(40), 40, 20.475003243519428);
  expect_fill(fill(-40), -40, 20.474996756480575);
  expect_fill(fill(40, {}, "ES"), 40, 20.475003130122637);
  expect_fill(fill(40, {}, "ZZ"), 40, 20.475003243519428);  // an unknown root takes the default
  expect_fill(fill(40, model_of("0.02", 0.2)), 40, 20.475013233954666);
  expect_fill(fill(40, model_of("0.02", std::nullopt, {{"VX", 0.3}})), 40, 20.475019850931997);
  expect_fill(fill(40, model_of("0.02", std::nullopt, {{"VX", 0.3}}), "ES"), 40, 20.475003130122637);
}

TEST_F(VolatilityModel, FillsAtMostItsShareOfTheBarForEachOrder) {
  expect_fill(fill(400), 300, 20.47500888274378);
  EXPECT_EQ(fill(40, {}, "VX", std::nullopt, 19).kind, Kind::None);
}

TEST_F(VolatilityModel, RefusesAPriceBeyondTheLimitUnderBothPresets) {
  for (const Policies& policies : {test::zipline(), test::rustybt()}) {
    EXPECT_EQ(fill(40, {}, "VX", 20.475, 6000, policies).kind, Kind::None);
    expect_fill(fill(40, {}, "VX", 20.476, 6000, policies), 40, 20.475003243519428);
  }
}

TEST_F(VolatilityModel, CarriesACloseOverASessionWithoutOne) {
  market_.closes[5] = market_.closes[6] = kNan;
  expect_fill(fill(40), 40, 20.475003382867097);
}

TEST_F(VolatilityModel, TakesSevenAndAHalfBasisPointsWithoutPastTrading) {
  market_.closes[0] = kNan;
  expect_fill(fill(40), 40, 20.49035625);
  market_ = {};
  market_.volumes.fill(0);
  expect_fill(fill(40), 40, 20.49035625);
  market_ = {};
  market_.begins_in_data = false;
  expect_fill(fill(40), 40, 20.49035625);
}

TEST_F(VolatilityModel, NeedsHighAndLow) {
  market_.has_range = false;
  EXPECT_EQ(fill(40).kind, Kind::None);
}

// --- commissions

std::vector<double> commissions(const CommissionModel& model, const std::string& root,
                                const std::vector<std::int64_t>& fills) {
  const DecimalContext context = futures_context(root);
  Order order;
  order.asset = kA;
  for (const std::int64_t f : fills) order.amount += f;
  std::vector<double> costs;
  for (const std::int64_t f : fills) {
    const Money cost = commission_for(model, order, f, test::price(context, "20"), context);
    order.filled += f;
    order.commission += cost;
    costs.push_back(context.money().to_double(cost));
  }
  return costs;
}

using Costs = std::vector<double>;
Decimal d(std::string_view text) { return Decimal::parse(text); }

TEST(FuturesCommission, PerContractPaysTheExchangeOnce) {
  EXPECT_EQ(commissions(PerContract{}, "VX", {4}), (Costs{4.9}));
  EXPECT_EQ(commissions(PerContract{}, "ES", {4, 6}), (Costs{4.58, 5.1}));
}

TEST(FuturesCommission, PerContractHasAFloorPerOrder) {
  const PerContract model{d("1.7"), d("2.3"), d("5")};
  EXPECT_EQ(commissions(model, "VX", {1, 1, 2}), (Costs{5, 0.7, 3.4}));
  EXPECT_EQ(commissions(model, "VX", {-1, -1, -2}), (Costs{5, 0.7, 3.4}));
}

TEST(FuturesCommission, CostsByRootFallBackOnTheTables) {
  const PerContract model{CostByRoot::Costs{{"VX", d("1.25")}}, CostByRoot::Costs{{"VX", d("0.4")}}, d("0")};
  EXPECT_EQ(commissions(model, "VX", {3, 2}), (Costs{4.15, 2.5}));
  EXPECT_EQ(commissions(model, "ES", {3, 2}), (Costs{3.73, 1.7}));
}

TEST(FuturesCommission, PerFutureTradeIsPaidWithTheFirstFill) {
  EXPECT_EQ(commissions(PerFutureTrade{d("3.3")}, "VX", {3, 2}), (Costs{3.3, 0}));
  EXPECT_EQ(commissions(PerFutureTrade{CostByRoot::Costs{{"VX", d("3.3")}}}, "ES", {3, 2}), (Costs{1.18, 0}));
  EXPECT_EQ(commissions(PerFutureTrade{}, "ES", {3, 2}), (Costs{0, 0}));
}

TEST(FuturesCommission, AnUnknownRootHasNoFee) {
  EXPECT_EQ(test::error_of([] { commissions(PerContract{}, "ZZ", {4}); }), ErrorCode::UnknownRootSymbol);
  EXPECT_EQ(commissions(PerContract{d("1"), d("0.5"), d("0")}, "ZZ", {4}), (Costs{4.5}));
}

TEST(FuturesCosts, DescribeThemselves) {
  EXPECT_EQ(describe(SlippageModel{VolatilityVolumeShare{}}), "VolatilityVolumeShare(volume_limit=0.05, eta=<varies>)");
  EXPECT_EQ(describe(SlippageModel{model_of("0.02", 0.2)}), "VolatilityVolumeShare(volume_limit=0.02, eta=0.2)");
  EXPECT_EQ(describe(CommissionModel{PerContract{}}),
            "PerContract(cost=0.85, exchange_fee=<varies>, min_trade_cost=0)");
  EXPECT_EQ(describe(CommissionModel{PerFutureTrade{d("3.3")}}), "PerFutureTrade(cost=3.3)");
}

TEST(FuturesCosts, TheTableHasZiplinesRoots) {
  EXPECT_EQ(future_constants().size(), 72u);
  EXPECT_EQ(find_future_constants("JE")->exchange_fee(), d("0.16"));
  EXPECT_EQ(find_future_constants("ED")->eta, 0.09418429709024576);
  EXPECT_FALSE(find_future_constants("E"));
  EXPECT_FALSE(find_future_constants("ZZZ"));
}

TEST(FuturesBlotter, EachTypeOfAssetHasItsOwnModels) {
  const DecimalContext context = futures_context("VX");
  DecimalBlotter blotter(context, test::zipline());
  EXPECT_EQ(describe(blotter.futures_slippage()), "VolatilityVolumeShare(volume_limit=0.05, eta=<varies>)");
  blotter.set_slippage(NoSlippage{});
  blotter.set_commission(NoCommission{});
  blotter.set_futures_slippage(FixedSlippage{d("0.1")});
  blotter.set_futures_commission(PerFutureTrade{d("3.3")});
  std::vector<Fill> fills;
  for (const AssetIndex asset : {kA, test::kB}) {
    blotter.place(asset, 3, ExecutionStyle::market(), 1);
    blotter.match(asset, test::bar(context, "20", 100, asset), 2, fills);
  }
  ASSERT_EQ(fills.size(), 2u);
  EXPECT_EQ(fills[0].price, test::price(context, "20.05"));
  EXPECT_EQ(fills[0].commission, test::money(context, "3.3"));
  EXPECT_EQ(fills[1].price, test::price(context, "20", test::kB));
  EXPECT_EQ(fills[1].commission, Money{});
}

// --- books

class FuturesLedger : public testing::Test {
 protected:
  DecimalContext context_ = futures_context("VX");
  DecimalLedger ledger_{context_, test::zipline(), test::money(context_, "1000000")};

  void trade(std::int64_t amount, std::string_view at, std::int64_t dt_ns) {
    ledger_.process_transaction({kA, amount, test::price(context_, at), dt_ns, {}});
  }
  void mark(std::string_view at, std::int64_t dt_ns) { ledger_.set_last_price(0, test::price(context_, at), dt_ns); }
  [[nodiscard]] Money money(std::string_view text) const { return test::money(context_, text); }
};

TEST_F(FuturesLedger, CashMovesOnlyByPriceChanges) {
  trade(4, "19.85", 1);
  EXPECT_EQ(ledger_.portfolio_value(), money("1000000"));
  EXPECT_EQ(ledger_.cash(), money("1000000"));
  mark("19.97", 2);  // 4 x 1000 x 0.12
  EXPECT_EQ(ledger_.portfolio_value(), money("1000480"));
  EXPECT_EQ(ledger_.cash(), money("1000480"));
  EXPECT_EQ(ledger_.positions_value(), Money{});
  EXPECT_EQ(ledger_.stats().long_exposure, money("79880"));
  EXPECT_EQ(ledger_.stats().long_value, Money{});
  EXPECT_EQ(ledger_.stats().longs_count, 1);
  EXPECT_DOUBLE_EQ(ledger_.gross_leverage(), 79880.0 / 1000480.0);
  ledger_.check_identity();
}

TEST_F(FuturesLedger, FlipsAndClosesSettleTheOldAmountAtTheNewPrice) {
  trade(4, "20", 1);
  trade(-7, "20.5", 2);  // 4 x 1000 x 0.5
  EXPECT_EQ(ledger_.portfolio_value(), money("1002000"));
  EXPECT_EQ(ledger_.amount(kA), -3);
  EXPECT_EQ(ledger_.cost_basis(ledger_.positions()[0]), d("20.5"));
  mark("21", 3);  // -3 x 1000 x 0.5
  EXPECT_EQ(ledger_.portfolio_value(), money("1000500"));
  EXPECT_EQ(ledger_.stats().short_exposure, money("-63000"));
  trade(3, "20", 4);  // -3 x 1000 x -1
  EXPECT_EQ(ledger_.portfolio_value(), money("1003500"));
  EXPECT_TRUE(ledger_.positions().empty());
  trade(1, "30", 5);  // the old settlement price is forgotten
  EXPECT_EQ(ledger_.portfolio_value(), money("1003500"));
  ledger_.check_identity();
}

TEST_F(FuturesLedger, CommissionMovesTheCostBasisPerUnitOfTheUnderlying) {
  trade(4, "19.85", 1);
  ledger_.process_commission(kA, money("4.9"));  // 4.9 / 4 / 1000
  EXPECT_EQ(ledger_.cost_basis(ledger_.positions()[0]), d("19.851225"));
  EXPECT_EQ(ledger_.cash(), money("999995.1"));
}

// Quirk Q15: Zipline keeps a multiplier of 0.1 as 0.10000000149011612
TEST(Multiplier, IsExactUnderRustybtAndASingleUnderZipline) {
  for (const auto& [precision, expected, as_double] :
       {std::tuple{MultiplierPrecision::Exact, 1'000'000.0, 0.1},
        std::tuple{MultiplierPrecision::Float32, 10'000'000 * 0.10000000149011612, 0.10000000149011612}}) {
    const DecimalContext context = futures_context("MB", "0.1", precision);
    EXPECT_EQ(context[kA].multiplier, as_double);
    const double value = context.money().to_double(context.value(kA, test::price(context, "100000"), 100));
    EXPECT_NEAR(value, expected, 1e-9 * expected);
    DecimalLedger ledger(context, test::rustybt(), test::money(context, "50000"));
    ledger.process_transaction({kA, 3, test::price(context, "67123.125"), 1, {}});
    EXPECT_EQ(ledger.cost_basis(ledger.positions()[0]).to_double(), 67123.125);
  }
  EXPECT_EQ(futures_context("ES", "12.5", MultiplierPrecision::Float32)[kA].money_per_unit,
            futures_context("ES", "12.5")[kA].money_per_unit);
}

}  // namespace
}  // namespace rustybt::finance

#include "rustybt/finance/decimal/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "rustybt/finance/books_test.hpp"

namespace rustybt::finance {
namespace {

using test::kA;
using test::kB;
using test::kC;

class Ledger : public testing::TestWithParam<Preset> {
 protected:
  Ledger() : policies_(Policies::of(GetParam())), ledger_(context_, policies_, test::money(context_, "100000")) {}

  void trade(std::int64_t amount, std::string_view price, AssetIndex asset = kA, std::int64_t at = 1) {
    ledger_.process_transaction({asset, amount, test::price(context_, price, asset), at, {1}});
    ledger_.check_identity();
  }
  void commission(std::string_view cost, AssetIndex asset = kA) {
    ledger_.process_commission(asset, test::money(context_, cost));
    ledger_.check_identity();
  }
  void split(double ratio, std::int64_t numerator, std::int64_t denominator, AssetIndex asset = kA) {
    ledger_.process_split(asset, ratio, numerator, denominator);
    ledger_.check_identity();
  }
  void mark(std::string_view price, AssetIndex asset = kA) {
    for (std::size_t i = 0; i < ledger_.positions().size(); ++i) {
      if (ledger_.positions()[i].asset == asset) ledger_.set_last_price(i, test::price(context_, price, asset), 2);
    }
  }
  [[nodiscard]] Decimal basis(AssetIndex asset = kA) const { return ledger_.cost_basis(*ledger_.find_position(asset)); }
  [[nodiscard]] Decimal shown(Money m) const { return context_.money().to_decimal(m); }
  [[nodiscard]] bool is_zipline() const { return policies_.preset == Preset::Zipline; }
  static Decimal d(std::string_view text) { return Decimal::parse(text); }

  DecimalContext context_ = test::make_context();
  Policies policies_;
  DecimalLedger ledger_;
};

TEST_P(Ledger, AssetsMayComeOneByOne) {
  const AssetIndex added = context_.add(test::equity(9, "NEW"), 0, 1'000);
  ledger_.add_asset();
  trade(10, "12.5", added);
  mark("13", added);
  EXPECT_EQ(ledger_.cash(), test::money(context_, "99875"));
  EXPECT_EQ(ledger_.portfolio_value(), test::money(context_, "100005"));
}

TEST_P(Ledger, APositionMayBeSetAndItsValueIsProfit) {
  ledger_.set_position({kA, 100, test::money(context_, "900"), test::price(context_, "10"), 1});
  ledger_.check_identity();
  EXPECT_EQ(basis(), Decimal::parse("9"));
  EXPECT_EQ(ledger_.cash(), test::money(context_, "100000"));
  EXPECT_EQ(ledger_.pnl(), test::money(context_, "1000"));
  ledger_.set_position({kA, 50, test::money(context_, "450"), test::price(context_, "10"), 1});
  ledger_.check_identity();
  EXPECT_EQ(ledger_.pnl(), test::money(context_, "500"));
}

INSTANTIATE_TEST_SUITE_P(Presets, Ledger, testing::Values(Preset::Zipline, Preset::Rustybt),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

// --- transactions and commissions
// -------------------------------------------------------------------------------------------

TEST_P(Ledger, BuyingMovesCashIntoCost) {
  trade(10, "92.5252395");  // golden 1
  commission("0.01");
  EXPECT_EQ(shown(ledger_.cash()), d("99074.737605"));
  EXPECT_EQ(basis(), d("92.5262395"));
  mark("92.479");
  EXPECT_EQ(shown(ledger_.portfolio_value()), d("99999.527605"));
  EXPECT_EQ(shown(ledger_.pnl()), d("-0.472395"));
  EXPECT_EQ(shown(ledger_.positions_value()), d("924.79"));
  EXPECT_EQ(shown(ledger_.cash_flow()), d("-925.262395"));
  EXPECT_EQ(shown(ledger_.commissions_paid()), d("0.01"));
}

TEST_P(Ledger, AverageCostOverSeveralBuys) {
  trade(100, "100.55025");  // golden 2: AAA
  commission("0.1");
  trade(30, "100.800375");
  commission("0.03");
  EXPECT_EQ(basis(), d("100.608971153846"));  // 100.60897115384617 at 12 digits
}

TEST_P(Ledger, ClosingAPartKeepsTheBasisAndRealisesProfit) {
  trade(100, "10");
  commission("1");
  trade(-40, "12");
  EXPECT_EQ(basis(), d("10.01"));
  EXPECT_EQ(shown(ledger_.realised_pnl()), d("79.6"));  // 40 * (12 - 10.01)
  trade(-60, "9");
  EXPECT_EQ(ledger_.find_position(kA), nullptr);
  EXPECT_EQ(shown(ledger_.realised_pnl()), d("19"));
  EXPECT_EQ(shown(ledger_.cash()), d("100019"));
}

TEST_P(Ledger, ThirdsOfACostLeaveNoRest) {
  trade(3, "3.333333333333");
  commission("0.001");
  trade(-1, "4");
  trade(-1, "4");
  trade(-1, "4");
  EXPECT_EQ(shown(ledger_.realised_pnl()), d("1.999000000001"));
  EXPECT_EQ(shown(ledger_.cash()), d("100001.999000000001"));
}

TEST_P(Ledger, CostOfAPartIsRoundedHalfEvenAtTheMoneyScale) {
  trade(3, "3.333333333333");
  commission("0.000000000001");  // a cost of 10
  trade(-2, "4");
  EXPECT_EQ(shown(ledger_.realised_pnl()), d("1.333333333333333333"));  // 8 - 6.666666666666666667
  trade(-1, "4");
  EXPECT_EQ(shown(ledger_.realised_pnl()), d("2"));
}

TEST_P(Ledger, ThroughZeroTheRestStartsAtTheFillsPrice) {
  trade(-25, "49.7");  // golden 2's BBB flips from -25 to 5 at 49.0245
  commission("0.025");
  trade(30, "49.0245");
  EXPECT_EQ(ledger_.amount(kA), 5);
  EXPECT_EQ(basis(), d("49.0245"));
  commission("0.01");
  EXPECT_EQ(basis(), d("49.0265"));
  trade(-12, "50");
  EXPECT_EQ(ledger_.amount(kA), -7);
  EXPECT_EQ(basis(), d("50"));
}

TEST_P(Ledger, CommissionRaisesTheBasisOfLongsAndLowersThatOfShorts) {
  trade(100, "10");
  trade(-100, "10", kB);
  commission("5", kA);
  commission("5", kB);
  EXPECT_EQ(basis(kA), d("10.05"));
  EXPECT_EQ(basis(kB), d("9.95"));
}

TEST_P(Ledger, CommissionOfAPositionAlreadyClosedIsALoss) {
  trade(10, "10");
  trade(-10, "10");
  commission("2");
  EXPECT_EQ(shown(ledger_.realised_pnl()), d("-2"));
  EXPECT_EQ(shown(ledger_.cash()), d("99998"));
}

TEST_P(Ledger, ShortsCountBelowZero) {
  trade(-100, "20");
  trade(50, "10", kB);
  mark("21");
  const PositionStats& s = ledger_.stats();
  EXPECT_EQ(shown(s.short_value), d("-2100"));
  EXPECT_EQ(shown(s.long_value), d("500"));
  EXPECT_EQ(shown(s.net_exposure()), d("-1600"));
  EXPECT_EQ(shown(s.gross_exposure()), d("2600"));
  EXPECT_EQ(s.longs_count, 1);
  EXPECT_EQ(s.shorts_count, 1);
  EXPECT_EQ(shown(ledger_.portfolio_value()), d("99900"));
  EXPECT_DOUBLE_EQ(ledger_.gross_leverage(), 2600.0 / 99900.0);
  EXPECT_DOUBLE_EQ(ledger_.net_leverage(), -1600.0 / 99900.0);
  EXPECT_NEAR(ledger_.returns(), -0.001, 1e-15);
}

TEST_P(Ledger, PositionsStayInOrderOfOpening) {
  trade(1, "1", kC);
  trade(1, "1", kA);
  trade(1, "1", kB);
  trade(-1, "1", kA);
  trade(1, "1", kA);
  std::vector<int> order;
  for (const DecimalPosition& p : ledger_.positions()) order.push_back(p.asset.value);
  EXPECT_THAT(order, testing::ElementsAre(2, 1, 0));
  EXPECT_EQ(ledger_.find_position(kB)->asset, kB);
  EXPECT_EQ(ledger_.find_position(kA)->asset, kA);
}

TEST_P(Ledger, OnlyALaterTransactionChangesTheLastPrice) {
  trade(1, "10", kA, 5);
  trade(1, "11", kA, 5);
  EXPECT_EQ(ledger_.find_position(kA)->last_sale_price, test::price(context_, "10"));
  trade(1, "12", kA, 6);
  EXPECT_EQ(ledger_.find_position(kA)->last_sale_price, test::price(context_, "12"));
}

TEST_P(Ledger, ReturnsCompoundOverRefreshesAndLeaveCapitalChangesOut) {
  trade(1000, "50");
  mark("55");
  EXPECT_NEAR(ledger_.returns(), 0.05, 1e-15);
  ledger_.capital_change(test::money(context_, "105000"));
  EXPECT_NEAR(ledger_.returns(), 0.05, 1e-15);
  EXPECT_EQ(shown(ledger_.pnl()), d("5000"));
  EXPECT_EQ(shown(ledger_.portfolio_value()), d("210000"));
  EXPECT_EQ(shown(ledger_.cash_flow()), d("-50000"));
  mark("57.1");  // 2,100 of 210,000
  EXPECT_NEAR(ledger_.returns(), 1.05 * 1.01 - 1, 1e-15);
  ledger_.check_identity();
}

TEST_P(Ledger, LeverageOfNothingIsInfinite) {
  trade(1000, "100");
  mark("0");
  EXPECT_EQ(shown(ledger_.portfolio_value()), d("0"));
  EXPECT_EQ(ledger_.gross_leverage(), std::numeric_limits<double>::infinity());
  mark("1");  // from a value of 0 there is no return
  EXPECT_NEAR(ledger_.returns(), -1.0, 1e-15);
}

TEST_P(Ledger, AmountsBeyond64BitsAreAnError) {
  trade(9'000'000'000'000'000'000, "0.000000000001");
  EXPECT_EQ(test::error_of([&] { trade(9'000'000'000'000'000'000, "0.000000000001"); }), ErrorCode::Overflow);
  EXPECT_EQ(test::error_of([&] { split(0.1, 1, 10); }), ErrorCode::Overflow);
}

// --- splits: worked values of zipline_semantics 0.0 and 4.4
// -------------------------------------------------------------------

TEST_P(Ledger, SevenForOne) {
  trade(10, "92.5262395");
  split(1.0 / 7.0, 1, 7);
  EXPECT_EQ(ledger_.amount(kA), 70);
  // golden 1: 13.22 under zipline, exact otherwise
  EXPECT_EQ(basis(), is_zipline() ? d("13.22") : d("13.218034214286"));
  EXPECT_EQ(shown(ledger_.cash()), d("99074.737605"));
}

TEST_P(Ledger, AShortPaysForItsFraction) {
  trade(-7, "10");
  split(3.0, 3, 1);
  EXPECT_EQ(ledger_.amount(kA), -2);
  EXPECT_EQ(basis(), d("30"));
  EXPECT_EQ(shown(ledger_.cash()), d("100060"));  // 100,000 + 70 - 10
}

TEST_P(Ledger, CashInLieuOfAFraction) {
  trade(100, "10");
  split(0.3, 3, 10);
  EXPECT_EQ(ledger_.amount(kA), 333);
  EXPECT_EQ(basis(), d("3"));
  EXPECT_EQ(shown(ledger_.cash()), d("99001"));  // + 1.0
}

TEST_P(Ledger, CashInLieuIsRoundedToCentsUnderZiplineOnly) {
  trade(101, "33.335");
  split(2.0, 2, 1);
  EXPECT_EQ(ledger_.amount(kA), 50);
  EXPECT_EQ(basis(), d("66.67"));
  // 100,000 - 3366.835 + half a share at 66.67
  EXPECT_EQ(shown(ledger_.cash()), is_zipline() ? d("96666.505") : d("96666.5"));
}

TEST_P(Ledger, APositionThatASplitEmptiesIsPaidOutAndRemoved) {
  trade(2, "10");
  split(3.0, 3, 1);
  EXPECT_EQ(ledger_.find_position(kA), nullptr);
  EXPECT_EQ(shown(ledger_.cash()), d("100000"));  // 2/3 share at 30
  EXPECT_TRUE(ledger_.positions().empty());
}

TEST_P(Ledger, SplitOfAnAssetNotHeldDoesNothing) {
  split(3.0, 3, 1, kB);
  EXPECT_EQ(shown(ledger_.cash()), d("100000"));
}

// quirk Q21
TEST_P(Ledger, LastPriceFollowsTheSplitUnderRustybtOnly) {
  trade(10, "90");
  split(1.0 / 3.0, 1, 3);
  EXPECT_EQ(shown(ledger_.portfolio_value()), is_zipline() ? d("101800") : d("100000"));
}

// --- dividends
// -------------------------------------------------------------------------------------------------------------------

TEST_P(Ledger, CashDividendsArePaidOnTheirDayForWhatWasHeldOnTheExDate) {
  trade(130, "100");
  trade(-15, "50", kB);
  ledger_.earn_cash_dividend(kA, d("0.5"), 10);
  ledger_.earn_cash_dividend(kB, d("1"), 11);
  ledger_.earn_cash_dividend(kC, d("1"), 10);  // not held
  trade(-130, "100");
  const Decimal before = shown(ledger_.cash());
  ledger_.pay_dividends(9);
  EXPECT_EQ(shown(ledger_.cash()), before);
  ledger_.pay_dividends(10);
  EXPECT_EQ(shown(ledger_.cash()), before + d("65"));
  ledger_.pay_dividends(10);  // once
  ledger_.pay_dividends(11);  // shorts owe theirs
  EXPECT_EQ(shown(ledger_.cash()), before + d("50"));
  EXPECT_EQ(shown(ledger_.dividends_paid()), d("50"));
  EXPECT_EQ(shown(ledger_.pnl()), d("50"));
  ledger_.check_identity();
}

TEST_P(Ledger, StockDividendAddsWholeSharesAtTheBasisOfTheHolding) {
  trade(130, "100");
  trade(100, "20.11105", kC);
  ledger_.earn_stock_dividend(kA, kC, 0.15, d("0.15"), 10);  // golden 2: 19.5 -> 19 shares of CCC
  ledger_.pay_dividends(10);
  EXPECT_EQ(ledger_.amount(kC), 119);
  EXPECT_EQ(basis(kC), d("20.11105"));
  ledger_.check_identity();
}

TEST_P(Ledger, FractionsOfStockDividendsArePaidInCashUnderRustybtOnly) {
  trade(130, "100");
  trade(100, "20.1", kC);
  const Money before = ledger_.cash();
  ledger_.earn_stock_dividend(kA, kC, 0.15, d("0.15"), 10);    // 19.5 shares of CCC: half a share at its last price
  ledger_.earn_stock_dividend(kA, kB, 0.005, d("0.005"), 10);  // 0.65 of BBB, of which nothing is held
  ledger_.pay_dividends(10, [&](AssetIndex a) { return test::price(context_, a == kB ? "8" : "999", a); });
  const bool pays = GetParam() == Preset::Rustybt;
  EXPECT_EQ(ledger_.cash() - before, test::money(context_, pays ? "15.25" : "0"));  // 0.5 x 20.1 + 0.65 x 8
  EXPECT_EQ(ledger_.amount(kC), 119);
  EXPECT_EQ(ledger_.amount(kB), 0);
  ledger_.check_identity();
}

TEST_P(Ledger, StockDividendInAnAssetNotHeldCostsNothing) {
  trade(130, "100");
  ledger_.earn_stock_dividend(kA, kC, 0.15, d("0.15"), 10);
  ledger_.pay_dividends(10);
  EXPECT_EQ(ledger_.amount(kC), 19);
  EXPECT_EQ(basis(kC), d("0"));
  EXPECT_EQ(ledger_.find_position(kC)->last_sale_price, 0);
  ledger_.check_identity();
}

TEST_P(Ledger, StockDividendMeansTheProductNotItsDoubleNoise) {
  trade(100, "10");
  ledger_.earn_stock_dividend(kA, kB, 0.29, d("0.29"), 10);  // 28.999999999999996 in double
  ledger_.pay_dividends(10);
  EXPECT_EQ(ledger_.amount(kB), 29);
}

TEST_P(Ledger, StockDividendOfShortsAndOfLessThanAShare) {
  trade(-10, "10");
  ledger_.earn_stock_dividend(kA, kA, 0.25, d("0.25"), 10);  // -2.5 -> -2
  ledger_.earn_stock_dividend(kA, kB, 0.05, d("0.05"), 10);
  ledger_.pay_dividends(10);
  EXPECT_EQ(ledger_.amount(kA), -12);
  EXPECT_EQ(basis(), d("10"));
  EXPECT_EQ(ledger_.find_position(kB), nullptr);
  ledger_.check_identity();
}

TEST_P(Ledger, AStockDividendCanCloseAShort) {
  trade(-2, "10", kB);
  trade(20, "10");
  ledger_.earn_stock_dividend(kA, kB, 0.1, d("0.1"), 10);
  ledger_.pay_dividends(10);
  EXPECT_EQ(ledger_.find_position(kB), nullptr);
  ledger_.check_identity();
}

// --- several currencies; Python: 3 * 33.337 / 7 = 14.287285714285714286, 3 * 33.337 / 8 = 12.501375

DecimalContext euro_context() {
  std::vector<assets::Asset> assets{test::equity(1, "DOLLAR"), test::equity(2, "PLAIN"), test::equity(3, "EURO")};
  assets[0].quote_currency = "USD";
  assets[2].quote_currency = "EUR";
  return {assets, std::vector<int>(3, 3), std::vector<std::int64_t>(3, 99'999'999), MultiplierPrecision::Exact, "EUR"};
}

TEST(LedgerCurrencies, WhatIsPostedIsRoundedHalfEvenOnce) {
  DecimalContext context = euro_context();
  ASSERT_EQ(context.currencies().size(), 1u);
  EXPECT_EQ(context.currencies()[0].currency, "USD");
  const std::pair<std::int64_t, std::int64_t> seventh{1, 7}, eighth{1, 8};
  context.set_rates(Date::parse("2020-01-02"), {&seventh, 1});
  DecimalLedger ledger(context, test::rustybt(), test::money(context, "1000"));
  const auto shown = [&](Money m) { return context.money().to_decimal(m).to_string(); };
  ledger.process_transaction({kA, 3, test::price(context, "33.337"), 1, {1}});
  EXPECT_EQ(shown(ledger.cash()), "985.712714285714285714");
  EXPECT_EQ(shown(ledger.portfolio_value()), "1000.000000000000000000");
  ledger.process_transaction({kB, 1, test::price(context, "10", kB), 1, {2}});  // says no currency: the books' own
  ledger.process_transaction({kC, 1, test::price(context, "10", kC), 1, {3}});
  EXPECT_EQ(shown(ledger.cash()), "965.712714285714285714");
  ledger.process_commission(kA, test::money(context, "0.7"));
  EXPECT_EQ(shown(ledger.cash()), "965.612714285714285714");
  context.set_rates(Date::parse("2020-01-03"), {&eighth, 1});
  ledger.revalue();
  EXPECT_EQ(shown(ledger.positions_value()), "32.501375000000000000");
  ledger.earn_cash_dividend(kA, Decimal::parse("0.8"), 10);
  ledger.pay_dividends(10);
  EXPECT_EQ(shown(ledger.cash()), "965.912714285714285714");
  ledger.process_transaction({kA, -3, test::price(context, "33.337"), 2, {4}});
  EXPECT_EQ(shown(ledger.cash()), "978.414089285714285714");
  ledger.check_identity();
}

TEST(LedgerCurrencies, AnUnknownRateIsAnErrorWhereItIsNeeded) {
  DecimalContext context = euro_context();
  DecimalLedger ledger(context, test::rustybt(), test::money(context, "1000"));
  const std::pair<std::int64_t, std::int64_t> unknown{0, 0};
  context.set_rates(Date::parse("2020-01-02"), {&unknown, 1});
  ledger.process_transaction({kC, 1, test::price(context, "10", kC), 1, {1}});
  EXPECT_EQ(test::error_of([&] { ledger.process_transaction({kA, 3, test::price(context, "33"), 1, {2}}); }),
            ErrorCode::NoFxRate);
}

}  // namespace
}  // namespace rustybt::finance

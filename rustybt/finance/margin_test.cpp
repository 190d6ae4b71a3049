#include "rustybt/finance/margin.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/property_test.hpp"

namespace rustybt::finance {
namespace {

using test::kA, test::kB, test::error_of, test::money, test::price;

class MarginTest : public testing::Test {
 protected:
  /// Fill an order of the account at a price.
  void hold(AssetIndex asset, std::int64_t amount, std::string_view at) {
    const std::int64_t p = price(context_, at, asset);
    ledger_.process_transaction({asset, amount, p, 0, {1}, 0});
    prices_[static_cast<std::size_t>(asset.value)] = p;
  }
  [[nodiscard]] Margin::Verdict judge(const Margin& margin, AssetIndex asset, std::int64_t amount) {
    return margin.judge(asset, amount, ledger_, blotter_,
                        [&](AssetIndex a) { return prices_[static_cast<std::size_t>(a.value)]; });
  }
  DecimalContext context_ = test::make_context();
  DecimalBlotter blotter_{context_, test::rustybt()};
  DecimalLedger ledger_{context_, test::rustybt(), money(context_, "10000")};
  std::vector<std::int64_t> prices_ = {price(context_, "100"), price(context_, "50", kB), price(context_, "10")};
};

TEST_F(MarginTest, RequirementsAreRatesOfTheValue) {
  const Margin margin({}, context_);
  const MarginRequirement longs = margin.of(kA, price(context_, "100"), 30);
  EXPECT_EQ(longs.initial, money(context_, "1500"));  // 30 x 100 x 0.5
  EXPECT_EQ(longs.maintenance, money(context_, "750"));
  const MarginRequirement shorts = margin.of(kA, price(context_, "100"), -30);
  EXPECT_EQ(shorts.initial, money(context_, "1500"));
  EXPECT_EQ(shorts.maintenance, money(context_, "900"));  // 30 %
}

TEST_F(MarginTest, AnOrderMayTakeTwiceTheAccountUnderRegulationT) {
  const Margin margin({}, context_);
  EXPECT_TRUE(judge(margin, kA, 200).is_allowed);  // 20,000 need 10,000
  const Margin::Verdict more = judge(margin, kA, 201);
  EXPECT_FALSE(more.is_allowed);
  EXPECT_EQ(more.needed, money(context_, "10050"));
  EXPECT_EQ(more.equity, money(context_, "10000"));
  EXPECT_EQ(more.in_use, Money{});
}

TEST_F(MarginTest, OpenOrdersAndOtherPositionsTakeTheirShare) {
  const Margin margin({}, context_);
  hold(kA, 100, "100");                            // 5,000
  (void)blotter_.place(kB, 100, kMarketOrder, 0);  // 2,500
  EXPECT_TRUE(judge(margin, kA, 50).is_allowed);
  EXPECT_FALSE(judge(margin, kA, 51).is_allowed);
  EXPECT_EQ(judge(margin, kA, 51).in_use, money(context_, "7500"));
  EXPECT_FALSE(judge(margin, kB, 101).is_allowed);
  EXPECT_FALSE(judge(margin, kB, -301).is_allowed);  // -301 of B beside the open 100: 7,525 + 5,000
}

TEST_F(MarginTest, WhatReducesIsAlwaysAllowed) {
  const Margin margin({}, context_);
  hold(kA, 200, "100");
  prices_[0] = price(context_, "60");
  ledger_.set_last_price(0, prices_[0], 0);
  EXPECT_EQ(ledger_.portfolio_value(), money(context_, "2000"));  // -10,000 + 200 x 60
  EXPECT_FALSE(judge(margin, kA, 1).is_allowed);
  EXPECT_TRUE(judge(margin, kA, -1).is_allowed);
  EXPECT_TRUE(judge(margin, kA, -200).is_allowed);
  EXPECT_TRUE(judge(margin, kA, -400).is_allowed);  // turned around it needs as much
  EXPECT_FALSE(judge(margin, kA, -401).is_allowed);
}

TEST_F(MarginTest, ACashAccountPaysInFullAndSellsNothingShort) {
  const Margin margin(MarginModel::cash_account(), context_);
  EXPECT_TRUE(judge(margin, kA, 100).is_allowed);
  EXPECT_FALSE(judge(margin, kA, 101).is_allowed);
  EXPECT_TRUE(judge(margin, kA, -1).is_short);
  EXPECT_FALSE(judge(margin, kA, -1).is_allowed);
  hold(kA, 10, "100");
  EXPECT_TRUE(judge(margin, kA, -10).is_allowed);
  (void)blotter_.place(kA, -5, kMarketOrder, 0);
  EXPECT_FALSE(judge(margin, kA, -6).is_allowed);  // five are being sold already
}

TEST_F(MarginTest, ACallClosesWhatNeedsMostAndNoMoreThanItMust) {
  const Margin margin({}, context_);
  hold(kA, 100, "100");  // needs 2,500
  hold(kB, 200, "50");   // needs 2,500
  prices_[1] = price(context_, "40", kB);
  ledger_.set_last_price(1, prices_[1], 0);
  // 100 x 100 and 200 x 40 need 2,500 + 2,000; with an equity of 4,499.5 half of one is missing, with 1,000 a whole A
  const auto of = [&](std::string_view equity) {
    std::vector<std::pair<int, std::int64_t>> out;
    for (const Margin::Closing& c : margin.closings(ledger_.positions(), money(context_, equity)))
      out.emplace_back(c.asset.value, c.amount);
    return out;
  };
  using Closings = std::vector<std::pair<int, std::int64_t>>;
  EXPECT_EQ(of("4500"), Closings{});
  EXPECT_EQ(of("4499.5"), (Closings{{0, -1}}));
  EXPECT_EQ(of("3000"), (Closings{{0, -60}}));              // 1,500 of 2,500
  EXPECT_EQ(of("1000"), (Closings{{0, -100}, {1, -100}}));  // 2,500, then 1,000 of 2,000
  EXPECT_EQ(of("-1"), (Closings{{0, -100}, {1, -200}}));
}

TEST_F(MarginTest, FuturesNeedMoneyPerContract) {
  std::vector<assets::Asset> assets = {test::equity(1, "ESH20"), test::equity(2, "NQH20")};
  for (assets::Asset& a : assets) {
    a.type = assets::AssetType::Future;
    a.price_multiplier = Decimal(50, 0);
    a.root_symbol = a.symbol.substr(0, 2);
  }
  const DecimalContext context(assets, std::vector<int>{3, 3}, std::vector<std::int64_t>{99'999'999, 99'999'999});
  MarginModel model;
  model.futures["ES"] = {Decimal(12650, 0), Decimal(11500, 0)};
  const Margin margin(model, context);
  EXPECT_EQ(margin.of(kA, price(context, "3000"), -2).initial, money(context, "25300"));
  EXPECT_EQ(margin.of(kA, price(context, "3000"), 2).maintenance, money(context, "23000"));
  EXPECT_EQ(margin.of(kB, price(context, "9000", kB), 1).initial, money(context, "45000"));  // 10 % of 9,000 x 50
}

TEST_F(MarginTest, RefusesRatesThatAreNone) {
  for (const MarginModel::Rates& bad :
       {MarginModel::Rates{Decimal(1, 1), Decimal(2, 1)}, MarginModel::Rates{Decimal(1, 1), Decimal(-1, 1)}}) {
    MarginModel model;
    model.shorts = bad;
    EXPECT_EQ(error_of([&] { model.check(); }), ErrorCode::InvalidArgument);
  }
  MarginModel free;  // it could buy without end
  free.longs = {Decimal(), Decimal()};
  EXPECT_EQ(error_of([&] { free.check(); }), ErrorCode::InvalidArgument);
}

TEST(MarginProperty, AnAllowedOrderThatFillsAtItsPriceIsCovered) {
  const bool holds = rc::check("what is allowed needs no more than the account is worth, or than before", [] {
    const DecimalContext context = test::make_context(2);
    const DecimalBlotter blotter(context, test::rustybt());
    DecimalLedger ledger(context, test::rustybt(), money(context, "10000"));
    const Margin margin({}, context);
    std::int64_t prices[2] = {price(context, "100"), price(context, "50", kB)};
    for (const auto& [asset, amount, cents] : *rc::gen::container<std::vector<std::tuple<bool, int, int>>>(
             rc::gen::tuple(rc::gen::arbitrary<bool>(), rc::gen::inRange(-150, 151), rc::gen::inRange(5000, 15000)))) {
      const AssetIndex a{asset ? 1 : 0};
      prices[a.value] = std::int64_t{cents} * 10'000'000'000;
      for (std::size_t i = 0; i < ledger.positions().size(); ++i)
        ledger.set_last_price(i, prices[ledger.positions()[i].asset.value], 0);
      if (amount == 0) continue;
      const Money before = margin.of(ledger.positions()).initial;
      if (!margin.judge(a, amount, ledger, blotter, [&](AssetIndex b) { return prices[b.value]; }).is_allowed) continue;
      ledger.process_transaction({a, amount, prices[a.value], 0, {1}, 0});
      ledger.check_identity();
      const Money after = margin.of(ledger.positions()).initial;
      RC_ASSERT(after <= ledger.portfolio_value() || after <= before);
    }
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace rustybt::finance

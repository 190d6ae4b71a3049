#include "rustybt/finance/costs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rustybt/finance/books_test.hpp"

namespace rustybt::finance {
namespace {

using test::kA;
using test::kB;
using testing::ElementsAre;

Decimal d(std::string_view text) { return Decimal::parse(text); }
Date day(std::string_view text) { return Date::parse(text); }
std::int64_t at(std::string_view time) { return Timestamp::parse(time).ns; }

// expected amounts: Python's decimal, quantized to 18 digits half-even
class Costs : public testing::Test {
 protected:
  explicit Costs(std::string_view capital = "1000")
      : ledger_(context_, test::rustybt(), test::money(context_, capital)) {}
  void hold(AssetIndex asset, std::int64_t amount, std::string_view price) {
    ledger_.process_transaction({asset, amount, test::price(context_, price), 1, {}});
  }
  /// "kind asset days amount" of every row; the ledger has booked exactly them.
  std::vector<std::string> rows() {
    ledger_.check_identity();
    constexpr const char* kKinds[] = {"borrow", "financing", "funding"};
    std::vector<std::string> out;
    Money sum;
    for (const FinancingRow& r : tables_.financing.rows()) {
      sum += r.amount;
      out.push_back(std::string(kKinds[static_cast<int>(r.kind)]) + " " +
                    assets_[static_cast<std::size_t>(r.asset.value)].symbol + " " + std::to_string(r.days) + " " +
                    context_.money().to_decimal(r.amount).normalized().to_string());
    }
    EXPECT_EQ(sum, ledger_.financing_received());
    return out;
  }
  std::vector<std::string> nights(std::string_view from, std::string_view to) {
    costs_.charge_nights(0, day(from), day(to), at("2020-01-03T21:00:00Z"));
    return rows();
  }

  std::vector<assets::Asset> assets_{test::equity(1, "A"), test::equity(2, "B"), test::equity(3, "C")};
  DecimalContext context_ = test::make_context();
  DecimalLedger ledger_;
  ResultTables tables_;
  HoldingCosts costs_{ledger_, assets_, tables_};
};

TEST_F(Costs, AShortPaysForTheCalendarDaysToTheNextSession) {
  costs_.set(BorrowCost{});
  hold(kA, -100, "50");
  hold(kB, 10, "50");
  // 5,000 x 0.003 x 3 / 365 over the weekend
  EXPECT_THAT(nights("2020-01-03", "2020-01-06"), ElementsAre("borrow A 3 -0.123287671232876712"));
  EXPECT_EQ(ledger_.cash(), test::money(context_, "5499.876712328767123288"));
  EXPECT_EQ(ledger_.portfolio_value(), test::money(context_, "999.876712328767123288"));
}

TEST_F(Costs, ARateIsTheLastOneOfTheTableAndMayBeAboveOne) {
  const auto rate_on = [&](std::string_view date) {
    DecimalLedger ledger(context_, test::rustybt(), test::money(context_, "1000"));
    ledger.process_transaction({kA, -100, test::price(context_, "36.5"), 1, {}});
    ResultTables tables;
    HoldingCosts costs(ledger, assets_, tables);
    costs.set(BorrowCost{d("0.003"), {{kA, {{at("2020-01-03"), d("0.8")}, {at("2020-01-06"), d("2.5")}}}}});
    costs.charge_nights(0, day(date), day(date) + 1, 0);
    return context_.money().to_decimal(tables.financing[0].amount).normalized().to_string();
  };
  EXPECT_EQ(rate_on("2020-01-02"), "-0.03");  // 3,650 x 0.003 / 365
  EXPECT_EQ(rate_on("2020-01-03"), "-8");
  EXPECT_EQ(rate_on("2020-01-05"), "-8");
  EXPECT_EQ(rate_on("2020-01-06"), "-25");
}

TEST_F(Costs, WhatIsBoughtBeyondTheAccountsValueIsFinanced) {
  costs_.set(Financing{});
  hold(kA, 20, "100");
  hold(kB, 10, "100");
  // 3,000 - 1,000 are borrowed, two thirds of it for A: 1,333.33.. x 0.05 / 365
  EXPECT_THAT(nights("2020-01-07", "2020-01-08"),
              ElementsAre("financing A 1 -0.182648401826484018", "financing B 1 -0.091324200913242009"));
}

TEST_F(Costs, WhatTheAccountPaysItselfIsFree) {
  costs_.set(Financing{});
  costs_.set(BorrowCost{});
  hold(kA, 10, "100");
  EXPECT_THAT(nights("2020-01-07", "2020-01-08"), ElementsAre());
}

TEST_F(Costs, ARateBelowZeroIsReceived) {
  Financing financing;
  financing.equity.of_shorts = d("-0.02");
  financing.days_per_year = 360;
  costs_.set(financing);
  hold(kA, -30, "100");
  EXPECT_THAT(nights("2020-01-07", "2020-01-08"), ElementsAre("financing A 1 0.111111111111111111"));  // 2,000
}

TEST_F(Costs, CurrencyPairsCountThreeNightsOnTheTripleDayAndNoneAtTheWeekend) {
  assets_[0].type = assets::AssetType::FxPair;
  costs_.set(Financing{});
  hold(kA, 83, "100");  // 8,300 - 1,000 = 7,300: 1 a day
  EXPECT_THAT(nights("2020-01-08", "2020-01-09"), ElementsAre("financing A 3 -3"));
}

TEST_F(Costs, CurrencyPairsCountOneNightOverTheWeekend) {
  assets_[0].type = assets::AssetType::FxPair;
  costs_.set(Financing{});
  hold(kA, 83, "100");
  EXPECT_THAT(nights("2020-01-10", "2020-01-13"), ElementsAre("financing A 1 -1"));
}

TEST_F(Costs, LongsPayFundingToShortsAtItsMoments) {
  costs_.set(Funding{d("0.0001"), 8, {kA, kB}, {}}, at("2020-01-01T00:00:00Z"));
  EXPECT_EQ(costs_.next_funding_ns(), at("2020-01-01T08:00:00Z"));
  const auto amount = [](AssetIndex a) { return a == kA ? std::int64_t{10} : std::int64_t{-20}; };
  const auto price = [&](AssetIndex) { return std::optional(test::price(context_, "100")); };
  costs_.charge_fundings(0, at("2020-01-01T07:59:00Z"), amount, price);
  EXPECT_THAT(rows(), ElementsAre());
  costs_.charge_fundings(0, at("2020-01-01T16:00:00Z"), amount, price);
  EXPECT_THAT(rows(), ElementsAre("funding A 0 -0.1", "funding B 0 0.2", "funding A 0 -0.1", "funding B 0 0.2"));
  EXPECT_EQ(costs_.next_funding_ns(), at("2020-01-02T00:00:00Z"));
}

TEST_F(Costs, FundingByTableIsAtItsTimesOnly) {
  Funding funding;
  funding.table = {{kA, {{at("2020-01-01T08:00:00Z"), d("-0.0005")}, {at("2020-01-01T12:00:00Z"), d("0.001")}}}};
  costs_.set(funding, at("2020-01-01T00:00:00Z"));
  const auto amount = [](AssetIndex) { return std::int64_t{10}; };
  const auto price = [&](AssetIndex) { return std::optional(test::price(context_, "100")); };
  costs_.charge_fundings(0, at("2020-01-05T00:00:00Z"), amount, price);
  EXPECT_THAT(rows(), ElementsAre("funding A 0 0.5", "funding A 0 -1"));
  EXPECT_EQ(costs_.next_funding_ns(), INT64_MAX);
}

TEST_F(Costs, APerpetualPaysFundingAndNothingElse) {
  costs_.set(BorrowCost{});
  costs_.set(Financing{});
  costs_.set(Funding{d("0.0001"), 8, {kA}, {}}, 0);
  hold(kA, -100, "100");
  EXPECT_THAT(nights("2020-01-07", "2020-01-08"), ElementsAre());
}

TEST_F(Costs, SettingsThatCannotBeAreRefused) {
  BorrowCost no_year;
  no_year.days_per_year = 0;
  EXPECT_EQ(test::error_of([&] { costs_.set(no_year); }), ErrorCode::InvalidArgument);
  BorrowCost unsorted;
  unsorted.rates = {{kA, {{5, d("1")}, {4, d("1")}}}};
  EXPECT_EQ(test::error_of([&] { costs_.set(unsorted); }), ErrorCode::InvalidArgument);
  EXPECT_EQ(test::error_of([&] { costs_.set(Funding{}, 0); }), ErrorCode::InvalidArgument);
  EXPECT_EQ(test::error_of([&] { costs_.set(Funding{d("1"), 0, {kA}, {}}, 0); }), ErrorCode::InvalidArgument);
}

TEST_F(Costs, TheReportSaysWhatIsCharged) {
  EXPECT_EQ(describe(BorrowCost{}), "0.3 % a year on shorts, 365 days");
  EXPECT_EQ(describe(Financing{}),
            "equity 5 % / 0 %, crypto 5 % / 0 %, forex 5 % / 0 % a year (long / short), 365 days, forex triple on "
            "Wednesday");
  EXPECT_EQ(describe(Funding{d("0.0001"), 8, {kA}, {}}), "0.01 % every 8 h of 1 asset");
}

}  // namespace
}  // namespace rustybt::finance

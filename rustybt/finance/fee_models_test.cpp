#include "rustybt/finance/fee_models.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/decimal/blotter.hpp"
#include "rustybt/finance/fee_schedule_files.hpp"

namespace rustybt::finance {
namespace {

Decimal d(std::string_view text) { return Decimal::parse(text); }
std::int64_t at(std::string_view time) { return Timestamp::parse(time).ns; }

using Costs = std::vector<std::string>;

/// One blotter with a schedule; orders fill at the bar's close.
class Fees : public testing::Test {
 protected:
  void use(FeeSchedule schedule, Policies policies = test::rustybt()) {
    blotter_.emplace(context_, policies);
    blotter_->set_slippage(NoSlippage{});
    blotter_->set_clock(&now_);
    blotter_->set_commission(std::move(schedule));
  }
  OrderId place(std::int64_t amount, ExecutionStyle style, std::optional<double> market = std::nullopt) {
    style.reference_price = market;
    return blotter_->place(test::kA, amount, style, now_);
  }
  OrderId buy(std::int64_t amount) { return place(amount, ExecutionStyle::market()); }
  /// Costs of the bar's fills.
  Costs bar(std::string_view close, std::int64_t volume = 1'000'000'000) {
    std::vector<Fill> fills;
    blotter_->match(test::kA, test::bar(context_, close, volume), now_, fills);
    blotter_->prune();
    Costs out;
    for (const Fill& f : fills) out.push_back(context_.money().to_decimal(f.commission).normalized().to_string());
    return out;
  }
  Costs order_on(std::string_view time, std::int64_t amount, std::string_view close) {
    now_ = at(time);
    buy(amount);
    return bar(close);
  }

  DecimalContext context_ = test::make_context();
  std::optional<DecimalBlotter> blotter_;
  std::int64_t now_ = at("2020-01-30T21:00:00Z");
};

TEST_F(Fees, ThePercentageHasItsMinimumOncePerOrderAndNotPerFill) {
  use(Percentage(d("0.001"), d("5")));
  blotter_->set_slippage(VolumeShareSlippage{d("0.1"), d("0")});
  buy(300);
  EXPECT_EQ(bar("20", 1'000), Costs{"5"});  // 100 x 20 x 0.001 = 2, at least 5
  EXPECT_EQ(bar("20", 2'000), Costs{"1"});  // 2 + 4 = 6, of which 5 are charged
}

TEST_F(Fees, APercentageIsExact) {
  use(Percentage(d("0.00012345")));
  buy(7);
  EXPECT_EQ(bar("33.333"), Costs{"0.02880471195"});  // 7 x 33.333 x 0.00012345
}

TEST_F(Fees, TiersGoByTheValueTradedInTheCalendarMonthBeforeTheFill) {
  use(Tiered({{d("0"), d("0.001")}, {d("10000"), d("0.0005")}}));
  EXPECT_EQ(order_on("2020-01-30T21:00:00Z", 100, "80"), Costs{"8"});
  EXPECT_EQ(order_on("2020-01-30T21:00:00Z", 100, "50"), Costs{"5"});    // 8,000 so far
  EXPECT_EQ(order_on("2020-01-31T21:00:00Z", 100, "10"), Costs{"0.5"});  // 13,000 so far
  EXPECT_EQ(order_on("2020-02-01T00:00:00Z", 100, "10"), Costs{"0.5"});  // the bar that ends January
  EXPECT_EQ(order_on("2020-02-01T00:01:00Z", 100, "10"), Costs{"1"});
  EXPECT_EQ(order_on("2021-02-01T21:00:00Z", 100, "10"), Costs{"1"});
}

TEST_F(Fees, EachRunHasItsOwnVolume) {
  const Tiered model({{d("0"), d("0.001")}, {d("1000"), d("0.0005")}});
  for (int run = 0; run < 2; ++run) {
    use(model);
    EXPECT_EQ(order_on("2020-01-30T21:00:00Z", 100, "10"), Costs{"1"});
    EXPECT_EQ(order_on("2020-01-30T21:00:00Z", 100, "10"), Costs{"0.5"});
  }
}

TEST_F(Fees, AWindowOfDaysForgetsDayByDay) {
  use(parse_fee_schedule(R"({"window": 30, "tiers": [{"rate": "0.001"}, {"volume": 1000, "rate": 0.0005}]})", "x"));
  EXPECT_EQ(order_on("2020-01-01T21:00:00Z", 60, "10"), Costs{"0.6"});
  EXPECT_EQ(order_on("2020-01-02T21:00:00Z", 60, "10"), Costs{"0.6"});
  EXPECT_EQ(order_on("2020-01-30T21:00:00Z", 1, "10"), Costs{"0.005"});  // 1,200 since January 1
  EXPECT_EQ(order_on("2020-01-31T21:00:00Z", 1, "10"), Costs{"0.01"});   // 610 since January 2
}

TEST_F(Fees, ARestingLimitIsPaidTheRebate) {
  use(MakerTaker(d("-0.0001"), d("0.0004")));
  const OrderId id = place(100, ExecutionStyle::limit(9.5), 10.0);
  EXPECT_EQ(bar("10"), Costs{});
  EXPECT_EQ(bar("9.5"), Costs{"-0.095"});
  EXPECT_EQ(context_.money().to_decimal(blotter_->find(id)->commission), d("-0.095"));
  place(-100, ExecutionStyle::limit(10.5), 10.0);
  EXPECT_EQ(bar("10.5"), Costs{"-0.105"});
}

TEST_F(Fees, AMarketableLimitTakes) {
  use(MakerTaker(d("-0.0001"), d("0.0004")));
  place(100, ExecutionStyle::limit(11), 10.0);
  EXPECT_EQ(bar("10"), Costs{"0.4"});
  place(-100, ExecutionStyle::limit(10), 10.0);  // at the market's price
  EXPECT_EQ(bar("10"), Costs{"0.4"});
  place(100, ExecutionStyle::limit(9));  // no price known when it was placed
  EXPECT_EQ(bar("9"), Costs{"0.36"});
}

TEST_F(Fees, MarketOrdersAndStopsTake) {
  use(MakerTaker(d("-0.0001"), d("0.0004")));
  buy(100);
  EXPECT_EQ(bar("10"), Costs{"0.4"});
  place(100, ExecutionStyle::stop(11), 10.0);
  EXPECT_EQ(bar("11"), Costs{"0.44"});
}

TEST_F(Fees, AStopLimitRestsWhenThePriceIsBeyondItsLimitAtTheStop) {
  use(MakerTaker(d("-0.0001"), d("0.0004")));
  place(100, ExecutionStyle::stop_limit(11.5, 11), 10.0);
  EXPECT_EQ(bar("11"), Costs{"0.44"});  // stop and limit at once
  place(100, ExecutionStyle::stop_limit(11.5, 11), 10.0);
  EXPECT_EQ(bar("12"), Costs{});  // the stop is hit, the limit rests below
  EXPECT_EQ(bar("11.5"), Costs{"-0.115"});
}

TEST_F(Fees, AChangedLimitMayComeToTake) {
  use(MakerTaker(d("-0.0001"), d("0.0004")));
  const OrderId id = place(100, ExecutionStyle::limit(9), 10.0);
  blotter_->modify(id, {std::nullopt, 10.5, std::nullopt, 10.0}, now_);
  EXPECT_EQ(bar("10"), Costs{"0.4"});
}

TEST_F(Fees, TheMinimumRaisesNoRebate) {
  use(MakerTaker(d("-0.0001"), d("0.0004"), d("2")));
  place(100, ExecutionStyle::limit(9.5), 10.0);
  EXPECT_EQ(bar("9.5"), Costs{"-0.095"});
  buy(100);
  EXPECT_EQ(bar("10"), Costs{"2"});
}

TEST_F(Fees, TheTakeProfitOfABracketRests) {
  use(MakerTaker(d("-0.0001"), d("0.0004")));
  blotter_->place_bracket(test::kA, 100, ExecutionStyle::market(), ExecutionStyle::stop(9), ExecutionStyle::limit(11),
                          now_);
  EXPECT_EQ(bar("10"), Costs{"0.4"});
  EXPECT_EQ(bar("11"), Costs{"-0.11"});
}

TEST_F(Fees, InteractiveBrokersFixedHasAFloorAndACapPerOrder) {
  use(fee_schedule("interactive_brokers_fixed"));
  buy(100);
  EXPECT_EQ(bar("10"), Costs{"1"});  // 100 x 0.005 = 0.5, at least 1
  buy(1000);
  EXPECT_EQ(bar("10"), Costs{"5"});
  buy(1000);
  EXPECT_EQ(bar("0.25"), Costs{"1.25"});  // 0.5 % of 250
  buy(100);
  EXPECT_EQ(bar("1"), Costs{"0.5"});  // the cap is below the floor
}

TEST_F(Fees, InteractiveBrokersTieredGoesByTheMonthsShares) {
  use(fee_schedule("interactive_brokers_tiered"));
  buy(300'000);
  EXPECT_EQ(bar("10"), Costs{"1050"});  // x 0.0035
  buy(1'000);
  EXPECT_EQ(bar("10"), Costs{"2"});  // x 0.0020
}

TEST_F(Fees, BinanceAndCoinbaseHaveTheirFirstAndLastTiers) {
  const auto ends = [](std::string_view name) {
    const FeeSchedule s = fee_schedule(name);
    return Costs{std::to_string(s.tiers.size()), s.tiers.front().maker.to_string(), s.tiers.front().taker.to_string(),
                 s.tiers.back().maker.to_string(), s.tiers.back().taker.to_string()};
  };
  EXPECT_EQ(ends("binance_spot"), (Costs{"10", "0.0010", "0.0010", "0.0002", "0.0003"}));
  EXPECT_EQ(ends("coinbase"), (Costs{"9", "0.0060", "0.0060", "0.0000", "0.0012"}));
  EXPECT_EQ(ends("generic"), (Costs{"3", "0.0010", "0.0010", "0.0002", "0.0002"}));
  for (const std::string& name : fee_schedule_names()) EXPECT_EQ(fee_schedule(name).text, "schedule(" + name + ")");
}

std::string refusal(std::string_view text) {
  try {
    (void)parse_fee_schedule(text, "my.json");
  } catch (const Error& e) {
    return std::string(e.message());
  }
  return "accepted";
}

TEST(FeeScheduleFile, IsRefusedWithFileFieldExpectedAndFound) {
  EXPECT_EQ(refusal(R"({"tiers": [{"rate": "0.001"}, {"volume": 5, "maker": "x", "taker": 1}], "window": 30})"),
            "my.json: tiers[1].maker: expected a number, as \"0.001\", found \"x\"");
  EXPECT_EQ(refusal(R"({"minimum": -1, "tiers": [{"rate": 0.001}]})"),
            "my.json: minimum: expected 0 or more, found -1");
  EXPECT_EQ(refusal(R"({"tiers": [{"rate": 0.001}, {"volume": 0, "rate": 0}], "window": "month"})"),
            "my.json: tiers[1].volume: expected more than 0, found 0");
  EXPECT_EQ(refusal(R"({"tiers": [{"rate": 5}]})"),
            "my.json: tiers[0].maker: expected a part of the value, as 0.001, found 5");
  EXPECT_EQ(refusal(R"({"tiers": [{"rate": 0.001}], "window": "week"})"),
            "my.json: window: expected \"month\" or a number of days, found \"week\"");
  EXPECT_EQ(refusal(R"({"tiers": [{"rate": 0.001}], "minimun": 1})"),
            "my.json: minimun: expected one of name, description, rates_of, volume_of, window, minimum, maximum_rate, "
            "tiers, found this name");
  EXPECT_EQ(refusal(R"({"tiers": []})"), "my.json: tiers: expected at least one, found none");
  EXPECT_EQ(refusal("[]"), "my.json: the file: expected an object {...}, found []");
  EXPECT_TRUE(refusal("{").starts_with("my.json: expected JSON, found: "));
}

TEST(FeeScheduleFile, DamagedFilesAreReadOrRefused) {
  const std::string text(fee_schedule_text("binance_spot"));
  int refused = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const std::string_view put : {"", "\"", "9", "-", "e999", "[", "\xff"}) {
      try {
        (void)parse_fee_schedule(text.substr(0, i) + std::string(put) + text.substr(i + 1), "x");
      } catch (const Error& e) {
        ++refused;
        EXPECT_EQ(e.code(), ErrorCode::InvalidArgument);
      }
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_TRUE(refusal(R"({"tiers": [{"rate": 1e999}]})").starts_with("my.json: "));
}

TEST(FeeScheduleFile, AnUnknownNameSaysWhatThereIs) {
  try {
    (void)fee_schedule("binance");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.message(), "no fee schedule is called 'binance'");
    EXPECT_NE(e.hint().find("binance_spot, coinbase, generic"), std::string::npos);
  }
  EXPECT_EQ(test::error_of([] { (void)fee_schedule("no/such.json"); }), ErrorCode::FileNotFound);
}

}  // namespace
}  // namespace rustybt::finance

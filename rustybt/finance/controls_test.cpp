#include "rustybt/finance/controls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/timestamp.hpp"

namespace rustybt::finance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Decimal d(std::string_view text) { return Decimal::parse(text); }

/// Orders of one asset at one price, and what the controls had to say.
struct Desk {
  assets::Asset asset;
  TradingControls controls{DecisionArithmetic::Exact};
  std::int64_t position = 0;
  double price = 10;
  Timestamp now = Timestamp::parse("2020-01-02T21:00:00Z");
  std::vector<std::string> logged;
  Log log{[this](LogLevel level, std::string_view text) {
    EXPECT_EQ(level, LogLevel::Error);
    logged.emplace_back(text);
  }};

  Desk() {
    asset.symbol = "AAA";
    asset.start_date = Date::parse("2020-01-02");
    asset.end_date = Date::parse("2020-01-03");
  }
  void add(const TradingControl& control, OnError on_error = OnError::Log) {
    controls.add(control, make_on_violation(control, on_error, log));
  }
  /// Number of limits that the order breaks.
  std::size_t order(std::int64_t amount, int digits = 0) {
    const std::function<double()> current_price = [this] { return price; };
    logged.clear();
    controls.validate({AssetIndex{0}, asset, amount, position, digits, now.ns, current_price});
    return logged.size();
  }
};

SizeLimits shares(std::string_view most) { return {std::nullopt, d(most), std::nullopt}; }
SizeLimits value(std::string_view most) { return {std::nullopt, std::nullopt, d(most)}; }

TEST(TradingControls, OrdersBeyondTheirSizeAreFoundOnBothSides) {
  Desk desk;
  desk.add(MaxOrderSize{shares("40")});
  EXPECT_EQ(desk.order(40), 0u);
  EXPECT_EQ(desk.order(-41), 1u);
  EXPECT_THAT(desk.logged, ElementsAre("Order for -41 shares of AAA at 2020-01-02T21:00:00Z violates trading "
                                       "constraint MaxOrderSize(max_shares=40)"));
}

TEST(TradingControls, EachBrokenLimitIsReported) {
  Desk desk;
  desk.add(MaxOrderSize{{std::nullopt, d("40"), d("450")}});
  EXPECT_EQ(desk.order(44), 1u);
  EXPECT_EQ(desk.order(46), 2u);
}

TEST(TradingControls, PositionsCountTheOrder) {
  Desk desk;
  desk.position = 70;
  desk.add(MaxPositionSize{{std::nullopt, d("100"), d("1000")}});
  EXPECT_EQ(desk.order(30), 0u);
  EXPECT_EQ(desk.order(31), 2u);
  EXPECT_EQ(desk.order(-170), 0u);
  EXPECT_EQ(desk.order(-171), 2u);
}

TEST(TradingControls, LimitsOfOneAssetLeaveOthersAlone) {
  Desk desk;
  desk.add(MaxOrderSize{{AssetIndex{1}, d("1"), d("1")}});
  EXPECT_EQ(desk.order(1000), 0u);
}

TEST(TradingControls, ValuesAreComparedExactlyOrAsZiplineDoes) {
  // 3 shares at 0.1 are 0.3, but in binary 3 * 0.1 is above the double 0.3
  Desk exact;
  exact.price = 0.1;
  exact.add(MaxOrderSize{value("0.3")});
  EXPECT_EQ(exact.order(3), 0u);
  EXPECT_EQ(exact.order(4), 1u);
  Desk ieee;
  ieee.controls = TradingControls(DecisionArithmetic::IeeeDouble);
  ieee.price = 0.1;
  ieee.add(MaxOrderSize{value("0.3")});
  EXPECT_EQ(ieee.order(3), 1u);
}

TEST(TradingControls, WithoutAPriceNoValueIsTooLarge) {
  Desk desk;
  desk.price = std::nan("");
  desk.add(MaxOrderSize{value("1")});
  EXPECT_EQ(desk.order(1000), 0u);
}

TEST(TradingControls, PartsOfUnitsCount) {
  Desk desk;
  desk.add(MaxOrderSize{shares("0.5")});
  EXPECT_EQ(desk.order(50, 2), 0u);
  EXPECT_EQ(desk.order(51, 2), 1u);
  EXPECT_THAT(desk.logged, ElementsAre(testing::StartsWith("Order for 0.51 shares of AAA")));
}

TEST(TradingControls, OrdersOfADayAreCountedWithTheRefusedOnes) {
  Desk desk;
  desk.add(MaxOrderCount{2});
  EXPECT_EQ(desk.order(1), 0u);
  EXPECT_EQ(desk.order(0), 0u);  // an order of nothing counts too
  EXPECT_EQ(desk.order(1), 1u);
  EXPECT_EQ(desk.order(1), 1u);
  desk.now = Timestamp::parse("2020-01-03T14:31:00Z");
  EXPECT_EQ(desk.order(1), 0u);
}

TEST(TradingControls, ShortPositionsAreRefused) {
  Desk desk;
  desk.position = 10;
  desk.add(LongOnly{});
  EXPECT_EQ(desk.order(-10), 0u);
  EXPECT_EQ(desk.order(-11), 1u);
}

TEST(TradingControls, OrdersOutsideTheAssetsLifeAreRefused) {
  Desk desk;
  desk.add(AssetDateBounds{});
  EXPECT_EQ(desk.order(1), 0u);
  desk.now = Timestamp::parse("2020-01-04T00:00:00Z");
  EXPECT_EQ(desk.order(1), 1u);
  EXPECT_EQ(desk.order(0), 0u);
  desk.now = Timestamp::parse("2020-01-01T21:00:00Z");
  EXPECT_EQ(desk.order(1), 1u);
}

TEST(TradingControls, RestrictedAssetsAreRefused) {
  RestrictedListOrder list;
  list.restrictions.add({{AssetIndex{0}, Timestamp::parse("2020-01-03T00:00:00Z").ns, true}});
  Desk desk;
  desk.add(list);
  EXPECT_EQ(desk.order(1), 0u);
  desk.now = Timestamp::parse("2020-01-03T00:00:00Z");
  EXPECT_EQ(desk.order(1), 1u);
}

TEST(TradingControls, ABrokenLimitRaisesLogsOrIsSilent) {
  Desk desk;
  desk.add(LongOnly{}, OnError::Ignore);
  EXPECT_EQ(desk.order(-1), 0u);
  desk.add(LongOnly{}, OnError::Fail);
  const Error error = error_of([&] { desk.order(-1); });
  EXPECT_EQ(error.code(), ErrorCode::TradingControlViolation);
  EXPECT_EQ(error.message(),
            "Order for -1 shares of AAA at 2020-01-02T21:00:00Z violates trading constraint LongOnly().");
}

TEST(TradingControls, ControlsAreAskedInOrderUntilOneFails) {
  Desk desk;
  std::vector<std::string> asked;
  const auto custom = [&](const char* name) {
    return CustomTradingControl{[&asked, name](const ProposedOrder& order) {
      asked.push_back(std::string(name) + " " + std::to_string(order.amount));
    }};
  };
  desk.add(custom("first"));
  desk.add(MaxOrderSize{shares("5")}, OnError::Fail);
  desk.add(custom("last"));
  desk.order(5);
  EXPECT_THAT(asked, ElementsAre("first 5", "last 5"));
  EXPECT_THROW(desk.order(6), Error);
  EXPECT_THAT(asked, ElementsAre("first 5", "last 5", "first 6"));
}

TEST(TradingControls, LimitsMustBeThereAndNotNegative) {
  const auto refused = [](const TradingControl& control) {
    return error_of([&] { check_control(control); }).message();
  };
  EXPECT_EQ(refused(MaxOrderSize{}), "Must supply at least one of max_shares and max_notional");
  EXPECT_EQ(refused(MaxPositionSize{shares("-1")}), "max_shares cannot be negative.");
  EXPECT_EQ(refused(MaxOrderSize{value("-1")}), "max_notional must be positive.");
  EXPECT_NO_THROW(check_control(MaxOrderSize{shares("0")}));
}

TEST(AccountControls, LeverageIsHeldBetweenItsLimits) {
  AccountControls controls;
  controls.add(MaxLeverage{1.5});
  controls.add(MinLeverage{0.5, Timestamp::parse("2020-01-10T00:00:00Z").ns});
  const std::int64_t early = Timestamp::parse("2020-01-10T00:00:00Z").ns, late = early + 1;
  EXPECT_NO_THROW(controls.validate(1.5, late));
  EXPECT_NO_THROW(controls.validate(0.4, early));
  EXPECT_EQ(error_of([&] { controls.validate(0.4, late); }).message(),
            "Account violates account constraint MinLeverage(min_leverage=0.5, deadline=2020-01-10T00:00:00Z).");
  const Error error = error_of([&] { controls.validate(1.6, early); });
  EXPECT_EQ(error.code(), ErrorCode::AccountControlViolation);
  EXPECT_EQ(error.message(), "Account violates account constraint MaxLeverage(max_leverage=1.5).");
}

TEST(AccountControls, AHandlerOfOnesOwnReplacesTheError) {
  AccountControls controls;
  std::vector<double> seen;
  controls.add(MaxLeverage{1}, [&](double leverage) { seen.push_back(leverage); });
  controls.validate(2.5, 0);
  EXPECT_THAT(seen, ElementsAre(2.5));
}

TEST(AccountControls, NegativeLimitsAreRefused) {
  AccountControls controls;
  EXPECT_EQ(error_of([&] { controls.add(MaxLeverage{-1}); }).code(), ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of([&] { controls.add(MinLeverage{-1, 0}); }).code(), ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace rustybt::finance

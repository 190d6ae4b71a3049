#include "rustybt/finance/execution.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <limits>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::finance {
namespace {

using test::error_of;

double number(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// zipline_semantics 3.2
TEST(AsymmetricRounding, WorkedValues) {
  EXPECT_EQ(asymmetric_round_price(3.0095, true, 0.01), 3.0100000000000002);  // quirk Q28: 301 * 0.01
  EXPECT_EQ(asymmetric_round_price(3.0094999, true, 0.01), 3.0);
  EXPECT_EQ(asymmetric_round_price(3.0095, false, 0.01), 3.0100000000000002);
  EXPECT_EQ(asymmetric_round_price(3.0005, false, 0.01), 3.0);
  EXPECT_EQ(asymmetric_round_price(3.0005001, false, 0.01), 3.0100000000000002);
}

TEST(AsymmetricRounding, EqualsZiplinesFunctionToTheBit) {
  const auto rows = utils::read_csv(source_folder() / "tests/data/asymmetric_rounding.csv");
  int compared = 0;
  for (const auto& row : rows) {
    if (row.size() != 4 || row[0] == "price") continue;
    EXPECT_EQ(asymmetric_round_price(number(row[0]), row[1] == "1", number(row[2])), number(row[3]))
        << row[0] << " down " << row[1] << " tick " << row[2];
    ++compared;
  }
  EXPECT_GT(compared, 500);
}

class ApplyStyle : public testing::Test {
 protected:
  [[nodiscard]] Order placed(std::int64_t amount, const ExecutionStyle& style, const Policies& policies) const {
    Order order;
    order.amount = amount;
    apply_style(order, style, scale_, policies);
    return order;
  }
  [[nodiscard]] std::int64_t mantissa(std::string_view text) const {
    return static_cast<std::int64_t>(Decimal::parse(text).mantissa_at(scale_.fill_scale));
  }
  DecimalContext context_ = test::make_context();
  AssetScale scale_ = context_[test::kA];
};

TEST_F(ApplyStyle, MarketOrderHasNoPrices) {
  const Order order = placed(10, ExecutionStyle::market(), test::zipline());
  EXPECT_FALSE(order.has_limit());
  EXPECT_FALSE(order.has_stop());
}

TEST_F(ApplyStyle, ZiplineRoundsInTheTradersFavourWithItsThreshold) {
  // limits of buys and stops of sells prefer down, the others up
  const ExecutionStyle both = ExecutionStyle::stop_limit(3.0094999, 3.0094999);
  const Order buy = placed(1, both, test::zipline());
  EXPECT_EQ(buy.limit, mantissa("3"));
  EXPECT_EQ(buy.stop, mantissa("3.01"));
  EXPECT_EQ(buy.decision_limit, 3.0);
  EXPECT_EQ(buy.decision_stop, 3.0100000000000002);
  const Order sell = placed(-1, both, test::zipline());
  EXPECT_EQ(sell.limit, mantissa("3.01"));
  EXPECT_EQ(sell.stop, mantissa("3"));
  EXPECT_EQ(placed(1, ExecutionStyle::limit(3.0095), test::zipline()).limit, mantissa("3.01"));
}

TEST_F(ApplyStyle, RustybtRoundsAlwaysInTheTradersFavourAndExactly) {
  const ExecutionStyle both = ExecutionStyle::stop_limit(3.0199, 3.0101);
  const Order buy = placed(1, both, test::rustybt());
  EXPECT_EQ(buy.limit, mantissa("3.01"));
  EXPECT_EQ(buy.stop, mantissa("3.02"));
  EXPECT_EQ(buy.decision_limit, 3.01);  // the decimal's nearest double, not 301 * 0.01
  const Order sell = placed(-1, both, test::rustybt());
  EXPECT_EQ(sell.limit, mantissa("3.02"));
  EXPECT_EQ(sell.stop, mantissa("3.01"));
}

TEST_F(ApplyStyle, RustybtTakesArithmeticNoiseAsTheTickItMeans) {
  EXPECT_EQ(placed(1, ExecutionStyle::limit(0.1 + 0.2), test::rustybt()).limit, mantissa("0.3"));
  EXPECT_EQ(placed(-1, ExecutionStyle::limit(0.1 + 0.2), test::rustybt()).limit, mantissa("0.3"));
  EXPECT_EQ(placed(1, ExecutionStyle::limit(3.3 * 3), test::rustybt()).limit, mantissa("9.9"));  // 9.899999999999999
}

TEST_F(ApplyStyle, TickOfTheAssetUnlessTheStyleWasMadeWithoutIt) {
  scale_.tick = Decimal::parse("0.25");
  EXPECT_EQ(placed(1, ExecutionStyle::limit(10.3), test::rustybt()).limit, mantissa("10.25"));
  EXPECT_EQ(placed(-1, ExecutionStyle::limit(10.3), test::rustybt()).limit, mantissa("10.5"));
  EXPECT_EQ(placed(1, ExecutionStyle::limit(10.3), test::zipline()).limit, mantissa("10.25"));
  ExecutionStyle without_asset = ExecutionStyle::limit(10.3);
  without_asset.default_tick = true;
  EXPECT_EQ(placed(1, without_asset, test::zipline()).limit, mantissa("10.3"));
}

TEST_F(ApplyStyle, ZeroIsAPrice) {
  for (const Policies& p : {test::zipline(), test::rustybt()}) {
    const Order order = placed(1, ExecutionStyle::limit(0), p);
    EXPECT_TRUE(order.has_limit());
    EXPECT_EQ(order.limit, 0);
    EXPECT_EQ(order.decision_limit, 0.0);
  }
}

TEST_F(ApplyStyle, RefusesPricesThatAreNoPrices) {
  for (const Policies& p : {test::zipline(), test::rustybt()}) {
    for (const double bad : {-0.01, std::nan(""), std::numeric_limits<double>::infinity()}) {
      EXPECT_EQ(error_of([&] { (void)placed(1, ExecutionStyle::limit(bad), p); }), ErrorCode::BadOrderParameters);
      EXPECT_EQ(error_of([&] { (void)placed(1, ExecutionStyle::stop(bad), p); }), ErrorCode::BadOrderParameters);
    }
  }
  EXPECT_EQ(error_of([&] { (void)placed(1, ExecutionStyle::limit(1e12), test::rustybt()); }),
            ErrorCode::BadOrderParameters);
}

}  // namespace
}  // namespace rustybt::finance

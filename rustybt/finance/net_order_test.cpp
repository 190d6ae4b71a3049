#include "rustybt/finance/net_order.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <vector>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/finance/property_test.hpp"

namespace rustybt::finance {
namespace {

using Amounts = std::vector<std::int64_t>;

Amounts crossed_of(const NetOrder& order) {
  Amounts crossed;
  for (const NetOrder::Part& p : order.parts()) crossed.push_back(p.crossed);
  return crossed;
}

// rustybt_requirements 13, event 11: 40 of the rest were shared as +25 and -15
TEST(NetOrder, RegressionEvent11OppositeOrdersCrossAndTheRestBelongsToItsSide) {
  NetOrder order(Amounts{100, -60});
  EXPECT_EQ(order.amount(), 40);
  EXPECT_EQ(order.crossed(), 60);
  EXPECT_EQ(crossed_of(order), (Amounts{60, -60}));
  EXPECT_EQ(order.fill(25), (Amounts{25, 0}));
  EXPECT_EQ(order.fill(15), (Amounts{15, 0}));
  EXPECT_EQ(order.parts()[0].open(), 0);
  EXPECT_EQ(order.parts()[1].open(), 0);
}

TEST(NetOrder, SharesInProportionAndGivesWhatDoesNotDivideToTheLargestRemainders) {
  NetOrder order(Amounts{100, 50, -60});
  EXPECT_EQ(crossed_of(order), (Amounts{40, 20, -60}));  // 60 in proportion 2 : 1
  EXPECT_EQ(order.amount(), 90);
  EXPECT_EQ(order.fill(10), (Amounts{7, 3, 0}));    // 10 * 60/90 = 6.67, 10 * 30/90 = 3.33
  EXPECT_EQ(order.fill(80), (Amounts{53, 27, 0}));  // all that is left
  NetOrder sells(Amounts{-1, -1, -1});
  EXPECT_EQ(sells.fill(-2), (Amounts{-1, -1, 0}));  // equal remainders: the earlier ones
  EXPECT_EQ(sells.fill(-1), (Amounts{0, 0, -1}));
}

TEST(NetOrder, NothingIsLeftWhenStrategiesServeEachOther) {
  NetOrder order(Amounts{30, -10, -20});
  EXPECT_EQ(order.amount(), 0);
  EXPECT_EQ(crossed_of(order), (Amounts{30, -10, -20}));
  EXPECT_EQ(error_of([&] { order.fill(1); }).code(), ErrorCode::InvalidArgument);
}

TEST(NetOrder, RefusesWhatIsNoFillOfIt) {
  NetOrder order(Amounts{100, -60});
  for (const std::int64_t wrong : {std::int64_t{0}, std::int64_t{41}, std::int64_t{-1}, INT64_MIN})
    EXPECT_EQ(error_of([&] { order.fill(wrong); }).code(), ErrorCode::InvalidArgument) << wrong;
  EXPECT_EQ(error_of([] { NetOrder(Amounts{1, 0}); }).code(), ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of([] { NetOrder(Amounts{INT64_MAX, 1}); }).code(), ErrorCode::Overflow);
}

TEST(NetOrderProperty, SumsAreExactAndNobodyGetsMoreThanOrdered) {
  EXPECT_TRUE(rc::check("netting and shares", [] {
    Amounts amounts;
    for (const auto& [amount, is_buy] : *rc::gen::nonEmpty<std::vector<std::pair<std::uint32_t, bool>>>())
      amounts.push_back((is_buy ? 1 : -1) * (1 + std::int64_t{amount} % 1'000'000));
    NetOrder order(amounts);
    const Amounts crossed = crossed_of(order);
    RC_ASSERT(std::accumulate(crossed.begin(), crossed.end(), std::int64_t{0}) == 0);
    std::int64_t left = order.amount();
    RC_ASSERT(left == std::accumulate(amounts.begin(), amounts.end(), std::int64_t{0}));
    while (left != 0) {
      const std::int64_t most = std::llabs(left);
      const std::int64_t part = (left > 0 ? 1 : -1) * (most < 4 ? most : *rc::gen::inRange<std::int64_t>(1, most + 1));
      const Amounts before = [&] {
        Amounts open;
        for (const NetOrder::Part& p : order.parts()) open.push_back(p.open());
        return open;
      }();
      const Amounts shares = order.fill(part);
      RC_ASSERT(std::accumulate(shares.begin(), shares.end(), std::int64_t{0}) == part);
      for (std::size_t i = 0; i < shares.size(); ++i) {
        RC_ASSERT(shares[i] == 0 || (shares[i] > 0) == (amounts[i] > 0));
        RC_ASSERT(std::llabs(shares[i]) <= std::llabs(before[i]));
        // no further than one unit from the exact proportion of what was open
        const auto exact = static_cast<long double>(before[i]) * part / left;
        RC_ASSERT(shares[i] == 0 || std::abs(static_cast<long double>(shares[i]) - exact) < 1.0L);
      }
      left -= part;
    }
    for (const NetOrder::Part& p : order.parts()) RC_ASSERT(p.open() == 0);
  }));
}

}  // namespace
}  // namespace rustybt::finance

#include "rustybt/algorithm/bar_data.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "rustybt/algorithm/script_test.hpp"

namespace rustybt::algorithm {
namespace {

// closes 2, 4, none, 8 on the four sessions from 2020-01-02 on
TEST(BarData, StatisticsOfAWindowLeaveMissingValuesOut) {
  test::Market market = test::Market::new_york();
  const std::int64_t closes[] = {2'000, 4'000, 0, 8'000};
  const AssetIndex a = market.add_daily("A", "2020-01-02", 4, [&](int i) { return closes[i]; }, 1000);
  test::Script strategy;
  int checked = 0;
  strategy.bar = [&](Context&, BarData& data, int n) {
    if (n == 2) {
      EXPECT_TRUE(std::isnan(data.max(a, BarField::Close, 1)));
      EXPECT_TRUE(std::isnan(data.mean(a, BarField::Close, 1)));
      EXPECT_TRUE(std::isnan(data.std(a, BarField::Close, 2)));
      EXPECT_EQ(data.price(a), 4);
      EXPECT_TRUE(data.is_stale(a));
      EXPECT_EQ(data.last_traded(a)->to_string(), "2020-01-03T00:00:00Z");
      ++checked;
    }
    if (n != 3) return;
    EXPECT_DOUBLE_EQ(data.mean(a, BarField::Close, 4), 14.0 / 3);
    EXPECT_DOUBLE_EQ(data.std(a, BarField::Close, 4), std::sqrt(28.0 / 3));  // of 2, 4, 8 with n - 1
    EXPECT_EQ(data.max(a, BarField::Close, 4), 8);
    EXPECT_EQ(data.min(a, BarField::Close, 4), 2);
    EXPECT_EQ(data.window(a, BarField::Close, 2).size(), 2u);
    EXPECT_EQ(data.current(a, BarField::Volume), 1000);
    EXPECT_TRUE(data.can_trade(a));
    EXPECT_FALSE(data.is_stale(a));
    const AssetIndex wanted[] = {a};
    const data::HistoryWindow history = data.history(wanted, BarField::Price, 3);
    EXPECT_EQ(history.values, (std::vector<double>{4, 4, 8}));
    EXPECT_EQ(data.current_dt().to_string(), "2020-01-07T21:00:00Z");
    ++checked;
  };
  test::run(strategy, market,
            test::settings("2020-01-02", "2020-01-07", finance::Policies::of(finance::Preset::Rustybt)));
  EXPECT_EQ(checked, 2);
}

}  // namespace
}  // namespace rustybt::algorithm

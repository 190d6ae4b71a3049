#include "rustybt/data/bundles/frame_bars.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rustybt/core/caught_error_test.hpp"

namespace rustybt::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

storage::ColumnTable table_of(storage::Column close, storage::Column volume) {
  const auto named = [&](const char* name) {
    storage::Column column = close;
    column.name = name;
    return column;
  };
  close.name = "close";
  volume.name = "volume";
  return {{{"date", storage::Dates{{16075, 16076, 16077}}}, named("open"), named("high"), named("low"), close, volume}};
}

TEST(FrameBars, DoublesAreTheShortestDecimalThatNamesThem) {
  const auto table = table_of({"", storage::Doubles{{0.1, 46.96, std::nan("")}}}, {"", storage::Int64s{{100, 0, 7}}});
  const BarSeries bars = frame_bars(table, "date", BarTimes::Days, "the bars of A");
  EXPECT_THAT(bars.times, ElementsAre(16075, 16076, 16077));
  EXPECT_THAT(bars.columns[3], ElementsAre(10, 4696, kMissing));
  EXPECT_EQ(bars.price_scale, 2);
  EXPECT_THAT(bars.columns[4], ElementsAre(100, 0, 7));
  EXPECT_EQ(bars.volume_scale, 0);
}

TEST(FrameBars, DecimalsAndTextKeepEveryDigit) {
  const auto table = table_of({"", storage::Decimals{{12'345'678, 1, 5}, 8}}, {"", storage::Strings{{"1.5", "2", ""}}});
  const BarSeries bars = frame_bars(table, "date", BarTimes::Days, "the bars of A");
  EXPECT_THAT(bars.columns[0], ElementsAre(12'345'678, 1, 5));
  EXPECT_EQ(bars.price_scale, 8);
  EXPECT_THAT(bars.columns[4], ElementsAre(15, 20, kMissing));
  EXPECT_EQ(bars.volume_scale, 1);
}

TEST(FrameBars, TimesMayBeMomentsOrText) {
  auto table = table_of({"", storage::Int64s{{1, 2, 3}}}, {"", storage::Int64s{{1, 2, 3}}});
  const std::int64_t noon = 16075LL * 86'400'000'000'000 + 43'200'000'000'000;
  table.columns[0] = {"dt", storage::Timestamps{{noon, noon + 1, -1}}};
  EXPECT_THAT(frame_bars(table, "dt", BarTimes::Days, "bars").times, ElementsAre(16075, 16075, -1));
  EXPECT_THAT(frame_bars(table, "dt", BarTimes::Nanoseconds, "bars").times, ElementsAre(noon, noon + 1, -1));
  table.columns[0] = {"dt", storage::Strings{{"2014-01-05", "2014-01-06", "2014-01-07"}}};
  EXPECT_THAT(frame_bars(table, "dt", BarTimes::Days, "bars").times, ElementsAre(16075, 16076, 16077));
}

TEST(FrameBars, AnErrorNamesTableAndColumn) {
  auto table = table_of({"", storage::Strings{{"1", "x", "3"}}}, {"", storage::Int64s{{1, 2, 3}}});
  const Error bad = error_of([&] { (void)frame_bars(table, "date", BarTimes::Days, "the bars of A"); });
  EXPECT_EQ(bad.code(), ErrorCode::BadCell);
  EXPECT_THAT(bad.message(), testing::AllOf(HasSubstr("the bars of A"), HasSubstr("open"), HasSubstr("row 1")));
  table.columns.pop_back();
  EXPECT_EQ(error_of([&] { (void)frame_bars(table, "date", BarTimes::Days, "bars"); }).code(), ErrorCode::BadCell);
  table.columns.erase(table.columns.begin() + 1);
  EXPECT_EQ(error_of([&] { (void)frame_bars(table, "date", BarTimes::Days, "bars"); }).code(),
            ErrorCode::MissingColumn);
}

TEST(SplitBySymbol, KeepsTheOrderOfRowsAndOfFirstAppearance) {
  storage::ColumnTable table{{{"symbol", storage::Strings{{"B", "A", "B"}}}, {"close", storage::Int64s{{1, 2, 3}}}}};
  table.columns[1].validity = {1, 1, 0};
  const auto parts = split_by_symbol(table, "symbol");
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].first, "B");
  EXPECT_THAT(parts[0].second.column("close").as<storage::Int64s>().values, ElementsAre(1, 3));
  EXPECT_FALSE(parts[0].second.column("close").is_valid(1));
  EXPECT_THAT(parts[1].second.column("close").as<storage::Int64s>().values, ElementsAre(2));
}

}  // namespace
}  // namespace rustybt::data

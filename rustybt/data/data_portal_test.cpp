#include "rustybt/data/data_portal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "rustybt/core/error.hpp"
#include "rustybt/data/small_market_test.hpp"

namespace rustybt::data {
namespace {

constexpr AssetIndex kA{0}, kB{1};
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const DataPortalOptions kZipline{DataFrequency::Daily, PriceSource::Thousandths, HistoryRounding::ThreeDecimals, true};

bool same(double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); }

std::vector<double> history(const DataPortal& portal, AssetIndex asset, BarField field, int n) {
  return portal.history({&asset, 1}, field, n, DataFrequency::Daily).values;
}

void expect_values(const std::vector<double>& values, const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_PRED2(same, values[i], expected[i]) << "row " << i;
}

TEST(DataPortal, ExactPricesAreOneCorrectlyRoundedDivision) {
  SmallMarket market{small_calendar(3), {}, {}};
  market.series = {flat_days(*market.calendar, 0, {553'930}, 3), flat_days(*market.calendar, 0, {55'393}, 2)};
  DataPortal exact = market.portal();
  DataPortal zipline = market.portal(kZipline);
  exact.set_session(0);
  zipline.set_session(0);
  for (const AssetIndex a : {kA, kB}) {
    EXPECT_EQ(exact.current(a, BarField::Close), 553.93);
    EXPECT_EQ(zipline.current(a, BarField::Close), 553.9300000000001);  // 553930 * 0.001, golden s11
  }
  EXPECT_EQ(exact.bar_mantissa(kB, Field::Close), 55'393);
  EXPECT_EQ(exact.price_scale(kB), 2);
}

TEST(DataPortal, BeyondItsLifeAnAssetHasNoValues) {
  SmallMarket market{small_calendar(5), {}, {}};
  market.series = {flat_days(*market.calendar, 1, {10, 11, 12}, 0)};
  DataPortal portal = market.portal();
  const double close[] = {kNan, 10, 11, 12, kNan};
  for (int s = 0; s < 5; ++s) {
    portal.set_session(s);
    EXPECT_PRED2(same, portal.current(kA, BarField::Close), close[s]) << s;
    EXPECT_PRED2(same, portal.current_price(kA), close[s]) << s;
    EXPECT_EQ(portal.current(kA, BarField::Volume), std::isnan(close[s]) ? 0.0 : 100.0) << s;
    EXPECT_EQ(portal.can_trade(kA), !std::isnan(close[s])) << s;
    EXPECT_EQ(portal.is_alive(kA), !std::isnan(close[s])) << s;
    EXPECT_FALSE(portal.is_stale(kA)) << s;
  }
  EXPECT_EQ(portal.last_traded(kA), Timestamp::from_date(market.calendar->session(3)));  // still looked up
  portal.set_session(0);
  EXPECT_FALSE(portal.last_traded(kA).has_value());
}

TEST(DataPortal, AutoCloseDateEndsTrading) {
  const auto calendar = small_calendar(4);
  BarStoreBuilder builder(days_of(*calendar));
  builder.add_daily(flat_days(*calendar, 0, {1, 2, 3, 4}, 0));
  auto asset = small_asset(0, calendar->session(0), calendar->session(3));
  asset.auto_close_date = calendar->session(1);
  DataPortal portal(std::move(builder).build(), std::make_shared<assets::AssetFinder>(std::vector{asset}),
                    std::make_shared<Adjustments>(), calendar, {});
  portal.set_session(1);
  EXPECT_TRUE(portal.can_trade(kA));
  portal.set_session(2);
  EXPECT_FALSE(portal.can_trade(kA));
}

// 6.1 and 6.3: a single value takes splits, mergers, dividends as one product; a window row one factor at a time,
// mergers first. Python: 10.01 * (0.5 * 0.95 * 0.99) = 4.7072025, ((10.01 * 0.95) * 0.99) * 0.5 = 4.707202499999999
TEST(DataPortal, FactorsMultiplyInZiplinesOrder) {
  SmallMarket market{small_calendar(3), {}, {}};
  market.series = {flat_days(*market.calendar, 0, {1001, kM, 480}, 2), flat_days(*market.calendar, 0, {1, 1, 1}, 0)};
  const Date day = market.calendar->session(1);
  market.adjustments.splits = {{kA, day, 0.5}};
  market.adjustments.dividends = {{kA, day, 0.99}};
  market.adjustments.mergers = {{kA, day, 0.95}};
  DataPortal portal = market.portal();
  portal.set_session(0);
  EXPECT_EQ(portal.current_price(kA), 10.01);
  portal.set_session(1);
  EXPECT_EQ(portal.current_price(kA), 4.7072025);
  expect_values(history(portal, kA, BarField::Close, 2), {4.707202499999999, kNan});
  expect_values(history(portal, kA, BarField::Price, 2), {4.707202499999999, 4.707202499999999});
  expect_values(history(portal, kA, BarField::Price, 1), {4.7072025});  // leading value from before the window
  expect_values(history(portal, kA, BarField::Volume, 2), {200.0, 0.0});
  DataPortal zipline = market.portal(kZipline);
  zipline.set_session(1);
  expect_values(history(zipline, kA, BarField::Price, 2), {4.707, 4.707});
  expect_values(history(zipline, kA, BarField::Price, 1), {4.7072025});  // not rounded
}

TEST(DataPortal, DayThatIsNoSessionCountsFromTheNextSession) {
  SmallMarket market{small_calendar(7), {}, {}};  // session 4 is a Friday, 5 the Monday after
  market.series = {flat_days(*market.calendar, 0, {10, 10, 10, 10, 10, 10, 10}, 0)};
  market.adjustments.splits = {{kA, market.calendar->session(4) + 1, 0.5}};
  DataPortal portal = market.portal();
  portal.set_session(4);
  expect_values(history(portal, kA, BarField::Close, 2), {10, 10});
  portal.set_session(5);
  expect_values(history(portal, kA, BarField::Close, 3), {5, 5, 10});
}

TEST(DataPortal, TickRoundingGivesTheTicksDecimal) {
  SmallMarket market{small_calendar(2), {}, {}};
  market.series = {flat_days(*market.calendar, 0, {10'00, 3'34}, 2)};
  market.adjustments.splits = {{kA, market.calendar->session(1), 1.0 / 3}};
  DataPortal portal = market.portal({DataFrequency::Daily, PriceSource::Exact, HistoryRounding::Tick});
  portal.set_session(1);
  expect_values(history(portal, kA, BarField::Close, 2), {3.33, 3.34});
}

TEST(DataPortal, HistoryNamesTheFirstDateThatWorks) {
  SmallMarket market{small_calendar(6), {}, {}};
  market.series = {flat_days(*market.calendar, 0, {1, 2, 3, 4, 5, 6}, 0)};
  DataPortal portal = market.portal();
  portal.set_session(2);
  try {
    (void)history(portal, kA, BarField::Close, 4);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::HistoryWindowStartsBeforeData);
    EXPECT_EQ(e.message(),
              "History window extends before 2024-01-01. To use this history window, start the backtest on or after "
              "2024-01-04.");
  }
  portal.set_session(3);  // 2024-01-04
  expect_values(history(portal, kA, BarField::Close, 4), {1, 2, 3, 4});
  try {
    (void)portal.window(kA, BarField::Close, 0);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::InvalidArgument);
    EXPECT_EQ(e.message(), "bar_count must be >= 1, but got 0");
  }
}

TEST(DataPortal, HistoryOfSeveralAssetsIsRowMajorByAsset) {
  SmallMarket market{small_calendar(3), {}, {}};
  market.series = {flat_days(*market.calendar, 0, {1, 2, 3}, 0), flat_days(*market.calendar, 1, {20, 30}, 0)};
  DataPortal portal = market.portal();
  portal.set_session(2);
  const AssetIndex both[] = {kB, kA};
  const HistoryWindow window = portal.history(both, BarField::Close, 3, DataFrequency::Daily);
  expect_values(window.values, {kNan, 20, 30, 1, 2, 3});
  EXPECT_EQ(window.rows, 3);
  ASSERT_EQ(window.labels.size(), 3u);
  EXPECT_EQ(window.labels[0].to_string(), "2024-01-01T00:00:00Z");
  EXPECT_EQ(portal.history({}, BarField::Close, 2, DataFrequency::Daily).labels.size(), 2u);
}

TEST(DataPortal, WindowHandedOutStaysAsItWas) {
  SmallMarket market{small_calendar(400), {}, {}};
  std::vector<std::int64_t> closes(400);
  for (std::size_t i = 0; i < closes.size(); ++i) closes[i] = static_cast<std::int64_t>(1000 + i);
  market.series = {flat_days(*market.calendar, 0, closes, 0)};
  market.adjustments.splits = {{kA, market.calendar->session(20), 0.5}};
  DataPortal portal = market.portal();
  portal.set_session(19);
  const auto before = portal.window(kA, BarField::Close, 5);
  const auto owner = portal.window_owner(kA, BarField::Close);
  portal.set_session(20);
  const auto after = portal.window(kA, BarField::Close, 5);
  expect_values({before.begin(), before.end()}, {1015, 1016, 1017, 1018, 1019});
  expect_values({after.begin(), after.end()}, {508, 508.5, 509, 509.5, 1020});
  portal.set_session(21);
  const auto next = portal.window(kA, BarField::Close, 5);
  EXPECT_EQ(next.data(), after.data() + 1) << "the buffer is extended in place";
  for (int s = 22; s < 400; ++s) {
    portal.set_session(s);
    const auto view = portal.window(kA, BarField::Close, 5);
    ASSERT_EQ(view[4], 1000.0 + s);
    ASSERT_EQ(view[0], s - 4 < 20 ? (996.0 + s) / 2 : 996.0 + s);
  }
  expect_values({before.begin(), before.end()}, {1015, 1016, 1017, 1018, 1019});
}

TEST(DataPortal, CalendarSessionThatTheBundleLacksIsMissing) {
  SmallMarket market{small_calendar(6), {}, {}};  // Monday to Friday, and the next Monday
  market.series = {flat_days(*market.calendar, 0, {1, 2, 3, 4, 5, 6}, 0)};
  const auto every_day = small_calendar(8, true);
  DataPortal portal = market.portal({}, every_day);
  DataPortal zipline = market.portal(kZipline, every_day);
  for (DataPortal* p : {&portal, &zipline}) {
    p->set_session(5);  // Saturday
    EXPECT_EQ(p->bar_mantissa(kA, Field::Close), kMissing);
    EXPECT_EQ(p->current_price(kA), 5.0);
    EXPECT_EQ(p->current(kA, BarField::Volume), 0.0);
    expect_values(history(*p, kA, BarField::Close, 3), {4, 5, kNan});
    expect_values(history(*p, kA, BarField::Price, 3), {4, 5, 5});
  }
  // Q33
  EXPECT_FALSE(portal.can_trade(kA));
  EXPECT_TRUE(portal.is_stale(kA));
  EXPECT_TRUE(zipline.can_trade(kA));
  EXPECT_FALSE(zipline.is_stale(kA));
  portal.set_session(7);
  EXPECT_EQ(portal.current(kA, BarField::Close), 6.0);
}

// As zipline-reloaded shows AAPL of 2012-12-24, a holiday in Tokyo, on 2012-12-25, a holiday in New York
TEST(DataPortal, BundleSessionThatTheCalendarLacksFillsTheGapAfterItUnderZipline) {
  const auto every_day = small_calendar(8, true);
  const auto without = [&](std::initializer_list<int> days) {
    utils::TradingCalendar::Columns columns;
    for (int s = 0; s < every_day->session_count(); ++s) {
      if (std::ranges::find(days, s) != days.end()) continue;
      columns.sessions.push_back(every_day->session(s));
      columns.opens_ns.push_back(every_day->open(s).ns);
      columns.closes_ns.push_back(every_day->close(s).ns);
    }
    return std::make_shared<utils::TradingCalendar>("HOLES", "UTC", std::move(columns));
  };
  SmallMarket market{without({4, 6}), {}, {}};
  market.series = {flat_days(*market.calendar, 0, {1, 2, 3, 4, 6, 8}, 0)};
  const auto simulation = without({3, 5});
  DataPortal portal = market.portal({}, simulation), zipline = market.portal(kZipline, simulation);
  for (DataPortal* p : {&portal, &zipline}) p->set_session(5);  // days 0 1 2 4 6 7, bars on 0 1 2 3 5 7
  expect_values(history(portal, kA, BarField::Close, 6), {1, 2, 3, kNan, kNan, 8});
  expect_values(history(zipline, kA, BarField::Close, 6), {1, 2, 3, 4, 6, 8});
  expect_values(history(zipline, kA, BarField::Price, 3), {4, 6, 8});
  expect_values(history(zipline, kA, BarField::Volume, 3), {100, 100, 100});
  zipline.set_session(3);
  EXPECT_PRED2(same, zipline.current(kA, BarField::Close), kNan) << "current is of the session itself";
}

TEST(DataPortal, CanTradeGoesByTheDayWhereBarsLagBehindIt) {
  SmallMarket market{small_calendar(6), {}, {}};
  market.series = {flat_days(*market.calendar, 0, {1, 2, 3}, 0), flat_days(*market.calendar, 0, {1, 2, 3, 4, 5, 6}, 0)};
  DataPortal portal = market.portal(kZipline);
  portal.set_session(2);
  EXPECT_TRUE(portal.can_trade(kA));
  portal.set_trading_session(3);
  EXPECT_FALSE(portal.can_trade(kA));
  EXPECT_TRUE(portal.can_trade(AssetIndex{1}));
  portal.set_trading_session(-1);
  EXPECT_TRUE(portal.can_trade(kA));
}

TEST(DataPortal, BeforeTheSessionPreviousCloseIsSeenWithTheDaysAdjustments) {
  SmallMarket market{small_calendar(4), {}, {}};
  market.series = {flat_days(*market.calendar, 0, {8, 10, 5, 6}, 0)};
  market.adjustments.splits = {{kA, market.calendar->session(2), 0.5}};
  DataPortal portal = market.portal();
  portal.set_before_session(2);
  EXPECT_EQ(portal.session(), 1);
  EXPECT_EQ(portal.current_price(kA), 5.0);
  EXPECT_EQ(portal.current(kA, BarField::Close), 5.0);
  EXPECT_EQ(portal.current(kA, BarField::Volume), 200.0);
  EXPECT_TRUE(portal.can_trade(kA));
  expect_values(history(portal, kA, BarField::Close, 2), {4, 5});
  const auto view = portal.window(kA, BarField::Close, 2);
  expect_values({view.begin(), view.end()}, {4, 5});
  portal.set_session(2);
  expect_values(history(portal, kA, BarField::Close, 3), {4, 5, 5});
  portal.set_before_session(0);
  EXPECT_PRED2(same, portal.current_price(kA), kNan);
  EXPECT_FALSE(portal.can_trade(kA));
}

TEST(DataPortal, StoreAndFinderMustAgree) {
  SmallMarket market{small_calendar(2), {}, {}};
  BarStoreBuilder builder(days_of(*market.calendar));
  builder.add_daily({});
  EXPECT_THROW(
      DataPortal(std::move(builder).build(), std::make_shared<assets::AssetFinder>(std::vector<assets::Asset>{}),
                 std::make_shared<Adjustments>(), market.calendar, {}),
      Error);
}

TEST(DataPortal, MinuteHistoryNeedsARunOnMinutes) {
  SmallMarket market{small_calendar(2), {}, {}};
  market.series = {flat_days(*market.calendar, 0, {1, 2}, 0)};
  DataPortal portal = market.portal();
  portal.set_session(1);
  EXPECT_THROW((void)portal.history({&kA, 1}, BarField::Close, 1, DataFrequency::Minute), Error);
}

/// Section 6.3 written down row by row, without buffers.
std::vector<double> window_by_definition(const std::vector<std::int64_t>& closes,
                                         const std::vector<std::pair<int, double>>& splits, int now, int n) {
  std::vector<double> out;
  for (int row = now - n + 1; row <= now; ++row) {
    double value = closes[static_cast<std::size_t>(row)] == kM
                       ? kNan
                       : static_cast<double>(closes[static_cast<std::size_t>(row)]) / 100.0;
    for (const auto& [day, ratio] : splits)
      if (row < day && day <= now) value *= ratio;
    out.push_back(std::rint(value * 1000) / 1000);
  }
  return out;
}

TEST(DataPortal, WindowsEqualTheDefinitionInAnyOrderOfCalls) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    constexpr int kDays = 300;
    SmallMarket market{small_calendar(kDays), {}, {}};
    std::vector<std::int64_t> closes;
    for (int i = 0; i < kDays; ++i)
      closes.push_back(
          i > 0 && i < kDays - 1 && random() % 10 == 0 ? kM : 100 + static_cast<std::int64_t>(random() % 100'000));
    market.series = {flat_days(*market.calendar, 0, closes, 2)};
    std::vector<std::pair<int, double>> splits;
    for (int day = 1; day < kDays; ++day)
      if (random() % 25 == 0) splits.emplace_back(day, 0.1 + static_cast<double>(random() % 1000) / 500.0);
    for (const auto& [day, ratio] : splits)
      market.adjustments.splits.push_back({kA, market.calendar->session(day), ratio});
    DataPortal portal = market.portal({DataFrequency::Daily, PriceSource::Exact, HistoryRounding::ThreeDecimals});
    int now = 0;
    for (int step = 0; step < 300; ++step) {
      now = random() % 20 == 0 ? static_cast<int>(random() % kDays)
                               : std::min(kDays - 1, now + static_cast<int>(random() % 4));
      const int n = 1 + static_cast<int>(random() % (random() % 10 == 0 ? now + 1 : std::min(now + 1, 20)));
      portal.set_session(now);
      const auto expected = window_by_definition(closes, splits, now, n);
      expect_values(history(portal, kA, BarField::Close, n), expected);
      const auto view = portal.window(kA, BarField::Close, n);
      expect_values({view.begin(), view.end()}, expected);
      // price repeats the last row that has a close; from the first such row on it is independent of the window's start
      const auto price = history(portal, kA, BarField::Price, n);
      double last = price.front();
      for (std::size_t i = 0; i < price.size(); ++i) {
        if (!std::isnan(expected[i])) last = expected[i];
        ASSERT_PRED2(same, price[i], last);
      }
      const auto price_view = portal.window(kA, BarField::Price, n);
      expect_values({price_view.begin(), price_view.end()}, price);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace rustybt::data

// Numbers worked by hand from zipline_semantics 8; VX against real Zipline: golden s19b (tools/golden.py).

#include "rustybt/data/continuous_future_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "rustybt/data/bundles/minute_labels.hpp"
#include "rustybt/data/small_market_test.hpp"

namespace rustybt::data {
namespace {

using assets::ContinuousFuture;
using assets::RollAdjustment;
using assets::RollStyle;

constexpr AssetIndex kFront{0}, kMiddle{1}, kLast{2}, kFar{3};

/// Four contracts of root XX, 12 sessions. Closes 10.00, 11.00, 12.50 and 14.00 on session 0, 0.10 more on each one
/// after it. The front closes on session 4, the middle one (which lacks a bar on session 6) on session 8, the others
/// after the data. The middle one trades more than the front from session 1 on, the others less.
class Chain : public testing::Test {
 protected:
  static DataPortal portal(DataPortalOptions options) {
    const utils::CalendarPtr calendar = small_calendar(20);
    std::vector<std::int64_t> front, middle, last, far;
    for (std::int64_t i = 0; i < 12; ++i) {
      if (i <= 5) front.push_back(1000 + 10 * i);
      if (i <= 9) middle.push_back(i == 6 ? kM : 1100 + 10 * i);
      last.push_back(1250 + 10 * i);
      far.push_back(1400 + 10 * i);
    }
    std::vector<BarSeries> series{flat_days(*calendar, 0, front, 2, 500), flat_days(*calendar, 0, middle, 2, 600),
                                  flat_days(*calendar, 0, last, 2, 50), flat_days(*calendar, 0, far, 2, 20)};
    series[1].columns[4][0] = 100;
    BarStoreBuilder builder(days_of(*calendar));
    std::vector<assets::Asset> contracts;
    const int closes[] = {4, 8, 12, 15};
    for (std::size_t i = 0; i < series.size(); ++i) {
      builder.add_daily(series[i]);
      assets::Asset a = small_asset(static_cast<std::int64_t>(i) + 1, calendar->session(0),
                                    Date{static_cast<std::int32_t>(series[i].times.back())});
      a.type = assets::AssetType::Future;
      a.symbol = std::string("XX") + "FGHJ"[i] + "24";
      a.root_symbol = "XX";
      a.auto_close_date = calendar->session(closes[i]);
      contracts.push_back(a);
    }
    return DataPortal(std::move(builder).build(), std::make_shared<assets::AssetFinder>(contracts),
                      std::make_shared<Adjustments>(), calendar, options);
  }
  static DataPortalOptions zipline() {
    return {.history_rounding = HistoryRounding::ThreeDecimals, .zipline_continuous_futures = true};
  }
  static ContinuousFuture future(const DataPortal& portal, RollStyle style, int offset = 0,
                                 RollAdjustment adjustment = RollAdjustment::None) {
    ContinuousFuture f;
    f.sid = Sid{100 + 10 * static_cast<int>(style) + offset};
    f.root_symbol = "XX";
    f.offset = offset;
    f.roll_style = style;
    f.adjustment = adjustment;
    f.start_date = portal.calendar().session(0);
    f.end_date = portal.calendar().session(11);
    return f;
  }
  static std::vector<double> history(DataPortal& portal, const ContinuousFuture& f, BarField field, int session,
                                     int rows) {
    portal.set_session(session);
    return ContinuousFutureReader(portal).history(f, field, rows, DataFrequency::Daily).values;
  }
};

TEST_F(Chain, RollsByCalendarOnTheDayOfTheClose) {
  DataPortal p = portal({});
  const ContinuousFutureReader reader(p);
  const ContinuousFuture first = future(p, RollStyle::Calendar), second = future(p, RollStyle::Calendar, 1);
  for (const auto& [session, active, next] :
       {std::tuple{3, kFront, kMiddle}, {4, kMiddle, kLast}, {7, kMiddle, kLast}}) {
    p.set_session(session);
    EXPECT_EQ(reader.current_contract(first), active);
    EXPECT_EQ(reader.current_contract(second), next);
  }
  p.set_session(8);
  EXPECT_EQ(reader.current_contract(first), kLast);
  EXPECT_EQ(reader.current_contract(second), kFar);
  EXPECT_EQ(reader.current_contract(future(p, RollStyle::Calendar, 2)), std::nullopt);
  p.set_session(12);  // the chain has ended
  EXPECT_EQ(reader.current_contract(first), std::nullopt);
  EXPECT_TRUE(std::isnan(reader.current(first, BarField::Close)));
  EXPECT_EQ(reader.current(first, BarField::Volume), 0);
}

TEST_F(Chain, ShowsTheContractsFromTheCurrentOneOn) {
  DataPortal p = portal({});
  const ContinuousFutureReader reader(p);
  p.set_session(2);
  EXPECT_EQ(reader.current_chain(future(p, RollStyle::Calendar)), (std::vector{kFront, kMiddle, kLast, kFar}));
  p.set_session(4);
  EXPECT_EQ(reader.current_chain(future(p, RollStyle::Calendar)), (std::vector{kMiddle, kLast, kFar}));
}

// Quirk Q32: after a roll by volume Zipline's offset 1 is the contract that offset 0 has just taken
TEST_F(Chain, OffsetOneAfterARollByVolumeDependsOnThePreset) {
  for (const bool is_zipline : {true, false}) {
    DataPortal p = portal(is_zipline ? zipline() : DataPortalOptions{});
    const ContinuousFutureReader reader(p);
    p.set_session(1);  // yesterday the front still traded more
    EXPECT_EQ(reader.current_contract(future(p, RollStyle::Volume)), kFront);
    p.set_session(3);
    EXPECT_EQ(reader.current_contract(future(p, RollStyle::Volume)), kMiddle);
    EXPECT_EQ(reader.current_contract(future(p, RollStyle::Volume, 1)), is_zipline ? kMiddle : kLast);
    p.set_session(5);
    EXPECT_EQ(reader.current_contract(future(p, RollStyle::Volume, 1)), kLast);
  }
}

TEST_F(Chain, HasNoValueWhereTheOffsetLeavesTheChain) {
  DataPortal p = portal({});
  const ContinuousFuture f = future(p, RollStyle::Volume, 2);
  p.set_session(3);
  EXPECT_EQ(ContinuousFutureReader(p).current_contract(f), kFar);
  // the middle contract did not trade on session 6: the last one takes over on session 7
  const std::vector<double> closes = history(p, f, BarField::Close, 9, 4);
  EXPECT_EQ(closes[0], 14.6);
  EXPECT_TRUE(std::ranges::all_of(std::span(closes).subspan(1), [](double v) { return std::isnan(v); }));
  EXPECT_EQ(history(p, f, BarField::Volume, 9, 4), (std::vector<double>{20, 0, 0, 0}));
  p.set_session(9);
  EXPECT_EQ(ContinuousFutureReader(p).current_contract(f), std::nullopt);
}

TEST_F(Chain, SplicesContractsAtTheRolls) {
  DataPortal p = portal({});
  p.set_session(9);
  const ContinuousFuture f = future(p, RollStyle::Calendar);
  std::vector<double> closes = history(p, f, BarField::Close, 9, 10);
  EXPECT_TRUE(std::isnan(closes[6]));
  closes[6] = 0;
  EXPECT_EQ(closes, (std::vector{10.0, 10.1, 10.2, 10.3, 11.4, 11.5, 0.0, 11.7, 13.3, 13.4}));
  EXPECT_EQ(history(p, f, BarField::Volume, 9, 10),
            (std::vector<double>{500, 500, 500, 500, 600, 600, 0, 600, 50, 50}));
  EXPECT_EQ(history(p, f, BarField::Price, 9, 4), (std::vector{11.5, 11.7, 13.3, 13.4}));  // carried into session 6
  EXPECT_EQ(ContinuousFutureReader(p).contract_sids(f, 10, DataFrequency::Daily).values,
            (std::vector<double>{1, 1, 1, 1, 2, 2, 2, 2, 3, 3}));
}

TEST_F(Chain, AddsTheDifferenceOfTheLastCloses) {
  DataPortal p = portal({});
  const ContinuousFuture f = future(p, RollStyle::Calendar, 0, RollAdjustment::Add);
  // 11.30 - 10.30 at the first roll, 13.20 - 11.70 at the second
  EXPECT_EQ(history(p, f, BarField::Close, 5, 4), (std::vector{11.2, 11.3, 11.4, 11.5}));
  const std::vector<double> closes = history(p, f, BarField::Close, 8, 9);
  EXPECT_NEAR(closes[0], 12.5, 1e-12);
  EXPECT_NEAR(closes[3], 12.8, 1e-12);
  EXPECT_NEAR(closes[4], 12.9, 1e-12);
  EXPECT_EQ(closes[8], 13.3);
  EXPECT_EQ(history(p, f, BarField::Volume, 5, 2), (std::vector<double>{600, 600}));
}

TEST_F(Chain, MultipliesByTheRatioOfTheLastCloses) {
  DataPortal p = portal({});
  const ContinuousFuture f = future(p, RollStyle::Calendar, 0, RollAdjustment::Mul);
  const std::vector<double> closes = history(p, f, BarField::Close, 8, 9);
  EXPECT_NEAR(closes[0], 10.0 * 11.3 / 10.3 * 13.2 / 11.7, 1e-12);
  EXPECT_NEAR(closes[4], 11.4 * 13.2 / 11.7, 1e-12);
  EXPECT_EQ(closes[8], 13.3);
  // not adjusted before the roll is known
  EXPECT_EQ(history(p, f, BarField::Close, 3, 2), (std::vector{10.2, 10.3}));
}

TEST_F(Chain, ZiplineRoundsToTheDecimalsOfTheTick) {
  DataPortal p = portal(zipline());
  const ContinuousFuture f = future(p, RollStyle::Calendar, 0, RollAdjustment::Mul);
  EXPECT_EQ(history(p, f, BarField::Close, 8, 9)[0], 12.38);  // 12.3773...
  EXPECT_EQ(history(p, f, BarField::Close, 8, 9)[4], 12.86);  // 12.8615...
}

TEST_F(Chain, PriceIsTheLastCloseOfTheActiveContract) {
  DataPortal p = portal({});
  const ContinuousFutureReader reader(p);
  const ContinuousFuture f = future(p, RollStyle::Calendar);
  p.set_session(6);
  EXPECT_TRUE(std::isnan(reader.current(f, BarField::Close)));
  EXPECT_EQ(reader.current(f, BarField::Price), 11.5);
  EXPECT_EQ(reader.last_traded(f), Timestamp::from_date(p.calendar().session(5)));
  EXPECT_EQ(history(p, f, BarField::Price, 6, 1), (std::vector{11.5}));
}

// --- minutes: three a session, the front closes on session 2

/// Front 10.00 + 0.01 a minute over sessions 0 to 2, back 11.00 + 0.01 a minute over sessions 0 to 3; the front's last
/// minute before the roll has no trade.
DataPortal minute_chain() {
  const utils::CalendarPtr calendar = small_calendar(6);
  BarStoreBuilder builder(days_of(*calendar));
  const SessionMinutes labels(calendar, 0, 6);
  std::vector<assets::Asset> contracts;
  for (const int contract : {0, 1}) {
    BarSeries series;
    series.price_scale = 2;
    for (int i = 0; i < (contract == 0 ? 9 : 12); ++i) {
      if (contract == 0 && i == 5) continue;
      series.times.push_back(calendar->minute(i / 3, i % 3).ns);
      for (std::size_t f = 0; f < 4; ++f) series.columns[f].push_back(1000 + 100 * contract + i);
      series.columns[4].push_back(10);
    }
    builder.add_daily({});
    builder.add_minutes(series, labels);
    assets::Asset a = small_asset(contract + 1, calendar->session(0), calendar->session(contract == 0 ? 2 : 3));
    a.type = assets::AssetType::Future;
    a.symbol = contract == 0 ? "YYF24" : "YYG24";
    a.root_symbol = "YY";
    a.auto_close_date = calendar->session(contract == 0 ? 2 : 3);
    contracts.push_back(a);
  }
  return DataPortal(std::move(builder).build(), std::make_shared<assets::AssetFinder>(contracts),
                    std::make_shared<Adjustments>(), calendar, {.frequency = DataFrequency::Minute});
}

TEST(MinuteChain, SplicesAndAdjustsByTheLastTradedMinutes) {
  DataPortal p = minute_chain();
  ContinuousFuture f;
  f.sid = Sid{1};
  f.root_symbol = "YY";
  f.adjustment = RollAdjustment::Add;
  f.start_date = p.calendar().session(0);
  f.end_date = p.calendar().session(3);
  const ContinuousFutureReader reader(p);
  p.set_minute(1, 2);  // the front has no trade in this minute
  EXPECT_EQ(reader.current_contract(f), AssetIndex{0});
  EXPECT_TRUE(std::isnan(reader.current(f, BarField::Close)));
  EXPECT_EQ(reader.current(f, BarField::Price), 10.04);
  p.set_minute(2, 1);
  EXPECT_EQ(reader.current(f, BarField::Close), 11.07);
  const auto rows = [&](BarField field, int count, DataFrequency frequency) {
    return reader.history(f, field, count, frequency).values;
  };
  // at the roll: 11.05 of the back, 10.04 of the front (its last trade)
  const std::vector<double> minutes = rows(BarField::Price, 4, DataFrequency::Minute);
  EXPECT_NEAR(minutes[0], 10.04 + 1.01, 1e-12);
  EXPECT_NEAR(minutes[1], 10.04 + 1.01, 1e-12);
  EXPECT_EQ((std::vector{minutes[2], minutes[3]}), (std::vector{11.06, 11.07}));
  // days: the last row is the session so far
  const std::vector<double> highs = rows(BarField::High, 2, DataFrequency::Daily);
  EXPECT_NEAR(highs[0], 10.04 + 1.01, 1e-12);
  EXPECT_EQ(highs[1], 11.07);
  EXPECT_EQ(rows(BarField::Volume, 2, DataFrequency::Daily), (std::vector<double>{20, 20}));
}

TEST_F(Chain, AWindowThatBeginsBeforeTheDataIsAnError) {
  DataPortal p = portal({});
  EXPECT_THROW(history(p, future(p, RollStyle::Calendar), BarField::Close, 3, 5), Error);
}

}  // namespace
}  // namespace rustybt::data

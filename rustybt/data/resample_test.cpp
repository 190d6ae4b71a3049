#include "rustybt/data/resample.hpp"

#include <gtest/gtest.h>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/error.hpp"

namespace rustybt::data {
namespace {

constexpr std::int64_t kM = kMissing;

std::int64_t at(const char* time) { return Timestamp::parse(time).ns; }
std::int64_t day(const char* date) { return Date::parse(date).days; }
std::string text(std::int64_t ns) { return Timestamp{ns}.to_string(); }

/// Rows whose four prices are one number.
BarSeries flat(std::vector<std::int64_t> times, const std::vector<std::int64_t>& prices, std::int64_t volume = 10) {
  BarSeries rows;
  rows.times = std::move(times);
  rows.price_scale = 2;
  for (std::size_t f = 0; f < 4; ++f) rows.columns[f] = prices;
  rows.columns[4].assign(prices.size(), volume);
  return rows;
}

/// One row for every minute of a session; the price counts up.
BarSeries whole_session(const utils::CalendarPtr& calendar, const char* session) {
  const int s = *calendar->find_session(Date::parse(session));
  BarSeries rows = flat({}, {});
  for (int m = 0; m < calendar->minute_count(s); ++m) {
    rows.times.push_back(calendar->minute(s, m).ns);
    for (std::size_t f = 0; f < 4; ++f) rows.columns[f].push_back(100 + m);
    rows.columns[4].push_back(1);
  }
  return rows;
}

ResampledBars bars_of(const BarSeries& rows, const char* calendar, const char* to, ResampleOptions options = {}) {
  options.to = BarPeriod::parse(to);
  return resample(rows, utils::get_calendar(calendar), options);
}

TEST(Resample, BarsAreCountedFromTheOpenAndTheLastOneOfTheSessionIsShort) {
  const auto xnys = utils::get_calendar("XNYS");
  const ResampledBars hours = bars_of(whole_session(xnys, "2015-12-23"), "XNYS", "1h");
  ASSERT_EQ(hours.bars.times.size(), 7u);  // 390 minutes
  EXPECT_EQ(text(hours.bars.times.front()), "2015-12-23T15:30:00Z");
  EXPECT_EQ(text(hours.bars.times.back()), "2015-12-23T21:00:00Z");
  EXPECT_EQ(hours.rows, (std::vector<std::int32_t>{60, 60, 60, 60, 60, 60, 30}));
  EXPECT_EQ(hours.bars.columns[0][6], 100 + 360);  // open of its first minute
  EXPECT_EQ(hours.bars.columns[3][6], 100 + 389);
  EXPECT_EQ(hours.bars.columns[4][6], 30);
  EXPECT_FALSE(hours.last_is_partial);
}

TEST(Resample, AHalfDayEndsEarly) {
  const ResampledBars hours = bars_of(whole_session(utils::get_calendar("XNYS"), "2015-12-24"), "XNYS", "1h");
  ASSERT_EQ(hours.bars.times.size(), 4u);  // 13:00 New York: 210 minutes
  EXPECT_EQ(text(hours.bars.times.back()), "2015-12-24T18:00:00Z");
  EXPECT_EQ(hours.rows.back(), 30);
  EXPECT_FALSE(hours.last_is_partial);
}

TEST(Resample, NoBarReachesOverALunchBreak) {
  const auto tokyo = utils::get_calendar("XTKS");
  const ResampledBars hours = bars_of(whole_session(tokyo, "2020-01-06"), "XTKS", "1h");
  // 09:00-11:30 and 12:30-15:00 in Tokyo
  ASSERT_EQ(hours.bars.times.size(), 6u);
  EXPECT_EQ(hours.rows, (std::vector<std::int32_t>{60, 60, 30, 60, 60, 30}));
  EXPECT_EQ(text(hours.bars.times[2]), "2020-01-06T02:30:00Z");
  EXPECT_EQ(text(hours.bars.times[3]), "2020-01-06T04:30:00Z");
  const BarSchedule schedule(tokyo, BarPeriod::of_minutes(60));
  const int s = *tokyo->find_session(Date::parse("2020-01-06"));
  EXPECT_EQ(schedule.bars_in(s), 6);
  EXPECT_EQ(schedule.bar_of(s, 149), 2);
  EXPECT_EQ(schedule.bar_of(s, 150), 3);
  EXPECT_EQ(schedule.minutes_of(s, 3).first, 150);
  EXPECT_EQ(schedule.minutes_of(s, 5).last, 299);
}

TEST(Resample, OnTwentyFourSevenBarsAreUtcBars) {
  const ResampledBars bars = bars_of(whole_session(utils::get_calendar("24/7"), "2020-02-29"), "24/7", "4h");
  ASSERT_EQ(bars.bars.times.size(), 6u);
  EXPECT_EQ(text(bars.bars.times.front()), "2020-02-29T04:00:00Z");
  EXPECT_EQ(text(bars.bars.times.back()), "2020-03-01T00:00:00Z");
}

TEST(Resample, DaylightSavingMovesSessionsNotBars) {
  const auto xnys = utils::get_calendar("XNYS");
  // the clocks change on 2014-03-09
  EXPECT_EQ(text(bars_of(whole_session(xnys, "2014-03-07"), "XNYS", "30m").bars.times.front()), "2014-03-07T15:00:00Z");
  EXPECT_EQ(text(bars_of(whole_session(xnys, "2014-03-10"), "XNYS", "30m").bars.times.front()), "2014-03-10T14:00:00Z");
}

TEST(Resample, ValuesAreFirstMaxMinLastSumAndMissingOnesAreSkipped) {
  BarSeries rows;
  rows.times = {at("2020-01-02T14:31Z"), at("2020-01-02T14:32Z"), at("2020-01-02T14:33Z")};
  rows.columns[0] = {kM, 11, 12};
  rows.columns[1] = {kM, 15, 13};
  rows.columns[2] = {kM, 9, 10};
  rows.columns[3] = {kM, 12, kM};
  rows.columns[4] = {0, kM, 7};
  const ResampledBars bar = bars_of(rows, "XNYS", "5m");
  ASSERT_EQ(bar.bars.times.size(), 1u);
  const std::int64_t expected[] = {11, 15, 9, 12, 7};
  for (std::size_t f = 0; f < 5; ++f) EXPECT_EQ(bar.bars.columns[f][0], expected[f]) << f;
  EXPECT_EQ(bar.rows[0], 3);
  const ResampledBars none = bars_of(flat({at("2020-01-02T14:31Z")}, {kM}, kM), "XNYS", "5m");
  EXPECT_EQ(none.bars.columns[3][0], kM);
  EXPECT_EQ(none.bars.columns[4][0], kM);
}

TEST(Resample, LabelsNameTheEndOrTheStart) {
  const BarSeries rows = flat({at("2020-01-02T14:36Z")}, {100});
  EXPECT_EQ(text(bars_of(rows, "XNYS", "5m").bars.times[0]), "2020-01-02T14:40:00Z");
  ResampleOptions start;
  start.label = BarLabel::Start;
  EXPECT_EQ(text(bars_of(rows, "XNYS", "5m", start).bars.times[0]), "2020-01-02T14:35:00Z");
  // the same minute in a source that names starts (LEAN)
  ResampleOptions from_start;
  from_start.from_label = BarLabel::Start;
  EXPECT_EQ(text(bars_of(flat({at("2020-01-02T14:35Z")}, {100}), "XNYS", "5m", from_start).bars.times[0]),
            "2020-01-02T14:40:00Z");
}

TEST(Resample, WeeksBeginOnMondayAndMonthsOnTheirFirstDay) {
  ResampleOptions daily;
  daily.from = BarPeriod::day();
  // 2014-07-04 is a Friday without session; Memorial Day is 2014-05-26
  const BarSeries days =
      flat({day("2014-05-30"), day("2014-06-02"), day("2014-07-01"), day("2014-07-03")}, {1, 2, 3, 4});
  const ResampledBars weeks = bars_of(days, "XNYS", "1w", daily);
  EXPECT_EQ(weeks.bars.times, (std::vector<std::int64_t>{day("2014-05-30"), day("2014-06-06"), day("2014-07-03")}));
  EXPECT_FALSE(weeks.last_is_partial);
  const ResampledBars months = bars_of(days, "XNYS", "1mo", daily);
  EXPECT_EQ(months.bars.times, (std::vector<std::int64_t>{day("2014-05-30"), day("2014-06-30"), day("2014-07-31")}));
  EXPECT_TRUE(months.last_is_partial);
  daily.label = BarLabel::Start;
  EXPECT_EQ(bars_of(days, "XNYS", "1w", daily).bars.times,
            (std::vector<std::int64_t>{day("2014-05-27"), day("2014-06-02"), day("2014-06-30")}));
}

TEST(Resample, ALastBarIsPartialWhenMoreMayCome) {
  const BarSeries rows = flat({at("2020-01-02T14:31Z"), at("2020-01-02T14:34Z")}, {100, 101});
  EXPECT_TRUE(bars_of(rows, "XNYS", "5m").last_is_partial);
  ResampleOptions known;  // nothing was traded in the fifth minute
  known.complete_until = Timestamp::parse("2020-01-02T14:35Z");
  EXPECT_FALSE(bars_of(rows, "XNYS", "5m", known).last_is_partial);
  // a half day's last row ends its last hour; started at 12:30, it covers no more than the session
  ResampleOptions from_half_hours;
  from_half_hours.from = BarPeriod::of_minutes(30);
  EXPECT_FALSE(bars_of(flat({at("2015-12-24T18:00Z")}, {1}), "XNYS", "1h", from_half_hours).last_is_partial);
  from_half_hours.from_label = BarLabel::Start;
  EXPECT_FALSE(bars_of(flat({at("2015-12-24T17:30Z")}, {1}), "XNYS", "1h", from_half_hours).last_is_partial);
  EXPECT_TRUE(bars_of(flat({at("2015-12-24T16:30Z")}, {1}), "XNYS", "1h", from_half_hours).last_is_partial);
}

TEST(Resample, EveryWayToALengthGivesTheSameBars) {
  for (const auto& [calendar, session] :
       {std::pair{"XNYS", "2015-12-24"}, std::pair{"XNYS", "2020-03-09"}, std::pair{"XHKG", "2020-01-06"},
        std::pair{"24/7", "2020-02-29"}, std::pair{"24/5", "2020-03-09"}}) {
    const BarSeries minutes = whole_session(utils::get_calendar(calendar), session);
    const ResampledBars direct = bars_of(minutes, calendar, "4h");
    BarSeries rows = minutes;
    ResampleOptions options;
    for (const char* length : {"5m", "15m", "30m", "1h", "4h"}) {
      rows = bars_of(rows, calendar, length, options).bars;
      options.from = BarPeriod::parse(length);
    }
    EXPECT_EQ(rows.times, direct.bars.times) << calendar;
    for (int f = 0; f < kFieldCount; ++f) EXPECT_EQ(rows.columns[f], direct.bars.columns[f]) << calendar << f;
  }
}

TEST(Resample, RefusesWhatItCannotDo) {
  const BarSeries rows = flat({at("2020-01-02T14:31Z")}, {100});
  ResampleOptions hours;
  hours.from = BarPeriod::of_minutes(60);
  EXPECT_EQ(error_of([&] { bars_of(rows, "XNYS", "30m", hours); }).code(), ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of([&] { bars_of(rows, "XNYS", "90m", hours); }).code(), ErrorCode::InvalidArgument);
  ResampleOptions weeks;
  weeks.from = BarPeriod::week();
  EXPECT_EQ(error_of([&] { bars_of(rows, "XNYS", "1mo", weeks); }).code(), ErrorCode::InvalidArgument);
  const Error closed = error_of([&] { bars_of(flat({at("2020-01-02T14:30Z")}, {1}), "XNYS", "5m"); });
  EXPECT_EQ(closed.code(), ErrorCode::NotASession);
  EXPECT_NE(closed.message().find("row 1: 2020-01-02T14:30:00Z"), std::string::npos) << closed.message();
  EXPECT_EQ(
      error_of([&] { bars_of(flat({at("2020-01-02T14:32Z"), at("2020-01-02T14:31Z")}, {1, 1}), "XNYS", "5m"); }).code(),
      ErrorCode::RowsOutOfOrder);
  const std::int64_t huge = INT64_MAX / 2 + 1;
  EXPECT_EQ(error_of([&] {
              bars_of(flat({at("2020-01-02T14:31Z"), at("2020-01-02T14:32Z")}, {1, 1}, huge), "XNYS", "5m");
            }).code(),
            ErrorCode::Overflow);
}

TEST(Resample, RowsOutsideTheSessionsAreCountedWhenLeftOut) {
  ResampleOptions options;
  options.leave_out_closed = true;
  const ResampledBars bars =
      bars_of(flat({at("2020-01-02T12:00Z"), at("2020-01-02T14:31Z"), at("2020-01-04T15:00Z")}, {1, 2, 3}), "XNYS",
              "1d", options);
  EXPECT_EQ(bars.rows_left_out, 2);
  EXPECT_EQ(bars.bars.times, (std::vector<std::int64_t>{day("2020-01-02")}));
  EXPECT_EQ(bars.bars.columns[3], (std::vector<std::int64_t>{2}));
}

TEST(BarPeriod, ReadsAndWritesItsNames) {
  for (const char* name : {"1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1mo"})
    EXPECT_EQ(BarPeriod::parse(name).to_string(), name);
  EXPECT_EQ(BarPeriod::parse("60m"), BarPeriod::parse("1h"));
  for (const char* bad : {"", "m", "0m", "-5m", "+5m", "25h", "1441m", "2d", "1y", "5", "5 m", "1M"})
    EXPECT_FALSE(BarPeriod::find(bad)) << bad;
  EXPECT_EQ(error_of([] { static_cast<void>(BarPeriod::parse("2w")); }).code(), ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace rustybt::data

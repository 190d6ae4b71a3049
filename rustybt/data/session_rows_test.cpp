#include "rustybt/data/session_rows.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace rustybt::data {
namespace {

const utils::CalendarPtr kNewYork = utils::get_calendar("XNYS"), kTokyo = utils::get_calendar("XTKS"),
                         kRoundTheClock = utils::get_calendar("24/7");

Date day(int d) { return Date::from_ymd(2020, 1, d); }

/// Days of January 2020 whose bars the sessions from..to of January 2020 see, 0: none.
std::vector<int> seen(const utils::CalendarPtr& stored_by, int first, int last, const utils::CalendarPtr& run, int from,
                      int to, bool on_close = true) {
  const auto stored = utils::restrict_calendar(*stored_by, day(first), day(last));
  const auto calendar = utils::restrict_calendar(*run, day(from), day(to));
  std::vector<int> days;
  for (const std::int32_t row : rows_of_sessions(stored->sessions(), *calendar, on_close ? stored_by.get() : nullptr))
    days.push_back(row < 0 ? 0 : stored->session(row) - day(1) + 1);
  return days;
}

TEST(SessionRows, TokyoClosesBeforeNewYorkOpens) {
  // Tokyo: 6-10 and 14-17 January (13: holiday); New York: all weekdays but the 20th
  EXPECT_EQ(seen(kNewYork, 6, 17, kTokyo, 6, 17), (std::vector{0, 6, 7, 8, 9, 13, 14, 15, 16}));
  EXPECT_EQ(seen(kNewYork, 6, 17, kTokyo, 6, 17, false), (std::vector{6, 7, 8, 9, 10, 14, 15, 16, 17}));
  // New York closes after Tokyo: the same day, and no bar on Tokyo's holiday
  EXPECT_EQ(seen(kTokyo, 6, 17, kNewYork, 6, 17), (std::vector{6, 7, 8, 9, 10, 0, 14, 15, 16, 17}));
}

TEST(SessionRows, ADayThatEndsAtMidnightIsSeenInTheNextSession) {
  // at 21:00 on Monday the 6th the last full day is Sunday the 5th
  EXPECT_EQ(seen(kRoundTheClock, 1, 8, kNewYork, 2, 8), (std::vector{1, 2, 5, 6, 7}));
  // round the clock no session of New York is early, and weekends have none
  EXPECT_EQ(seen(kNewYork, 2, 7, kRoundTheClock, 2, 7), (std::vector{2, 3, 0, 0, 6, 7}));
}

TEST(SessionRows, ActionsComeWithTheFirstBarThatShowsThem) {
  auto actions = std::make_shared<Adjustments>();
  for (const int d : {8, 10, 11}) actions->splits.push_back({{0}, day(d), 0.5, 1, 2});  // the 11th is a Saturday
  const auto stored = utils::restrict_calendar(*kNewYork, day(6), day(17));
  const auto days = [&](const utils::TradingCalendar& run) {
    std::vector<int> out;
    const auto moved = on_sessions(actions, stored->sessions(), run, *kNewYork);
    for (const Split& s : moved->splits) out.push_back(s.effective_date - day(1) + 1);
    return out;
  };
  EXPECT_EQ(days(*kNewYork), (std::vector{8, 10, 13}));
  // Tokyo sees the bar of the 8th on the 9th, that of the 13th (after the one of the 10th) on the 14th
  EXPECT_EQ(days(*kTokyo), (std::vector{9, 14, 14}));
  EXPECT_EQ(days(*kRoundTheClock), (std::vector{8, 10, 13}));
}

TEST(SessionRows, WhatDoesNotMoveIsTheSameObject) {
  auto actions = std::make_shared<Adjustments>();
  actions->splits.push_back({{0}, day(8), 0.5, 1, 2});
  const std::shared_ptr<const Adjustments> given = actions;
  EXPECT_EQ(on_sessions(given, kNewYork->sessions(), *kNewYork, *kNewYork), given);
}

}  // namespace
}  // namespace rustybt::data

#include "rustybt/utils/events.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "rustybt/core/error.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::utils {
namespace {

constexpr std::int64_t kMinute = Timestamp::kMinute;
constexpr std::int64_t kHour = 60 * kMinute;

using Calls = std::map<std::string, std::set<std::int64_t>>;  // rule -> times at which it ran
using Rules = std::map<std::string, ScheduledRule>;

Calls recorded_calls(const std::filesystem::path& file, const std::set<std::string>& left_out) {
  Calls calls;
  for (const auto& row : read_csv(file)) {
    if (!left_out.contains(row[0])) calls[row[0]].insert(Timestamp::parse(row[1]).ns);
  }
  return calls;
}

/// Ask every rule at the close of every session, as a daily simulation does.
Calls run_daily(Rules rules, const TradingCalendar& calendar, Date first, Date last) {
  Calls calls;
  for (int i = calendar.session_at_or_after(first); i <= calendar.session_at_or_before(last); ++i) {
    const Timestamp t = calendar.execution_close(i);
    for (auto& [name, rule] : rules) {
      if (rule.should_trigger(t)) calls[name].insert(t.ns);
    }
  }
  return calls;
}

Calls run_minutes(Rules rules, const TradingCalendar& calendar, Date first, Date last) {
  Calls calls;
  for (int i = calendar.session_at_or_after(first); i <= calendar.session_at_or_before(last); ++i) {
    for (Timestamp t = calendar.first_minute(i); t <= calendar.last_minute(i); t.ns += kMinute) {
      for (auto& [name, rule] : rules) {
        if (rule.should_trigger(t)) calls[name].insert(t.ns);
      }
    }
  }
  return calls;
}

void expect_same(const Calls& ours, const Calls& expected) {
  for (const auto& [name, times] : expected) {
    const auto it = ours.find(name);
    EXPECT_EQ(it == ours.end() ? std::set<std::int64_t>{} : it->second, times) << name;
  }
  for (const auto& [name, times] : ours) {
    EXPECT_TRUE(expected.contains(name)) << name << " ran " << times.size() << " times";
  }
}

std::filesystem::path golden(const char* scenario_and_run) {
  return shared_data() / "golden" / "zipline_reloaded" / "expected" / scenario_and_run / "calls.csv";
}

// scenarios/s10_schedule.py; in daily mode the algorithm replaces every time rule by every_minute
TEST(ScheduledRule, DailyRulesRunWhenZiplineRanThem) {
  const auto file = golden("s10_schedule/daily");
  RUSTYBT_NEED_SHARED_DATA(file);
  const CalendarPtr nyse = get_calendar("XNYS");
  Rules rules;
  const auto add = [&](const std::string& name, DateRule date, bool half_days = true, CalendarPtr calendar = nullptr) {
    rules.emplace(name, ScheduledRule(date, TimeRule::every_minute(), half_days, calendar ? calendar : nyse));
  };
  add("every_day", DateRule::every_day());
  for (const int n : {0, 1, 4}) {
    add("week_start_" + std::to_string(n), DateRule::week_start(n));
    add("week_end_" + std::to_string(n), DateRule::week_end(n));
  }
  for (const int n : {0, 2, 19, 22}) {
    add("month_start_" + std::to_string(n), DateRule::month_start(n));
    add("month_end_" + std::to_string(n), DateRule::month_end(n));
  }
  add("month_start_days_offset", DateRule::month_start(3));
  add("week_end_open30", DateRule::week_end());
  add("no_half_days", DateRule::every_day(), false);
  add("us_equities", DateRule::month_end());
  add("us_futures_month_end", DateRule::month_end(), true, get_calendar("us_futures"));
  add("no_rules", DateRule::every_day());
  expect_same(run_daily(std::move(rules), *nyse, Date::from_ymd(2013, 10, 1), Date::from_ymd(2014, 3, 31)),
              recorded_calls(file, {"handle_data"}));
}

// scenarios/s10b_schedule_minute.py
TEST(ScheduledRule, MinuteRulesRunWhenZiplineRanThem) {
  const auto file = golden("s10b_schedule_minute/rules");
  RUSTYBT_NEED_SHARED_DATA(file);
  const CalendarPtr nyse = get_calendar("XNYS");
  Rules rules;
  const auto add = [&](const std::string& name, DateRule date, TimeRule time, bool half_days = true) {
    rules.emplace(name, ScheduledRule(date, time, half_days, nyse));
  };
  const DateRule daily = DateRule::every_day();
  add("open", daily, TimeRule::market_open());
  add("open_30m", daily, TimeRule::market_open(30 * kMinute));
  add("open_1h30", daily, TimeRule::market_open(90 * kMinute));
  add("open_td", daily, TimeRule::market_open(7 * kMinute));
  add("close", daily, TimeRule::market_close());
  add("close_1h", daily, TimeRule::market_close(kHour));
  add("close_5h", daily, TimeRule::market_close(5 * kHour));
  add("open_5h_half_days_false", daily, TimeRule::market_open(5 * kHour), false);
  add("week_end_close", DateRule::week_end(), TimeRule::market_close(10 * kMinute));
  add("month_end_open", DateRule::month_end(), TimeRule::market_open());
  add("every_minute_month_end1", DateRule::month_end(1), TimeRule::every_minute());
  rules.emplace("us_futures_open",
                ScheduledRule(daily, TimeRule::market_open(12 * kHour), true, get_calendar("us_futures")));
  add("default", daily, TimeRule::every_minute());
  expect_same(run_minutes(std::move(rules), *nyse, Date::from_ymd(2015, 12, 21), Date::from_ymd(2015, 12, 30)),
              recorded_calls(file, {"before_trading_start"}));
}

// scenarios/s21_calendars.py: week_start and month_end on seven calendars
TEST(ScheduledRule, RunsOnEveryCalendarWhenZiplineRanIt) {
  const std::map<std::string, std::string> runs = {
      {"xnys", "XNYS"},   {"always", "24/7"}, {"weekdays", "24/5"},        {"cmes", "CMES"},
      {"london", "XLON"}, {"tokyo", "XTKS"},  {"us_futures", "us_futures"}};
  for (const auto& [run, name] : runs) {
    const auto file = golden(("s21_calendars/" + run).c_str());
    RUSTYBT_NEED_SHARED_DATA(file);
    const CalendarPtr calendar = get_calendar(name);
    Rules rules;
    rules.emplace("week_start", ScheduledRule(DateRule::week_start(), TimeRule::every_minute(), true, calendar));
    rules.emplace("month_end", ScheduledRule(DateRule::month_end(), TimeRule::every_minute(), true, calendar));
    SCOPED_TRACE(run);
    expect_same(run_daily(std::move(rules), *calendar, Date::from_ymd(2014, 11, 19), Date::from_ymd(2014, 12, 9)),
                recorded_calls(file, {}));
  }
}

TEST(ScheduledRule, UsFuturesRulesUseExecutionTimes) {  // 06:31 and 16:59 New York: 06:30 + 1 min, 17:00 - 1 min
  const CalendarPtr futures = get_calendar("us_futures");
  Rules rules;
  rules.emplace("open", ScheduledRule(DateRule::every_day(), TimeRule::market_open(), true, futures));
  rules.emplace("close", ScheduledRule(DateRule::every_day(), TimeRule::market_close(), true, futures));
  const Date day = Date::from_ymd(2014, 12, 2);
  expect_same(
      run_minutes(std::move(rules), *futures, day, day),
      {{"open", {Timestamp::parse("2014-12-02T11:31Z").ns}}, {"close", {Timestamp::parse("2014-12-02T21:59Z").ns}}});
}

TEST(ScheduledRule, RunsOnceInTwentyFourHours) {
  const CalendarPtr nyse = get_calendar("XNYS");
  ScheduledRule rule(DateRule::every_day(), TimeRule::every_minute(), true, nyse);
  EXPECT_TRUE(rule.should_trigger(Timestamp::parse("2013-12-23T21:00Z")));
  EXPECT_FALSE(rule.should_trigger(Timestamp::parse("2013-12-23T21:00Z")));
  EXPECT_FALSE(rule.should_trigger(Timestamp::parse("2013-12-24T18:00Z")));  // half day: only 21 hours later
  EXPECT_TRUE(rule.should_trigger(Timestamp::parse("2013-12-26T21:00Z")));
}

TEST(ScheduledRule, WeekAndMonthRulesRefuseMinutesOutsideTheirCalendar) {
  ScheduledRule rule(DateRule::week_start(), TimeRule::every_minute(), true, get_calendar("XNYS"));
  try {
    (void)rule.should_trigger(Timestamp::parse("2014-12-06T15:00Z"));  // a Saturday
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotASession);
  }
}

// messages: expected/s10b_schedule_minute/error_*/error.csv
void expect_refused(const auto& make, const std::string& message) {
  try {
    (void)make();
    FAIL() << "expected: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    EXPECT_EQ(error.message(), message);
  }
}

TEST(DateRule, RefusesOffsetsOutOfRange) {
  expect_refused([] { return DateRule::week_start(5); }, "offset must be in between 0 and 4 inclusive");
  expect_refused([] { return DateRule::week_end(-1); }, "offset must be in between 0 and 4 inclusive");
  expect_refused([] { return DateRule::month_end(23); }, "offset must be in between 0 and 22 inclusive");
  expect_refused([] { return DateRule::month_start(23); }, "offset must be in between 0 and 22 inclusive");
  EXPECT_EQ(DateRule::month_end(22).offset, 22);
}

TEST(TimeRule, RefusesOffsetsOutOfRange) {
  const std::string message = "offset must be in between 1 minute and 12 hours, inclusive.";
  expect_refused([] { return TimeRule::market_open(0); }, message);
  expect_refused([] { return TimeRule::market_close(13 * kHour); }, message);
  EXPECT_EQ(TimeRule::market_close(12 * kHour).offset_ns, 12 * kHour);
}

}  // namespace
}  // namespace rustybt::utils

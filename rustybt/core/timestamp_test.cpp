#include "rustybt/core/timestamp.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>

#include "rustybt/core/error.hpp"

namespace rustybt {
namespace {

template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidDate);
    return error.message();
  }
  return "nothing thrown";
}

TEST(Date, EveryDayOfTheCalendarEqualsTheStandardLibrary) {
  namespace chrono = std::chrono;
  const Date first = Date::from_ymd(1, 1, 1);
  const Date last = Date::from_ymd(9999, 12, 31);
  EXPECT_EQ(last - first, 3'652'058);  // Python: date.max - date.min
  for (Date d = first; d <= last; d = d + 1) {
    const chrono::year_month_day expected{chrono::sys_days{chrono::days{d.days}}};
    const int month = static_cast<int>(static_cast<unsigned>(expected.month()));
    const int day = static_cast<int>(static_cast<unsigned>(expected.day()));
    ASSERT_EQ(d.year(), static_cast<int>(expected.year())) << d.days;
    ASSERT_EQ(d.month(), month) << d.days;
    ASSERT_EQ(d.day(), day) << d.days;
    ASSERT_EQ(Date::from_ymd(d.year(), month, day), d);
  }
}

TEST(Date, ReadsAndPrints) {
  EXPECT_EQ(Date::parse("1970-01-01").days, 0);
  EXPECT_EQ(Date::parse("2014-06-05").days, 16226);  // Python: (date(2014, 6, 5) - date(1970, 1, 1)).days
  EXPECT_EQ(Date::parse("2014-06-05T23:30:00-05:00").to_string(), "2014-06-05");
  EXPECT_EQ(Date{-1}.to_string(), "1969-12-31");
  EXPECT_EQ(Date::from_ymd(1, 2, 3).to_string(), "0001-02-03");
}

TEST(Date, WeekdaysCountFromMonday) {
  EXPECT_EQ(Date::parse("1970-01-01").weekday(), 3);  // a Thursday
  EXPECT_EQ(Date::parse("2024-02-29").weekday(), 3);  // a Thursday
  EXPECT_EQ(Date::parse("1969-12-28").weekday(), 6);  // a Sunday
}

TEST(Date, RefusesDaysThatDoNotExistAndSaysWhatItExpected) {
  EXPECT_EQ(message_of([] { Date::parse("2023-02-29"); }),
            "\"2023-02-29\" is not a date: expected a day from 01 to 28, found 29");
  EXPECT_EQ(message_of([] { Date::parse("1900-02-29"); }),
            "\"1900-02-29\" is not a date: expected a day from 01 to 28, found 29");
  EXPECT_EQ(message_of([] { Date::parse("2023-13-01"); }),
            "\"2023-13-01\" is not a date: expected a month from 01 to 12, found 13");
  EXPECT_EQ(message_of([] { Date::parse("01/02/2023"); }),
            "\"01/02/2023\" is not a date: expected a year of four digits, found '/' at character 3");
  EXPECT_EQ(message_of([] { Date::parse("2023-1-02"); }),
            "\"2023-1-02\" is not a date: expected a month of two digits, found '-' at character 7");
  EXPECT_EQ(message_of([] { Date::from_ymd(2023, 4, 31); }), "year 2023, month 4, day 31 is not a day of the calendar");
  for (const char* bad : {"", "2023", "20230102", "2023-01-02x", "2023-01-02T", "0000-01-01", "2023-01-00",
                          " 2023-01-02", "2023-01-02 25:00", "2023-00-10"}) {
    EXPECT_NE(message_of([&] { Date::parse(bad); }), "nothing thrown") << bad;
  }
}

// Nanoseconds from pandas: pd.Timestamp(text).value
TEST(Timestamp, ReadsIso8601) {
  EXPECT_EQ(Timestamp::parse("2014-06-05").ns, 1401926400000000000);
  EXPECT_EQ(Timestamp::parse("2014-06-05T20:00:00Z").ns, 1401998400000000000);
  EXPECT_EQ(Timestamp::parse("2014-06-05 20:00").ns, 1401998400000000000);
  EXPECT_EQ(Timestamp::parse("2014-06-05 20:00:00+00:00").ns, 1401998400000000000);
  EXPECT_EQ(Timestamp::parse("2014-06-05T16:00:00-04:00").ns, 1401998400000000000);
  EXPECT_EQ(Timestamp::parse("2014-06-06T01:30:00+05:30").ns, 1401998400000000000);
  EXPECT_EQ(Timestamp::parse("2014-06-05T20:00:00.000000001Z").ns, 1401998400000000001);
  EXPECT_EQ(Timestamp::parse("2014-06-05T20:00:00.25").ns, 1401998400250000000);
  EXPECT_EQ(Timestamp::parse("1969-12-31T23:59:59.9Z").ns, -100000000);
}

TEST(Timestamp, PrintsTheShortestFractionOfThreeDigitGroups) {
  EXPECT_EQ(Timestamp{1401998400000000000}.to_string(), "2014-06-05T20:00:00Z");
  EXPECT_EQ(Timestamp{1401998400250000000}.to_string(), "2014-06-05T20:00:00.250Z");
  EXPECT_EQ(Timestamp{1401998400000001000}.to_string(), "2014-06-05T20:00:00.000001Z");
  EXPECT_EQ(Timestamp{-1}.to_string(), "1969-12-31T23:59:59.999999999Z");
}

TEST(Timestamp, HoldsTheWholeRangeOf64Bits) {
  const Timestamp first{std::numeric_limits<std::int64_t>::min()};
  const Timestamp last{std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(first.to_string(), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(last.to_string(), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(Timestamp::parse(first.to_string()), first);
  EXPECT_EQ(Timestamp::parse(last.to_string()), last);
  EXPECT_EQ(first.date(), Date::parse("1677-09-21"));
  EXPECT_EQ(message_of([] { Timestamp::parse("2262-04-12"); }),
            "\"2262-04-12\" is not a date: time stamps run from 1677-09-21 to 2262-04-11");
  EXPECT_NE(message_of([] { (void)Timestamp::from_date(Date::from_ymd(2999, 12, 31)); }), "nothing thrown");
  EXPECT_NE(message_of([] { (void)Timestamp::from_seconds(1'401'998'400'000); }), "nothing thrown");
}

TEST(Timestamp, DayIsThatOfUtc) {
  EXPECT_EQ(Timestamp{-1}.date(), Date{-1});
  EXPECT_EQ(Timestamp{-Timestamp::kDay}.date(), Date{-1});
  EXPECT_EQ(Timestamp{0}.date(), Date{0});
  EXPECT_EQ(Timestamp{Timestamp::kDay - 1}.date(), Date{0});
  EXPECT_EQ(Timestamp::from_date(Date{-3}).date(), Date{-3});
}

TEST(Timestamp, RefusesBadTimes) {
  EXPECT_EQ(message_of([] { Timestamp::parse("2014-06-05T24:00:00Z"); }),
            "\"2014-06-05T24:00:00Z\" is not a date: expected hours from 00 to 23, found 24");
  for (const char* bad : {"2014-06-05T20", "2014-06-05T20:60", "2014-06-05T20:00:60", "2014-06-05T20:00:00.",
                          "2014-06-05T20:00:00.1234567890", "2014-06-05T20:00:00z", "2014-06-05T20:00:00+0530",
                          "2014-06-05T20:00:00Z ", "2014-06-05T20:00:00+24:00", "2014-06-05Z"}) {
    EXPECT_NE(message_of([&] { Timestamp::parse(bad); }), "nothing thrown") << bad;
  }
}

}  // namespace
}  // namespace rustybt

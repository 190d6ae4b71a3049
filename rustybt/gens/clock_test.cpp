#include "rustybt/gens/clock.hpp"

#include <gtest/gtest.h>

#include "rustybt/gens/market_test.hpp"

namespace rustybt::gens {
namespace {

using test::day;

constexpr SimulationClock::Options kZipline{true, true};
constexpr SimulationClock::Options kRustybt{false, false};

std::vector<SessionTimes> sessions(std::string_view calendar, std::string_view first, std::string_view last,
                                   SimulationClock::Options options) {
  const utils::CalendarPtr c = utils::get_calendar(calendar);
  return SimulationClock(c, *c->find_session(day(first)), *c->find_session(day(last)), options).sessions();
}

std::string at(std::int64_t ns) { return Timestamp{ns}.to_string(); }

TEST(SimulationClock, ASessionInNewYork) {
  for (const auto& options : {kZipline, kRustybt}) {
    const auto s = sessions("XNYS", "2020-01-17", "2020-01-21", options);
    ASSERT_EQ(s.size(), 2u);  // the 20th is a holiday
    EXPECT_EQ(s[0].label, day("2020-01-17"));
    EXPECT_EQ(at(s[0].label_ns), "2020-01-17T00:00:00Z");
    EXPECT_EQ(at(s[0].open_ns), "2020-01-17T14:31:00Z");
    EXPECT_EQ(at(s[0].close_ns), "2020-01-17T21:00:00Z");
    EXPECT_EQ(at(s[0].before_trading_start_ns), "2020-01-17T13:45:00Z");  // 08:45 in New York
    EXPECT_TRUE(s[0].has_before_trading_start);
    EXPECT_EQ(s[0].data_session, s[0].calendar_session);
    EXPECT_EQ(s[0].first_bar, 0);
    EXPECT_EQ(s[1].calendar_session, s[0].calendar_session + 1);
  }
}

TEST(SimulationClock, SummerTimeAndEarlyCloses) {
  const auto summer = sessions("XNYS", "2020-07-01", "2020-07-01", kZipline);
  EXPECT_EQ(at(summer[0].before_trading_start_ns), "2020-07-01T12:45:00Z");
  EXPECT_EQ(at(summer[0].close_ns), "2020-07-01T20:00:00Z");
  EXPECT_EQ(at(sessions("XNYS", "2020-11-27", "2020-11-27", kZipline)[0].close_ns), "2020-11-27T18:00:00Z");
}

// quirk Q2
TEST(SimulationClock, RoundTheClockCalendarsLagASessionUnderZiplineOnly) {
  const auto lag = [](std::string_view calendar, std::string_view label, SimulationClock::Options options) {
    const auto s = sessions(calendar, label, label, options);
    return s[0].calendar_session - s[0].data_session;
  };
  EXPECT_EQ(lag("24/7", "2020-01-15", kZipline), 1);
  EXPECT_EQ(lag("24/7", "2020-01-15", kRustybt), 0);
  EXPECT_EQ(lag("24/5", "2020-01-15", kZipline), 1);  // Wednesday
  EXPECT_EQ(lag("24/5", "2020-01-13", kZipline), 0);  // Monday
  for (const char* calendar : {"XNYS", "CMES", "us_futures", "XLON", "XTKS", "XHKG", "XASX"}) {
    EXPECT_EQ(lag(calendar, "2020-01-15", kZipline), 0) << calendar;
  }
}

// quirk Q23
TEST(SimulationClock, BeforeTradingStartInTokyo) {
  const auto zipline = sessions("XTKS", "2020-01-15", "2020-01-15", kZipline);
  EXPECT_FALSE(zipline[0].has_before_trading_start);  // 22:45 in Tokyo
  const auto rustybt = sessions("XTKS", "2020-01-15", "2020-01-15", kRustybt);
  EXPECT_TRUE(rustybt[0].has_before_trading_start);
  EXPECT_EQ(at(rustybt[0].before_trading_start_ns), "2020-01-14T23:15:00Z");  // 45 minutes before 09:00
}

TEST(SimulationClock, BeforeTradingStartInLondonFallsIntoTheSessionUnderZipline) {
  EXPECT_EQ(at(sessions("XLON", "2020-01-15", "2020-01-15", kZipline)[0].before_trading_start_ns),
            "2020-01-15T13:45:00Z");
  EXPECT_EQ(at(sessions("XLON", "2020-01-15", "2020-01-15", kRustybt)[0].before_trading_start_ns),
            "2020-01-15T07:15:00Z");
}

// zipline_semantics 2.1: us_futures runs from 06:31 to 17:00 New York
TEST(SimulationClock, UsFuturesStartLateAndEndEarly) {
  const auto s = sessions("us_futures", "2020-01-15", "2020-01-15", kZipline);
  EXPECT_EQ(at(s[0].close_ns), "2020-01-15T22:00:00Z");
  EXPECT_EQ(at(s[0].open_ns + s[0].first_bar * Timestamp::kMinute), "2020-01-15T11:31:00Z");
}

}  // namespace
}  // namespace rustybt::gens

#include "rustybt/utils/calendar_utils.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "rustybt/core/error.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::utils {
namespace {

using Direction = TradingCalendar::Direction;

Timestamp utc(const char* text) { return Timestamp::parse(text); }
int index_of(const TradingCalendar& calendar, const char* day) {
  return calendar.find_session(Date::parse(day)).value();
}

ErrorCode code_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::InvariantViolation;
}

// --- golden: ../shared/data/golden/calendars, recorded from exchange_calendars ---

class GoldenCalendar : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(GoldenCalendar, HasEverySessionOpenCloseAndBreak) {
  const auto [name, file] = GetParam();
  const auto path = shared_data() / "golden" / "calendars" / file;
  RUSTYBT_NEED_SHARED_DATA(path);
  const auto rows = read_csv(path);
  ASSERT_GT(rows.size(), 200U);
  const CalendarPtr calendar = get_calendar(name);
  // The file is older than exchange_calendars 4.13.2, which gives CMES a full session on Juneteenth.
  const std::set<std::string> revised = {"2022-06-20", "2023-06-19", "2024-06-19",
                                         "2025-06-19", "2026-06-19", "2027-06-18"};
  int revised_seen = 0;
  int session = index_of(*calendar, rows[0][0].c_str());
  for (const auto& row : rows) {
    ASSERT_LT(session, calendar->session_count()) << row[0];
    ASSERT_EQ(calendar->session(session).to_string(), row[0].substr(0, 10));
    EXPECT_EQ(calendar->open(session), utc(row[1].c_str())) << row[0];
    Timestamp close = utc(row[2].c_str());
    if (std::string_view(name) == "CMES" && revised.contains(row[0].substr(0, 10))) {
      close.ns += 300 * Timestamp::kMinute;  // 12:00 -> 17:00 Chicago
      ++revised_seen;
    }
    EXPECT_EQ(calendar->close(session), close) << row[0];
    const bool has_break = !row[3].empty();
    ASSERT_EQ(calendar->break_start(session).has_value(), has_break) << row[0];
    if (has_break) {
      EXPECT_EQ(*calendar->break_start(session), utc(row[3].c_str())) << row[0];
      EXPECT_EQ(*calendar->break_end(session), utc(row[4].c_str())) << row[0];
    }
    ++session;
  }
  EXPECT_EQ(revised_seen, std::string_view(name) == "CMES" ? 6 : 0);
}

INSTANTIATE_TEST_SUITE_P(Recorded, GoldenCalendar,
                         testing::Values(std::pair{"24/5", "24-5.csv"}, std::pair{"24/7", "24-7.csv"},
                                         std::pair{"CMES", "cmes.csv"}, std::pair{"XCBF", "xcbf.csv"},
                                         std::pair{"XEUR", "xeur.csv"}, std::pair{"XLON", "xlon.csv"},
                                         std::pair{"XNYS", "xnys.csv"}, std::pair{"XPAR", "xpar.csv"},
                                         std::pair{"XTKS", "xtks.csv"}));

// --- samples: tests/data/calendar_samples.csv, answers of exchange_calendars 4.13.2 ---

std::vector<std::vector<std::string>> samples(std::string_view kind) {
  auto rows = read_csv(source_folder() / "tests" / "data" / "calendar_samples.csv");
  std::erase_if(rows, [&](const auto& row) { return row[0] != kind; });
  return rows;
}

constexpr std::uint64_t kHashSeed = 0xCBF29CE484222325U;
void fold(std::uint64_t& hash, std::int64_t value) {
  hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x100000001B3U;
}

TEST(CalendarSamples, EverySessionOfEveryCalendarIsThatOfExchangeCalendars) {
  const auto rows = samples("calendar");
  std::vector<std::string> names;
  for (const auto& row : rows) {
    const CalendarPtr calendar = get_calendar(row[1]);
    names.push_back(calendar->name());
    EXPECT_EQ(calendar->time_zone(), row[2]) << row[1];
    EXPECT_EQ(calendar->session_count(), std::stoi(row[3])) << row[1];
    EXPECT_EQ(calendar->minutes_before(calendar->session_count()), std::stoll(row[4])) << row[1];
    int early_closes = 0;
    std::uint64_t hash = kHashSeed;
    for (int i = 0; i < calendar->session_count(); ++i) {
      early_closes += calendar->is_early_close(i) ? 1 : 0;
      fold(hash, calendar->session(i).days);
      fold(hash, calendar->open(i).ns);
      fold(hash, calendar->close(i).ns);
      fold(hash, calendar->break_start(i).value_or(Timestamp{kNoBreak}).ns);
      fold(hash, calendar->break_end(i).value_or(Timestamp{kNoBreak}).ns);
      fold(hash, calendar->is_early_close(i) ? 1 : 0);
    }
    EXPECT_EQ(early_closes, std::stoi(row[5])) << row[1];
    EXPECT_EQ(std::to_string(hash), row[6]) << row[1];
  }
  EXPECT_EQ(names.size(), 71U);
  EXPECT_EQ(calendar_names(), names);
}

TEST(CalendarSamples, AnswersAboutMinutesAreThoseOfExchangeCalendars) {
  const auto rows = samples("minute");
  ASSERT_GT(rows.size(), 250U);
  for (const auto& row : rows) {
    const CalendarPtr calendar = get_calendar(row[1]);
    const Timestamp t = utc(row[2].c_str());
    const std::string where = row[1] + " " + row[2];
    const auto label = [&](Direction d) { return calendar->session(calendar->minute_to_session(t, d)).to_string(); };
    EXPECT_EQ(calendar->is_open_on_minute(t), row[3] == "1") << where;
    if (row[4].empty()) {
      EXPECT_EQ(code_of([&] { (void)label(Direction::None); }), ErrorCode::NotASession) << where;
    } else {
      EXPECT_EQ(label(Direction::None), row[4]) << where;
    }
    EXPECT_EQ(label(Direction::Next), row[5]) << where;
    EXPECT_EQ(label(Direction::Previous), row[6]) << where;
    EXPECT_EQ(calendar->next_open(t), utc(row[7].c_str())) << where;
    EXPECT_EQ(calendar->next_close(t), utc(row[8].c_str())) << where;
    EXPECT_EQ(calendar->previous_open(t), utc(row[9].c_str())) << where;
    EXPECT_EQ(calendar->previous_close(t), utc(row[10].c_str())) << where;
    EXPECT_EQ(calendar->next_minute(t), utc(row[11].c_str())) << where;
    EXPECT_EQ(calendar->previous_minute(t), utc(row[12].c_str())) << where;
  }
}

TEST(CalendarSamples, NewYorkTimeIsThatOfTheTimeZoneDatabase) {
  std::uint64_t hash = kHashSeed;
  for (Date day = Date::from_ymd(1967, 1, 1); day < Date::from_ymd(2038, 1, 1); day = day + 1) {
    for (int hour = 0; hour < 24; ++hour) fold(hash, new_york_time(day, hour, 30).ns / Timestamp::kSecond);
  }
  ASSERT_EQ(samples("new_york").size(), 1U);
  EXPECT_EQ(std::to_string(hash), samples("new_york")[0][1]);
}

// --- by hand ---

TEST(TradingCalendar, FindsSessionsAroundAHoliday) {
  const CalendarPtr nyse = get_calendar("XNYS");
  const Date christmas = Date::from_ymd(2015, 12, 25);  // a Friday
  EXPECT_FALSE(nyse->is_session(christmas));
  EXPECT_EQ(nyse->session(nyse->session_at_or_before(christmas)).to_string(), "2015-12-24");
  EXPECT_EQ(nyse->session(nyse->session_at_or_after(christmas)).to_string(), "2015-12-28");
  EXPECT_EQ(nyse->session(0).to_string(), "1990-01-02");
  EXPECT_EQ(nyse->session_at_or_before(Date::from_ymd(1989, 12, 29)), -1);
  EXPECT_EQ(nyse->session_at_or_after(Date::from_ymd(2032, 1, 2)), nyse->session_count());
}

TEST(TradingCalendar, KnowsEarlyClosesOfNewYork) {  // NYSE: 13:00 on 2015-12-24
  const CalendarPtr nyse = get_calendar("NYSE");
  const int eve = index_of(*nyse, "2015-12-24");
  EXPECT_TRUE(nyse->is_early_close(eve));
  EXPECT_EQ(nyse->close(eve), utc("2015-12-24T18:00Z"));
  EXPECT_EQ(nyse->minute_count(eve), 210);
  EXPECT_FALSE(nyse->is_early_close(eve - 1));
  EXPECT_EQ(nyse->minute_count(eve - 1), 390);
  EXPECT_EQ(nyse->first_minute(eve), utc("2015-12-24T14:31Z"));
  EXPECT_EQ(nyse->last_minute(eve), utc("2015-12-24T18:00Z"));
  EXPECT_EQ(nyse->minutes_before(eve + 1) - nyse->minutes_before(eve), 210);
}

TEST(TradingCalendar,
     LeavesTheLunchBreakOutOfTheMinutes) {  // Tokyo 09:00-11:30, 12:30-15:00 = 00:00-02:30, 03:30-06:00
  const CalendarPtr tokyo = get_calendar("JPX");
  const int day = index_of(*tokyo, "2015-06-01");
  EXPECT_EQ(tokyo->minute_count(day), 300);
  EXPECT_EQ(tokyo->minute(day, 0), utc("2015-06-01T00:01Z"));
  EXPECT_EQ(tokyo->minute(day, 149), utc("2015-06-01T02:30Z"));
  EXPECT_EQ(tokyo->minute(day, 150), utc("2015-06-01T03:31Z"));
  EXPECT_EQ(tokyo->minute(day, 299), utc("2015-06-01T06:00Z"));
  EXPECT_EQ(tokyo->find_minute(day, utc("2015-06-01T03:30Z")), std::nullopt);
  EXPECT_EQ(tokyo->find_minute(day, utc("2015-06-01T03:31Z")), 150);
  EXPECT_EQ(tokyo->find_minute(day, utc("2015-06-01T00:00Z")), std::nullopt);
  EXPECT_EQ(tokyo->find_minute(day, utc("2015-06-01T00:00:30Z")), std::nullopt);
  EXPECT_EQ(tokyo->find_minute(day, utc("2015-06-01T06:01Z")), std::nullopt);
  EXPECT_FALSE(tokyo->is_open_on_minute(utc("2015-06-01T03:00Z")));
  EXPECT_EQ(tokyo->minute_to_session(utc("2015-06-01T03:00Z"), Direction::None), day);
  EXPECT_EQ(tokyo->next_minute(utc("2015-06-01T02:30Z")), utc("2015-06-01T03:31Z"));
  EXPECT_EQ(tokyo->previous_minute(utc("2015-06-01T03:31Z")), utc("2015-06-01T02:30Z"));
}

TEST(TradingCalendar, EveryMinuteIsFoundWhereItWasMade) {
  for (const char* name : {"XNYS", "XHKG", "24/7", "us_futures"}) {
    const CalendarPtr calendar = get_calendar(name);
    const int session = index_of(*calendar, "2014-12-01");
    Timestamp t = calendar->first_minute(session);
    for (int n = 0; n < calendar->minute_count(session); ++n) {
      ASSERT_EQ(calendar->minute(session, n), t) << name;
      ASSERT_EQ(calendar->find_minute(session, t), n) << name;
      ASSERT_TRUE(calendar->is_open_on_minute(t)) << name;
      t = calendar->next_minute(t);
      ASSERT_EQ(calendar->previous_minute(t), calendar->minute(session, n)) << name;
    }
    EXPECT_EQ(t, calendar->first_minute(session + 1)) << name;
  }
}

TEST(TradingCalendar, UsFuturesExecutesInsideItsSession) {  // zipline_semantics 2.1: 06:30 and 17:00 New York
  const CalendarPtr futures = get_calendar("us_futures");
  const int day = index_of(*futures, "2014-12-01");
  EXPECT_EQ(futures->open(day), utc("2014-11-30T23:00Z"));
  EXPECT_EQ(futures->close(day), utc("2014-12-01T23:00Z"));
  EXPECT_EQ(futures->execution_open(day), utc("2014-12-01T11:30Z"));
  EXPECT_EQ(futures->execution_close(day), utc("2014-12-01T22:00Z"));
  const CalendarPtr cmes = get_calendar("CMES");
  EXPECT_EQ(cmes->execution_close(index_of(*cmes, "2014-12-01")), utc("2014-12-01T23:00Z"));
}

TEST(TradingCalendar, BeyondItsEndsIsAnError) {
  const CalendarPtr nyse = get_calendar("XNYS");
  const Timestamp early = utc("1985-01-02T15:00Z");
  const Timestamp late = utc("2040-01-03T15:00Z");
  EXPECT_EQ(nyse->minute_to_session(early, Direction::Next), 0);
  EXPECT_EQ(nyse->minute_to_session(late, Direction::Previous), nyse->session_count() - 1);
  EXPECT_EQ(code_of([&] { (void)nyse->minute_to_session(early, Direction::Previous); }), ErrorCode::NotASession);
  EXPECT_EQ(code_of([&] { (void)nyse->minute_to_session(late, Direction::Next); }), ErrorCode::NotASession);
  EXPECT_EQ(code_of([&] { (void)nyse->next_open(late); }), ErrorCode::NotASession);
  EXPECT_EQ(code_of([&] { (void)nyse->next_close(late); }), ErrorCode::NotASession);
  EXPECT_EQ(code_of([&] { (void)nyse->next_minute(late); }), ErrorCode::NotASession);
  EXPECT_EQ(code_of([&] { (void)nyse->previous_open(early); }), ErrorCode::NotASession);
  EXPECT_EQ(code_of([&] { (void)nyse->previous_close(early); }), ErrorCode::NotASession);
  EXPECT_EQ(code_of([&] { (void)nyse->previous_minute(early); }), ErrorCode::NotASession);
}

TEST(TradingCalendar, RefusesColumnsThatDoNotFit) {
  const auto make = [](std::vector<Date> sessions, std::vector<std::int64_t> opens, std::vector<std::int64_t> closes) {
    return [=] { TradingCalendar("own", "UTC", {sessions, opens, closes, {}, {}, {}}); };
  };
  const std::int64_t m = Timestamp::kMinute;
  EXPECT_NO_THROW(make({{1}, {2}}, {0, 2 * m}, {m, 3 * m})());
  EXPECT_EQ(code_of(make({}, {}, {})), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(make({{1}, {2}}, {0}, {m})), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(make({{2}, {1}}, {0, 2 * m}, {m, 3 * m})), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(make({{1}, {2}}, {0, m}, {2 * m, 3 * m})), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(make({{1}}, {m}, {m})), ErrorCode::InvalidArgument);
}

TEST(GetCalendar, ResolvesAliases) {
  const std::map<std::string, std::string> expected = {
      {"NYSE", "XNYS"}, {"NASDAQ", "XNYS"}, {"BATS", "XNYS"}, {"LSE", "XLON"},   {"TSX", "XTSE"}, {"CME", "CMES"},
      {"CBOT", "CMES"}, {"ICE", "IEPA"},    {"CFE", "XCBF"},  {"JPX", "XTKS"},   {"ASX", "XASX"}, {"HKEX", "XHKG"},
      {"SIX", "XSWX"},  {"BMF", "BVMF"},    {"BSE", "XBOM"},  {"LUXSE", "XLUX"}, {"OSE", "XOSL"}, {"XNYS", "XNYS"}};
  for (const auto& [alias, name] : expected) EXPECT_EQ(resolve_calendar_alias(alias), name);
  EXPECT_EQ(get_calendar("NYSE"), get_calendar("XNYS"));  // one object
}

TEST(GetCalendar, NamesNearMatchesOfAnUnknownName) {
  try {
    (void)get_calendar("XNYZ");
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidCalendarName);
    EXPECT_NE(error.message().find("XNYZ"), std::string::npos);
    EXPECT_NE(error.hint().find("XNYS"), std::string::npos);
  }
  EXPECT_EQ(code_of([] { (void)resolve_calendar_alias("no such market"); }), ErrorCode::InvalidCalendarName);
}

TEST(GetCalendar, GivesEveryThreadTheSameObject) {
  std::vector<CalendarPtr> seen(8);
  std::vector<std::thread> threads;
  for (auto& slot : seen) threads.emplace_back([&slot] { slot = get_calendar("XWAR"); });
  for (auto& thread : threads) thread.join();
  for (const auto& calendar : seen) EXPECT_EQ(calendar, seen[0]);
}

TEST(RestrictCalendar, KeepsTheSessionsInside) {
  const CalendarPtr hong_kong = get_calendar("XHKG");
  const CalendarPtr part = restrict_calendar(*hong_kong, Date::from_ymd(2015, 12, 19), Date::from_ymd(2015, 12, 27));
  ASSERT_EQ(part->session_count(), 4);  // 21..24; Christmas Eve ends at noon without a break
  EXPECT_EQ(part->session(0).to_string(), "2015-12-21");
  EXPECT_EQ(part->session(3).to_string(), "2015-12-24");
  EXPECT_EQ(part->break_start(0), utc("2015-12-21T04:00Z"));
  EXPECT_EQ(part->break_start(3), std::nullopt);
  EXPECT_TRUE(part->is_early_close(3));
  EXPECT_EQ(part->minutes_before(4), 3 * 330 + 150);
  EXPECT_EQ(
      code_of([&] { (void)restrict_calendar(*hong_kong, Date::from_ymd(2015, 12, 25), Date::from_ymd(2015, 12, 27)); }),
      ErrorCode::InvalidDateRange);
}

TEST(NewYorkTime, FollowsDaylightSaving) {  // IANA tzdata: 1974-01-06, 1975-02-23, 2006-04-02, 2007-03-11, 2007-11-04
  EXPECT_EQ(new_york_time(Date::from_ymd(2015, 12, 24), 8, 45), utc("2015-12-24T13:45Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(2015, 6, 24), 8, 45), utc("2015-06-24T12:45Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(1974, 1, 5), 8, 45), utc("1974-01-05T13:45Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(1974, 1, 6), 8, 45), utc("1974-01-06T12:45Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(1975, 2, 22), 8, 45), utc("1975-02-22T13:45Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(1975, 2, 23), 8, 45), utc("1975-02-23T12:45Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(2006, 4, 1), 8, 45), utc("2006-04-01T13:45Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(2006, 4, 2), 8, 45), utc("2006-04-02T12:45Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(2007, 3, 11), 1, 59), utc("2007-03-11T06:59Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(2007, 3, 11), 3, 0), utc("2007-03-11T07:00Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(2007, 11, 4), 1, 30), utc("2007-11-04T05:30Z"));
  EXPECT_EQ(new_york_time(Date::from_ymd(2007, 11, 4), 2, 0), utc("2007-11-04T07:00Z"));
  EXPECT_EQ(code_of([] { (void)new_york_time(Date::from_ymd(1966, 1, 1), 8, 45); }), ErrorCode::InvalidDate);
}

}  // namespace
}  // namespace rustybt::utils

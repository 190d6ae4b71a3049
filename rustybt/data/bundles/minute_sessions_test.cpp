// Minute blocks over real calendars: half days, lunch breaks, clock changes, nights that span a month's end.

#include <gtest/gtest.h>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/bundle_writer.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

using storage::TemporaryFolder;

constexpr std::int64_t kMinuteNs = 60'000'000'000;

/// Sessions as exchange_calendars 4.13.2 has them (session_minutes of get_calendar(name, side="right")).
struct Session {
  const char* calendar;
  const char* day;
  int minutes;
  const char* first;
  const char* last;
  const char* before_break = "";  ///< last minute before the lunch break, and first one after it
  const char* after_break = "";
};

constexpr Session kSessions[] = {
    {"XNYS", "2014-03-07", 390, "2014-03-07T14:31:00Z", "2014-03-07T21:00:00Z"},  // before the clock change
    {"XNYS", "2014-03-10", 390, "2014-03-10T13:31:00Z", "2014-03-10T20:00:00Z"},
    {"XNYS", "2014-10-31", 390, "2014-10-31T13:31:00Z", "2014-10-31T20:00:00Z"},
    {"XNYS", "2014-11-03", 390, "2014-11-03T14:31:00Z", "2014-11-03T21:00:00Z"},
    {"XNYS", "2014-11-28", 210, "2014-11-28T14:31:00Z", "2014-11-28T18:00:00Z"},  // half days
    {"XNYS", "2014-07-03", 210, "2014-07-03T13:31:00Z", "2014-07-03T17:00:00Z"},
    {"XHKG", "2014-06-04", 330, "2014-06-04T01:31:00Z", "2014-06-04T08:00:00Z", "2014-06-04T04:00:00Z",
     "2014-06-04T05:01:00Z"},
    {"XHKG", "2014-12-24", 150, "2014-12-24T01:31:00Z", "2014-12-24T04:00:00Z"},
    {"XTKS", "2011-11-21", 300, "2011-11-21T00:01:00Z", "2011-11-21T06:00:00Z", "2011-11-21T02:30:00Z",
     "2011-11-21T03:31:00Z"},
    {"XTKS", "2024-11-05", 330, "2024-11-05T00:01:00Z", "2024-11-05T06:30:00Z", "2024-11-05T02:30:00Z",
     "2024-11-05T03:31:00Z"},  // the day on which the close became half an hour later
    {"XLON", "2014-03-28", 510, "2014-03-28T08:01:00Z", "2014-03-28T16:30:00Z"},
    {"XLON", "2014-03-31", 510, "2014-03-31T07:01:00Z", "2014-03-31T15:30:00Z"},
    {"XLON", "2014-12-24", 270, "2014-12-24T08:01:00Z", "2014-12-24T12:30:00Z"},
    {"CMES", "2014-07-01", 1440, "2014-06-30T22:01:00Z", "2014-07-01T22:00:00Z"},  // begins in the month before
    {"CMES", "2014-07-04", 1140, "2014-07-03T22:01:00Z", "2014-07-04T17:00:00Z"},
    {"24/7", "2014-03-09", 1440, "2014-03-09T00:01:00Z", "2014-03-10T00:00:00Z"},
};

std::int64_t ns(std::string_view time) { return Timestamp::parse(time).ns; }

BundleContent bars_at(const Session& session, const std::vector<std::int64_t>& times) {
  BundleContent content;
  content.calendar_name = session.calendar;
  BarSeries& series = content.items.emplace_back().minute;
  content.items[0].asset.symbol = "A";
  for (const std::int64_t time : times) {
    series.times.push_back(time);
    for (auto& column : series.columns) column.push_back(time / kMinuteNs);
  }
  return content;
}

class MinuteSessions : public testing::TestWithParam<Session> {};

TEST_P(MinuteSessions, HaveABlockOfTheCalendarsMinutes) {
  const TemporaryFolder folder;
  const Session session = GetParam();
  IngestOptions options;
  options.root = folder.path();
  // sparse: the ends, the minutes around the break, and a few between
  std::vector<std::int64_t> times{ns(session.first), ns(session.first) + 7 * kMinuteNs};
  const bool has_break = *session.before_break != '\0';
  if (has_break) {
    times.push_back(ns(session.before_break));
    times.push_back(ns(session.after_break));
  }
  times.push_back(ns(session.last) - kMinuteNs);
  times.push_back(ns(session.last));
  write_bundle("b", bars_at(session, times), options);
  const Bundle bundle = load_bundle(folder.path(), "b");
  ASSERT_EQ(bundle.bars->sessions().size(), 1u);
  EXPECT_EQ(bundle.bars->sessions()[0].to_string(), session.day);
  EXPECT_EQ(bundle.bars->minutes_in(0), session.minutes);
  const AssetMinutes& bars = bundle.bars->minutes(AssetIndex{0});
  ASSERT_EQ(bars.block(0), 0);
  const std::int64_t break_minutes =
      has_break ? (ns(session.after_break) - ns(session.before_break)) / kMinuteNs - 1 : 0;
  int found = 0;
  for (int i = 0; i < session.minutes; ++i) {
    const std::int64_t value = bars.columns[3][i];
    if (value == kMissing) continue;
    ++found;
    const std::int64_t after_open = value - ns(session.first) / kMinuteNs;
    const bool is_afternoon = has_break && value * kMinuteNs >= ns(session.after_break);
    EXPECT_EQ(i, after_open - (is_afternoon ? break_minutes : 0)) << session.calendar << " " << session.day;
  }
  EXPECT_EQ(found, static_cast<int>(times.size()));
  for (const CheckFinding& finding : check_bundle(folder.path(), "b")) EXPECT_EQ(finding.problem, "");
}

TEST_P(MinuteSessions, RefuseTheMinutesBesideThem) {
  const TemporaryFolder folder;
  const Session session = GetParam();
  IngestOptions options;
  options.root = folder.path();
  std::vector<std::int64_t> outside;
  const std::string_view calendar = session.calendar;
  if (calendar != "24/7" && calendar != "CMES")  // there the next session follows without a gap
    outside = {ns(session.first) - kMinuteNs, ns(session.last) + kMinuteNs};
  outside.push_back(ns(session.first) + kMinuteNs / 2);
  if (*session.before_break != '\0') {
    outside.push_back(ns(session.before_break) + kMinuteNs);
    outside.push_back(ns(session.after_break) - kMinuteNs);
  }
  for (const std::int64_t time : outside) {
    try {
      write_bundle("b", bars_at(session, {time}), options);
      ADD_FAILURE() << Timestamp{time}.to_string() << " was taken";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::NotASession) << e.message();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Calendars, MinuteSessions, testing::ValuesIn(kSessions));

TEST(MinuteBlocks, SessionsWithoutBarsTakeNoRoom) {
  const TemporaryFolder folder;
  IngestOptions options;
  options.root = folder.path();
  const Session session{"XNYS", "", 0, "", ""};
  write_bundle("b", bars_at(session, {ns("2014-06-02T13:31:00Z"), ns("2014-06-06T20:00:00Z")}), options);
  const Bundle bundle = load_bundle(folder.path(), "b");
  const AssetMinutes& bars = bundle.bars->minutes(AssetIndex{0});
  ASSERT_EQ(bars.count, 5);
  EXPECT_EQ(bars.block(0), 0);
  for (const int without : {1, 2, 3}) {
    EXPECT_EQ(bars.block(without), -1);
    EXPECT_EQ(bundle.bars->minutes_in(without), 0);
  }
  EXPECT_EQ(bars.block(4), 390);
  EXPECT_NE(bars.columns[3][390 + 389], kMissing);
}

}  // namespace
}  // namespace rustybt::data

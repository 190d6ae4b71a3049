#include "rustybt/data/bar_store.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bar_store_file.hpp"
#include "rustybt/data/small_market_test.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

constexpr AssetIndex kFirst{0}, kSecond{1};

ErrorCode code_of(const auto& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.code();
  }
  return ErrorCode{};
}

class SmallLabels final : public MinuteLabels {
 public:
  explicit SmallLabels(utils::CalendarPtr c) : calendar_(std::move(c)) {}
  [[nodiscard]] int session_of(Timestamp t) const override { return calendar_->find_session(t.date()).value_or(-1); }
  [[nodiscard]] int minute_count(int s) const override { return calendar_->minute_count(s); }
  [[nodiscard]] int minute_index(int s, Timestamp t) const override {
    return calendar_->find_minute(s, t).value_or(-1);
  }

 private:
  utils::CalendarPtr calendar_;
};

std::shared_ptr<const BarStore> one_asset(BarSeries series) {
  BarStoreBuilder builder(days_of(*small_calendar(5)));
  builder.add_daily(series);
  return std::move(builder).build();
}

BarSeries one_row(std::int64_t price, int price_scale, std::int64_t volume, int volume_scale) {
  BarSeries s = flat_days(*small_calendar(5), 0, {price}, price_scale, volume);
  s.volume_scale = volume_scale;
  return s;
}

TEST(BarStore, AssetsLiveFromFirstToLastRowWithGapsMissing) {
  const auto calendar = small_calendar(6);
  BarStoreBuilder builder(days_of(*calendar));
  builder.add_daily(flat_days(*calendar, 0, {101, 102}, 2));
  builder.add_daily(flat_days(*calendar, 2, {7, kM, 9}, 0));
  builder.add_daily({});
  const auto store = std::move(builder).build();
  EXPECT_EQ(store->asset_count(), 3);
  EXPECT_TRUE(store->has_daily());
  EXPECT_FALSE(store->has_minutes());
  EXPECT_EQ(store->sessions().size(), 6u);
  EXPECT_EQ(store->daily(kFirst).at(Field::Close, 1), 102);
  EXPECT_EQ(store->daily(kFirst).at(Field::Close, 2), kMissing);
  EXPECT_EQ(store->daily(kFirst).price_scale, 2);
  const AssetBars& second = store->daily(kSecond);
  EXPECT_EQ(second.first, 2);
  EXPECT_EQ(second.count, 3);
  EXPECT_EQ(second.at(Field::Open, 1), kMissing);
  EXPECT_EQ(second.at(Field::Open, 3), kMissing);
  EXPECT_EQ(second.at(Field::Volume, 3), kMissing);
  EXPECT_EQ(second.at(Field::Open, 4), 9);
  EXPECT_EQ(second.at(Field::Open, -1), kMissing);
  EXPECT_EQ(store->daily(AssetIndex{2}).count, 0);
}

TEST(BarStore, RowOfZerosIsNoTrade) {
  const auto store = one_asset(one_row(0, 3, 0, 0));
  EXPECT_EQ(store->daily(kFirst).at(Field::Open, 0), kMissing);
  EXPECT_EQ(store->daily(kFirst).at(Field::Close, 0), kMissing);
  EXPECT_EQ(store->daily(kFirst).at(Field::Volume, 0), 0);
}

TEST(BarStore, ZeroPriceWithVolumeIsAPriceUnlessThousandths) {
  const auto store = one_asset(one_row(0, 3, 5, 0));
  EXPECT_EQ(store->daily(kFirst).at(Field::Close, 0), 0);
  const auto zipline = BarStore::with_source(store, PriceSource::Thousandths);
  EXPECT_EQ(zipline->daily(kFirst).at(Field::Close, 0), kMissing);
  EXPECT_EQ(zipline->daily(kFirst).at(Field::Volume, 0), 5);
}

TEST(BarStore, DayThatIsNoSessionIsNamed) {
  BarSeries saturday = one_row(100, 2, 1, 0);
  saturday.times = {kMonday.days + 5};
  try {
    one_asset(saturday);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::NotASession);
    EXPECT_NE(e.message().find("2024-01-06"), std::string::npos) << e.message();
  }
}

TEST(BarStore, RowsMustIncreaseInTime) {
  BarSeries twice = flat_days(*small_calendar(5), 0, {1, 2}, 0);
  twice.times[1] = twice.times[0];
  EXPECT_EQ(code_of([&] { one_asset(twice); }), ErrorCode::RowsOutOfOrder);
}

TEST(BarStore, StoreThatFitsThousandthsIsNotCopied) {
  const auto store = one_asset(one_row(4'294'967'295, 3, 4'294'967'295, 0));
  EXPECT_EQ(BarStore::with_source(store, PriceSource::Thousandths), store);
  EXPECT_EQ(BarStore::with_source(store, PriceSource::Exact), store);
}

// numpy: (x * 1000).round(); 21.5345 * 1000 is 21534.5, 21.5355 * 1000 is 21535.5, ties go to even
TEST(BarStore, ThousandthsRoundsFinerPricesHalfEven) {
  const std::pair<std::int64_t, std::int64_t> cases[] = {
      {215'345, 21'534}, {215'355, 21'536}, {215'346, 21'535}, {4, kMissing}, {15, 2}, {42'949'672'955, kMissing}};
  for (const auto& [mantissa, expected] : cases) {
    const auto store = BarStore::with_source(one_asset(one_row(mantissa, 4, 1, 0)), PriceSource::Thousandths);
    EXPECT_EQ(store->daily(kFirst).price_scale, 3);
    EXPECT_EQ(store->daily(kFirst).at(Field::Close, 0), expected) << mantissa;
  }
}

TEST(BarStore, ThousandthsDropsWhatDoesNotFit32Bits) {
  const auto price = BarStore::with_source(one_asset(one_row(429'496'730, 2, 1, 0)), PriceSource::Thousandths);
  EXPECT_EQ(price->daily(kFirst).at(Field::Close, 0), kMissing);  // 4,294,967.300 has 33 bits in thousandths
  const auto volume = BarStore::with_source(one_asset(one_row(100, 2, 4'294'967'296, 0)), PriceSource::Thousandths);
  EXPECT_EQ(volume->daily(kFirst).at(Field::Volume, 0), 0);
  EXPECT_EQ(volume->daily(kFirst).at(Field::Close, 0), 100);
  const auto fraction = BarStore::with_source(one_asset(one_row(100, 2, 1999, 3)), PriceSource::Thousandths);
  EXPECT_EQ(fraction->daily(kFirst).at(Field::Volume, 0), 1);
  EXPECT_EQ(fraction->daily(kFirst).volume_scale, 0);
}

TEST(BarStore, ConvertedStoreOutlivesItsSource) {
  auto store = one_asset(one_row(123'456, 4, 1, 0));
  const auto zipline = BarStore::with_source(std::move(store), PriceSource::Thousandths);
  EXPECT_EQ(zipline->daily(kFirst).at(Field::Open, 0), 12'346);
}

BarSeries minutes_at(const utils::TradingCalendar& calendar, const std::vector<std::pair<int, int>>& where) {
  BarSeries series;
  series.price_scale = 2;
  for (const auto& [session, minute] : where) {
    series.times.push_back(calendar.minute(session, minute).ns);
    for (std::size_t f = 0; f < 4; ++f) series.columns[f].push_back(100 * session + minute + 1);
    series.columns[4].push_back(10);
  }
  return series;
}

TEST(BarStore, MinutesStandInBlocksOfTheirSession) {
  const auto calendar = small_calendar(4);
  BarStoreBuilder builder(days_of(*calendar));
  builder.add_minutes({}, SmallLabels(calendar));
  builder.add_minutes(minutes_at(*calendar, {{1, 0}, {1, 2}, {3, 1}}), SmallLabels(calendar));
  const auto store = std::move(builder).build();
  EXPECT_TRUE(store->has_minutes());
  EXPECT_EQ(store->minutes_in(0), 0);
  EXPECT_EQ(store->minutes_in(1), 3);
  const AssetMinutes& m = store->minutes(kSecond);
  EXPECT_EQ(store->minutes(kFirst).count, 0);
  EXPECT_EQ(m.block(0), -1);
  EXPECT_EQ(m.block(2), -1);
  ASSERT_EQ(m.block(1), 0);
  ASSERT_EQ(m.block(3), 3);
  const std::int64_t* close = m.columns[static_cast<int>(Field::Close)];
  EXPECT_EQ(close[0], 101);
  EXPECT_EQ(close[1], kMissing);
  EXPECT_EQ(close[2], 103);
  EXPECT_EQ(close[m.block(3) + 1], 302);
}

TEST(BarStore, MinuteOutsideTheSessionIsAnError) {
  const auto calendar = small_calendar(4);
  BarSeries series = minutes_at(*calendar, {{1, 0}});
  series.times[0] = calendar->open(1).ns;  // the open itself is no minute: the first label is one later
  BarStoreBuilder builder(days_of(*calendar));
  EXPECT_EQ(code_of([&] { builder.add_minutes(series, SmallLabels(calendar)); }), ErrorCode::NotASession);
}

TEST(BarStore, FileReadsBackAsWritten) {
  const storage::TemporaryFolder folder;
  const auto file = folder.path() / "bars.arrow";
  const auto calendar = small_calendar(6);
  const BarSeries first = flat_days(*calendar, 0, {101, kM, 103}, 2);
  const BarSeries second = flat_days(*calendar, 3, {70'001, 70'002}, 4, 5'000'000'000);
  const BarSeries minutes = minutes_at(*calendar, {{0, 1}, {4, 2}});
  const SmallLabels labels(calendar);
  BarStoreBuilder in_memory(days_of(*calendar));
  in_memory.add_daily(first);
  in_memory.add_daily(second);
  in_memory.add_minutes(minutes, labels);
  in_memory.add_minutes({}, labels);
  const auto expected = std::move(in_memory).build();
  {
    BarStoreFile to_file(file, days_of(*calendar), std::vector<std::int32_t>(6, calendar->minute_count(0)),
                         {{.price_scale = 2,
                           .first_session = 0,
                           .last_session = 2,
                           .minute_sessions = {true, false, false, false, true, false}},
                          {.price_scale = 4, .first_session = 3, .last_session = 4}});
    to_file.put_daily(kSecond, second);  // assets in any order, pieces of one in order of time
    to_file.put_daily(kFirst, first);
    to_file.put_minutes(kFirst, minutes_at(*calendar, {{0, 1}}), labels);
    to_file.put_minutes(kFirst, minutes_at(*calendar, {{4, 2}}), labels);
    to_file.close();
  }
  const auto store = BarStore::open(file);
  ASSERT_EQ(store->asset_count(), 2);
  EXPECT_TRUE(std::ranges::equal(store->sessions(), expected->sessions()));
  for (const AssetIndex a : {kFirst, kSecond}) {
    EXPECT_EQ(store->daily(a).price_scale, expected->daily(a).price_scale);
    for (int f = 0; f < kFieldCount; ++f)
      for (int s = 0; s < 6; ++s)
        EXPECT_EQ(store->daily(a).at(static_cast<Field>(f), s), expected->daily(a).at(static_cast<Field>(f), s));
  }
  const AssetMinutes& m = store->minutes(kFirst);
  EXPECT_EQ(m.columns[static_cast<int>(Field::Close)][m.block(4) + 2], 403);
  EXPECT_EQ(m.block(2), -1);
  const AssetMinutes& in_memory_minutes = expected->minutes(kFirst);
  for (const int session : {0, 4}) {
    ASSERT_EQ(m.block(session), in_memory_minutes.block(session));
    for (int f = 0; f < kFieldCount; ++f)
      for (int i = 0; i < store->minutes_in(session); ++i)
        EXPECT_EQ(m.columns[f][m.block(session) + i], in_memory_minutes.columns[f][m.block(session) + i]);
  }
  // the range in the directory still tells that the second asset needs a copy
  const auto zipline = BarStore::with_source(store, PriceSource::Thousandths);
  EXPECT_EQ(zipline->daily(kSecond).at(Field::Close, 3), 7'000);
  EXPECT_EQ(zipline->daily(kSecond).at(Field::Volume, 3), 0);
  EXPECT_EQ(zipline->daily(kFirst).columns[0], store->daily(kFirst).columns[0]);
}

TEST(BarStore, OpenNamesWhatIsWrong) {
  const storage::TemporaryFolder folder;
  EXPECT_EQ(code_of([&] { (void)BarStore::open(folder.path() / "absent.arrow"); }), ErrorCode::FileNotFound);
  const auto file = folder.path() / "damaged.arrow";
  std::ofstream(file) << "these are no bars";
  EXPECT_EQ(code_of([&] { (void)BarStore::open(file); }), ErrorCode::CorruptBundle);
}

}  // namespace
}  // namespace rustybt::data

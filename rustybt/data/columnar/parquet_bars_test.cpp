#include <gtest/gtest.h>

#include <map>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/core.hpp"
#include "rustybt/data/columnar/minute_merge.hpp"
#include "rustybt/data/columnar/parquet_daily_bars.hpp"
#include "rustybt/data/columnar/parquet_minute_bars.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::data {
namespace {

namespace fs = std::filesystem;
using storage::TemporaryFolder;
using Values = std::vector<std::int64_t>;

constexpr std::int64_t kMinuteNs = 60'000'000'000;

/// Three assets with three years of days and four months of hourly bars; A has 2 decimals, B none, C 4 from 2022 on.
fs::path write_example(const fs::path& root) {
  BundleContent content;
  content.calendar_name = "24/7";
  for (int a = 0; a < 3; ++a) {
    BundleContent::Item& item = content.items.emplace_back();
    item.asset.symbol = std::string(1, static_cast<char>('A' + a));
    const auto put = [&](BarSeries& series, std::int64_t time, std::int64_t price) {
      series.price_scale = 4;
      series.times.push_back(time);
      const std::int64_t fine = a == 2 && time > Date::parse("2022-01-01").days ? 1 : 0;
      const std::int64_t scaled = price * (a == 1 ? 10'000 : 100) + fine;
      for (int f = 0; f < 4; ++f) series.columns[f].push_back(scaled);
      series.columns[4].push_back(price);
    };
    for (int d = Date::parse("2020-06-01").days; d < Date::parse("2022-06-01").days; ++d)
      put(item.daily, d, 100 + d % 50);
    for (std::int64_t t = Timestamp::parse("2022-01-15T00:01:00Z").ns; t < Timestamp::parse("2022-04-15T00:00:00Z").ns;
         t += 60 * kMinuteNs)
      put(item.minute, t, 100 + t / kMinuteNs % 97);
  }
  IngestOptions options;
  options.root = root;
  return root / "data/b/versions" / write_bundle("b", std::move(content), options).version_id;
}

const Values& decimals(const storage::ColumnTable& table, const char* name) {
  return table.column(name).as<storage::Decimals>().values;
}

TEST(ParquetDailyBars, ReadsAssetsFieldsAndTimesOfPartitions) {
  const TemporaryFolder folder;
  const ParquetDailyBars reader(write_example(folder.path()) / "daily");
  ParquetBars::Work work;
  const storage::ColumnTable all = reader.load({}, &work);
  EXPECT_EQ(all.rows(), 3u * 730);
  EXPECT_EQ(work.files, 3);
  EXPECT_EQ(work.files_read, 3);
  EXPECT_EQ(all.columns.size(), 7u);
  const BarSelection some{.sids = {Sid{2}, Sid{0}},
                          .fields = {Field::Close},
                          .first = Date::parse("2021-12-30").days,
                          .last = Date::parse("2022-01-02").days};
  const storage::ColumnTable table = reader.load(some, &work);
  EXPECT_EQ(work.files_read, 2);  // 2020 is left alone
  ASSERT_EQ(table.rows(), 8u);
  EXPECT_EQ(table.columns.size(), 3u);
  EXPECT_EQ(table.column("sid").as<storage::Int64s>().values, (Values{0, 0, 2, 2, 0, 0, 2, 2}));
  EXPECT_EQ(table.column("session").as<storage::Dates>().values[5], Date::parse("2022-01-02").days);
  const auto& close = table.column("close").as<storage::Decimals>();
  // 18,991 days since 1970 are 2021-12-30: 100 + 41 cents; the files of 2022 have 4 decimals, all rows then
  EXPECT_EQ(close.scale, 4);
  EXPECT_EQ(close.values, (Values{14'100, 14'200, 14'100, 14'200, 14'300, 14'400, 14'300, 14'401}));
  EXPECT_EQ(reader.find_first_day(Sid{1})->to_string(), "2020-06-01");
  EXPECT_EQ(reader.find_last_day(Sid{1})->to_string(), "2022-05-31");
  EXPECT_FALSE(reader.find_last_day(Sid{9}).has_value());
}

TEST(ParquetMinuteBars, SkipsMonthsAndRowGroups) {
  const TemporaryFolder folder;
  const fs::path version = write_example(folder.path());
  const ParquetMinuteBars reader(version / "minute");
  ParquetBars::Work work;
  const BarSelection some{.sids = {Sid{1}},
                          .first = Timestamp::parse("2022-02-28T23:01:00Z").ns,
                          .last = Timestamp::parse("2022-03-01T00:01:00Z").ns};
  const storage::ColumnTable table = reader.load(some, &work);
  EXPECT_EQ(work.files, 4);
  EXPECT_EQ(work.files_read, 2);
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.column("time").as<storage::Timestamps>().values[1], some.last);
  EXPECT_EQ(reader.load({.sids = {Sid{77}}}, &work).rows(), 0u);
  EXPECT_EQ(work.row_groups_read, 0);  // by the statistics of sid alone

  // 40 row groups, sorted by sid: one of them holds what is asked for
  storage::ColumnTable many{
      {{"sid", storage::Int64s{}}, {"time", storage::Timestamps{}}, {"close", storage::Decimals{}}}};
  for (int i = 0; i < 4'000; ++i) {
    std::get<storage::Int64s>(many.columns[0].values).values.push_back(i / 100);
    std::get<storage::Timestamps>(many.columns[1].values).values.push_back(i % 100 * kMinuteNs);
    std::get<storage::Decimals>(many.columns[2].values).values.push_back(i);
  }
  storage::write_parquet(folder.path() / "many.parquet", many, {.row_group_rows = 100});
  const ParquetMinuteBars one_file(folder.path() / "many.parquet");
  const auto found =
      one_file.load({.sids = {Sid{17}}, .fields = {Field::Close}, .first = 0, .last = 2 * kMinuteNs}, &work);
  EXPECT_EQ(decimals(found, "close"), (Values{1'700, 1'701, 1'702}));
  EXPECT_EQ(work.row_groups, 40);
  EXPECT_EQ(work.row_groups_read, 1);
}

TEST(ParquetDailyBars, ReadsTheSeedsFilesBySymbol) {
  const fs::path file = utils::shared_data() / "parquet/rustybt_market_data.parquet";
  RUSTYBT_NEED_SHARED_DATA(file);
  const auto rows = utils::read_csv(utils::shared_data() / "parquet/rustybt_market_data.csv");
  std::map<std::string, std::vector<std::vector<std::string>>> by_symbol;  // timestamp, symbol, open, ..., volume
  for (const auto& row : rows) by_symbol[row[1]].push_back(row);
  ASSERT_EQ(by_symbol.size(), 5u);
  const ParquetDailyBars reader(file);
  for (const auto& [symbol, expected] : by_symbol) {
    const storage::ColumnTable table = reader.load({.symbols = {symbol}});
    ASSERT_EQ(table.rows(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(Date{table.column("session").as<storage::Dates>().values[i]}.to_string(), expected[i][0].substr(0, 10));
      for (std::size_t f = 0; f < kFieldCount; ++f) {
        const auto& column = table.columns[f + 2].as<storage::Decimals>();
        ASSERT_EQ(Decimal(column.values[i], column.scale), Decimal::parse(expected[i][f + 2])) << symbol << " " << i;
      }
    }
  }
}

TEST(ParquetBars, NameWhatIsMissingOrInexact) {
  const TemporaryFolder folder;
  const auto code = [&](const storage::ColumnTable& table) {
    storage::write_parquet(folder.path() / "x.parquet", table);
    try {
      static_cast<void>(ParquetDailyBars(folder.path() / "x.parquet").load({.fields = {Field::Close}}));
    } catch (const Error& e) {
      return e.code();
    }
    return ErrorCode::InvariantViolation;
  };
  EXPECT_EQ(code({{{"sid", storage::Int64s{{1}}}, {"close", storage::Int64s{{1}}}}}), ErrorCode::MissingColumn);
  EXPECT_EQ(code({{{"sid", storage::Int64s{{1}}}, {"date", storage::Dates{{1}}}}}), ErrorCode::MissingColumn);
  EXPECT_EQ(code({{{"sid", storage::Int64s{{1}}}, {"date", storage::Dates{{1}}}, {"close", storage::Doubles{{1.5}}}}}),
            ErrorCode::WrongType);
  EXPECT_THROW(ParquetDailyBars(folder.path() / "absent"), Error);
}

TEST(RegressionEvent7, ReadersReturnTheAssetsFieldsAndDaysThatWereAskedFor) {
  const TemporaryFolder folder;
  const fs::path version = write_example(folder.path());
  const ParquetDailyBars reader(version / "daily");
  const std::int64_t day = Date::parse("2022-01-02").days;
  // one reader, queries that differ in one thing each, asked twice in both orders
  const auto ask = [&](std::int64_t sid, Field field, std::int64_t first, std::int64_t last) {
    const auto table = reader.load({.sids = {Sid{sid}}, .fields = {field}, .first = first, .last = last});
    std::vector<std::string> values;
    const auto& column = table.columns[2].as<storage::Decimals>();
    for (const std::int64_t v : column.values) values.push_back(Decimal(v, column.scale).normalized().to_string());
    return values;
  };
  using Texts = std::vector<std::string>;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ask(0, Field::Close, day, day), Texts{"1.44"});
    EXPECT_EQ(ask(1, Field::Close, day, day), Texts{"144"});
    EXPECT_EQ(ask(2, Field::Close, day, day), Texts{"1.4401"});
    EXPECT_EQ(ask(0, Field::Volume, day, day), Texts{"144"});
    EXPECT_EQ(ask(0, Field::Close, day - 1, day), (Texts{"1.43", "1.44"}));
    EXPECT_EQ(ask(0, Field::Close, day - 1, day - 1), Texts{"1.43"});
  }
  // a correction is seen by the next query: by the reader of the new version at once
  BundleContent change;
  change.calendar_name = "24/7";
  change.items.emplace_back();
  change.items[0].asset.symbol = "A";
  change.items[0].daily.times = {day};
  change.items[0].daily.price_scale = 2;
  for (auto& column : change.items[0].daily.columns) column = {999};
  IngestOptions options;
  options.root = folder.path();
  options.append = true;
  options.on_conflict = OnConflict::Replace;
  const fs::path after = folder.path() / "data/b/versions" / write_bundle("b", std::move(change), options).version_id;
  EXPECT_EQ(decimals(ParquetDailyBars(after / "daily")
                         .load({.sids = {Sid{0}}, .fields = {Field::Volume}, .first = day, .last = day}),
                     "volume"),
            Values{999});
  EXPECT_EQ(ask(0, Field::Close, day, day), Texts{"1.44"});  // the old version is what it was
}

TEST(MinuteMerge, GivesEveryBarInOrderOfTimeThenAsset) {
  const TemporaryFolder folder;
  const fs::path version = write_example(folder.path());
  const Bundle bundle = load_bundle(folder.path(), "b");
  // the truth from the files, sorted by time, then sid
  const auto table = ParquetMinuteBars(version / "minute").load({.fields = {Field::Volume}});
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> expected;
  for (std::size_t i = 0; i < table.rows(); ++i)
    expected[{table.column("time").as<storage::Timestamps>().values[i],
              table.column("sid").as<storage::Int64s>().values[i]}] = decimals(table, "volume")[i];
  MinuteMerge merge(bundle.bars, bundle.calendar, {AssetIndex{0}, AssetIndex{1}, AssetIndex{2}}, 0, INT32_MAX);
  MinuteBatch batch;
  auto next = expected.begin();
  int sessions = 0;
  while (merge.next(batch)) {
    ++sessions;
    for (std::size_t i = 0; i < batch.rows(); ++i, ++next) {
      ASSERT_NE(next, expected.end());
      ASSERT_EQ(batch.times[i], next->first.first);
      ASSERT_EQ(batch.assets[i].value, next->first.second);
      ASSERT_EQ(batch.columns[4][i], next->second);
    }
  }
  EXPECT_EQ(next, expected.end());
  EXPECT_EQ(sessions, 90);
}

}  // namespace
}  // namespace rustybt::data

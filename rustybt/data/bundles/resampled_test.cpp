#include "rustybt/data/bundles/resampled.hpp"

#include <gtest/gtest.h>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

BarSeries rows_of(std::vector<std::int64_t> times, std::vector<std::int64_t> closes, int scale) {
  BarSeries rows;
  rows.price_scale = scale;
  rows.times = std::move(times);
  for (std::size_t f = 0; f < 4; ++f) rows.columns[f] = closes;
  rows.columns[4].assign(closes.size(), 10);
  return rows;
}

std::int64_t at(const char* time) { return Timestamp::parse(time).ns; }
std::int64_t day(const char* date) { return Date::parse(date).days; }

Bundle bundle_of(const std::filesystem::path& root, std::vector<BarSeries> daily, std::vector<BarSeries> minutes) {
  BundleContent content;
  const std::size_t assets = std::max(daily.size(), minutes.size());
  for (std::size_t i = 0; i < assets; ++i) {
    auto& item = content.items.emplace_back();
    item.asset.symbol = std::string(3, static_cast<char>('A' + i));
    item.asset.exchange = "NYSE";
    if (i < daily.size()) item.daily = std::move(daily[i]);
    if (i < minutes.size()) item.minute = std::move(minutes[i]);
  }
  IngestOptions options;
  options.root = root;
  write_bundle("b", std::move(content), options);
  return load_bundle(root, "b");
}

TEST(ResampledTable, MinutesBecomeHoursWithTheirSymbols) {
  const storage::TemporaryFolder folder;
  const Bundle bundle = bundle_of(folder.path(), {},
                                  {rows_of({at("2020-01-02T14:31Z"), at("2020-01-02T15:30Z"), at("2020-01-02T15:31Z")},
                                           {1001, 1002, 1003}, 2),
                                   rows_of({at("2020-01-02T21:00Z")}, {5}, 0)});
  const storage::ColumnTable table = resampled_table(bundle, BarPeriod::parse("1h"));
  EXPECT_EQ(table.column("symbol").as<storage::Strings>().values, (std::vector<std::string>{"AAA", "AAA", "BBB"}));
  EXPECT_EQ(table.column("dt").as<storage::Timestamps>().values,
            (std::vector<std::int64_t>{at("2020-01-02T15:30Z"), at("2020-01-02T16:30Z"), at("2020-01-02T21:00Z")}));
  EXPECT_EQ(table.column("close").as<storage::Decimals>().values, (std::vector<std::int64_t>{1002, 1003, 500}));
  EXPECT_EQ(table.column("close").as<storage::Decimals>().scale, 2);
  EXPECT_EQ(table.column("rows").as<storage::Int64s>().values, (std::vector<std::int64_t>{2, 1, 1}));
  EXPECT_EQ(table.column("is_partial").as<storage::Bools>().values, (std::vector<std::uint8_t>{0, 1, 0}));
}

TEST(ResampledTable, DaysBecomeWeeks) {
  const storage::TemporaryFolder folder;
  const Bundle bundle = bundle_of(
      folder.path(), {rows_of({day("2020-01-02"), day("2020-01-03"), day("2020-01-06")}, {1, 2, 3}, 0)}, {});
  const storage::ColumnTable table = resampled_table(bundle, BarPeriod::week());
  EXPECT_EQ(table.column("session").as<storage::Dates>().values,
            (std::vector<std::int32_t>{static_cast<std::int32_t>(day("2020-01-03")),
                                       static_cast<std::int32_t>(day("2020-01-10"))}));
  EXPECT_EQ(table.column("is_partial").as<storage::Bools>().values, (std::vector<std::uint8_t>{0, 1}));
  EXPECT_EQ(resampled_table(bundle, BarPeriod::day()).rows(), 3u);
  EXPECT_EQ(error_of([&] { static_cast<void>(resampled_table(bundle, BarPeriod::parse("1h"))); }).code(),
            ErrorCode::EmptyData);
}

}  // namespace
}  // namespace rustybt::data

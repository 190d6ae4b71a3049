#include "rustybt/data/bundles/csvdir.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::data {
namespace {

namespace fs = std::filesystem;
using storage::TemporaryFolder;

void write(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

ErrorCode code_of(const CsvdirOptions& csvdir) {
  try {
    static_cast<void>(read_csvdir(csvdir, {}));
  } catch (const Error& e) {
    return e.code();
  }
  return ErrorCode::InvariantViolation;
}

constexpr std::string_view kDaily =
    "date,open,high,low,close,volume,dividend,split\n2014-06-05,10,11,9,10,1,0,1\n2014-06-06,5,6,4,5,1,0.5,2.0\n";
constexpr std::string_view kMinute =
    "date,open,high,low,close,volume\n2014-06-05 13:31:00,1,1,1,1,1\n2014-06-05 13:32:00,2,2,2,2,1\n";

TEST(Csvdir, BothFramesInOneIngest) {
  const TemporaryFolder folder;
  write(folder.path() / "daily/zz.csv", kDaily);
  write(folder.path() / "daily/AA.csv", kDaily);
  write(folder.path() / "daily/notes.md", "not a bar");
  write(folder.path() / "minute/AA.csv", kMinute);
  write(folder.path() / "minute/MM.csv", kMinute);
  const BundleContent content = read_csvdir({.folder = folder.path()}, {});
  ASSERT_EQ(content.items.size(), 3u);
  EXPECT_EQ(content.items[0].asset.symbol, "AA");
  EXPECT_EQ(content.items[1].asset.symbol, "MM");
  EXPECT_EQ(content.items[2].asset.symbol, "ZZ");
  EXPECT_EQ(content.items[0].daily.times.size(), 2u);
  EXPECT_EQ(content.items[0].minute.times.size(), 2u);
  EXPECT_TRUE(content.items[1].daily.times.empty());
  const assets::Asset& a = content.items[0].asset;
  EXPECT_EQ(a.exchange, "CSVDIR");
  EXPECT_EQ(a.country_code, "US");
  EXPECT_EQ(a.start_date.to_string(), "2014-06-05");
  EXPECT_EQ(a.end_date.to_string(), "2014-06-06");
  EXPECT_EQ(a.auto_close_date->to_string(), "2014-06-07");  // end + 1 day (zipline_semantics 6.9)
  ASSERT_EQ(content.actions.by_item.splits.size(), 2u);
  EXPECT_EQ(content.actions.by_item.splits[0].ratio, 0.5);
  EXPECT_EQ(content.actions.by_item.splits[1].asset.value, 2);
  EXPECT_EQ(content.actions.by_item.cash_dividends[0].amount.to_string(), "0.5");
  EXPECT_FALSE(content.actions.by_item.cash_dividends[0].pay_date.has_value());

  IngestOptions options;
  options.root = folder.path() / "root";
  const BundleInfo info = write_bundle("both", content, options);
  EXPECT_EQ(info.daily_rows, 4);
  EXPECT_EQ(info.minute_rows, 4);
  for (const CheckFinding& f : check_bundle(options.root, "both")) EXPECT_EQ(f.problem, "") << f.file;
}

TEST(Csvdir, FilesDirectlyInTheFolderAreDaily) {
  const TemporaryFolder folder;
  write(folder.path() / "AA.csv", kDaily);
  const BundleContent content = read_csvdir({.folder = folder.path(), .country_code = "CA"}, {});
  ASSERT_EQ(content.items.size(), 1u);
  EXPECT_EQ(content.items[0].daily.times.size(), 2u);
  EXPECT_EQ(content.exchanges[0].country_code, "CA");
}

TEST(Csvdir, TheEnvironmentNamesTheFolder) {
  const TemporaryFolder folder;
  write(folder.path() / "daily/AA.csv", kDaily);
  ::setenv("CSVDIR", folder.path().c_str(), 1);
  EXPECT_EQ(read_csvdir({}, {}).items.size(), 1u);
  ::unsetenv("CSVDIR");
  EXPECT_EQ(code_of({}), ErrorCode::InvalidArgument);
}

TEST(Csvdir, WhatIsNotThereIsSaid) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of({.folder = folder.path() / "nowhere"}), ErrorCode::FileNotFound);
  EXPECT_EQ(code_of({.folder = folder.path()}), ErrorCode::EmptyData);
  write(folder.path() / "daily/AA.csv", "date,open,high,low,volume\n2014-06-05,1,1,1,1\n");
  EXPECT_EQ(code_of({.folder = folder.path()}), ErrorCode::MissingColumn);
  write(folder.path() / "daily/aa.csv", kDaily);
  EXPECT_EQ(code_of({.folder = folder.path()}), ErrorCode::InvalidArgument);
}

// Counts and actions from the files themselves: 754 rows each; AAPL 7:1 on 2014-06-09 and KO 2:1 on 2012-08-13 are
// marked.
TEST(Csvdir, ReadsZiplinesExample) {
  const fs::path source = utils::shared_data() / "equities/zipline_csvdir";
  RUSTYBT_NEED_SHARED_DATA(source);
  const TemporaryFolder folder;
  IngestOptions options;
  options.root = folder.path();
  const BundleContent content = read_csvdir({.folder = source}, options);
  ASSERT_EQ(content.items.size(), 4u);
  EXPECT_EQ(content.items[3].asset.symbol, "MSFT");
  EXPECT_EQ(content.items[0].daily.times.size(), 754u);
  EXPECT_EQ(content.items[0].daily.price_scale, 6);
  EXPECT_EQ(content.items[0].daily.columns[3][0], 58'747'143);
  ASSERT_EQ(content.actions.by_item.splits.size(), 2u);
  EXPECT_EQ(content.actions.by_item.splits[0].effective_date.to_string(), "2014-06-09");
  EXPECT_EQ(content.actions.by_item.splits[0].denominator, 7);
  EXPECT_EQ(content.actions.by_item.splits[1].effective_date.to_string(), "2012-08-13");
  const BundleInfo info = write_bundle("zipline", content, options);
  EXPECT_EQ(info.daily_rows, 4 * 754);
  EXPECT_EQ(info.first_session.to_string(), "2012-01-03");
  EXPECT_EQ(info.last_session.to_string(), "2014-12-31");
}

}  // namespace
}  // namespace rustybt::data

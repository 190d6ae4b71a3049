#include "rustybt/data/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "rustybt/data/bundles/core.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

namespace fs = std::filesystem;

BarSeries bars(std::vector<const char*> days) {
  BarSeries series;
  for (const char* day : days) {
    series.times.push_back(Date::parse(day).days);
    for (int f = 0; f < 4; ++f) series.columns[f].push_back(100);
    series.columns[4].push_back(7);
  }
  return series;
}

void ingest(const fs::path& root, const char* name, std::vector<const char*> days_of_b = {"2020-01-02"}) {
  BundleContent content;
  for (const char* symbol : {"A", "B"}) {
    BundleContent::Item& item = content.items.emplace_back();
    item.asset.symbol = symbol;
    item.asset.exchange = "NYSE";
  }
  content.items[0].daily = bars({"2020-01-02", "2020-01-03", "2020-01-07"});
  content.items[1].daily = bars(std::move(days_of_b));
  content.source = "here";
  IngestOptions options;
  options.root = root;
  (void)write_bundle(name, std::move(content), options);
}

TEST(Catalog, KnowsBundlesRangesAndFiles) {
  const storage::TemporaryFolder folder;
  ingest(folder.path(), "one");
  Catalog catalog(folder.path(), {});
  ASSERT_EQ(catalog.datasets().size(), 1U);
  const CatalogDataset d = catalog.find("one").value();
  EXPECT_EQ(d.daily_rows, 4);
  EXPECT_EQ(d.first_session, "2020-01-02");
  EXPECT_EQ(d.last_session, "2020-01-07");
  EXPECT_EQ(d.source, "here");
  const auto ranges = catalog.ranges("one", "A");
  ASSERT_EQ(ranges.size(), 1U);
  EXPECT_EQ(ranges[0].frequency, "1d");
  EXPECT_EQ(ranges[0].rows, 3);
  EXPECT_EQ(ranges[0].missing, 1);  // Monday the 6th
  EXPECT_EQ(ranges[0].asset_type, "equity");
  std::int64_t bytes = 0;
  for (const CatalogFile& f : catalog.files("one")) bytes += f.bytes;
  EXPECT_EQ(bytes, d.bytes);
  EXPECT_FALSE(catalog.find("two").has_value());
}

TEST(Catalog, FollowsIngestsAndCleans) {
  const storage::TemporaryFolder folder;
  ingest(folder.path(), "one");
  const std::string before = Catalog(folder.path(), {}).find("one")->data_hash;
  ingest(folder.path(), "one", {"2020-01-02", "2020-01-03"});
  ingest(folder.path(), "two");
  {
    Catalog catalog(folder.path(), {});
    EXPECT_NE(catalog.find("one")->data_hash, before);
    EXPECT_EQ(catalog.find("one")->versions, 2);
    EXPECT_EQ(catalog.ranges("", "A").size(), 2U);
  }
  (void)clean_bundle(folder.path(), "two", 0, std::nullopt, std::nullopt);
  Catalog catalog(folder.path(), {});
  EXPECT_FALSE(catalog.find("two").has_value());
  EXPECT_EQ(catalog.ranges("", "A").size(), 1U);
}

// A price correction makes other data: what was said of the old ones no longer holds (regression event 13).
TEST(RegressionEvent13, QualityIsTiedToTheContentOfTheData) {
  const storage::TemporaryFolder folder;
  ingest(folder.path(), "one");
  {
    Catalog catalog(folder.path(), {});
    catalog.record_quality("one", {catalog.find("one")->data_hash, "2020-02-01T00:00:00Z", 1, 2});
    ASSERT_TRUE(catalog.find("one")->quality.has_value());
    EXPECT_EQ(catalog.find("one")->quality->warnings, 2);
  }
  ingest(folder.path(), "one", {"2020-01-03"});
  EXPECT_FALSE(Catalog(folder.path(), {}).find("one")->quality.has_value());
  ingest(folder.path(), "one");  // the old data again
  EXPECT_TRUE(Catalog(folder.path(), {}).find("one")->quality.has_value());
}

TEST(Catalog, IsMadeAgainWhenDamaged) {
  const storage::TemporaryFolder folder;
  ingest(folder.path(), "one");
  {
    Catalog catalog(folder.path(), {});
  }
  for (const char* ending : {"-wal", "-shm"}) fs::remove(folder.path() / (std::string("catalog.sqlite") + ending));
  std::ofstream(folder.path() / "catalog.sqlite") << "this is no database, it is text of some length to be read";
  EXPECT_EQ(Catalog(folder.path(), {}).datasets().size(), 1U);
}

TEST(Catalog, ABundleThatCannotBeReadIsListedWithItsProblem) {
  const storage::TemporaryFolder folder;
  ingest(folder.path(), "one");
  std::ofstream(folder.path() / "data" / "one" / "manifest.json") << "{";
  Catalog catalog(folder.path(), {});
  ASSERT_EQ(catalog.datasets().size(), 1U);
  EXPECT_THAT(catalog.datasets()[0].problem, testing::HasSubstr("manifest.json"));
}

TEST(Catalog, ManyProcessesMayOpenItAtOnce) {
  const storage::TemporaryFolder folder;
  for (const char* name : {"a", "b", "c"}) ingest(folder.path(), name);
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        for (int n = 0; n < 5; ++n)
          if (Catalog(folder.path(), {}).datasets().size() != 3) ::_exit(2);
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

}  // namespace
}  // namespace rustybt::data

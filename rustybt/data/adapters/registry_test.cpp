#include "rustybt/data/adapters/registry.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data::adapters {
namespace {

TEST(AdapterRegistry, HasTheBuiltInSourcesAndTakesMore) {
  AdapterRegistry registry = default_adapters();
  EXPECT_EQ(registry.names(), (std::vector<std::string>{"csv", "parquet", "csvdir", "synthetic", "yfinance", "polygon",
                                                        "alpaca", "alphavantage"}));
  for (const std::string& name : registry.names()) {
    const auto adapter = registry.make(name);
    EXPECT_EQ(adapter->name(), name);
    EXPECT_FALSE(adapter->description().empty());
    EXPECT_FALSE(adapter->settings().empty());
  }
  EXPECT_THROW(static_cast<void>(registry.make("yahoo")), Error);
  EXPECT_THROW(registry.add("csv", {}), Error);
}

TEST(AdapterRegistry, SyntheticTakesItsSettings) {
  const auto adapter = default_adapters().make("synthetic");
  DataRequest request;
  request.settings = {
      {"assets", "2"}, {"first", "2021-01-04"}, {"last", "2021-01-08"}, {"frequency", "both"}, {"seed", "7"}};
  const BundleContent content = adapter->fetch(request, {});
  ASSERT_EQ(content.items.size(), 3u);
  EXPECT_EQ(content.items[0].daily.times.size(), 5u);
  EXPECT_EQ(content.items[0].minute.times.size(), 5u * 390);
  EXPECT_EQ(adapter->describe(request),
            "synthetic market: seed 7, 2 stocks and MARKET, 2021-01-04 to 2021-01-08, calendar XNYS\n");
  request.settings["assets"] = "many";
  EXPECT_THROW(static_cast<void>(adapter->fetch(request, {})), Error);
}

TEST(AdapterRegistry, APathTellsItsAdapter) {
  const storage::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "dir/daily");
  std::ofstream(folder.path() / "a.csv") << "x";
  std::ofstream(folder.path() / "a.parquet") << "x";
  EXPECT_EQ(guess_adapter(folder.path() / "dir"), "csvdir");
  EXPECT_EQ(guess_adapter(folder.path()), "csv");
  EXPECT_EQ(guess_adapter(folder.path() / "a.csv"), "csv");
  EXPECT_EQ(guess_adapter(folder.path() / "a.parquet"), "parquet");
  EXPECT_THROW(static_cast<void>(guess_adapter(folder.path() / "b")), Error);
}

}  // namespace
}  // namespace rustybt::data::adapters

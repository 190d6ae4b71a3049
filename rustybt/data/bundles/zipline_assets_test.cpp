// Databases that Zipline wrote and downgraded itself: tools/make_zipline_asset_dumps.py.

#include "rustybt/data/bundles/zipline_assets.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/source_folder_test.hpp"
#include "rustybt/storage/sqlite.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

class ZiplineAssets : public testing::TestWithParam<int> {
 protected:
  BundleContent read(int version, const std::string& more = {}) {
    const std::filesystem::path file = folder_.path() / "assets.sqlite";
    {
      storage::Database database(file, storage::OpenMode::Create);
      database.execute(
          storage::read_file(source_folder() / fmt::format("tests/data/zipline_assets/version_{}.sql", version)));
      if (!more.empty()) database.execute(more);
    }
    return read_zipline_assets(file);
  }
  storage::TemporaryFolder folder_;
};

TEST_P(ZiplineAssets, AreReadFromEverySchemaVersion) {
  const int version = GetParam();
  const BundleContent content = read(version);
  ASSERT_EQ(content.items.size(), 4u);
  const assets::Asset& alpha = content.items[0].asset;
  EXPECT_EQ(alpha.sid.value, 1);
  EXPECT_EQ(alpha.symbol, "AAA");
  EXPECT_EQ(alpha.asset_name, "Alpha");
  EXPECT_EQ(alpha.exchange, "NEW YORK STOCK EXCHANGE");
  EXPECT_EQ(alpha.start_date.to_string(), "2010-01-04");
  EXPECT_EQ(alpha.end_date.to_string(), "2019-12-31");
  EXPECT_EQ(alpha.first_traded->to_string(), "2010-01-05");
  if (version >= 2) {
    EXPECT_EQ(alpha.auto_close_date->to_string(), "2020-01-01");
  } else {
    EXPECT_FALSE(alpha.auto_close_date.has_value());
  }
  EXPECT_EQ(content.items[1].asset.symbol, "BRK.B");
  EXPECT_EQ(content.items[2].asset.symbol, "CCC");  // the last one that it held

  const assets::Asset& future = content.items[3].asset;
  EXPECT_EQ(future.type, assets::AssetType::Future);
  EXPECT_EQ(future.sid.value, 10);
  EXPECT_EQ(future.symbol, "ESH19");
  EXPECT_EQ(future.root_symbol, "ES");
  EXPECT_EQ(future.exchange, "CME");
  EXPECT_EQ(future.notice_date->to_string(), "2019-03-14");
  EXPECT_EQ(future.expiration_date->to_string(), "2019-03-15");
  EXPECT_EQ(future.auto_close_date->to_string(), "2019-03-13");
  EXPECT_EQ(future.price_multiplier, Decimal::parse("50"));
  EXPECT_EQ(future.tick_size, Decimal::parse("0.25"));
  ASSERT_EQ(content.roots.size(), 1u);
  EXPECT_EQ(content.roots[0].description, "E-mini S&P 500");

  const auto exchange = std::ranges::find(content.exchanges, "NEW YORK STOCK EXCHANGE", &assets::Exchange::exchange);
  ASSERT_NE(exchange, content.exchanges.end());
  EXPECT_EQ(exchange->country_code, "US");
  EXPECT_EQ(exchange->canonical_name, version >= 4 ? "NYSE" : "NEW YORK STOCK EXCHANGE");
}

INSTANTIATE_TEST_SUITE_P(Versions, ZiplineAssets, testing::Range(1, 8));

TEST_F(ZiplineAssets, KeepEarlierSymbolsFromVersion5AndVendorsNumbersFromVersion6) {
  for (const int version : {4, 5, 6, 7}) {
    SCOPED_TRACE(version);
    const BundleContent content = read(version);
    ASSERT_EQ(content.symbol_mappings.size(), version >= 5 ? 4u : 0u);
    if (version >= 5) {
      const auto old = std::ranges::find(content.symbol_mappings, "OLD", &assets::SymbolMapping::symbol);
      ASSERT_NE(old, content.symbol_mappings.end());
      EXPECT_EQ(old->sid.value, 2);  // the third item
      EXPECT_EQ(old->start_date.to_string(), "2012-03-01");
      EXPECT_EQ(old->end_date.to_string(), "2013-03-01");
    }
    ASSERT_EQ(content.supplementary_mappings.size(), version >= 6 ? 1u : 0u);
    if (version >= 6) {
      EXPECT_EQ(content.supplementary_mappings[0].sid.value, 0);
      EXPECT_EQ(content.supplementary_mappings[0].field, "CUSIP");
      EXPECT_EQ(content.supplementary_mappings[0].value, "0001");
    }
  }
}

TEST_F(ZiplineAssets, OfAnotherVersionAreRefused) {
  const Error error = error_of([&] { (void)read(7, "UPDATE version_info SET version = 8"); });
  EXPECT_EQ(error.code(), ErrorCode::AssetDBVersionError);
  EXPECT_NE(std::string(error.message()).find("expected 1 to 7"), std::string::npos);
}

TEST_F(ZiplineAssets, ASymbolOfNoAssetIsNamed) {
  const Error error =
      error_of([&] { (void)read(7, "INSERT INTO equity_symbol_mappings VALUES (100, 55, 'X', 'X', '', 0, 1)"); });
  EXPECT_EQ(error.code(), ErrorCode::DatabaseError);
  EXPECT_NE(std::string(error.message()).find("equity_symbol_mappings names sid 55"), std::string::npos);
}

}  // namespace
}  // namespace rustybt::data

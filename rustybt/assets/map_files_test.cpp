#include "rustybt/assets/map_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rustybt/assets/asset_finder.hpp"
#include "rustybt/assets/asset_writer.hpp"
#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::assets {
namespace {

using ::testing::HasSubstr;

Date day(std::string_view text) { return Date::parse(text); }

std::string text_of(const MapFile& map) {
  std::string text;
  for (const auto& t : map.tickers)
    text += (text.empty() ? "" : "; ") + t.symbol + " " + t.start.to_string() + " " + t.end.to_string();
  return text;
}

TEST(MapFile, ATickerLastsToItsLine) {
  const MapFile map = parse_map_file("19980102,uw,N\n19980716,uw,N\r\n20090804,wmi,N\n20501231,wm,N\n", "wm");
  EXPECT_EQ(text_of(map), "UW 1998-01-02 1998-07-16; WMI 1998-07-17 2009-08-04; WM 2009-08-05 2050-12-31");
  EXPECT_FALSE(map.is_delisted());
  EXPECT_TRUE(parse_map_file("19980102,twx\n20010111,twx\n", "twx.1").is_delisted());
  EXPECT_EQ(text_of(parse_map_file("20051117,spwr\n20080929,spwr\n20111116,spwra\n20501231,spwr", "spwr")),
            "SPWR 2005-11-17 2008-09-29; SPWRA 2008-09-30 2011-11-16; SPWR 2011-11-17 2050-12-31");
  EXPECT_EQ(text_of(parse_map_file("20200102,a\n20200103,b\n20200106,b\n", "x")), "B 2020-01-02 2020-01-06");
}

TEST(MapFile, RefusesOtherText) {
  const auto error = [](std::string_view text) { return error_of([&] { (void)parse_map_file(text, "x.csv"); }); };
  EXPECT_EQ(error("").code(), ErrorCode::EmptyData);
  EXPECT_EQ(error("20200102,a\n").code(), ErrorCode::EmptyData);
  EXPECT_THAT(error("20200102,a\n2020-01-03,a\n").message(), HasSubstr("x.csv, line 2: expected a day YYYYMMDD"));
  EXPECT_EQ(error("20201302,a\n").code(), ErrorCode::BadCell);
  EXPECT_THAT(error("20200102\n").message(), HasSubstr("the ticker is missing"));
  EXPECT_EQ(error("20200103,a\n20200102,a\n").code(), ErrorCode::RowsOutOfOrder);
}

/// Companies of the shared map files in one database, sids in the order of the names.
AssetFinder companies(const storage::TemporaryFolder& folder) {
  AssetTables tables;
  tables.exchanges = {{"US", "", "US"}};
  for (const MapFile& map : read_map_folder(utils::shared_data() / "equities/lean_map_files")) {
    Asset asset;
    asset.sid = {static_cast<std::int64_t>(tables.assets.size())};
    asset.symbol = map.tickers.back().symbol;
    asset.asset_name = map.name;
    asset.exchange = "US";
    asset.start_date = map.tickers.front().start;
    asset.end_date = map.tickers.back().end;
    for (SymbolMapping& m : symbol_mappings(map, asset.sid)) tables.symbol_mappings.push_back(std::move(m));
    tables.assets.push_back(std::move(asset));
  }
  write_assets(folder.path() / "assets.sqlite", tables);
  return AssetFinder(folder.path() / "assets.sqlite");
}

// Google's first share was GOOG until 2014-04-02 and is GOOGL since; the class C share, GOOCV when issued, took GOOG.
// Waste Management was UW, then WMI, and took WM after Washington Mutual was gone. The Nasdaq fund was QQQQ 2004-2011.
TEST(MapFile, CompaniesAreFoundUnderTheirTickersOfTheTime) {
  RUSTYBT_NEED_SHARED_DATA(utils::shared_data() / "equities/lean_map_files");
  const storage::TemporaryFolder folder;
  const AssetFinder finder = companies(folder);
  const auto owner = [&](std::string_view symbol, std::string_view as_of) {
    return finder[finder.lookup_symbol(symbol, day(as_of))].asset_name;
  };
  EXPECT_EQ(owner("GOOG", "2004-08-19"), "googl");
  EXPECT_EQ(owner("GOOG", "2014-04-02"), "googl");
  EXPECT_EQ(owner("GOOG", "2014-04-03"), "goog");
  EXPECT_EQ(owner("GOOGL", "2014-04-03"), "googl");
  EXPECT_EQ(owner("GOOCV", "2014-03-28"), "goog");
  EXPECT_EQ(owner("UW", "1998-03-02"), "wm");
  EXPECT_EQ(owner("WMI", "2005-01-03"), "wm");
  EXPECT_EQ(owner("WM", "2012-01-03"), "wm");
  EXPECT_EQ(error_of([&] { (void)owner("WM", "2005-01-03"); }).code(), ErrorCode::SymbolNotFound)
      << "Washington Mutual has no map file here";
  EXPECT_EQ(owner("QQQ", "2003-06-02"), "qqq");
  EXPECT_EQ(owner("QQQQ", "2008-06-02"), "qqq");
  EXPECT_EQ(owner("QQQ", "2012-06-01"), "qqq");
  EXPECT_EQ(owner("TWX", "1999-06-01"), "twx.1");
  EXPECT_EQ(owner("TWX", "2010-06-01"), "twx");
  EXPECT_EQ(owner("AOL", "2001-06-01"), "twx");
  EXPECT_EQ(owner("FB", "2001-06-01"), "fb.1");
  EXPECT_EQ(owner("FB", "2013-06-03"), "fb");
  EXPECT_EQ(owner("NB", "1998-06-01"), "bac");
}

}  // namespace
}  // namespace rustybt::assets

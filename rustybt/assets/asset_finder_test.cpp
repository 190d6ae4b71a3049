#include "rustybt/assets/asset_finder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "rustybt/assets/asset_db_schema.hpp"
#include "rustybt/assets/asset_writer.hpp"
#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/source_folder_test.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/storage/sqlite.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::assets {
namespace {

namespace fs = std::filesystem;
using storage::TemporaryFolder;
using ::testing::HasSubstr;

Date day(std::string_view text) { return Date::parse(text); }

Asset equity(std::int64_t sid, std::string symbol, std::string_view start, std::string_view end,
             std::string exchange = "NASDAQ") {
  Asset asset;
  asset.sid = {sid};
  asset.symbol = std::move(symbol);
  asset.exchange = std::move(exchange);
  asset.start_date = day(start);
  asset.end_date = day(end);
  return asset;
}

AssetFinder write_and_open(const TemporaryFolder& folder, const AssetTables& tables) {
  write_assets(folder.path() / "assets.sqlite", tables);
  return AssetFinder(folder.path() / "assets.sqlite");
}

/// Facebook was FB until 2022-06-08 and is META since 2022-06-09. A fund had META before, until it took METV on
/// 2022-01-31.
AssetTables renamed() {
  AssetTables tables;
  tables.exchanges = {{"NASDAQ", "", "US"}};
  tables.assets = {equity(1, "META", "2012-05-18", "2024-12-31"), equity(2, "METV", "2021-06-30", "2024-12-31")};
  tables.symbol_mappings = {{{1}, "FB", day("2012-05-18"), day("2022-06-08")},
                            {{1}, "META", day("2022-06-09"), day("2024-12-31")},
                            {{2}, "META", day("2021-06-30"), day("2022-01-28")},
                            {{2}, "METV", day("2022-01-31"), day("2024-12-31")}};
  return tables;
}

TEST(AssetFinder, FollowsASymbolFromOwnerToOwner) {
  const TemporaryFolder folder;
  const AssetFinder finder = write_and_open(folder, renamed());
  const auto owner = [&](std::string_view symbol, std::string_view as_of) {
    return finder[finder.lookup_symbol(symbol, day(as_of))].sid.value;
  };
  EXPECT_EQ(owner("META", "2021-06-30"), 2);
  EXPECT_EQ(owner("META", "2022-01-28"), 2);
  EXPECT_EQ(owner("META", "2022-03-01"), 2) << "a period reaches to the next owner's start";
  EXPECT_EQ(owner("META", "2022-06-08"), 2);
  EXPECT_EQ(owner("META", "2022-06-09"), 1);
  EXPECT_EQ(owner("META", "2030-01-01"), 1) << "the last owner keeps the symbol for ever";
  EXPECT_EQ(owner("FB", "2012-05-18"), 1);
  EXPECT_EQ(owner("FB", "2030-01-01"), 1) << "nobody has taken FB since";
  EXPECT_EQ(owner("fb", "2020-01-02"), 1);
  EXPECT_EQ(error_of([&] { (void)owner("META", "2021-06-29"); }).code(), ErrorCode::SymbolNotFound);
}

TEST(AssetFinder, ListsTheOwnersOfSymbols) {
  const TemporaryFolder folder;
  const AssetFinder finder = write_and_open(folder, renamed());
  std::vector<std::string> rows;
  for (const OwnershipPeriod& p : finder.symbol_periods())
    rows.push_back(p.value + " " + p.market + " " + std::to_string(finder[p.asset].sid.value) + " " +
                   p.start.to_string() + " " + (p.end ? p.end->to_string() : "ever"));
  EXPECT_THAT(rows, testing::ElementsAre("FB US 1 2012-05-18 ever", "META US 2 2021-06-30 2022-06-09",
                                         "META US 1 2022-06-09 ever", "METV US 2 2022-01-31 ever"));
}

TEST(AssetFinder, WithoutADayTakesTheOnlyOwner) {
  const TemporaryFolder folder;
  const AssetFinder finder = write_and_open(folder, renamed());
  EXPECT_EQ(finder[finder.lookup_symbol("FB", std::nullopt)].sid.value, 1);
  const Error error = error_of([&] { (void)finder.lookup_symbol("META", std::nullopt); });
  EXPECT_EQ(error.code(), ErrorCode::MultipleSymbolsFound);
  EXPECT_THAT(error.message(), testing::AllOf(HasSubstr("META"), HasSubstr("sid 1"), HasSubstr("sid 2")));
}

TEST(AssetFinder, ShowsAnAssetWithItsLatestSymbol) {
  const TemporaryFolder folder;
  const AssetFinder finder = write_and_open(folder, renamed());
  EXPECT_EQ(finder[finder.retrieve({1})].symbol, "META");
  EXPECT_EQ(finder[finder.retrieve({2})].symbol, "METV");
}

TEST(AssetFinder, FindsADelistedAssetAfterItsEnd) {
  const AssetFinder finder({equity(5, "DELL", "2004-01-02", "2013-10-29")});
  EXPECT_EQ(finder.lookup_symbol("DELL", day("2014-06-02")), AssetIndex{0});
  EXPECT_FALSE(finder.assets()[0].is_alive_for_session(day("2014-06-02")));
  EXPECT_TRUE(finder.assets()[0].is_alive_for_session(day("2013-10-29")));
}

TEST(AssetFinder, UnknownSymbolsNameTheNearest) {
  std::vector<Asset> assets;
  for (const char* symbol : {"AAPL", "AAL", "APLE", "MSFT", "BRK.B"})
    assets.push_back(equity(static_cast<std::int64_t>(assets.size()), symbol, "2004-01-02", "2014-12-31"));
  const AssetFinder finder(assets);
  const auto hint = [&](std::string_view symbol) {
    const Error error = error_of([&] { (void)finder.lookup_symbol(symbol, std::nullopt); });
    EXPECT_EQ(error.code(), ErrorCode::SymbolNotFound);
    return error.hint();
  };
  EXPECT_EQ(hint("APPL"), "did you mean AAPL, AAL, APLE?");
  EXPECT_EQ(hint("BRKB"), "did you mean BRK.B?");
  EXPECT_EQ(hint("X").find("did you mean"), std::string::npos);
  EXPECT_EQ(error_of([&] { (void)finder.lookup_symbol("GOOG", std::nullopt); }).message(),
            "Symbol 'GOOG' was not found.");
  EXPECT_THAT(error_of([&] { (void)finder.lookup_symbol("AAPL", day("2000-01-03")); }).hint(), HasSubstr("2004-01-02"));
}

TEST(AssetFinder, TakesAnyDelimiterOfAShareClass) {
  const AssetFinder finder(
      {equity(7, "BRK.A", "2004-01-02", "2014-12-31"), equity(8, "BRK-B", "2004-01-02", "2014-12-31")});
  for (const char* symbol : {"BRK.A", "brk-a", "BRK_A", "BRK/A", "BRK\\A"})
    EXPECT_EQ(finder[finder.lookup_symbol(symbol, std::nullopt)].sid.value, 7) << symbol;
  EXPECT_EQ(finder[finder.lookup_symbol("BRK.B", std::nullopt)].sid.value, 8);
  EXPECT_EQ(error_of([&] { (void)finder.lookup_symbol("BRK", std::nullopt); }).code(), ErrorCode::SymbolNotFound);
}

TEST(AssetFinder, KeepsCountriesApart) {
  const TemporaryFolder folder;
  AssetTables tables;
  tables.exchanges = {{"NYSE", "", "US"}, {"LSE", "", "GB"}};
  tables.assets = {equity(1, "VOD", "2004-01-02", "2014-12-31", "NYSE"),
                   equity(2, "VOD", "2004-01-02", "2014-12-31", "LSE")};
  const AssetFinder finder = write_and_open(folder, tables);
  const auto code = [&](std::optional<Date> as_of) {
    return error_of([&] { (void)finder.lookup_symbol("VOD", as_of); }).code();
  };
  EXPECT_EQ(code(std::nullopt), ErrorCode::SameSymbolUsedAcrossCountries);
  EXPECT_EQ(code(day("2010-01-04")), ErrorCode::SameSymbolUsedAcrossCountries);
  EXPECT_EQ(finder[finder.lookup_symbol("VOD", std::nullopt, "GB")].sid.value, 2);
  EXPECT_EQ(finder[finder.lookup_symbol("VOD", day("2010-01-04"), "US")].sid.value, 1);
  EXPECT_EQ(error_of([&] { (void)finder.lookup_symbol("VOD", std::nullopt, "FR"); }).code(), ErrorCode::SymbolNotFound);
}

TEST(AssetFinder, KnowsAssetsBySid) {
  const AssetFinder finder({equity(9, "B", "2004-01-02", "2014-12-31"), equity(3, "A", "2004-01-02", "2014-12-31")});
  EXPECT_EQ(finder.assets()[0].sid.value, 3);
  EXPECT_EQ(finder.retrieve({9}), AssetIndex{1});
  EXPECT_EQ(finder.find_sid({4}), std::nullopt);
  EXPECT_EQ(error_of([&] { (void)finder.retrieve({4}); }).code(), ErrorCode::SidsNotFound);
  const std::vector<Asset> twice{equity(3, "A", "2004-01-02", "2014-12-31"),
                                 equity(3, "B", "2004-01-02", "2014-12-31")};
  EXPECT_EQ(error_of([&] { (void)AssetFinder(twice); }).code(), ErrorCode::InvalidArgument);
}

TEST(AssetFinder, FindsASymbolWithoutItsDelimiter) {
  const AssetFinder finder(
      {equity(1, "BRK_A", "2004-01-02", "2024-12-31"), equity(2, "BRK_B", "2004-01-02", "2024-12-31"),
       equity(3, "AB.C", "2004-01-02", "2024-12-31"), equity(4, "ABC", "2004-01-02", "2024-12-31")});
  const auto owner = [&](std::string_view symbol, std::optional<Date> as_of) {
    return finder[finder.lookup_symbol_fuzzy(symbol, as_of)].sid.value;
  };
  EXPECT_EQ(owner("brka", day("2010-01-04")), 1);
  EXPECT_EQ(owner("BRK-B", std::nullopt), 2);
  EXPECT_EQ(owner("ABC", day("2010-01-04")), 4) << "the one written so";
  EXPECT_EQ(owner("AB-C", day("2010-01-04")), 3);
  EXPECT_EQ(error_of([&] { (void)owner("A.BC", day("2010-01-04")); }).code(),
            ErrorCode::MultipleSymbolsFoundForFuzzySymbol);
  EXPECT_EQ(error_of([&] { (void)owner("BRK", std::nullopt); }).code(), ErrorCode::SymbolNotFound);
  EXPECT_EQ(error_of([&] { (void)owner("BRKA", day("2003-01-02")); }).code(), ErrorCode::SymbolNotFound);
}

TEST(AssetFinder, KnowsSupplementaryValuesInTime) {
  const TemporaryFolder folder;
  AssetTables tables = renamed();
  tables.supplementary_mappings = {{{1}, "ALT_ID", "99", day("2012-05-18"), day("2015-12-31")},
                                   {{1}, "ALT_ID", "100", day("2016-01-04"), day("2024-12-31")},
                                   {{2}, "ALT_ID", "99", day("2021-06-30"), day("2024-12-31")}};
  const AssetFinder finder = write_and_open(folder, tables);
  const auto owner = [&](std::string_view value, std::optional<Date> as_of) {
    return finder[finder.lookup_by_supplementary_field("ALT_ID", value, as_of)].sid.value;
  };
  EXPECT_EQ(owner("100", std::nullopt), 1);
  EXPECT_EQ(owner("99", day("2021-06-29")), 1) << "a period reaches to the next owner's start";
  EXPECT_EQ(owner("99", day("2021-06-30")), 2);
  EXPECT_EQ(error_of([&] { (void)owner("99", std::nullopt); }).code(), ErrorCode::MultipleValuesFoundForField);
  EXPECT_EQ(error_of([&] { (void)owner("7", std::nullopt); }).code(), ErrorCode::ValueNotFoundForField);
  EXPECT_EQ(finder.get_supplementary_field({1}, "ALT_ID", day("2016-01-03")), "99");
  EXPECT_EQ(finder.get_supplementary_field({1}, "ALT_ID", day("2030-01-02")), "100");
  EXPECT_EQ(finder.get_supplementary_field({2}, "ALT_ID", std::nullopt), "99");
  const auto rows = [&](bool by_sid) {
    std::vector<std::string> found;
    for (const OwnershipPeriod& p : finder.supplementary_periods(by_sid))
      found.push_back(p.field + " " + p.value + " " + std::to_string(finder[p.asset].sid.value) + " " +
                      p.start.to_string() + " " + (p.end ? p.end->to_string() : "ever"));
    return found;
  };
  EXPECT_THAT(rows(false), testing::ElementsAre("ALT_ID 100 1 2016-01-04 ever", "ALT_ID 99 1 2012-05-18 2021-06-30",
                                                "ALT_ID 99 2 2021-06-30 ever"));
  EXPECT_THAT(rows(true), testing::ElementsAre("ALT_ID 100 1 2016-01-04 ever", "ALT_ID 99 1 2012-05-18 2016-01-04",
                                               "ALT_ID 99 2 2021-06-30 ever"));
  EXPECT_EQ(error_of([&] { (void)finder.get_supplementary_field({1}, "ALT_ID", std::nullopt); }).code(),
            ErrorCode::MultipleValuesFoundForSid);
  EXPECT_EQ(error_of([&] { (void)finder.get_supplementary_field({1}, "ALT_ID", day("2012-05-17")); }).code(),
            ErrorCode::NoValueForSid);
}

TEST(AssetFinder, LifetimesAreAMatrixOfDaysAndAssets) {
  Asset future = make_asset(AssetType::Future);
  future.sid = {9};
  future.symbol = "ESZ14";
  future.root_symbol = "ES";
  future.country_code = "US";
  Asset american = equity(1, "A", "2004-01-02", "2014-12-31"), british = equity(2, "B", "2004-01-02", "2014-12-31");
  american.country_code = "US";
  british.country_code = "GB";
  const AssetFinder finder({american, british, future});
  const std::vector<Date> days{day("2004-01-01"), day("2004-01-02"), day("2014-12-31"), day("2015-01-01")};
  const std::vector<std::string> us{"US"}, both{"US", "GB"};
  EXPECT_THAT(finder.lifetimes(days, true, us).assets, testing::ElementsAre(AssetIndex{0}));
  EXPECT_THAT(finder.lifetimes(days, true, us).alive, testing::ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(finder.lifetimes(days, false, us).alive, testing::ElementsAre(0, 0, 1, 0));
  EXPECT_THAT(finder.lifetimes(days, true, both).alive, testing::ElementsAre(0, 0, 1, 1, 1, 1, 0, 0));
  EXPECT_THAT(finder.country_codes(), testing::ElementsAre("GB", "US"));
}

TEST(AssetFinder, RefusesOtherVersionsAndOtherFiles) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "assets.sqlite";
  EXPECT_EQ(error_of([&] { (void)AssetFinder(path); }).code(), ErrorCode::FileNotFound);
  storage::write_file_atomically(path, "sid,symbol\n1,AAPL\n");
  EXPECT_EQ(error_of([&] { (void)AssetFinder(path); }).code(), ErrorCode::DatabaseError);
  storage::Database database(path, storage::OpenMode::Create);
  database.execute(kAssetDbTables);
  const Error none = error_of([&] { (void)AssetFinder(path); });
  EXPECT_EQ(none.code(), ErrorCode::AssetDBVersionError);
  database.execute("INSERT INTO version_info VALUES (1, 6)");
  const Error old = error_of([&] { (void)AssetFinder(path); });
  EXPECT_EQ(old.code(), ErrorCode::AssetDBVersionError);
  EXPECT_THAT(old.message(), testing::AllOf(HasSubstr("assets.sqlite"), HasSubstr("version 7, found 6")));
}

// Written by zipline-reloaded 3.2.1: 24 equities and 28 futures.
TEST(AssetFinder, ReadsADatabaseOfZipline) {
  const fs::path file = shared_folder() / "data/golden/zipline_bundle/data/golden/2020-01-01T00;00;00/assets-7.sqlite";
  if (!fs::exists(file)) {
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string_view(ci) == "true") FAIL() << file << " is not there";
    GTEST_SKIP() << file << " is not there: set RUSTYBT_TEST_DATA";
  }
  const AssetFinder finder(file);
  EXPECT_EQ(finder.assets().size(), 52U);
  const Asset& tesla = finder[finder.lookup_symbol("TSLA", day("2015-01-05"))];
  EXPECT_EQ(tesla.sid.value, 6);
  EXPECT_EQ(tesla.type, AssetType::Equity);
  EXPECT_EQ(tesla.start_date, day("2010-06-29"));
  EXPECT_EQ(tesla.end_date, day("2020-12-31"));
  EXPECT_EQ(tesla.auto_close_date, day("2021-01-01"));
  EXPECT_EQ(tesla.first_traded, std::nullopt);
  EXPECT_EQ(tesla.country_code, "US");
  const Asset& future = finder[finder.retrieve({1000})];
  EXPECT_EQ(future.type, AssetType::Future);
  EXPECT_EQ(future.symbol, "VXM11");
  EXPECT_EQ(future.price_multiplier.to_string(), "1000");
  EXPECT_EQ(future.tick_size.to_string(), "0.01");
  EXPECT_EQ(future.auto_close_date, day("2011-06-14"));
}

}  // namespace
}  // namespace rustybt::assets

#include "rustybt/assets/asset_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "rustybt/assets/asset_finder.hpp"
#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/storage/sqlite.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::assets {
namespace {

namespace fs = std::filesystem;
using storage::TemporaryFolder;
using ::testing::HasSubstr;

Date day(std::string_view text) { return Date::parse(text); }

Asset equity(std::int64_t sid, std::string symbol, std::string_view start, std::string_view end) {
  Asset asset;
  asset.sid = {sid};
  asset.symbol = std::move(symbol);
  asset.exchange = "NYSE";
  asset.start_date = day(start);
  asset.end_date = day(end);
  return asset;
}

AssetTables tables_of(std::vector<Asset> equities) { return {{{"NYSE", "", "US"}}, std::move(equities), {}}; }

std::vector<std::string> rows_of(const fs::path& path, const std::string& sql, int columns) {
  storage::Database database(path, storage::OpenMode::ReadOnly);
  storage::Statement row = database.prepare(sql);
  std::vector<std::string> rows;
  while (row.step()) {
    rows.emplace_back();
    for (int c = 0; c < columns; ++c) rows.back() += (c == 0 ? "" : "|") + (row.is_null(c) ? "NULL" : row.text(c));
  }
  return rows;
}

TEST(AssetWriter, GivesBackWhatItWrote) {
  const TemporaryFolder folder;
  Asset apple = equity(24, "aapl", "2004-01-02", "2014-12-31");
  apple.asset_name = "Apple Inc.";
  apple.first_traded = day("1980-12-12");
  apple.auto_close_date = day("2015-01-01");
  AssetTables tables{
      {{"NYSE", "NEW YORK STOCK EXCHANGE", "US"}}, {equity(30, "KO", "1962-01-02", "2014-12-31"), apple}, {}};
  write_assets(folder.path() / "a.sqlite", tables);
  const AssetFinder finder(folder.path() / "a.sqlite");
  ASSERT_EQ(finder.assets().size(), 2U);
  const Asset& read = finder.assets()[0];
  EXPECT_EQ(read.sid.value, 24);
  EXPECT_EQ(read.symbol, "AAPL");
  EXPECT_EQ(read.asset_name, "Apple Inc.");
  EXPECT_EQ(read.exchange, "NYSE");
  EXPECT_EQ(read.exchange_full, "NEW YORK STOCK EXCHANGE");
  EXPECT_EQ(read.country_code, "US");
  EXPECT_EQ(read.start_date, day("2004-01-02"));
  EXPECT_EQ(read.end_date, day("2014-12-31"));
  EXPECT_EQ(read.first_traded, day("1980-12-12"));
  EXPECT_EQ(read.auto_close_date, day("2015-01-01"));
  EXPECT_EQ(read.tick_size.to_string(), "0.01");
  EXPECT_EQ(finder.assets()[1].start_date, day("1962-01-02")) << "before 1970";
  EXPECT_EQ(finder.assets()[1].first_traded, std::nullopt);
}

// Nanoseconds as zipline stores them: pandas.Timestamp("2004-01-02").value is 1073001600000000000.
TEST(AssetWriter, StoresRowsAsZiplineDoes) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  write_assets(path, tables_of({equity(3, "brk-b", "2004-01-02", "2020-12-31")}));
  EXPECT_THAT(rows_of(path, "SELECT * FROM exchanges", 3), testing::ElementsAre("NYSE|NYSE|US"));
  EXPECT_THAT(
      rows_of(path,
              "SELECT sid, asset_name, start_date, end_date, first_traded, auto_close_date, exchange FROM equities", 7),
      testing::ElementsAre(
          "3||1073001600000000000|1609372800000000000|-9223372036854775808|-9223372036854775808|NYSE"));
  EXPECT_THAT(rows_of(path,
                      "SELECT id, sid, symbol, company_symbol, share_class_symbol, start_date, end_date FROM "
                      "equity_symbol_mappings",
                      7),
              testing::ElementsAre("0|3|BRK-B|BRK|B|1073001600000000000|1609372800000000000"));
  EXPECT_THAT(rows_of(path, "SELECT * FROM asset_router", 2), testing::ElementsAre("3|equity"));
  EXPECT_THAT(rows_of(path, "SELECT id, version FROM version_info", 2), testing::ElementsAre("1|7"));
}

// Names, types and NOT NULL of every column as in zipline's asset_db_schema, version 7.
TEST(AssetWriter, HasTheColumnsOfVersion7) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  write_assets(path, tables_of({}));
  const std::map<std::string, std::vector<std::string>> expected{
      {"exchanges", {"exchange TEXT 1", "canonical_name TEXT 1", "country_code TEXT 1"}},
      {"equities",
       {"sid BIGINT 1", "asset_name TEXT 0", "start_date BIGINT 1", "end_date BIGINT 1", "first_traded BIGINT 0",
        "auto_close_date BIGINT 0", "exchange TEXT 0"}},
      {"equity_symbol_mappings",
       {"id BIGINT 1", "sid BIGINT 1", "symbol TEXT 1", "company_symbol TEXT 0", "share_class_symbol TEXT 0",
        "start_date BIGINT 1", "end_date BIGINT 1"}},
      {"equity_supplementary_mappings",
       {"sid BIGINT 1", "field TEXT 1", "start_date BIGINT 1", "end_date BIGINT 1", "value TEXT 1"}},
      {"futures_root_symbols",
       {"root_symbol TEXT 1", "root_symbol_id BIGINT 0", "sector TEXT 0", "description TEXT 0", "exchange TEXT 0"}},
      {"futures_contracts",
       {"sid BIGINT 1", "symbol TEXT 0", "root_symbol TEXT 0", "asset_name TEXT 0", "start_date BIGINT 1",
        "end_date BIGINT 1", "first_traded BIGINT 0", "exchange TEXT 0", "notice_date BIGINT 1",
        "expiration_date BIGINT 1", "auto_close_date BIGINT 1", "multiplier FLOAT 0", "tick_size FLOAT 0"}},
      {"asset_router", {"sid BIGINT 1", "asset_type TEXT 0"}},
      {"version_info", {"id INTEGER 1", "version INTEGER 1"}}};
  std::map<std::string, std::vector<std::string>> found;
  for (const std::string& table : rows_of(path, "SELECT name FROM sqlite_master WHERE type = 'table'", 1))
    found[table] =
        rows_of(path, "SELECT name || ' ' || type || ' ' || \"notnull\" FROM pragma_table_info('" + table + "')", 1);
  EXPECT_EQ(found, expected);
  EXPECT_THAT(rows_of(path, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name", 1),
              testing::ElementsAre("ix_equity_symbol_mappings_company_symbol", "ix_equity_symbol_mappings_sid",
                                   "ix_futures_contracts_root_symbol", "ix_futures_contracts_symbol"));
}

TEST(AssetWriter, WritesTheSameBytesForTheSameAssetsInAnyOrder) {
  const TemporaryFolder folder;
  const Asset a = equity(1, "A", "2004-01-02", "2014-12-31"), b = equity(2, "B", "2004-01-02", "2014-12-31");
  write_assets(folder.path() / "a.sqlite", tables_of({a, b}));
  write_assets(folder.path() / "b.sqlite", tables_of({b, a}));
  EXPECT_EQ(storage::sha256_file(folder.path() / "a.sqlite"), storage::sha256_file(folder.path() / "b.sqlite"));
}

TEST(AssetWriter, RefusesTwoOwnersOfASymbolOnOneDay) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  const auto write = [&](std::string_view end, std::string_view next_start, std::string next_symbol) {
    write_assets(path, tables_of({equity(1, "META", "2021-06-30", end),
                                  equity(2, std::move(next_symbol), next_start, "2024-12-31")}));
  };
  const Error error = error_of([&] { write("2022-06-09", "2022-06-09", "meta"); });
  EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
  EXPECT_THAT(error.message(),
              testing::AllOf(HasSubstr("META"), HasSubstr("sid 1"), HasSubstr("sid 2"), HasSubstr("2022-06-09")));
  EXPECT_FALSE(fs::exists(path)) << "nothing is written when the tables are wrong";
  write("2022-06-08", "2022-06-09", "META");
  EXPECT_EQ(AssetFinder(path).assets().size(), 2U);
}

TEST(AssetWriter, SeesAnOverlapBehindAShorterPeriod) {
  const TemporaryFolder folder;
  AssetTables tables =
      tables_of({equity(1, "X", "2000-01-03", "2020-12-31"), equity(2, "Y", "2000-01-03", "2020-12-31")});
  tables.symbol_mappings = {{{1}, "X", day("2000-01-03"), day("2020-12-31")},
                            {{1}, "X", day("2001-01-02"), day("2001-12-31")},
                            {{2}, "X", day("2010-01-04"), day("2010-12-31")}};
  EXPECT_EQ(error_of([&] { write_assets(folder.path() / "a", tables); }).code(), ErrorCode::InvalidArgument);
}

TEST(AssetWriter, LetsCountriesUseTheSameSymbol) {
  const TemporaryFolder folder;
  Asset london = equity(2, "VOD", "2004-01-02", "2014-12-31");
  london.exchange = "LSE";
  AssetTables tables = tables_of({equity(1, "VOD", "2004-01-02", "2014-12-31"), london});
  tables.exchanges.push_back({"LSE", "", "GB"});
  write_assets(folder.path() / "a", tables);
  EXPECT_EQ(AssetFinder(folder.path() / "a").assets().size(), 2U);
}

TEST(AssetWriter, RefusesTablesThatDoNotFit) {
  const TemporaryFolder folder;
  const auto message = [&](const AssetTables& tables) {
    const Error error = error_of([&] { write_assets(folder.path() / "a", tables); });
    EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    return error.message();
  };
  const Asset a = equity(1, "A", "2004-01-02", "2014-12-31");
  EXPECT_THAT(message(tables_of({a, equity(1, "B", "2004-01-02", "2014-12-31")})),
              HasSubstr("sid 1 appears twice: A and B"));
  EXPECT_THAT(message(tables_of({equity(1, "A", "2014-01-02", "2004-12-31")})),
              HasSubstr("2004-12-31 is before the start 2014-01-02"));
  EXPECT_THAT(message({{{"LSE", "", "GB"}}, {a}, {}}), HasSubstr("unknown exchange \"NYSE\""));
  EXPECT_THAT(message({{{"NYSE", "", "US"}, {"NYSE", "", "US"}}, {a}, {}}), HasSubstr("exchange NYSE appears twice"));
  EXPECT_THAT(message(tables_of({equity(1, "", "2004-01-02", "2014-12-31")})), HasSubstr("sid 1 has no symbol"));
  EXPECT_THAT(message(tables_of({equity(-1, "A", "2004-01-02", "2014-12-31")})), HasSubstr("sids are 0 or more"));
  AssetTables stray = tables_of({a});
  stray.symbol_mappings = {{{2}, "B", day("2004-01-02"), day("2005-01-03")}};
  EXPECT_THAT(message(stray), HasSubstr("sid 2, which is no equity"));
  stray.symbol_mappings = {{{1}, "B", day("2005-01-03"), day("2004-01-02")}};
  EXPECT_THAT(message(stray), HasSubstr("is before the start"));
}

TEST(AssetWriter, SaysThatOnlyEquitiesCanBeWrittenYet) {
  const TemporaryFolder folder;
  Asset future = equity(1, "ESZ24", "2004-01-02", "2014-12-31");
  future.type = AssetType::Future;
  EXPECT_EQ(error_of([&] { write_assets(folder.path() / "a", tables_of({future})); }).code(),
            ErrorCode::NotYetSupported);
}

}  // namespace
}  // namespace rustybt::assets

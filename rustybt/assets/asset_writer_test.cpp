#include "rustybt/assets/asset_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "rustybt/assets/asset_db_schema.hpp"
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
  const std::set<std::string> own{"asset_terms", "cryptocurrencies", "fx_pairs", "rustybt_version"};
  std::map<std::string, std::vector<std::string>> found;
  for (const std::string& table : rows_of(path, "SELECT name FROM sqlite_master WHERE type = 'table'", 1))
    if (!own.contains(table)) {
      found[table] =
          rows_of(path, "SELECT name || ' ' || type || ' ' || \"notnull\" FROM pragma_table_info('" + table + "')", 1);
    }
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
  // as Zipline says it
  EXPECT_EQ(error.message(),
            "Ambiguous ownership for 1 symbol, multiple assets held the following symbols:\n"
            "META (US):\n"
            "  intersections: (('2021-06-30 00:00:00', '2022-06-09 00:00:00'), "
            "('2022-06-09 00:00:00', '2024-12-31 00:00:00'))\n"
            "      start_date   end_date\n"
            "  sid                      \n"
            "  1   2021-06-30 2022-06-09\n"
            "  2   2022-06-09 2024-12-31");
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

Asset future(std::int64_t sid, std::string symbol, std::string root) {
  Asset asset = make_asset(AssetType::Future);
  asset.sid = {sid};
  asset.symbol = std::move(symbol);
  asset.root_symbol = std::move(root);
  asset.exchange = "CME";
  asset.start_date = day("2013-06-21");
  asset.end_date = day("2014-12-19");
  asset.notice_date = day("2014-12-22");
  asset.expiration_date = day("2014-12-19");
  return asset;
}

Asset pair(std::int64_t sid, AssetType type, std::string symbol, std::string exchange) {
  Asset asset = make_asset(type);
  asset.sid = {sid};
  asset.symbol = std::move(symbol);
  asset.exchange = std::move(exchange);
  asset.start_date = day("2017-08-17");
  asset.end_date = day("2024-12-31");
  return asset;
}

TEST(AssetWriter, KeepsTheTermsOfFuturesExactly) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  Asset es = future(7, "esz14", "es");
  es.tick_size = Decimal::parse("0.25");
  es.price_multiplier = Decimal(50, 0);
  Asset yen = future(8, "JYZ14", "JY");  // no double is 0.0000005
  yen.tick_size = Decimal::parse("0.0000005");
  yen.price_multiplier = Decimal::parse("12500000");
  AssetTables tables{{{"CME", "", "US"}}, {yen, es}, {}};
  tables.roots = {{"ES", 42, "Equities", "E-mini S&P 500", "CME"}};
  write_assets(path, tables);
  // auto_close_date is the earlier of notice and expiration; 1418947200 s = 2014-12-19
  EXPECT_THAT(rows_of(path,
                      "SELECT sid, symbol, root_symbol, notice_date, expiration_date, auto_close_date, multiplier, "
                      "tick_size FROM futures_contracts WHERE sid = 7",
                      8),
              testing::ElementsAre("7|ESZ14|ES|1419206400000000000|1418947200000000000|1418947200000000000|50.0|0.25"));
  EXPECT_THAT(rows_of(path, "SELECT * FROM asset_router", 2), testing::ElementsAre("7|future", "8|future"));
  EXPECT_THAT(rows_of(path, "SELECT * FROM futures_root_symbols", 5),
              testing::ElementsAre("ES|42|Equities|E-mini S&P 500|CME", "JY|NULL|||CME"));
  const AssetFinder finder(path);
  const Asset& read = finder[finder.lookup_future_symbol("jyz14")];
  EXPECT_EQ(read.tick_size.to_string(), "0.0000005");
  EXPECT_EQ(read.price_multiplier.to_string(), "12500000");
  EXPECT_EQ(read.auto_close_date, day("2014-12-19"));
  EXPECT_EQ(read.notice_date, day("2014-12-22"));
  EXPECT_EQ(read.root_symbol, "JY");
  EXPECT_EQ(finder.lookup_root("es").description, "E-mini S&P 500");
}

TEST(AssetWriter, FillsInWhatAFutureLeavesOut) {
  const TemporaryFolder folder;
  Asset bare = future(1, "VXF15", "VX");
  bare.notice_date = std::nullopt;
  write_assets(folder.path() / "a", {{{"CME", "", "US"}}, {bare}, {}});
  const AssetFinder finder(folder.path() / "a");
  EXPECT_EQ(finder.assets()[0].auto_close_date, day("2014-12-19"));
  EXPECT_EQ(finder.assets()[0].tick_size.to_string(), "0.001");
  EXPECT_EQ(finder.assets()[0].price_multiplier.to_string(), "1");
}

TEST(AssetWriter, KeepsTheTermsOfPairsExactly) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  Asset bitcoin = pair(1, AssetType::Cryptocurrency, "btc/usdt", "BINANCE");
  bitcoin.quantity_step = Decimal::parse("0.00001");
  bitcoin.minimum_notional = Decimal::parse("5.00000000");
  Asset perpetual = pair(2, AssetType::Cryptocurrency, "BTC/USDT:USDT", "BINANCE");
  perpetual.price_multiplier = Decimal::parse("0.001");
  const Asset euro = pair(3, AssetType::FxPair, "EURUSD", "OANDA");
  write_assets(path, {{{"BINANCE", "", "??"}, {"OANDA", "", "??"}}, {bitcoin, perpetual, euro}, {}});
  EXPECT_THAT(rows_of(path, "SELECT * FROM asset_router", 2), testing::IsEmpty()) << "Zipline knows no such types";
  const AssetFinder finder(path);
  const Asset& btc = finder[finder.lookup_symbol("BTC-USDT", std::nullopt)];
  EXPECT_EQ(btc.type, AssetType::Cryptocurrency);
  EXPECT_EQ(btc.symbol, "BTC/USDT");
  EXPECT_EQ(btc.base_currency + " " + btc.quote_currency, "BTC USDT");
  EXPECT_EQ(btc.quantity_step.to_string(), "0.00001");
  EXPECT_EQ(btc.quantity_digits, 5);
  EXPECT_EQ(btc.minimum_notional.to_string(), "5.00000000");
  EXPECT_EQ(btc.calendar_name, "24/7");
  EXPECT_EQ(finder.assets()[1].quote_currency, "USDT");
  EXPECT_EQ(finder.assets()[1].quantity_digits, 8);
  EXPECT_EQ(finder.assets()[1].price_multiplier.to_string(), "0.001");
  EXPECT_EQ(finder.assets()[2].base_currency + " " + finder.assets()[2].quote_currency, "EUR USD");
  EXPECT_EQ(finder.assets()[2].calendar_name, "24/5");
  EXPECT_EQ(finder.assets()[2].tick_size.to_string(), "0.00001");
}

TEST(AssetWriter, LetsTwoExchangesListOnePair) {
  const TemporaryFolder folder;
  AssetTables tables{{{"BINANCE", "", "??"}, {"COINBASE", "", "??"}},
                     {pair(1, AssetType::Cryptocurrency, "BTC/USD", "BINANCE"),
                      pair(2, AssetType::Cryptocurrency, "BTC/USD", "COINBASE")},
                     {}};
  write_assets(folder.path() / "a", tables);
  const AssetFinder finder(folder.path() / "a");
  EXPECT_EQ(error_of([&] { (void)finder.lookup_symbol("BTC/USD", std::nullopt); }).code(),
            ErrorCode::MultipleSymbolsFound);
  EXPECT_EQ(finder[finder.lookup_symbol("BTC/USD", std::nullopt, "COINBASE")].sid.value, 2);
  tables.assets[1].exchange = "BINANCE";
  EXPECT_THAT(error_of([&] { write_assets(folder.path() / "b", tables); }).message(),
              HasSubstr("two assets are BTC/USD on BINANCE at the same time"));
}

TEST(AssetWriter, KeepsSupplementaryValues) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  AssetTables tables = tables_of({equity(1, "A", "2004-01-02", "2014-12-31")});
  tables.supplementary_mappings = {{{1}, "ALT_ID", "100", day("2010-01-04"), day("2012-01-03")},
                                   {{1}, "ALT_ID", "99", day("2004-01-02"), day("2008-01-02")}};
  write_assets(path, tables);
  EXPECT_THAT(rows_of(path, "SELECT sid, field, start_date, end_date, value FROM equity_supplementary_mappings", 5),
              testing::ElementsAre("1|ALT_ID|1073001600000000000|1199232000000000000|99",
                                   "1|ALT_ID|1262563200000000000|1325548800000000000|100"));
  tables.supplementary_mappings[1].start_date = day("2010-01-04");
  EXPECT_THAT(error_of([&] { write_assets(folder.path() / "b", tables); }).message(),
              HasSubstr("two values of ALT_ID from 2010-01-04"));
}

TEST(AssetWriter, RefusesTermsThatCannotBe) {
  const TemporaryFolder folder;
  const auto message = [&](Asset asset, std::vector<Asset> more = {}) {
    more.push_back(std::move(asset));
    const AssetTables tables{{{"CME", "", "US"}}, std::move(more), {}};
    return error_of([&] { write_assets(folder.path() / "a", tables); }).message();
  };
  EXPECT_THAT(message(future(1, "ESZ14", "")), HasSubstr("needs its root symbol"));
  EXPECT_THAT(message(future(1, "ESZ14", "ES"), {future(2, "esz14", "ES")}),
              HasSubstr("contract ESZ14 appears twice: sid 1 and sid 2"));
  EXPECT_THAT(message(pair(1, AssetType::Cryptocurrency, "BTCUSDT", "CME")), HasSubstr("base and quote currency"));
  Asset tickless = future(1, "ESZ14", "ES");
  tickless.tick_size = Decimal(0, 0);
  EXPECT_THAT(message(tickless), HasSubstr("the tick size is 0"));
}

// A file of our first release, and of Zipline, has none of our tables.
TEST(AssetReader, OpensFilesWithoutOwnTables) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  {
    storage::Database database(path, storage::OpenMode::Create);
    database.execute(kAssetDbTables);
    database.execute(
        "INSERT INTO version_info VALUES (1, 7); INSERT INTO exchanges VALUES ('CME', 'CME', 'US');"
        "INSERT INTO futures_root_symbols VALUES ('ES', 1, NULL, NULL, 'CME');"
        "INSERT INTO futures_contracts VALUES (5, 'ESZ14', 'ES', 'E-mini', 0, 9223372036854775807, NULL, 'CME',"
        "  1419206400000000000, 1418947200000000000, -9223372036854775808, 50.0, 0.25)");
  }
  const AssetFinder finder(path);
  ASSERT_EQ(finder.assets().size(), 1U);
  EXPECT_EQ(finder.assets()[0].tick_size.to_string(), "0.25");
  EXPECT_EQ(finder.assets()[0].price_multiplier.to_string(), "50");
  EXPECT_EQ(finder.assets()[0].auto_close_date, day("2014-12-19"));
}

TEST(AssetReader, RefusesOwnTablesOfANewerVersion) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  {
    storage::Database database(path, storage::OpenMode::Create);
    database.execute(kAssetDbTables);
    database.execute(
        "INSERT INTO version_info VALUES (1, 7); CREATE TABLE rustybt_version (version INTEGER NOT NULL);"
        "INSERT INTO rustybt_version VALUES (99)");
  }
  const Error error = error_of([&] { (void)AssetFinder(path); });
  EXPECT_EQ(error.code(), ErrorCode::AssetDBVersionError);
  EXPECT_THAT(error.message(), HasSubstr("found 99"));
  EXPECT_THAT(error.hint(), HasSubstr("newer rustybt"));
}

// The reader gives what the writer took: a second file has the same bytes.
TEST(AssetReader, GivesTablesThatWriteTheSameFile) {
  const TemporaryFolder folder;
  AssetTables tables{{{"BINANCE", "", "??"}, {"CME", "CME Group", "US"}},
                     {equity(1, "BRK.A", "2004-01-02", "2014-12-31"), future(7, "ESZ14", "ES"),
                      pair(9, AssetType::Cryptocurrency, "BTC/USDT", "BINANCE")},
                     {}};
  tables.assets[0].exchange = "CME";
  tables.assets[0].quantity_step = Decimal::parse("0.001");
  tables.supplementary_mappings = {{{1}, "ALT_ID", "99", day("2004-01-02"), day("2008-01-02")}};
  write_assets(folder.path() / "a", tables);
  write_assets(folder.path() / "b", read_assets(folder.path() / "a"));
  EXPECT_EQ(storage::sha256_file(folder.path() / "a"), storage::sha256_file(folder.path() / "b"));
}

}  // namespace
}  // namespace rustybt::assets

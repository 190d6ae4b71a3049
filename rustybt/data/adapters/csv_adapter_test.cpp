#include "rustybt/data/adapters/csv_adapter.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "rustybt/core/error.hpp"
#include "rustybt/data/adapters/registry.hpp"
#include "rustybt/storage/columnar.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::data::adapters {
namespace {

namespace fs = std::filesystem;
using storage::TemporaryFolder;
using Values = std::vector<std::int64_t>;

fs::path write(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

/// Log messages of one reading.
struct Heard {
  std::vector<std::string> messages;
  IngestOptions options;
  Heard() {
    options.log = Log([this](LogLevel, std::string_view m) { messages.emplace_back(m); });
  }
};

/// "Code: message" of what `call` throws.
template <class Call>
std::string error_of(Call call) {
  try {
    static_cast<void>(call());
  } catch (const Error& e) {
    return std::string(e.name()) + ": " + e.message();
  }
  return "no error";
}

TEST(CsvAdapter, OneFileIsOneSymbolNamedByTheFile) {
  const TemporaryFolder folder;
  const fs::path file = write(folder.path() / "brk.b.csv",
                              "Date,Open,High,Low,Close,Adj Close,Volume\n2014-06-05,10,11,9,10.5,9.9,100\n");
  const BundleContent content = read_files(file, {}, {});
  ASSERT_EQ(content.items.size(), 1u);
  EXPECT_EQ(content.items[0].asset.symbol, "BRK.B");
  EXPECT_EQ(content.items[0].daily.columns[3], (Values{105}));  // the close as traded, not the adjusted one
  EXPECT_EQ(content.items[0].asset.auto_close_date->to_string(), "2014-06-06");
  EXPECT_EQ(guess_mapping(file, {}).describe(),
            file.string() +
                ": delimiter \",\", header on line 1, 7 columns\n"
                "  date           <- Date (YYYY-MM-DD)\n"
                "  open           <- Open\n"
                "  high           <- High\n"
                "  low            <- Low\n"
                "  close          <- Close\n"
                "  volume         <- Volume\n"
                "  adjusted_close <- Adj Close (not used: bars are kept as traded)\n"
                "  symbol         <- \"BRK.B\" for every row\n");
}

TEST(CsvAdapter, ColumnsCanBeSaid) {
  const TemporaryFolder folder;
  const fs::path file = write(folder.path() / "x.csv", "when,a,b,c,d,e\n05.06.2014,10,11,9,10.5,100\n");
  EXPECT_TRUE(error_of([&] { return read_files(file, {}, {}); }).starts_with("MissingColumn"));
  const auto adapter = default_adapters().make("csv");
  DataRequest request;
  request.path = file;
  request.settings = {
      {"map", "date=when,open=a,high=b,low=c,close=5,volume=e"}, {"date_format", "%d.%m.%Y"}, {"symbol", "abc"}};
  const BundleContent content = adapter->fetch(request, {});
  EXPECT_EQ(content.items[0].asset.symbol, "ABC");
  EXPECT_EQ(content.items[0].daily.times, (Values{16226}));
  EXPECT_EQ(content.items[0].daily.columns[3], (Values{105}));
  EXPECT_NE(adapter->describe(request).find("close          <- d"), std::string::npos) << adapter->describe(request);

  const auto rejected = [&](const char* name, const char* value) {
    DataRequest bad = request;
    bad.settings[name] = value;
    return error_of([&] { return adapter->fetch(bad, {}); });
  };
  EXPECT_TRUE(rejected("map", "date=nothing").starts_with("MissingColumn"));
  EXPECT_TRUE(rejected("map", "wing=a").starts_with("InvalidArgument"));
  EXPECT_TRUE(rejected("colour", "red").starts_with("InvalidArgument"));
  EXPECT_TRUE(rejected("frequency", "hourly").starts_with("InvalidArgument"));
  EXPECT_TRUE(rejected("delimiter", "::").starts_with("InvalidArgument"));
  EXPECT_TRUE(rejected("timezone", "Mars/Olympus").starts_with("InvalidArgument"));
  EXPECT_TRUE(rejected("calendar", "XNOWHERE").starts_with("InvalidCalendarName"));
}

TEST(CsvAdapter, AFolderIsReadFileByFile) {
  const TemporaryFolder folder;
  write(folder.path() / "a.csv", "Date,Open,High,Low,Close,Volume\n2014-06-05,1,1,1,1,1\n");
  write(folder.path() / "b.txt", "date;open;high;low;close;volume\n2014-06-05;1,5;1,5;1,5;1,5;1\n");
  write(folder.path() / "readme.md", "nothing");
  const BundleContent content = read_files(folder.path(), {}, {});
  ASSERT_EQ(content.items.size(), 2u);
  EXPECT_EQ(content.items[1].asset.symbol, "B");
  EXPECT_EQ(content.items[1].daily.columns[3], (Values{15}));
  FileOptions one;
  one.symbol = "X";
  EXPECT_TRUE(error_of([&] { return read_files(folder.path(), one, {}); }).starts_with("InvalidArgument"));
}

TEST(CsvAdapter, ASymbolMayBeSpreadOverFilesInOrderOfTime) {
  const TemporaryFolder folder;
  const std::string header = "symbol,date,open,high,low,close,volume\n";
  write(folder.path() / "1.csv", header + "A,2014-06-05,1,1,1,1,1\nB,2014-06-05,2,2,2,2,1\n");
  write(folder.path() / "2.csv", header + "A,2014-06-06,1.25,1.25,1.25,1.25,1.5\n");
  const BundleContent content = read_files(folder.path(), {}, {});
  ASSERT_EQ(content.items.size(), 2u);
  EXPECT_EQ(content.items[0].daily.columns[3], (Values{100, 125}));
  EXPECT_EQ(content.items[0].daily.price_scale, 2);
  EXPECT_EQ(content.items[0].daily.columns[4], (Values{10, 15}));
  write(folder.path() / "3.csv", header + "A,2014-06-06,1,1,1,1,1\n");
  EXPECT_TRUE(error_of([&] { return read_files(folder.path(), {}, {}); }).starts_with("DuplicateRow"));
}

TEST(CsvAdapter, ParquetTakesTheSameRoad) {
  const TemporaryFolder folder;
  storage::ColumnTable table;
  table.columns.push_back(
      {"timestamp", storage::Timestamps{{1401940800LL * 1'000'000'000, 1402027200LL * 1'000'000'000}}});  // 04:00 UTC
  for (const char* name : {"open", "high", "low"}) table.columns.push_back({name, storage::Decimals{{1050, 1060}, 2}});
  table.columns.push_back({"close", storage::Doubles{{10.5, 10.6}}});
  table.columns.push_back({"volume", storage::Int64s{{100, 200}}});
  const fs::path file = folder.path() / "xyz.parquet";
  storage::write_parquet(file, table);
  EXPECT_EQ(guess_adapter(file), "parquet");
  const BundleContent content = read_files(file, {}, {});
  ASSERT_EQ(content.items.size(), 1u);
  EXPECT_EQ(content.items[0].asset.symbol, "XYZ");
  EXPECT_EQ(content.items[0].daily.times, (Values{16226, 16227}));
  EXPECT_EQ(content.items[0].daily.columns[3], (Values{105, 106}));
  EXPECT_EQ(content.items[0].daily.columns[4], (Values{100, 200}));
}

TEST(CsvAdapter, WhatIsNotThereIsSaid) {
  const TemporaryFolder folder;
  EXPECT_TRUE(error_of([&] { return bar_files(folder.path() / "nowhere.csv"); }).starts_with("FileNotFound"));
  EXPECT_TRUE(error_of([&] { return bar_files(folder.path()); }).starts_with("EmptyData"));
  EXPECT_TRUE(
      error_of([&] { return read_files(write(folder.path() / "a.csv", ""), {}, {}); }).starts_with("EmptyData"));
  EXPECT_TRUE(
      error_of([&] { return read_files(write(folder.path() / "b.csv", "hello"), {}, {}); }).starts_with("EmptyData"));
  EXPECT_TRUE(error_of([&] {
                return read_files(write(folder.path() / "c.csv", "a,b\n1,2\n"), {}, {});
              }).starts_with("MissingColumn"));
}

// --- files of other programs (shared data, README)
// ------------------------------------------------------------------------

TEST(CsvAdapterSharedData, SampleFilesOfOtherLayouts) {
  const fs::path folder = utils::shared_data() / "reference/rustybt_sample_ohlcv";
  RUSTYBT_NEED_SHARED_DATA(folder);
  FileOptions every_day;
  every_day.calendar = "24/7";  // the samples have weekends
  const std::string samples[][2] = {{"sample_ohlcv.csv", "YYYY-MM-DD"},
                                    {"sample_ohlcv_no_headers.csv", "time since 1970"},
                                    {"sample_ohlcv_tab.csv", "YYYY-MM-DD"}};
  for (const auto& [name, form] : samples) {
    const BundleContent content = read_files(folder / name, every_day, {});
    EXPECT_EQ(guess_mapping(folder / name, every_day).time_format.describe(), form) << name;
    EXPECT_EQ(content.items[0].daily.columns[3][0], 1008) << name;  // 100.80
  }
  // 01/01/2023, 01/02/2023, ...: asks, then reads
  const fs::path custom = folder / "sample_ohlcv_custom_format.csv";
  EXPECT_TRUE(error_of([&] { return read_files(custom, every_day, {}); }).starts_with("InvalidDate"));
  every_day.date_format = "%m/%d/%Y";
  const BundleContent content = read_files(custom, every_day, {});
  EXPECT_EQ(content.items[0].asset.symbol, "AAPL");
  EXPECT_EQ(content.items[0].asset.start_date.to_string(), "2023-01-01");
}

// The defects are listed in defects.json beside the files; lines found with grep -n.
TEST(CsvAdapterSharedData, InjectedDefectsAreRefusedOrReported) {
  const fs::path folder = utils::shared_data() / "dirty/injected";
  RUSTYBT_NEED_SHARED_DATA(folder);
  const auto error = [&](const char* name) {
    const std::string text = error_of([&] { return read_files(folder / name, {}, {}); });
    const std::string prefix = (folder / name).string();
    const auto at = text.find(prefix);
    return at == std::string::npos ? text : text.substr(0, at) + text.substr(at + prefix.size());
  };
  EXPECT_TRUE(error("01_duplicate_dates.csv").starts_with("DuplicateRow: , line 53"))
      << error("01_duplicate_dates.csv");
  EXPECT_TRUE(error("04_missing_values.csv").starts_with("BadCell: , line 22")) << error("04_missing_values.csv");
  EXPECT_TRUE(error("05_nonpositive_prices.csv").starts_with("BadBar: , line 32"))
      << error("05_nonpositive_prices.csv");
  EXPECT_TRUE(error("08_bad_volume.csv").starts_with("BadBar: , line 72")) << error("08_bad_volume.csv");
  EXPECT_TRUE(error("10_non_session_dates.csv").starts_with("NotASession: , line 7"))
      << error("10_non_session_dates.csv");
  EXPECT_TRUE(error("15_truncated_tail.csv").starts_with("BadCell: , line 61")) << error("15_truncated_tail.csv");

  const auto warnings = [&](const char* name) {
    Heard heard;
    const BundleContent content = read_files(folder / name, {}, heard.options);
    EXPECT_EQ(content.items.size(), 1u) << name;
    std::string all;
    for (const std::string& m : heard.messages) all += m.substr(m.find(".csv: ") + 6) + "\n";
    return all;
  };
  // the 7:1 split of 2014-06-09 is not marked in these files: 645.57 -> 93.70
  EXPECT_NE(warnings("00_clean_aapl_2013_2014.csv").find("AAPL_2013_2014 2014-06-09, 93.7 after 645.57"),
            std::string::npos);
  EXPECT_NE(warnings("03_missing_sessions.csv")
                .find("5 sessions between first and last row have no row (first: 03_MISSING_SESSIONS 2013-01-16)"),
            std::string::npos);
  EXPECT_EQ(warnings("12_bom_crlf.csv"), "");
  EXPECT_EQ(warnings("13_semicolon_decimal_comma.csv"), "");
  EXPECT_NE(warnings("07_price_spikes.csv").find("closes are three times"), std::string::npos);
  EXPECT_NE(warnings("17_split_applied_late.csv").find("closes are three times"), std::string::npos);
}

TEST(CsvAdapterSharedData, RealStocksWithTheirActions) {
  const fs::path file = utils::shared_data() / "equities/sp500_daily_raw/AAPL.csv";
  RUSTYBT_NEED_SHARED_DATA(file);
  Heard heard;
  const BundleContent content = read_files(file, {}, heard.options);
  const auto& item = content.items[0];
  EXPECT_EQ(item.daily.times.size(), 5402u);
  EXPECT_EQ(item.asset.start_date.to_string(), "1999-11-01");
  EXPECT_EQ(item.asset.end_date.to_string(), "2021-04-21");
  std::string splits;  // README: 2:1, 2:1, 7:1, 4:1
  for (const Split& s : content.actions.by_item.splits)
    splits +=
        s.effective_date.to_string() + " " + std::to_string(s.denominator) + ":" + std::to_string(s.numerator) + " ";
  EXPECT_EQ(splits, "2000-06-21 2:1 2005-02-28 2:1 2014-06-09 7:1 2020-08-31 4:1 ");
  const auto& dividends = content.actions.by_item.cash_dividends;
  const auto first = std::ranges::find(dividends, Date::parse("2012-08-09"), &CashDividend::ex_date);
  ASSERT_NE(first, dividends.end());
  EXPECT_EQ(first->amount.to_string(), "2.65");
  EXPECT_TRUE(heard.messages.empty()) << heard.messages[0];
}

TEST(CsvAdapterSharedData, AWholeUniverseInOneGzippedFile) {
  const fs::path file = utils::shared_data() / "equities/sp500_universe_daily_raw_2016_2021.csv.gz";
  RUSTYBT_NEED_SHARED_DATA(file);
  const BundleContent content = read_files(file, {}, {});
  EXPECT_EQ(content.items.size(), 504u);
  std::size_t rows = 0;
  for (const auto& item : content.items) rows += item.daily.times.size();
  EXPECT_EQ(rows, 662'162u);
  const TemporaryFolder folder;
  IngestOptions options;
  options.root = folder.path();
  EXPECT_EQ(write_bundle("universe", content, options).daily_rows, 662'162);
}

TEST(CsvAdapterSharedData, MinutesStampedAtTheirEndAndExtendedHours) {
  const fs::path folder = utils::shared_data() / "equities/spy_minute_2011";
  RUSTYBT_NEED_SHARED_DATA(folder);
  Heard heard;
  const BundleContent content = read_files(folder / "nt-spy-minute-2011.csv", {}, heard.options);  // 2011-01-03..02-01
  const BarSeries& minute = content.items[0].minute;
  EXPECT_EQ(minute.times.front(), Timestamp::parse("2011-01-03T14:31:00Z").ns);
  EXPECT_EQ(Timestamp{minute.times.back()}.to_string().substr(11), "21:00:00Z");
  EXPECT_EQ(minute.times.size(), 20u * 390);  // January's sessions; the rest is outside of them
}

TEST(CsvAdapterSharedData, ParquetOfTheSeedProject) {
  const fs::path file = utils::shared_data() / "parquet/rustybt_market_data.parquet";
  RUSTYBT_NEED_SHARED_DATA(file);
  const BundleContent content = read_files(file, {}, {});
  ASSERT_EQ(content.items.size(), 5u);
  EXPECT_EQ(content.items[0].asset.symbol, "GLD");
  for (const auto& item : content.items) EXPECT_EQ(item.daily.times.size(), 1006u);
  const auto rows = utils::read_csv(utils::shared_data() / "parquet/rustybt_market_data.csv");
  EXPECT_EQ(rows.size(), 5030u);
}

}  // namespace
}  // namespace rustybt::data::adapters

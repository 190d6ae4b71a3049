#include "rustybt/storage/columnar.hpp"

#include <arrow/array.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/statistics.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/decimal.hpp"
#include "rustybt/core/source_folder_test.hpp"
#include "rustybt/core/timestamp.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

ColumnTable one_of_each() {
  return {{{"sid", Int64s{{kSmallest, 0, kLargest}}},
           {"close", Decimals{{-999'999'999'999'999'999, 125, 999'999'999'999'999'999}, 4}},
           {"beta", Doubles{{0.1, -0.0, 1e300}}},
           {"symbol", Strings{{"AAPL", "", "Š"}}, {1, 1, 0}},
           {"dt", Timestamps{{-1, 0, 1'402'002'000'000'000'001}}},
           {"day", Dates{{-1, 0, 16'230}}},
           {"open", Bools{{1, 0, 1}}}},
          {{"made by", "a test"}, {"scale", "4"}}};
}

std::unique_ptr<parquet::ParquetFileReader> footer(const fs::path& path) {
  return parquet::ParquetFileReader::OpenFile(path.string());
}

// --- Parquet --------------------------------------------------------------------------------------------------------

TEST(Parquet, GivesBackEveryKindOfColumn) {
  const TemporaryFolder folder;
  write_parquet(folder.path() / "a.parquet", one_of_each());
  const ColumnTable read = read_parquet(folder.path() / "a.parquet");
  const ColumnTable written = one_of_each();
  ASSERT_EQ(read.columns.size(), 7U);
  EXPECT_EQ(read.column("sid").as<Int64s>().values, written.column("sid").as<Int64s>().values);
  EXPECT_EQ(read.column("close").as<Decimals>().values, written.column("close").as<Decimals>().values);
  EXPECT_EQ(read.column("close").as<Decimals>().scale, 4);
  EXPECT_EQ(read.column("beta").as<Doubles>().values, written.column("beta").as<Doubles>().values);
  EXPECT_TRUE(std::signbit(read.column("beta").as<Doubles>().values[1]));
  EXPECT_THAT(read.column("symbol").as<Strings>().values, ElementsAre("AAPL", "", ""));
  EXPECT_THAT(read.column("symbol").validity, ElementsAre(1, 1, 0));
  EXPECT_EQ(read.column("dt").as<Timestamps>().values, written.column("dt").as<Timestamps>().values);
  EXPECT_EQ(read.column("day").as<Dates>().values, written.column("day").as<Dates>().values);
  EXPECT_EQ(read.column("open").as<Bools>().values, written.column("open").as<Bools>().values);
  EXPECT_TRUE(read.column("sid").validity.empty());
  EXPECT_EQ(read.metadata, written.metadata);
}

TEST(Parquet, ReadsTheNamedColumnsInTheirOrder) {
  const TemporaryFolder folder;
  write_parquet(folder.path() / "a.parquet", one_of_each());
  const std::string names[] = {"dt", "sid"};
  const ColumnTable read = read_parquet(folder.path() / "a.parquet", names);
  ASSERT_EQ(read.columns.size(), 2U);
  EXPECT_EQ(read.columns[0].name, "dt");
  EXPECT_EQ(read.columns[1].name, "sid");
}

TEST(Parquet, StoresIntegersTimesAndDecimalsDeltaPackedInGroupsWithStatistics) {
  const TemporaryFolder folder;
  ColumnTable table{{{"dt", Timestamps{}}, {"close", Decimals{{}, 2}}}};
  for (int i = 0; i < 2500; ++i) {
    std::get<Timestamps>(table.columns[0].values).values.push_back(i * 60'000'000'000);
    std::get<Decimals>(table.columns[1].values).values.push_back(10'000 + i);
  }
  write_parquet(folder.path() / "a.parquet", table, {.row_group_rows = 1000});
  const auto file = footer(folder.path() / "a.parquet");
  ASSERT_EQ(file->metadata()->num_row_groups(), 3);
  for (int column = 0; column < 2; ++column) {
    const auto chunk = file->metadata()->RowGroup(2)->ColumnChunk(column);
    EXPECT_EQ(chunk->type(), parquet::Type::INT64);
    EXPECT_EQ(chunk->compression(), parquet::Compression::ZSTD);
    EXPECT_THAT(chunk->encodings(), testing::Contains(parquet::Encoding::DELTA_BINARY_PACKED));
    EXPECT_FALSE(chunk->has_dictionary_page());
    ASSERT_TRUE(chunk->is_stats_set());
  }
  const auto statistics = file->metadata()->RowGroup(2)->ColumnChunk(1)->statistics();
  EXPECT_EQ(std::static_pointer_cast<parquet::Int64Statistics>(statistics)->min(), 12'000);
  EXPECT_EQ(std::static_pointer_cast<parquet::Int64Statistics>(statistics)->max(), 12'499);
  EXPECT_LT(fs::file_size(folder.path() / "a.parquet"), 6'000U) << "2,500 rows of 16 bytes";
}

TEST(Parquet, KeepsNineteenDigitMantissasExact) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.parquet";
  write_parquet(path, {{{"x", Decimals{{kLargest, -kLargest, 1'000'000'000'000'000'000}, 0}}}});
  EXPECT_EQ(inspect_parquet(path).fields[0].type, "decimal128(19, 0)");
  EXPECT_THAT(read_parquet(path).column("x").as<Decimals>().values,
              ElementsAre(kLargest, -kLargest, 1'000'000'000'000'000'000));
}

TEST(Parquet, LooksNotAtValuesThatAreMissing) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.parquet";
  write_parquet(path, {{{"x", Decimals{{kSmallest, 5}, 2}, {0, 1}}}});
  EXPECT_EQ(footer(path)->metadata()->schema()->Column(0)->physical_type(), parquet::Type::INT64);
  const ColumnTable read = read_parquet(path);
  EXPECT_THAT(read.column("x").as<Decimals>().values, ElementsAre(0, 5));
  EXPECT_THAT(read.column("x").validity, ElementsAre(0, 1));
}

TEST(Parquet, KeepsMoreThan18Decimals) {
  const TemporaryFolder folder;
  write_parquet(folder.path() / "a.parquet", {{{"x", Decimals{{kLargest, -1}, 21}}}});
  const ColumnTable read = read_parquet(folder.path() / "a.parquet");
  EXPECT_EQ(read.column("x").as<Decimals>().scale, 21);
  EXPECT_THAT(read.column("x").as<Decimals>().values, ElementsAre(kLargest, -1));
}

TEST(Parquet, HoldsNoRows) {
  const TemporaryFolder folder;
  write_parquet(folder.path() / "a.parquet", {{{"x", Int64s{}}, {"y", Decimals{{}, 2}}, {"s", Strings{}}}});
  EXPECT_EQ(read_parquet(folder.path() / "a.parquet").rows(), 0U);
  EXPECT_EQ(inspect_parquet(folder.path() / "a.parquet").rows, 0);
}

TEST(Parquet, WritesTheSameBytesAgain) {
  const TemporaryFolder folder;
  write_parquet(folder.path() / "a.parquet", one_of_each());
  write_parquet(folder.path() / "b.parquet", one_of_each());
  EXPECT_EQ(sha256_file(folder.path() / "a.parquet"), sha256_file(folder.path() / "b.parquet"));
}

TEST(Parquet, DescribesColumnsAndRowsFromTheFooter) {
  const TemporaryFolder folder;
  write_parquet(folder.path() / "a.parquet", one_of_each());
  const ParquetInfo info = inspect_parquet(folder.path() / "a.parquet");
  EXPECT_EQ(info.rows, 3);
  ASSERT_EQ(info.fields.size(), 7U);
  EXPECT_EQ(info.fields[4].name, "dt");
  EXPECT_EQ(info.fields[4].type, "timestamp[ns, tz=UTC]");
}

TEST(Parquet, RefusesUnequalColumnsAndRepeatedNames) {
  const TemporaryFolder folder;
  const auto write = [&](const ColumnTable& table) { write_parquet(folder.path() / "a.parquet", table); };
  EXPECT_EQ(error_of([&] { write({{{"x", Int64s{{1}}}, {"y", Int64s{{1, 2}}}}}); }).code(), ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of([&] { write({{{"x", Int64s{{1}}, {1, 1}}}}); }).code(), ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of([&] { write({{{"x", Int64s{{1}}}, {"x", Int64s{{1}}}}}); }).code(), ErrorCode::InvalidArgument);
}

TEST(Parquet, ErrorsNameFileAndColumn) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "bars.parquet";
  EXPECT_EQ(error_of([&] { (void)read_parquet(path); }).code(), ErrorCode::FileNotFound);
  write_parquet(path, one_of_each());
  const std::string names[] = {"volume"};
  const Error missing = error_of([&] { (void)read_parquet(path, names); });
  EXPECT_EQ(missing.code(), ErrorCode::MissingColumn);
  EXPECT_THAT(missing.message(),
              testing::AllOf(HasSubstr("volume"), HasSubstr("bars.parquet"), HasSubstr("sid, close")));
  const Error kind = error_of([&] { (void)one_of_each().column("sid").as<Doubles>(); });
  EXPECT_EQ(kind.code(), ErrorCode::WrongType);
  EXPECT_EQ(kind.message(), "column sid: expected double, found int64");
  EXPECT_EQ(error_of([&] { write_parquet(folder.path() / "none" / "a", one_of_each()); }).code(),
            ErrorCode::FileNotWritable);
}

TEST(Parquet, NoticesDamageAnywhere) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.parquet";
  write_parquet(path, one_of_each());
  const std::string good = read_file(path);
  const auto expect_unreadable = [&](std::string_view bytes, std::size_t where) {
    write_file_atomically(path, bytes);
    const Error error = error_of([&] { (void)read_parquet(path); });
    EXPECT_EQ(error.code(), ErrorCode::FileNotReadable) << "at byte " << where;
    EXPECT_THAT(error.message(), HasSubstr("a.parquet"));
  };
  for (const std::size_t length : {std::size_t{0}, std::size_t{3}, good.size() / 2, good.size() - 1})
    expect_unreadable(std::string_view(good).substr(0, length), length);
  expect_unreadable("sid,close\n1,2\n", 0);
  // the bytes of a page, right before the footer of the first column's chunk ends
  const auto chunk = [&] {
    write_file_atomically(path, good);
    return footer(path)->metadata()->RowGroup(0)->ColumnChunk(0);
  }();
  const auto last = static_cast<std::size_t>(chunk->data_page_offset() + chunk->total_compressed_size() - 1);
  std::string bad = good;
  bad[last] = static_cast<char>(bad[last] ^ 0x10);
  expect_unreadable(bad, last);
}

// --- files of other writers -----------------------------------------------------------------------------------------

void write_with_arrow(const fs::path& path, const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  const auto array = arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
  const auto table = arrow::Table::Make(arrow::schema({arrow::field("x", type)}), {array});
  const auto sink = arrow::io::FileOutputStream::Open(path.string()).ValueOrDie();
  const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  const auto status = parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 2,
                                                 parquet::default_writer_properties(), properties);
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_TRUE(sink->Close().ok());
}

Column read_foreign(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  const TemporaryFolder folder;
  write_with_arrow(folder.path() / "x.parquet", type, json);
  return read_parquet(folder.path() / "x.parquet").column("x");
}

TEST(ForeignParquet, NumbersOfEveryWidth) {
  using std::vector;
  const vector<std::int64_t> expected{1, 0, 100};
  for (const auto& type : {arrow::int8(), arrow::int16(), arrow::int32(), arrow::uint8(), arrow::uint16(),
                           arrow::uint32(), arrow::uint64()}) {
    const Column column = read_foreign(type, "[1, null, 100]");
    EXPECT_EQ(column.as<Int64s>().values, expected) << type->ToString();
    EXPECT_THAT(column.validity, ElementsAre(1, 0, 1));
  }
  EXPECT_THAT(read_foreign(arrow::float32(), "[0.5, 46.96, -1e10]").as<Doubles>().values,
              ElementsAre(0.5, 46.96, -1e10));
}

TEST(ForeignParquet, TimesOfEveryUnitWithAndWithoutZone) {
  EXPECT_THAT(read_foreign(arrow::timestamp(arrow::TimeUnit::MILLI), "[1402002000123]").as<Timestamps>().values,
              ElementsAre(1'402'002'000'123'000'000));
  EXPECT_THAT(read_foreign(arrow::timestamp(arrow::TimeUnit::MICRO, "America/New_York"), "[1402002000123456]")
                  .as<Timestamps>()
                  .values,
              ElementsAre(1'402'002'000'123'456'000));
  EXPECT_THAT(read_foreign(arrow::timestamp(arrow::TimeUnit::SECOND), "[-1]").as<Timestamps>().values,
              ElementsAre(-1'000'000'000));
  EXPECT_THAT(read_foreign(arrow::date64(), "[86400000, -86400000]").as<Dates>().values, ElementsAre(1, -1));
}

TEST(ForeignParquet, TextsAndDictionaries) {
  for (const auto& type :
       {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(), arrow::dictionary(arrow::int8(), arrow::utf8()),
        arrow::dictionary(arrow::int32(), arrow::large_utf8())}) {
    const Column column = read_foreign(type, R"(["AAPL", null, "MSFT", "AAPL"])");
    EXPECT_THAT(column.as<Strings>().values, ElementsAre("AAPL", "", "MSFT", "AAPL")) << type->ToString();
    EXPECT_THAT(column.validity, ElementsAre(1, 0, 1, 1)) << type->ToString();
  }
  const Column nothing = read_foreign(arrow::null(), "[null, null]");
  EXPECT_EQ(nothing.as<Strings>().values.size(), 2U);
  EXPECT_THAT(nothing.validity, ElementsAre(0, 0));
}

TEST(ForeignParquet, DecimalsOfEveryPrecision) {
  for (const int precision : {9, 18, 19, 38}) {
    const Column column = read_foreign(arrow::decimal128(precision, 2), R"(["1.25", "-1234567.89", null])");
    EXPECT_THAT(column.as<Decimals>().values, ElementsAre(125, -123'456'789, 0)) << precision;
    EXPECT_EQ(column.as<Decimals>().scale, 2);
  }
  EXPECT_THAT(read_foreign(arrow::decimal128(38, 0), R"(["9223372036854775807", "-9223372036854775808"])")
                  .as<Decimals>()
                  .values,
              ElementsAre(kLargest, kSmallest));
}

TEST(ForeignParquet, ValuesBeyond64BitsAreErrorsThatNameTheRow) {
  const Error decimal =
      error_of([] { (void)read_foreign(arrow::decimal128(38, 8), R"(["1.00000000", "92233720368.54775808"])"); });
  EXPECT_EQ(decimal.code(), ErrorCode::Overflow);
  EXPECT_THAT(decimal.message(), testing::AllOf(HasSubstr("x.parquet"), HasSubstr("column x"), HasSubstr("row 2"),
                                                HasSubstr("92233720368.54775808")));
  EXPECT_EQ(error_of([] { (void)read_foreign(arrow::uint64(), "[9223372036854775808]"); }).code(), ErrorCode::Overflow);
  EXPECT_EQ(error_of([] { (void)read_foreign(arrow::timestamp(arrow::TimeUnit::SECOND), "[10000000000]"); }).code(),
            ErrorCode::Overflow);
}

TEST(ForeignParquet, OtherTypesAreErrorsThatNameTheColumn) {
  const Error error = error_of([] { (void)read_foreign(arrow::list(arrow::int64()), "[[1], [2, 3]]"); });
  EXPECT_EQ(error.code(), ErrorCode::WrongType);
  EXPECT_THAT(error.message(), testing::AllOf(HasSubstr("column x"), HasSubstr("list")));
}

fs::path shared_parquet() { return shared_folder() / "data" / "parquet"; }

bool is_ci() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

std::vector<std::vector<std::string>> read_csv_twin(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  std::vector<std::vector<std::string>> rows;
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

// Written by Polars with DECIMAL(38, 8) columns; the CSV twin holds the same rows as text.
TEST(ForeignParquet, PolarsBarsEqualTheirCsvTwin) {
  const fs::path file = shared_parquet() / "rustybt_market_data.parquet";
  if (!fs::exists(file)) {
    if (is_ci()) FAIL() << file << " is not there";
    GTEST_SKIP() << file << " is not there: set RUSTYBT_TEST_DATA";
  }
  const ColumnTable table = read_parquet(file);
  const auto rows = read_csv_twin(shared_parquet() / "rustybt_market_data.csv");
  ASSERT_EQ(rows.size(), 5030U);
  ASSERT_EQ(table.rows(), 5030U);
  const char* fields[] = {"open", "high", "low", "close", "volume"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(Timestamp{table.column("timestamp").as<Timestamps>().values[i]}.to_string(), rows[i][0] + "Z");
    EXPECT_EQ(table.column("symbol").as<Strings>().values[i], rows[i][1]);
    for (std::size_t f = 0; f < 5; ++f)
      EXPECT_EQ(Decimal(table.column(fields[f]).as<Decimals>().values[i], 8).to_string(), rows[i][2 + f])
          << fields[f] << " " << i;
  }
}

// Written by parquet-cpp 1.5 with Brotli and millisecond times.
TEST(ForeignParquet, NautilusTradesEqualTheirCsvTwin) {
  const fs::path file = shared_parquet() / "nautilus_binance_btcusdt-trades.parquet";
  if (!fs::exists(file)) {
    if (is_ci()) FAIL() << file << " is not there";
    GTEST_SKIP() << file << " is not there: set RUSTYBT_TEST_DATA";
  }
  const ColumnTable table = read_parquet(file);
  const auto rows = read_csv_twin(shared_parquet() / "nautilus_binance_btcusdt-trades.csv");
  ASSERT_EQ(rows.size(), 2001U);
  ASSERT_EQ(table.rows(), 2001U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(table.column("timestamp").as<Timestamps>().values[i], Timestamp::parse(rows[i][0] + "Z").ns);
    EXPECT_EQ(std::to_string(table.column("trade_id").as<Int64s>().values[i]), rows[i][1]);
    EXPECT_EQ(table.column("price").as<Doubles>().values[i], std::stod(rows[i][2]));
    EXPECT_EQ(table.column("quantity").as<Doubles>().values[i], std::stod(rows[i][3]));
    EXPECT_EQ(table.column("buyer_maker").as<Strings>().values[i], rows[i][4]);
  }
}

// Prices as 16 raw bytes are a private matter of their writer: refused by name, not guessed at.
TEST(ForeignParquet, RawBytesAreRefusedByName) {
  const fs::path file = shared_parquet() / "nautilus_128bit_bars.parquet";
  if (!fs::exists(file)) {
    if (is_ci()) FAIL() << file << " is not there";
    GTEST_SKIP() << file << " is not there: set RUSTYBT_TEST_DATA";
  }
  EXPECT_EQ(read_parquet(file, std::vector<std::string>{"ts_event"}).rows(), 10U);
  const Error error = error_of([&] { (void)read_parquet(file); });
  EXPECT_EQ(error.code(), ErrorCode::WrongType);
  EXPECT_THAT(error.message(), testing::AllOf(HasSubstr("column open"), HasSubstr("fixed_size_binary[16]")));
}

// --- Arrow IPC ------------------------------------------------------------------------------------------------------

/// The file that is mapped at an address, from the kernel.
std::string file_mapped_at(const void* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    std::istringstream(line) >> std::hex >> from >> dash >> to;
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    if (from <= value && value < to) return line.find('/') == std::string::npos ? "" : line.substr(line.find('/'));
  }
  return "";
}

TEST(Ipc, MapsColumnsOfEqualLengthWithoutCopy) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "bars.arrow";
  const std::vector<std::int64_t> open{1, kSmallest, 3}, close{kLargest, 5, 6};
  write_ipc(path, std::vector<IpcColumn>{{"open", open}, {"close", close}}, {{"version", "1"}});
  const MappedTable table = map_ipc(path);
  EXPECT_THAT(table.column("open"), ElementsAre(1, kSmallest, 3));
  EXPECT_THAT(table.column("close"), ElementsAre(kLargest, 5, 6));
  EXPECT_EQ(fs::path(file_mapped_at(table.column("close").data())), fs::canonical(path));
  EXPECT_EQ(table.metadata("version"), "1");
  EXPECT_EQ(error_of([&] { (void)table.column("low"); }).code(), ErrorCode::MissingColumn);
  EXPECT_EQ(error_of([&] { (void)table.metadata("low"); }).code(), ErrorCode::MissingColumn);
}

TEST(Ipc, MapsColumnsOfDifferentLengthWithoutCopy) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "bars.arrow";
  const std::vector<std::int64_t> bars(10'000, 7), sessions{16'230, 16'231}, none;
  write_ipc(path, std::vector<IpcColumn>{{"bars", bars}, {"sessions", sessions}, {"minutes", none}});
  MappedTable first = map_ipc(path);
  const MappedTable table = std::move(first);
  EXPECT_EQ(std::vector<std::int64_t>(table.column("bars").begin(), table.column("bars").end()), bars);
  EXPECT_THAT(table.column("sessions"), ElementsAre(16'230, 16'231));
  EXPECT_TRUE(table.column("minutes").empty());
  EXPECT_EQ(fs::path(file_mapped_at(table.column("bars").data())), fs::canonical(path));
  EXPECT_EQ(fs::path(file_mapped_at(table.column("sessions").data())), fs::canonical(path));
}

TEST(Ipc, HoldsNothing) {
  const TemporaryFolder folder;
  write_ipc(folder.path() / "a.arrow", {}, {{"k", "v"}});
  EXPECT_EQ(map_ipc(folder.path() / "a.arrow").metadata(), (Metadata{{"k", "v"}}));
}

// found by tests/fuzz/fuzz_parquet.cpp: one column chunk says that it has no values
TEST(Parquet, RefusesAColumnThatIsShorterThanTheFile) {
  const fs::path file = source_folder() / "tests/fuzz/corpus/parquet/column_shorter_than_the_file";
  const Error error = error_of([&] { static_cast<void>(read_parquet(file)); });
  EXPECT_EQ(error.code(), ErrorCode::FileNotReadable);
  EXPECT_NE(std::string(error.message()).find("column f has 0 of 3 rows"), std::string::npos) << error.message();
}

// found by the same: the process would end inside Arrow
TEST(Parquet, RefusesMoreDigitsThanArrowHas) {
  const fs::path file = source_folder() / "tests/fuzz/corpus/parquet/decimal_of_80_digits";
  const Error error = error_of([&] { static_cast<void>(inspect_parquet(file)); });
  EXPECT_EQ(error.code(), ErrorCode::FileNotReadable);
  EXPECT_NE(std::string(error.message()).find("column d has decimals of type Decimal(precision=80, scale=2)"),
            std::string::npos)
      << error.message();
}

// found by the same: a read outside of the dictionary's words
TEST(Parquet, RefusesNumbersOfWordsThatAreNotThere) {
  const fs::path file = source_folder() / "tests/fuzz/corpus/parquet/dictionary_index_beyond_its_words";
  const Error error = error_of([&] { static_cast<void>(read_parquet(file)); });
  EXPECT_EQ(error.code(), ErrorCode::FileNotReadable);
  EXPECT_NE(std::string(error.message()).find("is damaged"), std::string::npos) << error.message();
}

TEST(Ipc, RefusesDamagedAndForeignFiles) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "bars.arrow";
  EXPECT_EQ(error_of([&] { (void)map_ipc(path); }).code(), ErrorCode::FileNotFound);
  const std::vector<std::int64_t> bars(1000, 7);
  write_ipc(path, std::vector<IpcColumn>{{"bars", bars}});
  const std::string good = read_file(path);
  for (const std::size_t length : {std::size_t{0}, std::size_t{10}, good.size() / 2, good.size() - 1}) {
    write_file_atomically(path, std::string_view(good).substr(0, length));
    EXPECT_EQ(error_of([&] { (void)map_ipc(path); }).code(), ErrorCode::FileNotReadable) << length;
  }
  write_parquet(path, one_of_each());
  EXPECT_EQ(error_of([&] { (void)map_ipc(path); }).code(), ErrorCode::FileNotReadable);
}

// --- Arrow C stream -------------------------------------------------------------------------------------------------

TEST(ArrowStream, HandsTheTableOverWithoutCopyingNumbers) {
  ColumnTable table = one_of_each();
  const std::int64_t* sids = table.column("sid").as<Int64s>().values.data();
  const double* betas = table.column("beta").as<Doubles>().values.data();
  ArrowArrayStream stream{};
  export_stream(std::move(table), &stream);
  const auto reader = arrow::ImportRecordBatchReader(&stream).ValueOrDie();
  const auto batch = reader->Next().ValueOrDie();
  EXPECT_EQ(reader->Next().ValueOrDie(), nullptr);
  ASSERT_EQ(batch->num_rows(), 3);
  EXPECT_TRUE(batch->ValidateFull().ok());
  EXPECT_EQ(std::static_pointer_cast<arrow::Int64Array>(batch->GetColumnByName("sid"))->raw_values(), sids);
  EXPECT_EQ(std::static_pointer_cast<arrow::DoubleArray>(batch->GetColumnByName("beta"))->raw_values(), betas);
  const auto close = std::static_pointer_cast<arrow::Decimal128Array>(batch->GetColumnByName("close"));
  EXPECT_EQ(close->type()->ToString(), "decimal128(38, 4)");
  EXPECT_EQ(close->FormatValue(0), "-99999999999999.9999");
  EXPECT_EQ(batch->GetColumnByName("dt")->type()->ToString(), "timestamp[ns, tz=UTC]");
  EXPECT_TRUE(batch->GetColumnByName("symbol")->IsNull(2));
  EXPECT_EQ(batch->schema()->metadata()->Get("scale").ValueOrDie(), "4");
}

}  // namespace
}  // namespace rustybt::storage

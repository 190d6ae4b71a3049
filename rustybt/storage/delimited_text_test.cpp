#include "rustybt/storage/delimited_text.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::storage {
namespace {

std::string error_of(std::string text, const TextFormat& format) {
  try {
    static_cast<void>(parse_delimited_text(std::move(text), format, "f.csv"));
  } catch (const Error& e) {
    return std::string(e.name()) + ": " + e.message();
  }
  return "no error";
}

TEST(DelimitedText, CellsAreKeptAsWritten) {
  const TextTable t = parse_delimited_text("a,b,c\n1.50,\"x, y\",\n,NA,\"say \"\"hi\"\"\"\n", {}, "f.csv");
  ASSERT_EQ(t.names().size(), 3u);
  EXPECT_EQ(t.names()[2], "c");
  ASSERT_EQ(t.rows(), 2);
  EXPECT_EQ(t.column(0)[0], "1.50");
  EXPECT_EQ(t.column(1)[0], "x, y");
  EXPECT_EQ(t.column(2)[0], "");
  EXPECT_EQ(t.column(0)[1], "");
  EXPECT_EQ(t.column(1)[1], "NA");
  EXPECT_EQ(t.column(2)[1], "say \"hi\"");
}

TEST(DelimitedText, ByteOrderMarkAndCarriageReturnsAreNoContent) {
  const TextTable t = parse_delimited_text(
      "\xEF\xBB\xBF"
      "a;b\r\n1;2\r\n",
      {.delimiter = ';'}, "f.csv");
  EXPECT_EQ(t.names()[0], "a");
  ASSERT_EQ(t.rows(), 1);
  EXPECT_EQ(t.column(1)[0], "2");
}

TEST(DelimitedText, RowsKnowTheirLineDespiteBlankLinesAndTitles) {
  const TextTable t = parse_delimited_text("a title\n\na,b\n1,2\n\n\r\n3,4\n5,6", {.skip_lines = 1}, "f.csv");
  ASSERT_EQ(t.rows(), 3);
  EXPECT_EQ(t.line_of(0), 4);
  EXPECT_EQ(t.line_of(1), 7);
  EXPECT_EQ(t.line_of(2), 8);
}

TEST(DelimitedText, WithoutHeaderTheFirstLineIsARow) {
  const TextTable t = parse_delimited_text("1,2\n3,4\n", {.header = false}, "f.csv");
  ASSERT_EQ(t.rows(), 2);
  EXPECT_EQ(t.names()[1], "f1");
  EXPECT_EQ(t.line_of(1), 2);
}

TEST(DelimitedText, ShortRowNamesItsLine) {
  EXPECT_EQ(error_of("a,b,c\n1,2,3\n\n4,5", {}),
            "BadCell: f.csv, line 4: found 2 cells, expected 3 as in the first line");
  EXPECT_EQ(error_of("title\na,b,c\n1,2,3,4\n", {.skip_lines = 1}),
            "BadCell: f.csv, line 3: found 4 cells, expected 3 as in the first line");
}

TEST(DelimitedText, NoRowsIsAnError) {
  EXPECT_TRUE(error_of("", {}).starts_with("EmptyData"));
  EXPECT_TRUE(error_of("a,b\n", {}).starts_with("EmptyData"));
  EXPECT_TRUE(error_of("a,b", {}).starts_with("EmptyData"));
  EXPECT_TRUE(error_of("\n\n", {}).starts_with("EmptyData"));
}

TEST(DelimitedText, GzipIsToldByItsBytes) {
  // printf 'a,b\n1,2\n' | gzip -n | xxd -i
  constexpr unsigned char kPacked[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
                                       0x4b, 0xd4, 0x49, 0xe2, 0x32, 0xd4, 0x31, 0xe2, 0x02, 0x00,
                                       0x7b, 0x07, 0x97, 0x0a, 0x08, 0x00, 0x00, 0x00};
  const TemporaryFolder folder;
  const auto file = folder.path() / "packed.csv";
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(kPacked), sizeof kPacked);
  EXPECT_EQ(read_text_file(file), "a,b\n1,2\n");
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(kPacked), 20);
  EXPECT_THROW(static_cast<void>(read_text_file(file)), Error);
}

}  // namespace
}  // namespace rustybt::storage

#include "rustybt/core/text.hpp"

#include <gtest/gtest.h>

namespace rustybt {
namespace {

TEST(Text, TrimDropsBlanksAtTheEndsOnly) {
  EXPECT_EQ(trim(" \ta b\t\r"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \r"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, UpperCaseLeavesEverythingButAsciiLetters) { EXPECT_EQ(to_upper("brk.b \xc3\xa9 1z"), "BRK.B \xc3\xa9 1Z"); }

TEST(Text, PercentEncodeLeavesTheUnreservedCharacters) {  // Python: urllib.parse.quote(text, safe="")
  EXPECT_EQ(percent_encode("BRK.B ~a-b_c"), "BRK.B%20~a-b_c");
  EXPECT_EQ(percent_encode("^GSPC,EURUSD=X/\xc3\xa9"), "%5EGSPC%2CEURUSD%3DX%2F%C3%A9");
}

TEST(Text, EditDistanceCountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(edit_distance("", "", 2), 0U);
  EXPECT_EQ(edit_distance("AAPL", "AAPL", 2), 0U);
  EXPECT_EQ(edit_distance("APPL", "AAPL", 2), 1U);
  EXPECT_EQ(edit_distance("GOOG", "GOOGL", 2), 1U);
  EXPECT_EQ(edit_distance("KITTEN", "SITTING", 5), 3U);
  EXPECT_EQ(edit_distance("KITTEN", "SITTING", 2), 3U) << "limit + 1";
  EXPECT_EQ(edit_distance("A", "ABCDEF", 2), 3U) << "limit + 1";
}

}  // namespace
}  // namespace rustybt

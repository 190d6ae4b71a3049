#include "rustybt/assets/symbols.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rustybt::assets {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// zipline_semantics 6.8: split at the first of . / \ - _
TEST(Symbols, SplitAtTheFirstDelimiter) {
  EXPECT_EQ(split_symbol("brk.a").company, "BRK");
  EXPECT_EQ(split_symbol("brk.a").share_class, "A");
  EXPECT_EQ(split_symbol("BTC-USD_T").company, "BTC");
  EXPECT_EQ(split_symbol("BTC-USD_T").share_class, "USD_T");
  EXPECT_EQ(split_symbol("AAPL").share_class, "");
  EXPECT_EQ(symbol_key("BRK_A"), symbol_key("brk/a"));
  EXPECT_NE(symbol_key("BRKA"), symbol_key("BRK.A"));
}

TEST(Symbols, NearestAreThreeAtMostInOrderOfDistance) {
  EXPECT_THAT(nearest_symbols("GOOG", {"GOOGL", "GOO", "GLOG", "GOAT", "MSFT"}), ElementsAre("GLOG", "GOO", "GOOGL"));
  EXPECT_THAT(nearest_symbols("F", {"A", "GE"}), IsEmpty());
}

}  // namespace
}  // namespace rustybt::assets

#include "rustybt/core/wide_integer.hpp"

#include <gtest/gtest.h>

namespace rustybt {
namespace {

constexpr uint128 kAllOnes = ~uint128{0};

TEST(WideInteger, LargestProductHasAllBits) {
  // (2^128 - 1)^2 = 2^256 - 2^129 + 1
  const Uint256 product = multiply_wide(kAllOnes, kAllOnes);
  EXPECT_TRUE(product.high == kAllOnes - 1);
  EXPECT_TRUE(product.low == 1);
}

TEST(WideInteger, SumAndDifferenceCarryBetweenHalves) {
  const Uint256 sum = Uint256{0, kAllOnes} + Uint256{0, 1};
  EXPECT_TRUE((sum == Uint256{1, 0}));
  EXPECT_TRUE((sum - Uint256{0, 1} == Uint256{0, kAllOnes}));
}

TEST(WideInteger, QuotientOfTheLargestValues) {
  // (2^128 - 2) * 2^128 + 2^128 - 1 = (2^128 - 1)^2 + 2^128 - 2: quotient 2^128 - 1, remainder 2^128 - 2
  const WideQuotient largest = divide_wide({kAllOnes - 1, kAllOnes}, kAllOnes);
  EXPECT_TRUE(largest.quotient == kAllOnes);
  EXPECT_TRUE(largest.remainder == kAllOnes - 1);
}

TEST(WideInteger, QuotientDigitEstimatedTooHighIsCorrected) {
  // 2^254 / (2^127 + 2^64 - 1), from Python's integers
  const uint128 divisor = (uint128{1} << 127) + ~std::uint64_t{0};
  const WideQuotient found = divide_wide({uint128{1} << 126, 0}, divisor);
  EXPECT_EQ(high_half(found.quotient), 0x7fffffffffffffffu);
  EXPECT_EQ(low_half(found.quotient), 2u);
  EXPECT_EQ(high_half(found.remainder), 0x7ffffffffffffffdu);
  EXPECT_EQ(low_half(found.remainder), 2u);
}

TEST(WideInteger, DividesByTenInPlace) {
  // 2^255 = 57896...19968, so the quotient ends in 1996 and 8 remains; ten times the quotient and 8 give it back
  Uint256 value{uint128{1} << 127, 0};
  EXPECT_EQ(divide_by_ten(value), 8);
  EXPECT_TRUE((multiply_wide(value, 10) + Uint256{0, 8} == Uint256{uint128{1} << 127, 0}));
}

TEST(WideInteger, MagnitudeAndBitLength) {
  constexpr int128 smallest = static_cast<int128>(uint128{1} << 127);
  EXPECT_TRUE(magnitude(smallest) == uint128{1} << 127);
  EXPECT_EQ(bit_length(0), 0);
  EXPECT_EQ(bit_length(1), 1);
  EXPECT_EQ(bit_length(uint128{1} << 64), 65);
  EXPECT_EQ(bit_length(kAllOnes), 128);
}

}  // namespace
}  // namespace rustybt

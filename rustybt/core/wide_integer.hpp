#pragma once
// 256-bit unsigned integers, as far as exact decimals need them: products of two 128-bit numbers and their quotients.

#include <cstdint>

#include "rustybt/core/decimal.hpp"

namespace rustybt {

[[nodiscard]] constexpr std::uint64_t high_half(uint128 v) { return static_cast<std::uint64_t>(v >> 64); }
[[nodiscard]] constexpr std::uint64_t low_half(uint128 v) { return static_cast<std::uint64_t>(v); }

/// |value|; right for the smallest int128 too.
[[nodiscard]] constexpr uint128 magnitude(int128 value) {
  return value < 0 ? uint128{0} - static_cast<uint128>(value) : static_cast<uint128>(value);
}

/// Bits up to the highest set one; 0 for 0.
[[nodiscard]] constexpr int bit_length(uint128 v) {
  const std::uint64_t high = high_half(v);
  if (high != 0) return 128 - __builtin_clzll(high);
  return low_half(v) != 0 ? 64 - __builtin_clzll(low_half(v)) : 0;
}

struct Uint256 {
  uint128 high = 0;
  uint128 low = 0;

  friend constexpr bool operator==(const Uint256&, const Uint256&) = default;
  friend constexpr auto operator<=>(const Uint256&, const Uint256&) = default;
};

/// Modulo 2^256.
[[nodiscard]] constexpr Uint256 operator+(Uint256 a, Uint256 b) {
  const uint128 low = a.low + b.low;
  return {a.high + b.high + (low < a.low ? 1 : 0), low};
}

/// Modulo 2^256.
[[nodiscard]] constexpr Uint256 operator-(Uint256 a, Uint256 b) {
  return {a.high - b.high - (a.low < b.low ? 1 : 0), a.low - b.low};
}

/// Full product.
[[nodiscard]] constexpr Uint256 multiply_wide(uint128 a, uint128 b) {
  const uint128 low = uint128{low_half(a)} * low_half(b);
  const uint128 cross = uint128{high_half(a)} * low_half(b) + high_half(low);
  const uint128 middle = uint128{low_half(a)} * high_half(b) + low_half(cross);
  return {uint128{high_half(a)} * high_half(b) + high_half(cross) + high_half(middle), (middle << 64) | low_half(low)};
}

/// Product modulo 2^256.
[[nodiscard]] constexpr Uint256 multiply_wide(Uint256 a, uint128 b) {
  return multiply_wide(a.low, b) + Uint256{a.high * b, 0};
}

/// Divide by 10 in place; gives the remainder.
constexpr int divide_by_ten(Uint256& v) {
  std::uint64_t rest = 0;
  const auto next = [&rest](std::uint64_t digit) {
    const uint128 part = (uint128{rest} << 64) | digit;
    rest = static_cast<std::uint64_t>(part % 10);
    return part / 10;
  };
  const uint128 high = next(high_half(v.high));
  v.high = (high << 64) | next(low_half(v.high));
  const uint128 low = next(high_half(v.low));
  v.low = (low << 64) | next(low_half(v.low));
  return static_cast<int>(rest);
}

struct WideQuotient {
  uint128 quotient = 0;
  uint128 remainder = 0;
};

/// Quotient and remainder; needs value.high < divisor, so that the quotient has 128 bits.
/// Source: Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D, with digits of 64 bits.
[[nodiscard]] constexpr WideQuotient divide_wide(Uint256 value, uint128 divisor) {
  if (value.high == 0) {
    const uint128 quotient = value.low / divisor;
    return {quotient, value.low - quotient * divisor};
  }
  const int shift = 128 - bit_length(divisor);
  const uint128 d = divisor << shift;
  uint128 rest = shift == 0 ? value.high : (value.high << shift) | (value.low >> (128 - shift));
  const uint128 tail = value.low << shift;

  const auto next_digit = [&rest, d](std::uint64_t following) {
    uint128 digit = rest / high_half(d);
    uint128 estimate_rest = rest - digit * high_half(d);
    while (high_half(digit) != 0 || digit * low_half(d) > ((estimate_rest << 64) | following)) {
      --digit;
      estimate_rest += high_half(d);
      if (high_half(estimate_rest) != 0) break;
    }
    rest = ((rest << 64) | following) - digit * d;
    return digit;
  };
  const uint128 high = next_digit(high_half(tail));
  const uint128 low = next_digit(low_half(tail));
  return {(high << 64) | low, rest >> shift};
}

}  // namespace rustybt

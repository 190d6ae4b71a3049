#include "rustybt/core/money.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "rustybt/core/error.hpp"
#include "rustybt/core/wide_integer.hpp"

namespace rustybt {

namespace {

// 5^0 .. 5^27: those that fit 64 bits. 10^s = 5^s * 2^s, and powers of two are only shifts.
constexpr int kMaxSmallPower = 27;
constexpr auto kPowersOfFive = [] {
  std::array<std::uint64_t, kMaxSmallPower + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 5;
  return powers;
}();
std::uint64_t five_to(int exponent) { return kPowersOfFive[static_cast<std::size_t>(exponent)]; }

void check_scale(int scale) {
  if (scale >= 0 && scale <= Decimal::kMaxScale) return;
  throw Error(ErrorCode::InvalidNumber, "scale " + std::to_string(scale) + " of a mantissa: expected 0 to 38",
              "choose 0 to 38 digits after the point");
}

std::string shortest_text(double value) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

double read_double(const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc::result_out_of_range) {
    throw Error(ErrorCode::Overflow, text + " is beyond the largest double", "round to fewer digits before the point");
  }
  require_invariant(read.ec == std::errc{} && read.ptr == text.data() + text.size(), "own text of a number is read");
  return value;
}

/// |value| = fraction * 2^exponent, fraction < 2^53; value is finite.
struct BinaryParts {
  std::uint64_t fraction;
  int exponent;
};
BinaryParts split(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int field = static_cast<int>((bits >> 52) & 0x7ff);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  return field == 0 ? BinaryParts{fraction, -1074} : BinaryParts{fraction | (std::uint64_t{1} << 52), field - 1075};
}

/// value / 2^shift to the nearest integer, half-even; shift > 0. Only for results below 2^128.
uint128 shift_half_even(Uint256 value, int shift) {
  if (shift > 256) return 0;  // less than half, for every 256-bit value
  const uint128 quotient = shift == 256   ? 0
                           : shift >= 128 ? value.high >> (shift - 128)
                                          : (value.high << (128 - shift)) | (value.low >> shift);
  const bool below_128 = shift <= 128;
  const uint128 word = below_128 ? value.low : value.high;
  const uint128 half = uint128{1} << ((below_128 ? shift : shift - 128) - 1);
  const bool half_is_set = (word & half) != 0;
  const bool beyond_half = (word & (half - 1)) != 0 || (!below_128 && value.low != 0);
  return quotient + (half_is_set && (beyond_half || (quotient & 1) != 0) ? 1 : 0);
}

/// |value| * 10^scale to the nearest integer, half-even; nothing beyond 2^63 - 1. Exact integer arithmetic throughout:
/// fraction * 2^e * 10^s = (fraction * 5^s) * 2^(e + s).
std::optional<std::int64_t> round_to_mantissa(double value, int scale) {
  constexpr uint128 kMax = ~std::uint64_t{0} >> 1;
  const BinaryParts parts = split(value);
  const int left = parts.exponent + scale;
  uint128 result;
  if (scale <= kMaxSmallPower) [[likely]] {
    const uint128 product = uint128{parts.fraction} * five_to(scale);
    const int shift = -left;
    if (shift >= 128) return 0;  // the product has at most 53 + 63 bits
    if (shift <= 0) {
      if (bit_length(product) + left > 63) return std::nullopt;
      return static_cast<std::int64_t>(product << left);
    }
    result = product >> shift;
    const uint128 rest = product & ((uint128{1} << shift) - 1);
    const uint128 half = uint128{1} << (shift - 1);
    result += static_cast<unsigned>(rest > half) | (static_cast<unsigned>(rest == half) & low_half(result) & 1);
  } else {
    const uint128 five = uint128{five_to(kMaxSmallPower)} * five_to(scale - kMaxSmallPower);
    const Uint256 product = multiply_wide(parts.fraction, five);
    if (product.low == 0 && product.high == 0) return 0;
    // the product has at least 65 bits for normal numbers, and subnormal ones shift right
    if (left >= 0) return std::nullopt;
    if (product.high != 0 && left > -128 && (product.high >> -left) != 0) return std::nullopt;
    result = shift_half_even(product, -left);
  }
  if (result > kMax) return std::nullopt;
  return static_cast<std::int64_t>(result);
}

/// round() by the exact decimal digits of the value: any number of digits, before the point too.
double round_by_text(double value, int digits) {
  std::array<char, 800> text;  // a double has at most 767 significant digits
  char* const end = text.data() + text.size();
  const auto exact = std::to_chars(text.data(), end, std::abs(value), std::chars_format::scientific, 766);
  const std::string_view written(text.data(), static_cast<std::size_t>(exact.ptr - text.data()));
  const std::size_t e = written.find('e');
  int exponent = 0;
  std::from_chars(written.data() + e + (written[e + 1] == '+' ? 2 : 1), written.data() + written.size(), exponent);
  const int kept = exponent + 1 + digits;  // significant digits that stay
  double rounded = 0;
  if (kept == 0) {
    // between 0 and 10^-digits; a tie goes to the even 0
    const bool more_follows = written.substr(1, e - 1).find_first_not_of(".0") != std::string_view::npos;
    if (written[0] > '5' || (written[0] == '5' && more_follows)) rounded = read_double("1e" + std::to_string(-digits));
  } else if (kept > 0) {
    const int places = std::min(kept - 1, 766);
    const auto cut = std::to_chars(text.data(), end, std::abs(value), std::chars_format::scientific, places);
    rounded = read_double({text.data(), cut.ptr});
  }
  return std::copysign(rounded, value);
}

}  // namespace

void throw_money_overflow() {
  throw Error(ErrorCode::Overflow, "an amount of money does not fit 128 bits",
              "trade smaller quantities, or use data with fewer decimals");
}

Money MoneyScale::from_decimal(const Decimal& value) const {
  return {value.quantize(digits, Rounding::HalfEven).coefficient()};
}

Decimal MoneyScale::to_decimal(Money value) const { return Decimal(value.units, digits); }

double MoneyScale::to_double(Money value) const { return mantissa_to_double(value.units, digits); }

double mantissa_to_double_exact(int128 mantissa, int scale) {
  check_scale(scale);
  if (mantissa == 0) return 0.0;
  if (scale > kMaxSmallPower) return read_double(to_string(mantissa) + "e-" + std::to_string(scale));

  // mantissa / (5^s * 2^s): with the dividend at 128 bits and a divisor below 2^63 the quotient has at least 65, and
  // what is below its upper 64 only matters as "not zero". The conversion of those 64 bits then rounds once.
  const uint128 dividend = magnitude(mantissa);
  const int lift = 128 - bit_length(dividend);
  const uint128 normalized = dividend << lift;
  const std::uint64_t divisor = five_to(scale);
  const uint128 quotient = normalized / divisor;
  const bool inexact = quotient * divisor != normalized;
  const int cut = bit_length(quotient) - 64;
  const bool lost = (quotient & ((uint128{1} << cut) - 1)) != 0;
  const std::uint64_t top = static_cast<std::uint64_t>(quotient >> cut) | static_cast<std::uint64_t>(inexact || lost);
  const int exponent = cut - lift - scale;  // results lie in 10^-27 .. 2^127: never subnormal
  const double power = std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
  const double result = static_cast<double>(top) * power;
  return mantissa < 0 ? -result : result;
}

std::int64_t double_to_mantissa(double value, int scale) {
  check_scale(scale);
  if (!std::isfinite(value)) {
    throw Error(ErrorCode::InvalidNumber, shortest_text(value) + " is not a price: expected a finite number");
  }
  const std::optional<std::int64_t> rounded = round_to_mantissa(value, scale);
  if (!rounded) {
    throw Error(ErrorCode::Overflow, shortest_text(value) + " with " + std::to_string(scale) +
                                         " digits after the point does not fit 64 bits");
  }
  return value < 0 ? -*rounded : *rounded;
}

double python_round(double value, int digits) {
  if (!std::isfinite(value) || value == 0) return value;
  if (digits >= 0) {
    if (std::abs(value) >= 0x1p52 || digits > 323) return value;  // whole already, or no digit there to lose
    if (digits <= 22) {
      if (const std::optional<std::int64_t> rounded = round_to_mantissa(value, digits)) {
        return std::copysign(mantissa_to_double(*rounded, digits), value);
      }
    }
  } else if (digits < -308) {
    return std::copysign(0.0, value);
  }
  return round_by_text(value, digits);
}

}  // namespace rustybt

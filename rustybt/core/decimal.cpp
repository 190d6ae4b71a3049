#include "rustybt/core/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/core/random.hpp"
#include "rustybt/core/wide_integer.hpp"

namespace rustybt {

namespace {

constexpr auto kPowersOfTen = [] {
  std::array<int128, Decimal::kMaxDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();
constexpr int128 kLimit = kPowersOfTen[Decimal::kMaxDigits];  // the first coefficient that does not fit
constexpr uint128 kInt128Max = ~uint128{0} >> 1;

int128 ten_to(int exponent) { return kPowersOfTen[static_cast<std::size_t>(exponent)]; }

bool fits(int128 coefficient) { return coefficient < kLimit && coefficient > -kLimit; }
bool fits_int64(int128 value) { return value == static_cast<std::int64_t>(value); }

[[noreturn]] void throw_overflow(const std::string& what) {
  throw Error(ErrorCode::Overflow, what + " does not fit a decimal of 38 digits, at most 38 of them after the point");
}

[[noreturn]] void throw_division_by_zero(const std::string& dividend) {
  throw Error(ErrorCode::DivisionByZero, "division of " + dividend + " by zero");
}

void check_scale(int scale) {
  if (scale >= 0 && scale <= Decimal::kMaxScale) return;
  throw Error(ErrorCode::InvalidNumber, "scale " + std::to_string(scale) + " of a decimal: expected 0 to 38",
              "choose 0 to 38 digits after the point");
}

/// Whether a quotient that was cut off moves one away from zero. `half` is the sign of (rest - half of the divisor);
/// the rest is not 0.
bool rounds_away(uint128 quotient, int half, bool negative, Rounding rounding) {
  switch (rounding) {
    case Rounding::Ceiling:
      return !negative;
    case Rounding::Down:
      return false;
    case Rounding::Floor:
      return negative;
    case Rounding::HalfDown:
      return half > 0;
    case Rounding::HalfEven:
      return half > 0 || (half == 0 && (quotient & 1) != 0);
    case Rounding::HalfUp:
      return half >= 0;
    case Rounding::Up:
      return true;
    case Rounding::ZeroFiveUp:
      return quotient % 5 == 0;
  }
  require_invariant(false, "a rounding mode has one of eight values");
  return false;
}

/// value / divisor, value.high < divisor. @return false when the rounded quotient needs more than 128 bits
bool divide_magnitude(Uint256 value, uint128 divisor, bool negative, Rounding rounding, uint128& quotient) {
  const WideQuotient cut = divide_wide(value, divisor);
  quotient = cut.quotient;
  if (cut.remainder == 0) return true;
  const uint128 other_side = divisor - cut.remainder;
  const int half = cut.remainder < other_side ? -1 : (cut.remainder > other_side ? 1 : 0);
  if (rounds_away(quotient, half, negative, rounding)) ++quotient;
  return quotient != 0 || cut.quotient == 0;
}

int128 with_sign(uint128 value, bool negative) { return static_cast<int128>(negative ? uint128{0} - value : value); }

/// The exact result of an operation as a decimal: zeros after the point are dropped as far as it takes to fit.
/// `describe` gives the text of the operation for the error.
template <class Describe>
Decimal fit(Uint256 value, bool negative, int scale, Describe describe) {
  while (scale > Decimal::kMaxScale || value.high != 0 || value.low >= static_cast<uint128>(kLimit)) {
    if (scale == 0 || divide_by_ten(value) != 0) throw_overflow(describe());
    --scale;
  }
  return Decimal(with_sign(value.low, negative), scale);
}

}  // namespace

int128 power_of_ten(int exponent) {
  check_scale(exponent);
  return ten_to(exponent);
}

int128 divide_rounded(int128 value, int128 divisor, Rounding rounding) {
  if (divisor == 0) throw_division_by_zero(to_string(value));
  const bool negative = (value < 0) != (divisor < 0);
  const uint128 v = magnitude(value);
  const uint128 d = magnitude(divisor);
  if ((high_half(v) | high_half(d)) == 0) {
    const std::uint64_t small_divisor = low_half(d);
    const std::uint64_t quotient = low_half(v) / small_divisor;
    const std::uint64_t rest = low_half(v) % small_divisor;
    if (rest == 0) return with_sign(quotient, negative);
    const std::uint64_t other_side = small_divisor - rest;
    const int half = (rest > other_side) - (rest < other_side);
    return with_sign(uint128{quotient} + (rounds_away(quotient, half, negative, rounding) ? 1 : 0), negative);
  }
  uint128 quotient = 0;
  divide_magnitude({0, v}, d, negative, rounding, quotient);
  if (quotient > kInt128Max && !negative) {
    throw Error(ErrorCode::Overflow, to_string(value) + " / " + to_string(divisor) + " does not fit 128 bits");
  }
  return with_sign(quotient, negative);
}

int128 multiply_divide(int128 a, int128 b, int128 divisor, Rounding rounding) {
  int128 product;
  if (!__builtin_mul_overflow(a, b, &product)) return divide_rounded(product, divisor, rounding);
  if (divisor == 0) throw_division_by_zero(to_string(a) + " * " + to_string(b));
  const bool negative = ((a < 0) != (b < 0)) != (divisor < 0);
  const Uint256 wide_product = multiply_wide(magnitude(a), magnitude(b));
  const uint128 d = magnitude(divisor);
  uint128 quotient = 0;
  if (wide_product.high >= d || !divide_magnitude(wide_product, d, negative, rounding, quotient) ||
      quotient > kInt128Max + (negative ? 1 : 0)) {
    throw Error(ErrorCode::Overflow,
                to_string(a) + " * " + to_string(b) + " / " + to_string(divisor) + " does not fit 128 bits");
  }
  return with_sign(quotient, negative);
}

std::string to_string(int128 value) {
  constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000u;  // 10^19
  constexpr int kChunkDigits = 19;
  std::array<char, 40> text;
  char* const end = text.data() + text.size();
  char* at = end;
  uint128 rest = magnitude(value);
  while (high_half(rest) != 0) {
    std::uint64_t chunk = static_cast<std::uint64_t>(rest % kChunk);
    rest /= kChunk;
    for (int i = 0; i < kChunkDigits; ++i, chunk /= 10) *--at = static_cast<char>('0' + chunk % 10);
  }
  std::uint64_t last = low_half(rest);
  if (last != 0 || at == end) {
    do {
      *--at = static_cast<char>('0' + last % 10);
      last /= 10;
    } while (last != 0);
  }
  if (value < 0) *--at = '-';
  return {at, end};
}

Decimal::Decimal(int128 coefficient, int scale) : coefficient_(coefficient), scale_(scale) {
  check_scale(scale);
  if (!fits(coefficient)) throw_overflow("coefficient " + rustybt::to_string(coefficient));
}

namespace {

Decimal add(const Decimal& a, const Decimal& b, bool subtract) {
  const int scale = std::max(a.scale(), b.scale());
  const int128 lift_a = ten_to(scale - a.scale());
  const int128 lift_b = ten_to(scale - b.scale());
  int128 left, right, sum;
  if (!__builtin_mul_overflow(a.coefficient(), lift_a, &left) &&
      !__builtin_mul_overflow(b.coefficient(), lift_b, &right) &&
      !(subtract ? __builtin_sub_overflow(left, right, &sum) : __builtin_add_overflow(left, right, &sum)) &&
      fits(sum)) {
    return Decimal(sum, scale);
  }
  // magnitudes stay below 2 * 10^76 < 2^256
  const Uint256 wide_left = multiply_wide(magnitude(a.coefficient()), static_cast<uint128>(lift_a));
  const Uint256 wide_right = multiply_wide(magnitude(b.coefficient()), static_cast<uint128>(lift_b));
  const bool negative_left = a.sign() < 0;
  const bool negative_right = (b.sign() < 0) != subtract;
  const auto describe = [&] { return a.to_string() + (subtract ? " - " : " + ") + b.to_string(); };
  if (negative_left == negative_right) return fit(wide_left + wide_right, negative_left, scale, describe);
  if (wide_left >= wide_right) return fit(wide_left - wide_right, negative_left, scale, describe);
  return fit(wide_right - wide_left, negative_right, scale, describe);
}

}  // namespace

Decimal operator+(const Decimal& a, const Decimal& b) { return add(a, b, false); }
Decimal operator-(const Decimal& a, const Decimal& b) { return add(a, b, true); }

Decimal operator*(const Decimal& a, const Decimal& b) {
  const int scale = a.scale_ + b.scale_;
  int128 product;
  if (scale <= Decimal::kMaxScale && !__builtin_mul_overflow(a.coefficient_, b.coefficient_, &product) &&
      fits(product)) {
    return Decimal(product, scale);
  }
  return fit(multiply_wide(magnitude(a.coefficient_), magnitude(b.coefficient_)), a.sign() * b.sign() < 0, scale,
             [&] { return a.to_string() + " * " + b.to_string(); });
}

Decimal Decimal::operator-() const {
  Decimal result = *this;
  result.coefficient_ = -coefficient_;
  return result;
}

Decimal Decimal::abs() const { return coefficient_ < 0 ? -*this : *this; }

Decimal Decimal::divide(const Decimal& divisor, int scale, Rounding rounding) const {
  check_scale(scale);
  if (divisor.is_zero()) throw_division_by_zero(to_string());
  if (is_zero()) return Decimal(0, scale);
  const auto overflow = [&] {
    throw_overflow(to_string() + " / " + divisor.to_string() + " at scale " + std::to_string(scale));
  };
  const int shift = scale + divisor.scale_ - scale_;  // -38..76: the quotient is c1 * 10^shift / c2
  int128 lifted;
  if (shift >= 0 && shift <= kMaxDigits && !__builtin_mul_overflow(coefficient_, ten_to(shift), &lifted)) {
    const int128 quotient = divide_rounded(lifted, divisor.coefficient_, rounding);
    if (!fits(quotient)) overflow();
    return Decimal(quotient, scale);
  }

  const bool negative = sign() * divisor.sign() < 0;
  const uint128 dividend = magnitude(coefficient_);
  uint128 d = magnitude(divisor.coefficient_);
  uint128 quotient = 0;
  if (shift < 0) {
    if (__builtin_mul_overflow(d, static_cast<uint128>(ten_to(-shift)), &d)) {
      // the divisor is at least 2^128, more than twice the dividend
      quotient = rounds_away(0, -1, negative, rounding) ? 1 : 0;
    } else {
      divide_magnitude({0, dividend}, d, negative, rounding, quotient);
    }
  } else {
    // from 10^76 on the quotient by less than 10^38 cannot fit
    if (shift > kMaxDigits && dividend >= static_cast<uint128>(ten_to(2 * kMaxDigits - shift))) overflow();
    const int first = std::min(shift, kMaxDigits);
    const Uint256 wide = multiply_wide(multiply_wide(dividend, static_cast<uint128>(ten_to(first))),
                                       static_cast<uint128>(ten_to(shift - first)));
    if (wide.high >= d || !divide_magnitude(wide, d, negative, rounding, quotient)) overflow();
  }
  if (quotient >= static_cast<uint128>(kLimit)) overflow();
  return Decimal(with_sign(quotient, negative), scale);
}

Decimal Decimal::quantize(int scale, Rounding rounding) const {
  check_scale(scale);
  if (scale <= scale_) return Decimal(divide_rounded(coefficient_, ten_to(scale_ - scale), rounding), scale);
  int128 lifted;
  if (__builtin_mul_overflow(coefficient_, ten_to(scale - scale_), &lifted) || !fits(lifted)) {
    throw_overflow(to_string() + " at scale " + std::to_string(scale));
  }
  return Decimal(lifted, scale);
}

int128 Decimal::mantissa_at(int scale) const {
  const Decimal at_scale = quantize(scale, Rounding::Down);
  if (at_scale != *this) {
    throw Error(ErrorCode::InexactConversion,
                to_string() + " has more than " + std::to_string(scale) + " digits after the point");
  }
  return at_scale.coefficient_;
}

Decimal Decimal::normalized() const {
  int128 coefficient = coefficient_;
  int scale = coefficient == 0 ? 0 : scale_;
  while (scale > 0 && !fits_int64(coefficient) && coefficient % 10 == 0) {
    coefficient /= 10;
    --scale;
  }
  if (fits_int64(coefficient)) {
    std::int64_t small = static_cast<std::int64_t>(coefficient);
    for (; scale > 0 && small % 10 == 0; --scale) small /= 10;
    coefficient = small;
  }
  return Decimal(coefficient, scale);
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.scale_ == b.scale_) return a.coefficient_ <=> b.coefficient_;
  if (a.sign() != b.sign() || a.is_zero()) return a.sign() <=> b.sign();
  const int scale = std::max(a.scale_, b.scale_);
  const Uint256 left = multiply_wide(magnitude(a.coefficient_), static_cast<uint128>(ten_to(scale - a.scale_)));
  const Uint256 right = multiply_wide(magnitude(b.coefficient_), static_cast<uint128>(ten_to(scale - b.scale_)));
  return a.sign() > 0 ? left <=> right : right <=> left;
}

std::size_t Decimal::hash() const noexcept {
  const Decimal plain = normalized();
  const uint128 bits = static_cast<uint128>(plain.coefficient_);
  return mix64(mix64(mix64(low_half(bits)) ^ high_half(bits)) ^ static_cast<std::uint64_t>(plain.scale_));
}

std::string Decimal::to_string() const {
  std::string text = rustybt::to_string(coefficient_);
  if (scale_ == 0) return text;
  const std::size_t start = coefficient_ < 0 ? 1 : 0;
  const std::size_t places = static_cast<std::size_t>(scale_);
  const std::size_t digits = text.size() - start;
  if (digits <= places) text.insert(start, places + 1 - digits, '0');
  text.insert(text.size() - places, 1, '.');
  return text;
}

Decimal Decimal::parse(std::string_view text) {
  const auto quoted = [&] { return '"' + std::string(text.substr(0, 80)) + (text.size() > 80 ? "...\"" : "\""); };
  std::size_t at = 0;
  const auto expect_digit = [&](const char* where) {
    if (at < text.size() && text[at] >= '0' && text[at] <= '9') return;
    const std::string found = at < text.size() ? "'" + std::string(1, text[at]) + "'" : std::string("the end");
    throw Error(ErrorCode::InvalidNumber, quoted() + " is not a number: expected a digit " + where + ", found " +
                                              found + " at character " + std::to_string(at + 1));
  };
  const auto skip_sign = [&] {
    if (at >= text.size() || (text[at] != '-' && text[at] != '+')) return false;
    return text[at++] == '-';
  };

  // Zeros wait in `zeros` until a digit follows them, so that those at the end can be dropped when they do not fit.
  uint128 coefficient = 0;
  std::int64_t digits = 0;
  std::int64_t zeros = 0;
  const auto read_digits = [&](const char* where) {
    expect_digit(where);
    const std::size_t begin = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      if (text[at] == '0') {
        if (coefficient != 0) ++zeros;
        continue;
      }
      digits += zeros + 1;
      if (digits > kMaxDigits) throw_overflow(quoted());
      coefficient = coefficient * static_cast<uint128>(ten_to(static_cast<int>(zeros + 1))) +
                    static_cast<unsigned>(text[at] - '0');
      zeros = 0;
    }
    return static_cast<std::int64_t>(at - begin);
  };

  const bool negative = skip_sign();
  read_digits("at the start");
  std::int64_t scale = 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    scale = read_digits("after the point");
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    const bool negative_exponent = skip_sign();
    expect_digit("in the exponent");
    constexpr std::int64_t kEnough = 1'000'000'000'000;  // beyond the length of any text
    std::int64_t exponent = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      exponent = std::min(exponent * 10 + (text[at] - '0'), kEnough);
    }
    scale += negative_exponent ? exponent : -exponent;
  }
  if (at != text.size()) {
    throw Error(ErrorCode::InvalidNumber, quoted() + " is not a number: expected its end, found '" +
                                              std::string(1, text[at]) + "' at character " + std::to_string(at + 1));
  }

  if (coefficient == 0) return Decimal(0, static_cast<int>(std::clamp<std::int64_t>(scale, 0, kMaxScale)));
  if (scale < 0) {
    zeros -= scale;
    scale = 0;
  }
  const std::int64_t surplus = std::max(digits + zeros - kMaxDigits, scale - kMaxScale);
  if (surplus > 0) {
    if (surplus > zeros || surplus > scale) throw_overflow(quoted());
    zeros -= surplus;
    scale -= surplus;
  }
  return Decimal(with_sign(coefficient * static_cast<uint128>(ten_to(static_cast<int>(zeros))), negative),
                 static_cast<int>(scale));
}

Decimal Decimal::from_double_shortest(double value) {
  if (!std::isfinite(value)) {
    throw Error(ErrorCode::InvalidNumber,
                std::string(std::isnan(value) ? "nan" : "infinity") + " is not a decimal: expected a finite number");
  }
  // the scientific form: the general one prints all digits of the binary value from 2^53 on
  std::array<char, 32> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  return parse({text.data(), static_cast<std::size_t>(written.ptr - text.data())});
}

double Decimal::to_double() const { return mantissa_to_double(coefficient_, scale_); }

}  // namespace rustybt

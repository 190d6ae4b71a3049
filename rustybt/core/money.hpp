#pragma once
// Money of the books: a 128-bit integer at one scale per run (architecture, section 5). Sums never round.

#include <array>
#include <cstddef>
#include <cstdint>

#include "rustybt/core/decimal.hpp"

namespace rustybt {

[[noreturn]] void throw_money_overflow();

/// What money counts in.
using MoneyUnits = int128;

/// An amount of money in units of 10^-scale of the run's currency; the scale is a property of the run (MoneyScale).
struct Money {
  MoneyUnits units = 0;

  friend constexpr auto operator<=>(const Money&, const Money&) = default;
  friend Money operator+(Money a, Money b) {
    int128 r;
    if (__builtin_add_overflow(a.units, b.units, &r)) throw_money_overflow();
    return {r};
  }
  friend Money operator-(Money a, Money b) {
    int128 r;
    if (__builtin_sub_overflow(a.units, b.units, &r)) throw_money_overflow();
    return {r};
  }
  Money operator-() const { return Money{} - *this; }
  Money& operator+=(Money b) { return *this = *this + b; }
  Money& operator-=(Money b) { return *this = *this - b; }
};

/// Product of a price-like and a quantity-like integer; overflow is an error.
[[nodiscard]] inline int128 checked_multiply(int128 a, int128 b) {
  int128 r;
  if (__builtin_mul_overflow(a, b, &r)) throw_money_overflow();
  return r;
}

/// The scale of one run's money: min(21, 12 + quantity digits + 6).
struct MoneyScale {
  int digits = 18;
  static MoneyScale for_quantity_digits(int largest_quantity_digits) {
    const int wanted = 12 + largest_quantity_digits + 6;
    return {wanted < 21 ? wanted : 21};
  }
  /// Nearest amount, half-even, rounded once. @throws Error{Overflow}
  [[nodiscard]] Money from_decimal(const Decimal& value) const;
  [[nodiscard]] Decimal to_decimal(Money value) const;
  /// Correctly rounded.
  [[nodiscard]] double to_double(Money value) const;
};

/// 10^0 .. 10^22: the powers of ten that a double holds exactly.
inline constexpr double kExactPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// mantissa_to_double by integer division, for all mantissas. @throws Error{InvalidNumber} when scale is not 0..38
[[nodiscard]] double mantissa_to_double_exact(int128 mantissa, int scale);

/// 10^0 .. 10^18: the powers of ten that 64 bits hold.
inline constexpr auto kPowersOfTen64 = [] {
  std::array<std::int64_t, 19> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

/// Nearest double to mantissa / 10^scale, correctly rounded (one division for |mantissa| <= 2^53 and scale <= 22).
/// @throws Error{InvalidNumber} when scale is not 0..38
[[nodiscard]] inline double mantissa_to_double(int128 mantissa, int scale) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  const auto small = static_cast<std::int64_t>(mantissa);
  const bool exact = small == mantissa && small <= kExact && small >= -kExact && static_cast<unsigned>(scale) <= 22;
  if (exact) [[likely]]
    return static_cast<double>(small) / kExactPowersOfTen[scale];
  return mantissa_to_double_exact(mantissa, scale);
}

/// Mantissa of the decimal with `scale` digits nearest to the binary value, half-even: the door for computed prices.
/// @throws Error{InvalidNumber} for nan/inf or a scale not in 0..38, Error{Overflow} beyond +-(2^63 - 1)
[[nodiscard]] std::int64_t double_to_mantissa(double value, int scale);

/// Python's round(x, digits): correctly rounded decimal, half-even on the exact binary value; nan and inf stay.
/// @throws Error{Overflow} when the result is beyond the largest double
[[nodiscard]] double python_round(double value, int digits);

}  // namespace rustybt

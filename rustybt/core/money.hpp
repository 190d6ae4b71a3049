#pragma once
// Money of the books: a 128-bit integer at one scale per run (architecture, section 5). Sums never round.

#include <cstdint>

#include "rustybt/core/decimal.hpp"

namespace rustybt {

[[noreturn]] void throw_money_overflow();

/// An amount of money in units of 10^-scale of the run's currency; the scale is a property of the run (MoneyScale).
struct Money {
  int128 units = 0;

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

/// Nearest double to mantissa / 10^scale, correctly rounded (one division for |mantissa| <= 2^53 and scale <= 22).
[[nodiscard]] double mantissa_to_double(int128 mantissa, int scale);

/// Mantissa of the decimal with `scale` digits nearest to the binary value, half-even. The named door for computed prices.
/// @throws Error{InvalidNumber} for nan/inf, Error{Overflow} when it does not fit 64 bits
[[nodiscard]] std::int64_t double_to_mantissa(double value, int scale);

/// Python's round(x, digits): correctly rounded decimal, half-even on the exact binary value.
[[nodiscard]] double python_round(double value, int digits);

}  // namespace rustybt

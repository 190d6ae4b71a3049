#pragma once
// Money in binary floating point: stands before rustybt/core/money.hpp on the include path of the double twin, so that
// the same sources of finance, gens and algorithm compile to the same loop with the books in double. Only a benchmark
// uses it: the price of exactness is the ratio of both (bench/README.md).

#include <algorithm>
#include <cmath>
#include <concepts>

#define MoneyUnits ExactMoneyUnits
#define Money ExactMoney
#define MoneyScale ExactMoneyScale
#define checked_multiply exact_checked_multiply
#include "../../../../rustybt/core/money.hpp"
#undef MoneyUnits
#undef Money
#undef MoneyScale
#undef checked_multiply

namespace rustybt {

inline namespace double_money {

using MoneyUnits = double;

struct Money {
  double units = 0;

  /// A double ledger balances up to rounding; the check after each session stays, with a tolerance.
  friend bool operator==(Money a, Money b) {
    return std::abs(a.units - b.units) <= 1e-9 * std::max(std::abs(a.units), 1e20);
  }
  friend auto operator<=>(Money a, Money b) { return a.units <=> b.units; }
  friend Money operator+(Money a, Money b) { return {a.units + b.units}; }
  friend Money operator-(Money a, Money b) { return {a.units - b.units}; }
  Money operator-() const { return {-units}; }
  Money& operator+=(Money b) { return *this = *this + b; }
  Money& operator-=(Money b) { return *this = *this - b; }
};

inline double checked_multiply(double a, double b) { return a * b; }

struct MoneyScale {
  int digits = 18;
  static MoneyScale for_quantity_digits(int largest_quantity_digits) {
    return {std::min(21, 18 + largest_quantity_digits)};
  }
  [[nodiscard]] Money from_decimal(const Decimal& value) const {
    return {value.to_double() * kExactPowersOfTen[digits]};
  }
  [[nodiscard]] Decimal to_decimal(Money value) const { return Decimal::from_double_shortest(to_double(value)); }
  [[nodiscard]] double to_double(Money value) const { return value.units / kExactPowersOfTen[digits]; }
};

}  // namespace double_money

template <std::floating_point T, class B, class C>
double multiply_divide(T a, B b, C divisor, Rounding) {
  return a * static_cast<double>(b) / static_cast<double>(divisor);
}

}  // namespace rustybt

#pragma once
// Exact decimals for the edge: input, configuration, API, reports. The hot path uses Money and int64 mantissas.
// CPython's decimal is the oracle of every operation here.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rustybt {

using int128 = __int128;
using uint128 = unsigned __int128;

/// Python's eight rounding modes.
enum class Rounding : std::uint8_t { Ceiling, Down, Floor, HalfDown, HalfEven, HalfUp, Up, ZeroFiveUp };

/// A decimal number: coefficient * 10^-scale, |coefficient| < 10^38, scale 0..38.
///
/// Scale is part of the value as in Python ("1.50" keeps its zero); comparison and hash go by numeric value.
/// add, subtract and multiply are exact or throw Overflow; nothing ever wraps or silently rounds.
class Decimal {
 public:
  static constexpr int kMaxScale = 38;
  static constexpr int kMaxDigits = 38;

  constexpr Decimal() = default;
  /// @throws Error{Overflow} when |coefficient| has more than 38 digits, Error{InvalidNumber} when scale is not 0..38
  Decimal(int128 coefficient, int scale);
  static Decimal from_int(std::int64_t value) { return Decimal(value, 0); }

  [[nodiscard]] int128 coefficient() const noexcept { return coefficient_; }
  [[nodiscard]] int scale() const noexcept { return scale_; }
  [[nodiscard]] bool is_zero() const noexcept { return coefficient_ == 0; }
  [[nodiscard]] int sign() const noexcept { return coefficient_ > 0 ? 1 : (coefficient_ < 0 ? -1 : 0); }

  /// Sums take the larger scale, products the sum of the scales (as Python). When the exact result does not fit 38
  /// digits at that scale but has trailing zeros to drop, they are dropped. @throws Error{Overflow}
  friend Decimal operator+(const Decimal& a, const Decimal& b);
  friend Decimal operator-(const Decimal& a, const Decimal& b);
  friend Decimal operator*(const Decimal& a, const Decimal& b);
  Decimal operator-() const;
  [[nodiscard]] Decimal abs() const;

  /// Quotient rounded once to `scale` digits after the point. @throws Error{DivisionByZero}, Error{Overflow}
  [[nodiscard]] Decimal divide(const Decimal& divisor, int scale, Rounding rounding) const;
  /// The same value at `scale`, rounded if digits are lost. @throws Error{Overflow}
  [[nodiscard]] Decimal quantize(int scale, Rounding rounding) const;
  /// Mantissa at `scale`; exact. @throws Error{InexactConversion} when digits would be lost, Error{Overflow}
  [[nodiscard]] int128 mantissa_at(int scale) const;
  /// Trailing zeros after the point removed.
  [[nodiscard]] Decimal normalized() const;

  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == std::strong_ordering::equal; }
  [[nodiscard]] std::size_t hash() const noexcept;

  /// Plain notation, all digits of the scale ("-0.010").
  [[nodiscard]] std::string to_string() const;
  /// Read "[+-]digits[.digits][(e|E)[+-]digits]". @throws Error{InvalidNumber}, Error{Overflow}
  static Decimal parse(std::string_view text);
  /// The decimal that the shortest text reading back to this double names (0.1 -> 0.1), as Python's Decimal(repr(x)).
  /// The one door from binary floating point into exact numbers without a scale; 100.0 is 100, without Python's ".0".
  /// @throws Error{InvalidNumber} for nan/inf, Error{Overflow}
  static Decimal from_double_shortest(double value);
  /// Nearest double, correctly rounded.
  [[nodiscard]] double to_double() const;

 private:
  int128 coefficient_ = 0;
  std::int32_t scale_ = 0;
};

/// 10^exponent, exponent 0..38.
[[nodiscard]] int128 power_of_ten(int exponent);

/// value / divisor rounded to an integer with `rounding`; divisor != 0. Exact for the whole 128-bit range.
[[nodiscard]] int128 divide_rounded(int128 value, int128 divisor, Rounding rounding);

/// a * b / divisor rounded once; the product may need 256 bits. @throws Error{Overflow} when the result does not fit
[[nodiscard]] int128 multiply_divide(int128 a, int128 b, int128 divisor, Rounding rounding);

[[nodiscard]] std::string to_string(int128 value);

}  // namespace rustybt

template <>
struct std::hash<rustybt::Decimal> {
  std::size_t operator()(const rustybt::Decimal& d) const noexcept { return d.hash(); }
};

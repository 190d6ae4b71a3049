#include "rustybt/core/money.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "rustybt/core/error.hpp"

namespace rustybt {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int128 kLargest = static_cast<int128>(~uint128{0} >> 1);

template <class Action>
ErrorCode code_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode{};
}

TEST(Money, OverflowIsAnErrorAndNeverWraps) {
  const Money largest{kLargest};
  const Money smallest{-kLargest - 1};
  EXPECT_EQ(code_of([&] { (void)(largest + Money{1}); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([&] { (void)(smallest - Money{1}); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([&] { (void)-smallest; }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([&] { (void)checked_multiply(kLargest, 2); }), ErrorCode::Overflow);
  EXPECT_TRUE(largest + Money{-1} + Money{1} == largest);
  EXPECT_TRUE(checked_multiply(int128{1} << 100, -(int128{1} << 26)) == -(int128{1} << 126));
}

TEST(MoneyScale, FollowsTheDigitsOfQuantities) {
  EXPECT_EQ(MoneyScale::for_quantity_digits(0).digits, 18);
  EXPECT_EQ(MoneyScale::for_quantity_digits(2).digits, 20);
  EXPECT_EQ(MoneyScale::for_quantity_digits(8).digits, 21);
}

TEST(MoneyScale, AmountsGoToDecimalAndBack) {
  const MoneyScale scale{18};
  EXPECT_TRUE(scale.from_decimal(Decimal::parse("100000.29")).units == int128{10000029} * power_of_ten(16));
  EXPECT_EQ(scale.to_decimal(scale.from_decimal(Decimal::parse("-0.07"))), Decimal::parse("-0.07"));
  EXPECT_EQ(scale.to_double(scale.from_decimal(Decimal::parse("100000.29"))), 100000.29);
}

TEST(MoneyScale, FinerAmountsRoundHalfEvenOnce) {
  const MoneyScale scale{2};
  EXPECT_TRUE(scale.from_decimal(Decimal::parse("0.125")).units == 12);
  EXPECT_TRUE(scale.from_decimal(Decimal::parse("0.135")).units == 14);
  EXPECT_TRUE(scale.from_decimal(Decimal::parse("-0.1350001")).units == -14);
  EXPECT_EQ(code_of([] { (void)MoneyScale{21}.from_decimal(Decimal::parse("1e20")); }), ErrorCode::Overflow);
}

TEST(MantissaToDouble, IsTheNearestDouble) {
  EXPECT_EQ(mantissa_to_double(29, 2), 0.29);
  EXPECT_EQ(mantissa_to_double(-2999, 3), -2.999);
  EXPECT_EQ(mantissa_to_double(0, 38), 0.0);
  EXPECT_EQ(mantissa_to_double(int128{9007199254740993}, 0), 9007199254740992.0);  // 2^53 + 1: a tie, to even
  EXPECT_EQ(mantissa_to_double(int128{9007199254740995}, 0), 9007199254740996.0);
  EXPECT_EQ(mantissa_to_double(kLargest, 0), 0x1p127);
  EXPECT_EQ(mantissa_to_double(-kLargest - 1, 0), -0x1p127);
  EXPECT_EQ(mantissa_to_double(1, 38), 1e-38);
  EXPECT_EQ(mantissa_to_double(power_of_ten(37) + 1, 22), 1e15);
  EXPECT_EQ(code_of([] { (void)mantissa_to_double(1, 39); }), ErrorCode::InvalidNumber);
  EXPECT_EQ(code_of([] { (void)mantissa_to_double(1, -1); }), ErrorCode::InvalidNumber);
}

TEST(DoubleToMantissa, RoundsTheBinaryValueHalfEven) {
  EXPECT_EQ(double_to_mantissa(0.29, 2), 29);
  EXPECT_EQ(double_to_mantissa(0.125, 2), 12);   // a tie in binary
  EXPECT_EQ(double_to_mantissa(0.375, 2), 38);   // a tie in binary
  EXPECT_EQ(double_to_mantissa(1.005, 2), 100);  // the double lies below 1.005
  EXPECT_EQ(double_to_mantissa(-2.675, 2), -267);
  EXPECT_EQ(double_to_mantissa(0.1, 18), 100000000000000006);
  EXPECT_EQ(double_to_mantissa(5e-324, 38), 0);
  EXPECT_EQ(double_to_mantissa(-0.0, 2), 0);
}

TEST(DoubleToMantissa, RefusesWhatDoesNotFit) {
  EXPECT_EQ(double_to_mantissa(0x1.fffffffffffffp62, 0), 9223372036854774784);
  EXPECT_EQ(code_of([] { (void)double_to_mantissa(0x1p63, 0); }), ErrorCode::Overflow);
  // -2^63 stands for "missing" in columns, so no price may become it
  EXPECT_EQ(code_of([] { (void)double_to_mantissa(-0x1p63, 0); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { (void)double_to_mantissa(1e308, 0); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { (void)double_to_mantissa(1.0, 30); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { (void)double_to_mantissa(std::nan(""), 2); }), ErrorCode::InvalidNumber);
  EXPECT_EQ(code_of([] { (void)double_to_mantissa(kInfinity, 2); }), ErrorCode::InvalidNumber);
  EXPECT_EQ(code_of([] { (void)double_to_mantissa(1.0, 39); }), ErrorCode::InvalidNumber);
}

// Results of CPython 3.11.
TEST(PythonRound, EqualsPython) {
  EXPECT_EQ(python_round(2.675, 2), 2.67);
  EXPECT_EQ(python_round(0.5, 0), 0.0);
  EXPECT_EQ(python_round(1.5, 0), 2.0);
  EXPECT_EQ(python_round(12.5, -1), 10.0);
  EXPECT_EQ(python_round(15.0, -1), 20.0);
  EXPECT_EQ(python_round(5.0, -1), 0.0);
  EXPECT_EQ(python_round(5.000000001, -1), 10.0);
  EXPECT_EQ(python_round(1e300, 5), 1e300);
  EXPECT_EQ(python_round(9.999999999999999e22, -22), 1e23);
  EXPECT_EQ(python_round(1e-30, 35), 1e-30);
}

TEST(PythonRound, KeepsTheSignOfZeroAndWhatIsNotFinite) {
  EXPECT_TRUE(std::signbit(python_round(-0.1, 0)));
  EXPECT_TRUE(std::signbit(python_round(-1.0, -5)));
  EXPECT_EQ(python_round(kInfinity, 2), kInfinity);
  EXPECT_TRUE(std::isnan(python_round(std::nan(""), 2)));
  EXPECT_EQ(code_of([] { (void)python_round(std::numeric_limits<double>::max(), -308); }), ErrorCode::Overflow);
}

}  // namespace
}  // namespace rustybt

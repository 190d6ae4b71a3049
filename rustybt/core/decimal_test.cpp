// The laws of Decimal that need a name. Volume comes from decimal_oracle_test.cpp; results here are Python's too.

#include "rustybt/core/decimal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <unordered_set>

#include "rustybt/core/error.hpp"

namespace rustybt {
namespace {

const std::string kThirtyEightNines(38, '9');

Decimal dec(std::string_view text) { return Decimal::parse(text); }

template <class Action>
ErrorCode code_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_FALSE(error.message().empty());
    return error.code();
  }
  return ErrorCode{};
}

template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "nothing thrown";
}

TEST(Decimal, PrintsAllDigitsOfTheScale) {
  EXPECT_EQ(Decimal(-10, 3).to_string(), "-0.010");
  EXPECT_EQ(Decimal(0, 2).to_string(), "0.00");
  EXPECT_EQ(Decimal(1234, 0).to_string(), "1234");
  EXPECT_EQ(Decimal(1, 38).to_string(), "0.00000000000000000000000000000000000001");
  EXPECT_EQ(Decimal().to_string(), "0");
}

TEST(Decimal, PrintsIntegersOfTheWhole128BitRange) {
  constexpr int128 smallest = static_cast<int128>(uint128{1} << 127);
  EXPECT_EQ(to_string(smallest), "-170141183460469231731687303715884105728");
  EXPECT_EQ(to_string(~smallest), "170141183460469231731687303715884105727");
  EXPECT_EQ(to_string(power_of_ten(19)), "10000000000000000000");
  EXPECT_EQ(to_string(power_of_ten(38)), "1" + std::string(38, '0'));
  EXPECT_EQ(to_string(int128{0}), "0");
}

TEST(Decimal, ReadsSignsPointsAndExponents) {
  EXPECT_EQ(dec("+12.50").to_string(), "12.50");
  EXPECT_EQ(dec("-0.0").to_string(), "0.0");
  EXPECT_EQ(dec("0012").to_string(), "12");
  EXPECT_EQ(dec("1.5e-3").to_string(), "0.0015");
  EXPECT_EQ(dec("1.5E+3").to_string(), "1500");
  EXPECT_EQ(dec(kThirtyEightNines).to_string(), kThirtyEightNines);
}

TEST(Decimal, ReadingDropsZerosOnlyWhenTheyDoNotFit) {
  EXPECT_EQ(dec("1.0" + std::string(60, '0')).to_string(), "1." + std::string(37, '0'));
  EXPECT_EQ(dec("100e-40").to_string(), "0." + std::string(37, '0') + "1");
  EXPECT_EQ(dec("0e-60").scale(), 38);
  EXPECT_EQ(dec("0e999999999999999999999").to_string(), "0");
}

TEST(Decimal, RefusesWhatIsNotANumberAndSaysWhere) {
  for (const char* bad : {"", "+", "abc", ".5", "5.", "1.2.3", "12,5", "1e", "1e+", " 1", "1 ", "nan", "inf", "1_0",
                          "0x10", "--1", "1e5.0"}) {
    EXPECT_EQ(code_of([&] { dec(bad); }), ErrorCode::InvalidNumber) << bad;
  }
  EXPECT_EQ(message_of([] { dec("12,5"); }), "\"12,5\" is not a number: expected its end, found ',' at character 3");
  EXPECT_EQ(message_of([] { dec("5."); }),
            "\"5.\" is not a number: expected a digit after the point, found the end at character 3");
}

TEST(Decimal, RefusesWhatDoesNotFit38Digits) {
  EXPECT_EQ(code_of([] { dec("1" + std::string(38, '0')); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { dec("1e-39"); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { dec("1e99999999999999999999"); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { dec("1e-99999999999999999999"); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { Decimal(power_of_ten(38), 0); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { Decimal(1, 39); }), ErrorCode::InvalidNumber);
  EXPECT_EQ(code_of([] { Decimal(1, -1); }), ErrorCode::InvalidNumber);
  EXPECT_EQ(code_of([] { (void)power_of_ten(39); }), ErrorCode::InvalidNumber);
}

TEST(Decimal, SumsKeepTheLargerScaleAndProductsTheSumOfScales) {
  EXPECT_EQ((dec("1.5") + dec("2.25")).to_string(), "3.75");
  EXPECT_EQ((dec("1.50") - dec("1.5")).to_string(), "0.00");
  EXPECT_EQ((dec("0.10") * dec("0.20")).to_string(), "0.0200");
  EXPECT_EQ((-dec("0.10")).to_string(), "-0.10");
  EXPECT_EQ(dec("-0.10").abs().to_string(), "0.10");
}

TEST(Decimal, ExactResultsDropZerosBeforeTheyOverflow) {
  EXPECT_EQ((dec("5" + std::string(36, '0') + ".5") + dec("5" + std::string(36, '0') + ".5")).to_string(),
            "1" + std::string(36, '0') + "1");
  EXPECT_EQ(code_of([] { dec(kThirtyEightNines) + dec("1"); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { dec(kThirtyEightNines) + dec("0.1"); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { dec(kThirtyEightNines) * dec(kThirtyEightNines); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { dec("1e-20") * dec("1e-19"); }), ErrorCode::Overflow);
  EXPECT_EQ((dec("1e-20") * dec("1e-18")).to_string(), "0." + std::string(37, '0') + "1");
}

// The table of rounding modes in the documentation of Python's decimal, for one digit.
struct RoundingRow {
  Rounding rounding;
  std::array<const char*, 8> results;  // of 2.5, 3.5, 2.4, 2.6, -2.5, -2.1, 0.1, 5.1
};

TEST(Decimal, EightRoundingModes) {
  const std::array<const char*, 8> values = {"2.5", "3.5", "2.4", "2.6", "-2.5", "-2.1", "0.1", "5.1"};
  const RoundingRow rows[] = {
      {Rounding::Ceiling, {"3", "4", "3", "3", "-2", "-2", "1", "6"}},
      {Rounding::Down, {"2", "3", "2", "2", "-2", "-2", "0", "5"}},
      {Rounding::Floor, {"2", "3", "2", "2", "-3", "-3", "0", "5"}},
      {Rounding::HalfDown, {"2", "3", "2", "3", "-2", "-2", "0", "5"}},
      {Rounding::HalfEven, {"2", "4", "2", "3", "-2", "-2", "0", "5"}},
      {Rounding::HalfUp, {"3", "4", "2", "3", "-3", "-2", "0", "5"}},
      {Rounding::Up, {"3", "4", "3", "3", "-3", "-3", "1", "6"}},
      {Rounding::ZeroFiveUp, {"2", "3", "2", "2", "-2", "-2", "1", "6"}},
  };
  for (const RoundingRow& row : rows) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(dec(values[i]).quantize(0, row.rounding).to_string(), row.results[i])
          << values[i] << " in mode " << static_cast<int>(row.rounding);
    }
  }
}

TEST(Decimal, DivisionRoundsOnce) {
  EXPECT_EQ(dec("1").divide(dec("3"), 5, Rounding::HalfEven).to_string(), "0.33333");
  EXPECT_EQ(dec("2").divide(dec("3"), 38, Rounding::HalfEven).to_string(), "0." + std::string(37, '6') + "7");
  // 0.4999...95 / 1 at one digit: rounding first to 0.50 would give 1
  EXPECT_EQ(dec("0.49999999999999999999995").divide(dec("1"), 0, Rounding::HalfUp).to_string(), "0");
  EXPECT_EQ(dec("1").divide(dec("1e-37"), 0, Rounding::Down).to_string(), "1" + std::string(37, '0'));
}

TEST(Decimal, DivisionRefusesZeroAndWhatDoesNotFit) {
  EXPECT_EQ(code_of([] { (void)dec("1").divide(dec("0.00"), 2, Rounding::Down); }), ErrorCode::DivisionByZero);
  EXPECT_EQ(code_of([] { (void)dec("1").divide(dec("1e-38"), 1, Rounding::Down); }), ErrorCode::Overflow);
  // the dividend at scale 76, cut to 256 bits, would give a quotient that fits
  EXPECT_EQ(code_of([] {
              (void)dec("25969381046450456077271346853421414038")
                  .divide(dec("0.99999999999999999999999999999999999500"), 38, Rounding::Down);
            }),
            ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { (void)dec("1").divide(dec("1"), 39, Rounding::Down); }), ErrorCode::InvalidNumber);
  EXPECT_EQ(code_of([] { (void)dec("1").quantize(38, Rounding::Down); }), ErrorCode::Overflow);
}

TEST(Decimal, MantissaAtAScaleIsExactOrRefused) {
  EXPECT_TRUE(dec("12.50").mantissa_at(3) == 12500);
  EXPECT_TRUE(dec("12.50").mantissa_at(1) == 125);
  EXPECT_EQ(code_of([] { (void)dec("12.51").mantissa_at(1); }), ErrorCode::InexactConversion);
  EXPECT_EQ(code_of([] { (void)dec(kThirtyEightNines).mantissa_at(1); }), ErrorCode::Overflow);
}

TEST(Decimal, EqualValuesAtDifferentScalesAreEqualAndHashAlike) {
  EXPECT_EQ(dec("1.5"), dec("1.50"));
  EXPECT_EQ(dec("0"), dec("0.00"));
  EXPECT_EQ(dec("1.5").hash(), dec("1.50").hash());
  EXPECT_EQ(dec("0").hash(), dec("0.00").hash());
  EXPECT_NE(dec("1.5").hash(), dec("1.51").hash());
  const std::unordered_set<Decimal> set = {dec("1.5"), dec("1.50"), dec("-1.5")};
  EXPECT_EQ(set.size(), 2u);
}

TEST(Decimal, ComparisonIsExactAtExtremeScales) {
  const Decimal huge = dec(kThirtyEightNines);
  const Decimal tiny(1, 38);
  EXPECT_GT(huge, tiny);
  EXPECT_LT(-huge, tiny);
  EXPECT_LT(-huge, -tiny);
  EXPECT_LT(dec("0"), tiny);
  EXPECT_LT(dec("0." + std::string(38, '9')), dec("1"));
}

TEST(Decimal, NormalizedDropsZerosAfterThePointOnly) {
  EXPECT_EQ(dec("100.500").normalized().to_string(), "100.5");
  EXPECT_EQ(dec("100.00").normalized().to_string(), "100");
  EXPECT_EQ(dec("0.000").normalized().to_string(), "0");
  EXPECT_EQ(dec("1." + std::string(37, '0')).normalized().to_string(), "1");
}

TEST(Decimal, DoubleBecomesTheShortestTextThatReadsBack) {
  EXPECT_EQ(Decimal::from_double_shortest(0.1).to_string(), "0.1");
  EXPECT_EQ(Decimal::from_double_shortest(-0.29).to_string(), "-0.29");
  EXPECT_EQ(Decimal::from_double_shortest(100.0).to_string(), "100");
  EXPECT_EQ(Decimal::from_double_shortest(1e23).to_string(), "1" + std::string(23, '0'));
  EXPECT_EQ(Decimal::from_double_shortest(123456789012345680.0).to_string(), "123456789012345680");
  EXPECT_EQ(code_of([] { Decimal::from_double_shortest(std::numeric_limits<double>::quiet_NaN()); }),
            ErrorCode::InvalidNumber);
  EXPECT_EQ(code_of([] { Decimal::from_double_shortest(-std::numeric_limits<double>::infinity()); }),
            ErrorCode::InvalidNumber);
  EXPECT_EQ(code_of([] { Decimal::from_double_shortest(1e300); }), ErrorCode::Overflow);
}

TEST(Decimal, IntegerQuotientsOfTheLargestValues) {
  constexpr int128 smallest = static_cast<int128>(uint128{1} << 127);
  EXPECT_TRUE(divide_rounded(smallest, 1, Rounding::Down) == smallest);
  EXPECT_EQ(code_of([] { (void)divide_rounded(smallest, -1, Rounding::Down); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { (void)divide_rounded(1, 0, Rounding::Down); }), ErrorCode::DivisionByZero);
  EXPECT_TRUE(multiply_divide(smallest, ~smallest, ~smallest, Rounding::Down) == smallest);
  EXPECT_EQ(code_of([] { (void)multiply_divide(smallest, smallest, 1, Rounding::Down); }), ErrorCode::Overflow);
  EXPECT_EQ(code_of([] { (void)multiply_divide(smallest, smallest, 0, Rounding::Down); }), ErrorCode::DivisionByZero);
}

}  // namespace
}  // namespace rustybt

#include "rustybt/core/random.hpp"

#include <gtest/gtest.h>

#include <array>

namespace rustybt {
namespace {

TEST(Mix64, EqualsSplitMix64) {
  // The first outputs of the reference implementation with seed 0 (Vigna, splitmix64.c).
  constexpr std::uint64_t step = 0x9E3779B97F4A7C15u;
  EXPECT_EQ(mix64(0), 0xE220A8397B1DCDAFu);
  EXPECT_EQ(mix64(step), 0x6E789E6AA1B965F4u);
  EXPECT_EQ(mix64(2 * step), 0x06C45D188009454Fu);
}

TEST(CounterRandom, ValueDependsOnSeedStreamAndCounterOnly) {
  const CounterRandom random(1, 2);
  const std::uint64_t later = random.bits(7);
  EXPECT_EQ(random.bits(7), later);
  EXPECT_EQ(CounterRandom(1, 2).bits(7), later);
  EXPECT_NE(CounterRandom(2, 2).bits(7), later);
  EXPECT_NE(CounterRandom(1, 3).bits(7), later);
  EXPECT_NE(random.bits(8), later);
}

TEST(CounterRandom, NumbersAreSpreadEvenly) {
  constexpr std::uint64_t kDraws = 100'000;
  const CounterRandom random(42, 0);
  std::array<int, 10> counts{};
  double sum = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double u = random.uniform(i);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    ++counts.at(random.below(i, counts.size()));
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);                           // five standard errors of 0.00091
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);  // five of 95
}

}  // namespace
}  // namespace rustybt

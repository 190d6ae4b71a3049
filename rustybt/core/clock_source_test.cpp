#include "rustybt/core/clock_source.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace rustybt {
namespace {

TEST(WallClock, AgreesWithTheSystemTime) {
  const std::int64_t before = std::time(nullptr);
  const Timestamp now = WallClock().now();
  const std::int64_t after = std::time(nullptr);
  EXPECT_GE(now.ns / Timestamp::kSecond, before - 1);  // time() may read a coarser clock
  EXPECT_LE(now.ns / Timestamp::kSecond, after + 1);
}

TEST(ManualClock, StandsWhereItIsPut) {
  ManualClock clock(Timestamp::from_seconds(5));
  EXPECT_EQ(clock.now(), Timestamp::from_seconds(5));
  clock.set(Timestamp::from_seconds(3));
  EXPECT_EQ(clock.now(), Timestamp::from_seconds(3));
}

}  // namespace
}  // namespace rustybt

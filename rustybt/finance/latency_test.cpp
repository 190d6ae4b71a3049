#include "rustybt/finance/latency.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

TEST(Latency, AddsItsParts) {
  // 10 + 2 + 0.5 = 12.5; broker 1 + 0.5 * 2 = 2; exchange (1 + 0.1 * 10) * 0.5 = 1: 15.5 ms
  const LatencyModel model{
      {FixedLatency{10, 2, 0.5}, BrokerLatency{.base_ms = 1, .complexity_factor = 0.5, .range = {1, 10}},
       ExchangeLatency{.base_ms = 1, .queue_factor = 0.1, .range = {0.1, 5}, .venue = MatchingVenue::Crypto}}};
  EXPECT_EQ(latency_ns(model, {.complexity = 2, .queue_depth = 10}), 15'500'000);
}

TEST(Latency, ClampsBrokerAndExchange) {
  EXPECT_EQ(latency_ns({{BrokerLatency{.base_ms = 50}}}, {}), 10'000'000);
  EXPECT_EQ(latency_ns({{ExchangeLatency{.base_ms = 3, .venue = MatchingVenue::Dex}}}, {}), 5'000'000);
  EXPECT_EQ(latency_ns({{ExchangeLatency{}}}, {}), 100'000);
}

TEST(Latency, StaysInItsRangeWithTheRightSpread) {
  for (const auto kind : {LatencyDistribution::Uniform, LatencyDistribution::Normal}) {
    const LatencyModel model{{RandomLatency{{10, 16}, {}, {}, kind}}, 7};
    double sum = 0, squares = 0;
    for (std::uint64_t order = 1; order <= 20000; ++order) {
      const std::int64_t ns = latency_ns(model, {.order = order});
      ASSERT_GE(ns, 10'000'000);
      ASSERT_LE(ns, 16'000'000);
      const double d = static_cast<double>(ns) / 1e6 - 13;
      sum += d, squares += d * d;
    }
    EXPECT_NEAR(sum / 20000, 0, 0.06);
    // variance: uniform 6^2 / 12 = 3, normal (6 / 6)^2 = 1 less the cut tails
    EXPECT_NEAR(squares / 20000, kind == LatencyDistribution::Uniform ? 3 : 0.98, 0.08);
  }
}

TEST(Latency, DependsOnSeedOrderAndPurposeOnly) {
  const auto of_seed = [](std::uint64_t seed) {
    return LatencyModel{{RandomLatency{{0, 1000}, {}, {}, LatencyDistribution::Uniform}}, seed};
  };
  const LatencyModel model = of_seed(1);
  const LatencyDraw draw{.order = 5};
  const std::int64_t first = latency_ns(model, draw);
  EXPECT_EQ(latency_ns(model, draw), first);
  EXPECT_NE(latency_ns(of_seed(2), draw), first);
  EXPECT_NE(latency_ns(model, {.order = 6}), first);
  EXPECT_NE(latency_ns(model, {.order = 5, .purpose = LatencyPurpose::Cancel}), first);
}

TEST(Latency, TheMeasurementNearestInTimeCounts) {
  const LatencyModel model{{HistoricalLatency{{{100, 1}, {200, 2}, {300, 3}}}}};
  for (const auto& [now, ms] : {std::pair{0, 1}, {149, 1}, {150, 1}, {151, 2}, {249, 2}, {260, 3}, {1000, 3}})
    EXPECT_EQ(latency_ns(model, {.now_ns = now}), ms * 1'000'000) << now;
}

TEST(Latency, RefusesWhatIsNoTime) {
  EXPECT_THROW(check_latency({}), Error);
  EXPECT_THROW(check_latency({{FixedLatency{-1, 0, 0}}}), Error);
  EXPECT_THROW(check_latency({{HistoricalLatency{}}}), Error);
  EXPECT_THROW(check_latency({{HistoricalLatency{{{5, 1}, {0, 2}}}}}), Error);
  EXPECT_THROW(check_latency({{RandomLatency{{2, 1}, {}, {}}}}), Error);
  EXPECT_THROW(check_latency({{FixedLatency{1e300, 0, 0}}}), Error);
  EXPECT_THROW(check_latency({{NetworkLatency{5, {0, INFINITY}}}}), Error);
  EXPECT_THROW(check_latency({{NetworkLatency{5, {NAN, 1}}}}), Error);
  EXPECT_NO_THROW(check_latency({{HistoricalLatency{{{0, 1}, {5, 2}}}, NetworkLatency{5, {-1, 1}}}}));
}

TEST(Latency, DescribesItself) {
  EXPECT_EQ(describe({{FixedLatency{10, 2, 0.5}, HistoricalLatency{{{0, 1}, {5, 2}}}}}),
            "FixedLatency(network=10 ms, broker=2 ms, exchange=0.5 ms) + HistoricalLatency(2 samples); seed 0");
}

}  // namespace
}  // namespace rustybt::finance

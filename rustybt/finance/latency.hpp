#pragma once
// Latency models: how long after it is placed an order reaches the matcher. A draw depends on the run's seed, the
// order's id and its purpose only, so it is the same whatever other orders or threads do.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace rustybt::finance {

/// What travels: each has its own draw for one order.
enum class LatencyPurpose : std::uint8_t { Place, Cancel, Modify };

/// What a draw is made from, beside the seed. `complexity` is of the order's style: 1, trailing stop 1.5, stop-limit,
/// bracket, OCO 2.
struct LatencyDraw {
  std::uint64_t order = 0;
  LatencyPurpose purpose = LatencyPurpose::Place;
  std::int64_t now_ns = 0;
  double complexity = 1, queue_depth = 0;
};

/// A range in milliseconds, both ends included.
struct LatencyRange {
  double low = 0, high = 0;
};
enum class LatencyDistribution : std::uint8_t { Uniform, Normal };
/// The speed of the venue's matching: 1, 0.5 and 2.
enum class MatchingVenue : std::uint8_t { Traditional, Crypto, Dex };

struct FixedLatency {
  double network_ms = 0, broker_ms = 0, exchange_ms = 0;
};
/// Normal: the middle of the range, sigma = a sixth of its width, clamped to it; made of twelve uniform draws, so that
/// every machine draws the same.
struct RandomLatency {
  LatencyRange network, broker, exchange;
  LatencyDistribution distribution = LatencyDistribution::Uniform;
};
/// Measured totals; the one nearest in time counts, of two equally near ones the earlier.
struct HistoricalLatency {
  struct Sample {
    std::int64_t at_ns = 0;
    double ms = 0;
  };
  std::vector<Sample> samples;  ///< ascending in time
};
/// base + uniform jitter.
struct NetworkLatency {
  double base_ms = 0;
  LatencyRange jitter;
};
/// base + factor * complexity, clamped to the range.
struct BrokerLatency {
  double base_ms = 0, complexity_factor = 0.5;
  LatencyRange range{1, 10};
};
/// (base + factor * queue depth) * venue, clamped to the range.
struct ExchangeLatency {
  double base_ms = 0, queue_factor = 0.1;
  LatencyRange range{0.1, 5};
  MatchingVenue venue = MatchingVenue::Traditional;
};
using LatencyPart =
    std::variant<FixedLatency, RandomLatency, HistoricalLatency, NetworkLatency, BrokerLatency, ExchangeLatency>;

/// The sum of its parts; one part is a plain model.
struct LatencyModel {
  std::vector<LatencyPart> parts;
  std::uint64_t seed = 0;
};

/// @throws Error{BadOrderParameters} for times outside of 0 to a day, empty samples and ranges that end before they
/// start
void check_latency(const LatencyModel& model);
/// Nanoseconds, >= 0.
[[nodiscard]] std::int64_t latency_ns(const LatencyModel& model, const LatencyDraw& draw);
/// For reports: "FixedLatency(network=10 ms, ...)".
[[nodiscard]] std::string describe(const LatencyModel& model);

}  // namespace rustybt::finance

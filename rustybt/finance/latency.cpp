#include "rustybt/finance/latency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rustybt/core/error.hpp"
#include "rustybt/core/random.hpp"

namespace rustybt::finance {
namespace {

/// The draws of one order for one purpose, in a fixed order.
class Draws {
 public:
  Draws(std::uint64_t seed, const LatencyDraw& draw)
      : random_(seed, draw.order * 4 + static_cast<std::uint64_t>(draw.purpose)) {}
  double uniform() { return random_.uniform(count_++); }
  double within(const LatencyRange& range, LatencyDistribution distribution) {
    if (distribution == LatencyDistribution::Uniform) return range.low + uniform() * (range.high - range.low);
    double normal = -6;
    for (int i = 0; i < 12; ++i) normal += uniform();
    const double middle = (range.low + range.high) / 2, sigma = (range.high - range.low) / 6;
    return std::clamp(middle + sigma * normal, range.low, range.high);
  }

 private:
  CounterRandom random_;
  std::uint64_t count_ = 0;
};

double venue_factor(MatchingVenue venue) {
  return venue == MatchingVenue::Crypto ? 0.5 : venue == MatchingVenue::Dex ? 2.0 : 1.0;
}

struct Milliseconds {
  const LatencyDraw& draw;
  Draws& draws;
  double operator()(const FixedLatency& m) const { return m.network_ms + m.broker_ms + m.exchange_ms; }
  double operator()(const RandomLatency& m) const {
    double sum = 0;
    for (const LatencyRange& range : {m.network, m.broker, m.exchange}) sum += draws.within(range, m.distribution);
    return sum;
  }
  double operator()(const HistoricalLatency& m) const {
    const auto after = std::ranges::lower_bound(m.samples, draw.now_ns, {}, &HistoricalLatency::Sample::at_ns);
    if (after == m.samples.begin()) return after->ms;
    const auto before = after - 1;
    const bool is_nearer = after != m.samples.end() && after->at_ns - draw.now_ns < draw.now_ns - before->at_ns;
    return is_nearer ? after->ms : before->ms;
  }
  double operator()(const NetworkLatency& m) const {
    return std::max(0.0, m.base_ms + draws.within(m.jitter, LatencyDistribution::Uniform));
  }
  double operator()(const BrokerLatency& m) const {
    return std::clamp(m.base_ms + m.complexity_factor * draw.complexity, m.range.low, m.range.high);
  }
  double operator()(const ExchangeLatency& m) const {
    const double ms = (m.base_ms + m.queue_factor * draw.queue_depth) * venue_factor(m.venue);
    return std::clamp(ms, m.range.low, m.range.high);
  }
};

void require(bool ok, const std::string& what) {
  if (!ok) throw Error{ErrorCode::BadOrderParameters, "latency: " + what, "give milliseconds from 0 to a day"};
}
bool is_time(double ms) { return ms >= 0 && ms <= 86'400'000; }  // false for NaN
bool is_range(const LatencyRange& r) { return is_time(r.low) && is_time(r.high) && r.low <= r.high; }

struct Check {
  void operator()(const FixedLatency& m) const {
    require(is_time(m.network_ms) && is_time(m.broker_ms) && is_time(m.exchange_ms), "a fixed time is not a time");
  }
  void operator()(const RandomLatency& m) const {
    require(is_range(m.network) && is_range(m.broker) && is_range(m.exchange), "a random range is not a range");
  }
  void operator()(const HistoricalLatency& m) const {
    require(!m.samples.empty(), "there are no samples");
    require(std::ranges::all_of(m.samples, is_time, &HistoricalLatency::Sample::ms), "a sample is not a time");
    require(std::ranges::is_sorted(m.samples, {}, &HistoricalLatency::Sample::at_ns),
            "samples are not in order of time");
  }
  void operator()(const NetworkLatency& m) const {  // jitter may go below 0; the sum is cut at 0
    require(is_time(m.base_ms) && is_time(m.jitter.high) && is_time(std::fabs(m.jitter.low)) &&
                m.jitter.low <= m.jitter.high,
            "the network's base or jitter is not valid");
  }
  void operator()(const BrokerLatency& m) const {
    require(is_time(m.base_ms) && is_time(m.complexity_factor) && is_range(m.range), "the broker is not valid");
  }
  void operator()(const ExchangeLatency& m) const {
    require(is_time(m.base_ms) && is_time(m.queue_factor) && is_range(m.range), "the exchange is not valid");
  }
};

std::string text(const LatencyRange& r) { return fmt::format("{}-{} ms", r.low, r.high); }
struct Text {
  std::string operator()(const FixedLatency& m) const {
    return fmt::format("FixedLatency(network={} ms, broker={} ms, exchange={} ms)", m.network_ms, m.broker_ms,
                       m.exchange_ms);
  }
  std::string operator()(const RandomLatency& m) const {
    return fmt::format("RandomLatency(network={}, broker={}, exchange={}, {})", text(m.network), text(m.broker),
                       text(m.exchange), m.distribution == LatencyDistribution::Uniform ? "uniform" : "normal");
  }
  std::string operator()(const HistoricalLatency& m) const {
    return fmt::format("HistoricalLatency({} samples)", m.samples.size());
  }
  std::string operator()(const NetworkLatency& m) const {
    return fmt::format("NetworkLatency(base={} ms, jitter={})", m.base_ms, text(m.jitter));
  }
  std::string operator()(const BrokerLatency& m) const {
    return fmt::format("BrokerLatency(base={} ms, complexity={}, range={})", m.base_ms, m.complexity_factor,
                       text(m.range));
  }
  std::string operator()(const ExchangeLatency& m) const {
    return fmt::format("ExchangeLatency(base={} ms, queue={}, venue x{}, range={})", m.base_ms, m.queue_factor,
                       venue_factor(m.venue), text(m.range));
  }
};

}  // namespace

void check_latency(const LatencyModel& model) {
  require(!model.parts.empty(), "a model has no parts");
  for (const LatencyPart& part : model.parts) std::visit(Check{}, part);
}

std::string describe(const LatencyModel& model) {
  std::string out;
  for (const LatencyPart& part : model.parts) out += (out.empty() ? "" : " + ") + std::visit(Text{}, part);
  return out + fmt::format("; seed {}", model.seed);
}

std::int64_t latency_ns(const LatencyModel& model, const LatencyDraw& draw) {
  Draws draws(model.seed, draw);
  double ms = 0;
  for (const LatencyPart& part : model.parts) ms += std::visit(Milliseconds{draw, draws}, part);
  return std::llround(ms * 1e6);
}

}  // namespace rustybt::finance

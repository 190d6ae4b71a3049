#include "rustybt/finance/volatility.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

constexpr int kMostSessions = 128;

/// Sum of up to 128 doubles in numpy's order: eight running sums, joined in pairs, then the rest.
double numpy_sum(std::span<const double> values) {
  if (values.size() < 8) {
    double sum = 0;
    for (const double v : values) sum += v;
    return sum;
  }
  std::array<double, 8> r;
  std::size_t i = 0;
  for (; i < 8; ++i) r[i] = values[i];
  for (; i + 8 <= values.size(); i += 8) {
    for (std::size_t k = 0; k < 8; ++k) r[k] += values[i + k];
  }
  double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  for (; i < values.size(); ++i) sum += values[i];
  return sum;
}

/// Sample deviation (ddof 1), NaN where a value is NaN.
double deviation(std::span<double> values) {
  const double mean = numpy_sum(values) / static_cast<double>(values.size());
  for (double& v : values) v = (mean - v) * (mean - v);
  return std::sqrt(numpy_sum(values) / static_cast<double>(values.size() - 1));
}

}  // namespace

TrailingMarket trailing_market(const MarketView& market, int sessions) {
  require_invariant(sessions >= 3 && sessions <= kMostSessions, "3 to 128 sessions are asked for");
  const auto n = static_cast<std::size_t>(sessions);
  std::array<double, kMostSessions> close, volume;
  if (!market.sessions_before_today(std::span(close).first(n), std::span(volume).first(n)))
    return {0, std::numeric_limits<double>::quiet_NaN()};
  std::array<double, kMostSessions> change;
  for (std::size_t i = 1; i < n; ++i) {
    if (std::isnan(close[i])) close[i] = close[i - 1];
    change[i - 1] = close[i] / close[i - 1] - 1;
  }
  return {numpy_sum(std::span(volume).first(n)) / static_cast<double>(sessions),
          deviation(std::span(change).first(n - 1)) * std::sqrt(252.0)};
}

}  // namespace rustybt::finance

#include "rustybt/algorithm/bar_data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rustybt::algorithm {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Sum {
  double total = 0;
  int count = 0;
};

Sum sum_of(std::span<const double> values) {
  Sum s;
  for (double v : values) {
    if (std::isnan(v)) continue;
    s.total += v;
    ++s.count;
  }
  return s;
}

}  // namespace

// Of a minute run before the session has begun, the last trading minute, as Zipline asks.
std::int64_t BarData::restriction_time_ns() const {
  if (frequency() == DataFrequency::Daily) return now_ns_;
  return portal_.calendar().previous_minute({now_ns_ + 1}).ns;
}

double BarData::mean(AssetIndex asset, BarField field, int n) {
  const Sum s = sum_of(portal_.window(asset, field, n));
  return s.count == 0 ? kNan : s.total / s.count;
}

double BarData::std(AssetIndex asset, BarField field, int n) {
  const std::span<const double> values = portal_.window(asset, field, n);
  const Sum s = sum_of(values);
  if (s.count < 2) return kNan;
  const double mean = s.total / s.count;
  double squares = 0;
  for (double v : values) {
    if (!std::isnan(v)) squares += (v - mean) * (v - mean);
  }
  return std::sqrt(squares / (s.count - 1));
}

double BarData::max(AssetIndex asset, BarField field, int n) {
  double best = kNan;
  for (double v : portal_.window(asset, field, n)) {
    if (!(v <= best) && !std::isnan(v)) best = v;
  }
  return best;
}

double BarData::min(AssetIndex asset, BarField field, int n) {
  double best = kNan;
  for (double v : portal_.window(asset, field, n)) {
    if (!(v >= best) && !std::isnan(v)) best = v;
  }
  return best;
}

}  // namespace rustybt::algorithm

#include "rustybt/net/rate_limiter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "rustybt/core/error.hpp"

namespace rustybt::net {

Waiting real_waiting() {
  return {[] { return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()); },
          [](std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }};
}

RateLimiter::RateLimiter(double per_minute, double burst, Waiting waiting)
    : per_ns_(per_minute / 60e9), burst_(burst), waiting_(std::move(waiting)), tokens_(burst) {
  if (!(per_minute > 0) || !(burst >= 1)) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("{} requests per minute in bursts of {}, expected more than 0 and at least 1", per_minute, burst));
  }
  filled_at_ = waiting_.now();
}

std::chrono::nanoseconds RateLimiter::take() {
  const auto fill = [&] {
    const std::chrono::nanoseconds now = waiting_.now();
    tokens_ = std::min(burst_, tokens_ + static_cast<double>((now - filled_at_).count()) * per_ns_);
    filled_at_ = now;
  };
  fill();
  std::chrono::nanoseconds waited{0};
  if (tokens_ < 1) {
    waited = std::chrono::nanoseconds(static_cast<std::int64_t>(std::ceil((1 - tokens_) / per_ns_)));
    waiting_.sleep(waited);
    fill();
  }
  tokens_ -= 1;  // below 0 when sleep returned early: the next request waits longer
  return waited;
}

}  // namespace rustybt::net

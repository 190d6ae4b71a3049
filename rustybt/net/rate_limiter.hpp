#pragma once
// At most so many requests per time: a token bucket.

#include "rustybt/net/waiting.hpp"

namespace rustybt::net {

/// A bucket of `burst` tokens that fills at `per_minute`; every request takes one.
class RateLimiter {
 public:
  /// @throws Error{InvalidArgument} unless per_minute > 0 and burst >= 1
  RateLimiter(double per_minute, double burst, Waiting waiting);
  /// Sleep until there is a token, and take it. @returns how long that took
  std::chrono::nanoseconds take();

 private:
  double per_ns_;
  double burst_;
  Waiting waiting_;
  double tokens_;
  std::chrono::nanoseconds filled_at_;
};

}  // namespace rustybt::net

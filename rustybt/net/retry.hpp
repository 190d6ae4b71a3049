#pragma once
// Ask again when it may help: lost connections, time-outs, 429 and 5xx; never a request that changes something.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "rustybt/core/log.hpp"
#include "rustybt/core/random.hpp"
#include "rustybt/net/http_client.hpp"
#include "rustybt/net/waiting.hpp"

namespace rustybt::net {

struct RetryPolicy {
  int tries = 3;
  std::chrono::milliseconds first_wait{1000};      ///< doubles with every try
  double jitter = 0.2;                             ///< waits vary by this part, up and down
  std::chrono::milliseconds longest_wait{90'000};  ///< a source that asks for more gets its error reported instead
};

/// Sends GET requests with retries.
class Retrying {
 public:
  Retrying(HttpClient& client, RetryPolicy policy, Waiting waiting, std::uint64_t seed, Log log)
      : client_(client), policy_(policy), waiting_(std::move(waiting)), jitter_(seed, 0), log_(std::move(log)) {}

  /// The response, whatever its status after the last try. A Retry-After header in seconds sets the wait.
  /// @param before_try  called before every try (the rate limiter)
  /// @throws the last try's Error
  [[nodiscard]] HttpResponse get(const HttpRequest& request, const std::function<void()>& before_try);

 private:
  bool wait(int tries_made, const HttpResponse* response, std::string_view reason);

  HttpClient& client_;
  RetryPolicy policy_;
  Waiting waiting_;
  CounterRandom jitter_;
  std::uint64_t waits_ = 0;
  Log log_;
};

/// May the same request succeed later? 408, 425, 429, 5xx, and Yahoo's 999.
[[nodiscard]] bool is_passing(int status);

}  // namespace rustybt::net

#include "rustybt/net/retry.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "rustybt/core/error.hpp"

namespace rustybt::net {

bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status <= 599 && status != 501) ||
         status == 999;
}

HttpResponse Retrying::get(const HttpRequest& request, const std::function<void()>& before_try) {
  for (int tries = 1;; ++tries) {
    if (before_try) before_try();
    std::optional<Error> failure;
    HttpResponse response;
    try {
      response = client_.send(request);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::ConnectionFailed && error.code() != ErrorCode::NetworkTimeout) throw;
      failure = error;
    }
    if (!failure && !is_passing(response.status)) return response;
    const std::string reason = failure ? failure->message() : fmt::format("HTTP status {}", response.status);
    if (!wait(tries, failure ? nullptr : &response, reason)) {
      if (failure) throw failure->with("tries", std::to_string(tries));
      return response;
    }
  }
}

bool Retrying::wait(int tries_made, const HttpResponse* response, std::string_view reason) {
  if (tries_made >= policy_.tries) return false;
  const double spread = 1 + policy_.jitter * (2 * jitter_.uniform(waits_++) - 1);
  auto time =
      std::chrono::duration_cast<std::chrono::milliseconds>(policy_.first_wait * (1 << (tries_made - 1)) * spread);
  if (const std::string* after = response ? response->find_header("retry-after") : nullptr) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(after->data(), after->data() + after->size(), seconds);
    if (error == std::errc{} && end == after->data() + after->size() && seconds >= 0) {
      if (seconds > policy_.longest_wait.count() / 1000) return false;
      time = std::max(time, std::chrono::milliseconds(seconds * 1000));
    }
  }
  log_.info(fmt::format("{}: asking again in {:.1f} s", reason, static_cast<double>(time.count()) / 1000));
  waiting_.sleep(time);
  return true;
}

}  // namespace rustybt::net

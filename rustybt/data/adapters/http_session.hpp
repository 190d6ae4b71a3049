#pragma once
// The requests of one fetch: paced, repeated when that may help, answered from the cache where that is fresh, keys
// masked.

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/core/log.hpp"
#include "rustybt/data/adapters/json_text.hpp"
#include "rustybt/data/source_cache.hpp"
#include "rustybt/net/http_client.hpp"
#include "rustybt/net/rate_limiter.hpp"
#include "rustybt/net/retry.hpp"
#include "rustybt/utils/security.hpp"

namespace rustybt::data::adapters {

/// What a fetch needs from the machine; tests bring their own.
struct HttpTools {
  std::function<std::unique_ptr<net::HttpClient>()> make_client = [] { return net::make_http_client(); };
  net::Waiting waiting = net::real_waiting();
  std::uint64_t seed = 1;  ///< of the jitter between tries
};

/// An answer: its status, and its JSON.
struct Answer {
  int status = 0;
  JsonText json;
};

class HttpSession {
 public:
  struct Options {
    std::string source;  ///< name for messages
    double requests_per_minute = 60;
    int burst = 1;
    SourceCache* cache = nullptr;  ///< answers of earlier fetches, whole or interrupted; null = none
    SourceRequest request;         ///< what is fetched; with the address of an answer its name in the cache
    FreshnessPolicy freshness;
    std::vector<utils::Secret> secrets;
    std::function<void(std::int64_t requests)> progress;
    Log log;
  };
  HttpSession(const HttpTools& tools, Options options);

  /// The JSON at `url`, which must not be asked for twice in a fetch.
  ///
  /// @param url      without the key: it names the answer in the cache
  /// @param private_parameter  "name=value" to send with it, for sources that want the key in the query
  /// @param refusal  what the answer says instead of data, empty when it is data; answers with it are not kept
  /// @throws Error{SourceRefused}, Error{RateLimited}, Error{BadResponse}, errors of net::HttpClient; keys masked
  [[nodiscard]] JsonText get(const std::string& url, const net::Headers& headers, const std::string& private_name,
                             const utils::Secret& private_value,
                             const std::function<std::string(const Answer&)>& refusal);
  [[nodiscard]] JsonText get(const std::string& url, const net::Headers& headers,
                             const std::function<std::string(const Answer&)>& refusal);

  /// Forget the answers of this fetch: they are wrong.
  void forget();

 private:
  [[nodiscard]] net::HttpResponse ask(const net::HttpRequest& request);
  [[nodiscard]] SourceRequest request_of(const std::string& url) const;
  [[nodiscard]] std::string masked(std::string_view text) const;

  Options options_;
  std::unique_ptr<net::HttpClient> client_;
  net::RateLimiter limiter_;
  net::Retrying retrying_;
  std::set<std::string> asked_;
};

/// What an answer says in the members that sources use for it ("message", "error", "Information", ...), "" without.
[[nodiscard]] std::string message_in(const JsonText& json);

}  // namespace rustybt::data::adapters

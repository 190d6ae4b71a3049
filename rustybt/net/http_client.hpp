#pragma once
// HTTP requests, one at a time, over connections that stay open. Boost and OpenSSL are in http_client.cpp only.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rustybt::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< https, or http to this machine
  Headers headers;
  std::string body;
  int timeout_ms = 30'000;  ///< for the whole exchange
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;

  /// Value of a header by its name in any case; nullptr when there is none.
  [[nodiscard]] const std::string* find_header(std::string_view name) const;
};

/// What sends requests. Any status is a response; only a failed exchange throws.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Messages name method, host and path, never the query or a header: keys are there.
  /// @throws Error{ConnectionFailed}, Error{NetworkTimeout}, Error{TlsFailed}, Error{BadResponse} for what is not HTTP
  /// or too large, Error{InvalidArgument} for a URL that is not to be asked (plain http to another machine)
  [[nodiscard]] virtual HttpResponse send(const HttpRequest& request) = 0;
};

struct HttpClientOptions {
  int connect_timeout_ms = 10'000;
  std::uint64_t max_body_bytes = 256 << 20;
  int max_redirects = 5;            ///< followed for GET, to the same scheme, host and port only
  std::string user_agent;           ///< default "rustybt/VERSION"
  std::filesystem::path authority;  ///< PEM file of further trusted certificates
};

/// The real client: HTTP/1.1 with keep-alive; certificates are verified against the system's, SSL_CERT_FILE and
/// `authority`. TLS is set up by the first https request. Not for use by two threads at once.
[[nodiscard]] std::unique_ptr<HttpClient> make_http_client(HttpClientOptions options = {});

}  // namespace rustybt::net

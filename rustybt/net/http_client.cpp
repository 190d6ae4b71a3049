// The one file with Boost.Beast and OpenSSL's TLS. Every step is an asynchronous operation with a deadline that is run
// to its end at once: that gives timeouts without threads.

// Compiled with hidden visibility (RoomList.cmake): another module of the process may bring another Boost. What is ours
// is seen as everywhere else.
#pragma GCC visibility push(default)
#include "rustybt/net/http_client.hpp"

#include "rustybt/core/error.hpp"
#include "rustybt/net/url.hpp"
#include "rustybt/version.hpp"
#pragma GCC visibility pop

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <chrono>
#include <map>
#include <optional>

namespace rustybt::net {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using TimePoint = std::chrono::steady_clock::time_point;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

bool equal_names(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

/// One connection to an origin, plain or TLS.
class Connection {
 public:
  Connection(asio::io_context& context, asio::ssl::context* tls) {
    if (tls) {
      tls_.emplace(context, *tls);
    } else {
      plain_.emplace(context);
    }
  }

  /// Start an operation with a handler of ours, run it to its end, return its error.
  template <class Start>
  static error_code finish(asio::io_context& context, Start start) {
    error_code result = asio::error::operation_aborted;
    start([&result](error_code error, auto&&...) { result = error; });
    context.restart();
    context.run();
    return result;
  }

  void set_deadline(TimePoint deadline) { tcp_stream().expires_at(deadline); }
  beast::tcp_stream& tcp_stream() { return tls_ ? beast::get_lowest_layer(*tls_) : *plain_; }
  TlsStream* tls() { return tls_ ? &*tls_ : nullptr; }

  error_code write(asio::io_context& context, const std::string& bytes) {
    return finish(context, [&](auto handler) {
      if (tls_) {
        asio::async_write(*tls_, asio::buffer(bytes), handler);
      } else {
        asio::async_write(*plain_, asio::buffer(bytes), handler);
      }
    });
  }
  error_code read(asio::io_context& context, http::response_parser<http::string_body>& parser) {
    return finish(context, [&](auto handler) {
      if (tls_) {
        http::async_read(*tls_, buffer_, parser, handler);
      } else {
        http::async_read(*plain_, buffer_, parser, handler);
      }
    });
  }

 private:
  std::optional<beast::tcp_stream> plain_;
  std::optional<TlsStream> tls_;
  beast::flat_buffer buffer_;
};

class BeastClient final : public HttpClient {
 public:
  explicit BeastClient(HttpClientOptions options) : options_(std::move(options)) {
    if (options_.user_agent.empty()) options_.user_agent = fmt::format("rustybt/{}", kVersion);
  }

  HttpResponse send(const HttpRequest& request) override {
    const TimePoint deadline = TimePoint::clock::now() + std::chrono::milliseconds(request.timeout_ms);
    HttpRequest now = request;
    for (int redirects = 0;; ++redirects) {
      const Url url = parse_url(now.url);
      HttpResponse response = exchange(now, url, deadline);
      const std::string* location = response.find_header("location");
      const bool is_redirect = response.status == 301 || response.status == 302 || response.status == 303 ||
                               response.status == 307 || response.status == 308;
      if (!is_redirect || !location || now.method != "GET") return response;
      const Url next = parse_url(resolve_url(url, *location));
      if (next.origin() != url.origin()) {
        throw Error(ErrorCode::BadResponse,
                    fmt::format("{} redirects to another place, {}", place(now, url), next.origin()),
                    "keys are sent to the asked host only; ask that address directly if it is the right one");
      }
      if (redirects == options_.max_redirects)
        throw Error(ErrorCode::BadResponse, fmt::format("{}: more than {} redirects", place(now, url), redirects));
      now.url = resolve_url(url, *location);
    }
  }

 private:
  static std::string place(const HttpRequest& request, const Url& url) {
    return fmt::format("{} {}://{}{}", request.method, url.scheme, url.authority(), url.path());
  }

  HttpResponse exchange(const HttpRequest& request, const Url& url, TimePoint deadline) {
    if (url.scheme == "http" && !url.is_loopback()) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("{}: plain http to another machine would show keys to everybody between", url.origin()),
                  "use https");
    }
    const std::string bytes = bytes_of(request, url);
    const std::string origin = url.origin();
    for (;;) {
      auto kept = connections_.extract(origin);
      const bool is_kept = !kept.empty();
      std::unique_ptr<Connection> connection = is_kept ? std::move(kept.mapped()) : connect(request, url, deadline);
      connection->set_deadline(deadline);
      http::response_parser<http::string_body> parser;
      parser.body_limit(options_.max_body_bytes);
      parser.skip(request.method == "HEAD");
      error_code error = connection->write(context_, bytes);
      if (!error) error = connection->read(context_, parser);
      // a server may close a kept connection at any time: that says nothing about the request
      if (error && is_kept && error != beast::error::timeout && !parser.got_some() && request.method == "GET") continue;
      if (error) fail(error, "exchange", request, url);
      HttpResponse response;
      const auto& message = parser.get();
      response.status = static_cast<int>(message.result_int());
      for (const auto& field : message) response.headers.emplace_back(field.name_string(), field.value());
      if (message.keep_alive()) connections_.insert_or_assign(origin, std::move(connection));
      response.body = std::move(parser.get().body());
      return response;
    }
  }

  std::string bytes_of(const HttpRequest& request, const Url& url) const {
    std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, url.target, url.authority());
    bool has_agent = false;
    for (const auto& [name, value] : request.headers) {
      if (value.find_first_of("\r\n") != std::string::npos || name.find_first_of("\r\n: ") != std::string::npos)
        throw Error(ErrorCode::InvalidArgument, fmt::format("the header {} has a line break in it", name));
      has_agent |= equal_names(name, "user-agent");
      head += fmt::format("{}: {}\r\n", name, value);
    }
    if (!has_agent) head += fmt::format("User-Agent: {}\r\n", options_.user_agent);
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
      head += fmt::format("Content-Length: {}\r\n", request.body.size());
    return head + "\r\n" + request.body;
  }

  std::unique_ptr<Connection> connect(const HttpRequest& request, const Url& url, TimePoint deadline) {
    auto connection = std::make_unique<Connection>(context_, url.scheme == "https" ? &tls() : nullptr);
    tcp::resolver resolver(context_);
    tcp::resolver::results_type addresses;
    error_code error;
    resolver.async_resolve(url.host, url.port, [&](error_code e, tcp::resolver::results_type found) {
      error = e;
      addresses = std::move(found);
    });
    context_.restart();
    context_.run();
    if (error) fail(error, "look-up of the host", request, url);
    connection->set_deadline(
        std::min(deadline, TimePoint::clock::now() + std::chrono::milliseconds(options_.connect_timeout_ms)));
    error =
        Connection::finish(context_, [&](auto handler) { connection->tcp_stream().async_connect(addresses, handler); });
    if (error) fail(error, "connection", request, url);
    if (TlsStream* stream = connection->tls()) {
      const error_code not_an_address = [&] {
        error_code e;
        static_cast<void>(asio::ip::make_address(url.host, e));
        return e;
      }();
      if (not_an_address) SSL_set_tlsext_host_name(stream->native_handle(), url.host.c_str());
      stream->set_verify_callback(asio::ssl::host_name_verification(url.host));
      error = Connection::finish(
          context_, [&](auto handler) { stream->async_handshake(asio::ssl::stream_base::client, handler); });
      if (error) {
        const long verdict = SSL_get_verify_result(stream->native_handle());
        if (error == beast::error::timeout) fail(error, "TLS handshake", request, url);
        throw Error(
            ErrorCode::TlsFailed,
            fmt::format("{}: {}", place(request, url),
                        verdict == X509_V_OK ? error.message() : std::string(X509_verify_cert_error_string(verdict))));
      }
    }
    return connection;
  }

  [[noreturn]] static void fail(const error_code& error, std::string_view step, const HttpRequest& request,
                                const Url& url) {
    const std::string where = place(request, url);
    if (error == beast::error::timeout)
      throw Error(ErrorCode::NetworkTimeout, fmt::format("{}: no answer in time ({})", where, step));
    if (error == http::error::body_limit)
      throw Error(ErrorCode::BadResponse, fmt::format("{}: the answer is larger than allowed", where));
    if (error.category() == http::make_error_code(http::error::bad_version).category()) {
      const bool is_cut = error == http::error::partial_message || error == http::error::end_of_stream;
      throw Error(is_cut ? ErrorCode::ConnectionFailed : ErrorCode::BadResponse,
                  is_cut ? fmt::format("{}: the connection ended before the answer did", where)
                         : fmt::format("{}: the answer is not HTTP ({})", where, error.message()));
    }
    throw Error(ErrorCode::ConnectionFailed, fmt::format("{}: {} failed: {}", where, step, error.message()));
  }

  asio::ssl::context& tls() {
    if (tls_) return *tls_;
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(asio::ssl::verify_peer);
    error_code ignored;  // the next places are asked when one has none
    context->set_default_verify_paths(ignored);
    for (const char* file : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
      std::error_code absent;
      if (!std::filesystem::exists(file, absent)) continue;
      context->load_verify_file(file, ignored);
      break;
    }
    if (!options_.authority.empty()) {
      error_code error;
      context->load_verify_file(options_.authority.string(), error);
      if (error) {
        throw Error(ErrorCode::FileNotReadable, fmt::format("{} has no certificates in PEM form: {}",
                                                            options_.authority.string(), error.message()));
      }
    }
    tls_ = std::move(context);
    return *tls_;
  }

  HttpClientOptions options_;
  asio::io_context context_;
  std::unique_ptr<asio::ssl::context> tls_;
  std::map<std::string, std::unique_ptr<Connection>> connections_;  ///< open ones, by origin
};

}  // namespace

const std::string* HttpResponse::find_header(std::string_view name) const {
  const auto at = std::ranges::find_if(headers, [&](const auto& header) { return equal_names(header.first, name); });
  return at == headers.end() ? nullptr : &at->second;
}

std::unique_ptr<HttpClient> make_http_client(HttpClientOptions options) {
  return std::make_unique<BeastClient>(std::move(options));
}

}  // namespace rustybt::net

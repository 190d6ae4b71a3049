#pragma once
// URLs: taken apart, built, and made fit for a log.

#include <span>
#include <string>
#include <string_view>

namespace rustybt::net {

struct Url {
  std::string scheme;  ///< lower case
  std::string host;    ///< lower case; an IPv6 address without its brackets
  std::string port;    ///< "443" and "80" when not written
  std::string target;  ///< path and query, "/" at least; without fragment

  /// "https://host:port", to tell connections apart.
  [[nodiscard]] std::string origin() const;
  /// As it is sent in the Host header: without the scheme's own port.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] std::string_view path() const;
  /// localhost, 127.0.0.0/8 or ::1.
  [[nodiscard]] bool is_loopback() const;
};

/// @throws Error{InvalidArgument} for anything but http(s)://host[:port][/target], and for control characters in it
[[nodiscard]] Url parse_url(std::string_view text);
/// `location` of a redirect, seen from `base`: absolute, "//host/path", "/path" or relative.
[[nodiscard]] std::string resolve_url(const Url& base, std::string_view location);

/// "?a=1&b=2%2C3".
class Query {
 public:
  Query& add(std::string_view name, std::string_view value);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// The URL with another value of a query parameter, or with it added.
[[nodiscard]] std::string with_parameter(std::string_view url, std::string_view name, std::string_view value);
/// The URL without a query parameter.
[[nodiscard]] std::string without_parameter(std::string_view url, std::string_view name);

}  // namespace rustybt::net

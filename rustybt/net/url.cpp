#include "rustybt/net/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::net {

namespace {

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

[[noreturn]] void reject(std::string_view what) {  // the text itself may hold a key
  throw Error(ErrorCode::InvalidArgument, fmt::format("the address has {}", what),
              "write it as https://host[:port]/path");
}

std::string_view default_port(std::string_view scheme) { return scheme == "https" ? "443" : "80"; }

/// "name=value" pieces of a query, `name` left out.
std::string other_parameters(std::string_view query, std::string_view name) {
  std::string out;
  while (!query.empty()) {
    const std::string_view piece = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(piece.size() + 1, query.size()));
    if (piece.empty() || piece.substr(0, piece.find('=')) == name) continue;
    if (!out.empty()) out += '&';
    out += piece;
  }
  return out;
}

std::string replace_parameter(std::string_view url, std::string_view name, const std::string& addition) {
  const std::string_view bare = url.substr(0, url.find('#'));
  const std::size_t mark = bare.find('?');
  std::string query =
      other_parameters(mark == std::string_view::npos ? std::string_view() : bare.substr(mark + 1), name);
  if (!query.empty() && !addition.empty()) query += '&';
  query += addition;
  return fmt::format("{}{}{}", bare.substr(0, mark), query.empty() ? "" : "?", query);
}

}  // namespace

std::string Url::origin() const { return fmt::format("{}://{}:{}", scheme, host, port); }

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  return port == default_port(scheme) ? name : fmt::format("{}:{}", name, port);
}

std::string_view Url::path() const { return std::string_view(target).substr(0, target.find('?')); }

bool Url::is_loopback() const {
  if (host == "localhost" || host == "::1") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

Url parse_url(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') reject("a space or a control character");
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) reject("no scheme");
  Url url;
  url.scheme = to_lower(text.substr(0, scheme_end));
  if (url.scheme != "http" && url.scheme != "https") reject("another scheme than http or https");
  text.remove_prefix(scheme_end + 3);
  text = text.substr(0, text.find('#'));
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, end);
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) reject("a user name in it");
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) reject("an unfinished IPv6 address");
    url.host = to_lower(authority.substr(1, close - 1));
    port = authority.substr(close + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = to_lower(authority.substr(0, colon));
    port = authority.substr(colon);
  }
  if (url.host.empty()) reject("no host");
  if (port.starts_with(':')) port.remove_prefix(1);
  unsigned number = 0;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (!port.empty() && (error != std::errc{} || stop != port.data() + port.size() || number == 0 || number > 65535))
    reject("a port that is no number from 1 to 65535");
  url.port = port.empty() ? default_port(url.scheme) : port;
  return url;
}

std::string resolve_url(const Url& base, std::string_view location) {
  if (location.find("://") != std::string_view::npos) return std::string(location);
  if (location.starts_with("//")) return fmt::format("{}:{}", base.scheme, location);
  const std::string root = fmt::format("{}://{}", base.scheme, base.authority());
  if (location.starts_with('/')) return root + std::string(location);
  const std::string_view path = base.path();
  if (location.starts_with('?')) return fmt::format("{}{}{}", root, path, location);
  return fmt::format("{}{}{}", root, path.substr(0, path.rfind('/') + 1), location);
}

Query& Query::add(std::string_view name, std::string_view value) {
  text_ += text_.empty() ? '?' : '&';
  text_ += percent_encode(name) + '=' + percent_encode(value);
  return *this;
}

std::string with_parameter(std::string_view url, std::string_view name, std::string_view value) {
  return replace_parameter(url, name, percent_encode(name) + '=' + percent_encode(value));
}

std::string without_parameter(std::string_view url, std::string_view name) { return replace_parameter(url, name, {}); }

}  // namespace rustybt::net

#include "rustybt/data/adapters/http_session.hpp"

#include <fmt/format.h>

#include "rustybt/core/error.hpp"
#include "rustybt/net/url.hpp"

namespace rustybt::data::adapters {

HttpSession::HttpSession(const HttpTools& tools, Options options)
    : options_(std::move(options)),
      client_(tools.make_client()),
      limiter_(options_.requests_per_minute, options_.burst, tools.waiting),
      retrying_(*client_, {}, tools.waiting, tools.seed, options_.log) {}

JsonText HttpSession::get(const std::string& url, const net::Headers& headers,
                          const std::function<std::string(const Answer&)>& refusal) {
  return get(url, headers, {}, {}, refusal);
}

JsonText HttpSession::get(const std::string& url, const net::Headers& headers, const std::string& private_name,
                          const utils::Secret& private_value,
                          const std::function<std::string(const Answer&)>& refusal) {
  const net::Url parts = net::parse_url(url);
  const std::string place = fmt::format("{} {}://{}{}", options_.source, parts.scheme, parts.authority(), parts.path());
  if (!asked_.insert(url).second) {
    throw Error(ErrorCode::BadResponse, fmt::format("{}: the source points back to a page that was read before", place),
                "its pages would never end; try again later, or ask for fewer days");
  }
  if (options_.progress) options_.progress(static_cast<std::int64_t>(asked_.size()));
  if (options_.cache) {
    const std::optional<CachedContent> kept = options_.cache->find(request_of(url), options_.freshness);
    if (kept) return parse_json_text(kept->content, place);
  }

  net::HttpRequest request;
  request.url = private_name.empty() ? url : net::with_parameter(url, private_name, private_value.reveal());
  request.headers = headers;
  request.timeout_ms = 60'000;
  const net::HttpResponse response = ask(request);
  const bool is_good = response.status >= 200 && response.status < 300;
  const std::string body = masked(response.body);
  Answer answer{response.status, {}};
  try {
    answer.json = parse_json_text(body, place);
  } catch (const Error&) {
    if (is_good) throw;  // an error page may be HTML
  }
  std::string problem = refusal(answer);
  if (!is_good || !problem.empty()) {
    if (problem.empty()) problem = message_in(answer.json);
    const bool is_limit = response.status == 429 || response.status == 999 ||
                          problem.find("rate limit") != std::string::npos ||
                          problem.find("requests per day") != std::string::npos;
    Error error(
        is_limit ? ErrorCode::RateLimited : ErrorCode::SourceRefused,
        fmt::format("{}: HTTP status {}{}{}", place, response.status, problem.empty() ? "" : ": ", problem),
        response.status == 401 || response.status == 403 ? "check the key and what the subscription includes" : "");
    if (const std::string* after = response.find_header("retry-after")) error.with("retry_after", *after);
    throw error;
  }
  if (options_.cache) options_.cache->put(request_of(url), body);
  return std::move(answer.json);
}

void HttpSession::forget() {
  if (!options_.cache) return;
  for (const std::string& url : asked_) options_.cache->forget(request_of(url));
}

net::HttpResponse HttpSession::ask(const net::HttpRequest& request) {
  try {
    return retrying_.get(request, [&] { limiter_.take(); });
  } catch (const Error& error) {
    Error safe(error.code(), masked(fmt::format("{}: {}", options_.source, error.message())), masked(error.hint()));
    for (const auto& [name, value] : error.context()) safe.with(name, masked(value));
    throw safe;
  }
}

SourceRequest HttpSession::request_of(const std::string& url) const {
  SourceRequest request = options_.request;
  request.settings["url"] = url;
  return request;
}

std::string HttpSession::masked(std::string_view text) const { return utils::mask_secrets(text, options_.secrets); }

std::string message_in(const JsonText& json) {
  for (const char* name : {"message", "error_message", "Error Message", "Information", "Note", "error", "msg"}) {
    const std::string text = json.text_of(name);
    if (!text.empty()) return text.substr(0, 500);
  }
  if (const JsonText* error = json.at({"chart", "error"}))
    return fmt::format("{}: {}", error->text_of("code"), error->text_of("description"));
  return {};
}

}  // namespace rustybt::data::adapters

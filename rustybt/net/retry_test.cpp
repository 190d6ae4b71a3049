#include "rustybt/net/retry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <variant>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/net/rate_limiter.hpp"
#include "rustybt/net/url.hpp"

namespace rustybt::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A clock that sleeping moves.
struct Stage {
  std::chrono::nanoseconds time{0};
  std::vector<std::chrono::nanoseconds> sleeps;
  Waiting waiting() {
    return {[this] { return time; },
            [this](std::chrono::nanoseconds t) {
              sleeps.push_back(t);
              time += t;
            }};
  }
};

class ScriptedClient final : public HttpClient {
 public:
  std::deque<std::variant<HttpResponse, Error>> script;
  int sent = 0;
  HttpResponse send(const HttpRequest&) override {
    ++sent;
    const auto next = script.front();
    script.pop_front();
    if (const auto* error = std::get_if<Error>(&next)) throw *error;
    return std::get<HttpResponse>(next);
  }
};

HttpResponse status(int number, Headers headers = {}) { return {number, std::move(headers), ""}; }

TEST(RateLimiter, TakesABurstThenOnePerInterval) {
  Stage stage;
  RateLimiter limiter(60, 2, stage.waiting());
  EXPECT_EQ(limiter.take(), 0ns);
  EXPECT_EQ(limiter.take(), 0ns);
  EXPECT_EQ(limiter.take(), 1s);
  stage.time += 500ms;
  EXPECT_EQ(limiter.take(), 500ms);
  stage.time += 1h;  // the bucket is full, not fuller
  EXPECT_EQ(limiter.take(), 0ns);
  EXPECT_EQ(limiter.take(), 0ns);
  EXPECT_EQ(limiter.take(), 1s);
}

TEST(RateLimiter, RefusesNonsense) {
  EXPECT_THROW(RateLimiter(0, 1, real_waiting()), Error);
  EXPECT_THROW(RateLimiter(5, 0, real_waiting()), Error);
}

TEST(Retrying, WaitsOneThenTwoSecondsWithinTheJitterAndGivesTheLastAnswer) {
  Stage stage;
  ScriptedClient client;
  client.script = {status(500), Error(ErrorCode::ConnectionFailed, "cut"), status(503)};
  Retrying retrying(client, {}, stage.waiting(), 7, {});
  int tries = 0;
  EXPECT_EQ(retrying.get({}, [&] { ++tries; }).status, 503);
  EXPECT_EQ(tries, 3);
  ASSERT_EQ(stage.sleeps.size(), 2u);
  EXPECT_GE(stage.sleeps[0], 800ms);
  EXPECT_LE(stage.sleeps[0], 1200ms);
  EXPECT_GE(stage.sleeps[1], 1600ms);
  EXPECT_LE(stage.sleeps[1], 2400ms);

  Stage again;
  ScriptedClient same;
  same.script = {status(500), status(500), status(200)};
  EXPECT_EQ(Retrying(same, {}, again.waiting(), 7, {}).get({}, {}).status, 200);
  EXPECT_EQ(again.sleeps, stage.sleeps);  // the same seed
}

TEST(Retrying, HonoursRetryAfterUpToALimit) {
  Stage stage;
  ScriptedClient client;
  client.script = {status(429, {{"Retry-After", "17"}}), status(200)};
  EXPECT_EQ(Retrying(client, {}, stage.waiting(), 1, {}).get({}, {}).status, 200);
  EXPECT_EQ(stage.sleeps, (std::vector<std::chrono::nanoseconds>{17s}));
  client.script = {status(429, {{"retry-after", "86400"}}), status(200)};
  EXPECT_EQ(Retrying(client, {}, stage.waiting(), 1, {}).get({}, {}).status, 429);
  EXPECT_EQ(stage.sleeps.size(), 1u);
}

TEST(Retrying, DoesNotRepeatWhatCannotSucceed) {
  Stage stage;
  ScriptedClient client;
  client.script = {status(403), Error(ErrorCode::TlsFailed, "self-signed")};
  Retrying retrying(client, {}, stage.waiting(), 1, {});
  EXPECT_EQ(retrying.get({}, {}).status, 403);
  EXPECT_EQ(error_of([&] { static_cast<void>(retrying.get({}, {})); }).code(), ErrorCode::TlsFailed);
  EXPECT_EQ(client.sent, 2);
  EXPECT_TRUE(stage.sleeps.empty());
}

TEST(Retrying, ALostConnectionIsThrownAfterTheLastTry) {
  Stage stage;
  ScriptedClient client;
  client.script = {Error(ErrorCode::NetworkTimeout, "a"), Error(ErrorCode::NetworkTimeout, "b"),
                   Error(ErrorCode::NetworkTimeout, "c")};
  const Error error = error_of([&] { static_cast<void>(Retrying(client, {}, stage.waiting(), 1, {}).get({}, {})); });
  EXPECT_EQ(error.message(), "c");
  EXPECT_EQ(client.sent, 3);
}

TEST(Url, PartsAndDefaults) {
  const Url url = parse_url("HTTPS://Api.Example.com/v2/x?a=1#top");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, "443");
  EXPECT_EQ(url.target, "/v2/x?a=1");
  EXPECT_EQ(url.path(), "/v2/x");
  EXPECT_EQ(url.authority(), "api.example.com");
  EXPECT_EQ(parse_url("http://[::1]:8080?q").authority(), "[::1]:8080");
  EXPECT_EQ(parse_url("http://[::1]:8080?q").target, "/?q");
  EXPECT_TRUE(parse_url("http://127.9.9.9/").is_loopback());
  EXPECT_FALSE(parse_url("http://127.evil.com/").is_loopback());
  for (const char* bad : {"api.example.com", "ftp://a/", "https://", "https://a b/", "https://u:p@a/", "https://a:0/",
                          "https://a:x/", "https://[::1/", "https://a/\r\nHost: b"})
    EXPECT_EQ(error_of([&] { static_cast<void>(parse_url(bad)); }).code(), ErrorCode::InvalidArgument) << bad;
}

TEST(Url, RedirectsAreResolved) {
  const Url base = parse_url("https://a:8443/v1/x?q=1");
  EXPECT_EQ(resolve_url(base, "/y"), "https://a:8443/y");
  EXPECT_EQ(resolve_url(base, "y?z"), "https://a:8443/v1/y?z");
  EXPECT_EQ(resolve_url(base, "?z"), "https://a:8443/v1/x?z");
  EXPECT_EQ(resolve_url(base, "//b/y"), "https://b/y");
  EXPECT_EQ(resolve_url(base, "https://c/"), "https://c/");
}

TEST(Url, QueriesAreBuiltAndChanged) {
  EXPECT_EQ(Query().add("symbols", "A,B").add("start", "2020-01-01").text(), "?symbols=A%2CB&start=2020-01-01");
  EXPECT_EQ(with_parameter("https://a/x?apiKey=old&b=1", "apiKey", "n/w"), "https://a/x?b=1&apiKey=n%2Fw");
  EXPECT_EQ(with_parameter("https://a/x", "k", "v"), "https://a/x?k=v");
  EXPECT_EQ(without_parameter("https://a/x?apiKey=old&b=1#f", "apiKey"), "https://a/x?b=1");
  EXPECT_EQ(without_parameter("https://a/x?apiKey=old", "apiKey"), "https://a/x");
}

}  // namespace
}  // namespace rustybt::net

#include "rustybt/net/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/net/loopback_server_test.hpp"

namespace rustybt::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

HttpRequest get(const std::string& url, int timeout_ms = 5000) { return {"GET", url, {}, "", timeout_ms}; }

TEST(HttpClient, AnswersCarryStatusHeadersAndBodyOverOneKeptConnection) {
  LoopbackServer server([](const std::string& line, const std::string&) {
    return LoopbackServer::response(line.ends_with("/b") ? 404 : 200, line, "X-Left: 3\r\n");
  });
  const auto client = make_http_client();
  const HttpResponse a = client->send(get(server.url() + "/a?x=1"));
  const HttpResponse b = client->send(get(server.url() + "/b"));
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.body, "GET /a?x=1");
  ASSERT_NE(a.find_header("x-left"), nullptr);
  EXPECT_EQ(*a.find_header("X-LEFT"), "3");
  EXPECT_EQ(b.status, 404);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, HeadersAndBodyAreSent) {
  LoopbackServer server([](const std::string&, const std::string&) { return LoopbackServer::response(200, "{}"); });
  HttpRequest request{"GET", server.url() + "/", {{"APCA-API-KEY-ID", "id"}}, "", 5000};
  static_cast<void>(make_http_client()->send(request));
  EXPECT_THAT(server.heads().at(0), HasSubstr("\r\nAPCA-API-KEY-ID: id\r\n"));
  EXPECT_THAT(server.heads().at(0), HasSubstr("\r\nUser-Agent: rustybt/"));
  EXPECT_THAT(server.heads().at(0), HasSubstr("\r\nHost: 127.0.0.1:"));
  request.headers = {{"A", "b\r\nHost: evil"}};
  EXPECT_EQ(error_of([&] { static_cast<void>(make_http_client()->send(request)); }).code(), ErrorCode::InvalidArgument);
}

TEST(HttpClient, ChunkedBodiesArePutTogether) {
  LoopbackServer server([](const std::string&, const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  });
  EXPECT_EQ(make_http_client()->send(get(server.url() + "/")).body, "abcde");
}

TEST(HttpClient, AKeptConnectionThatTheServerClosedIsReplaced) {
  LoopbackServer server([](const std::string& line, const std::string&) {
    // says keep-alive, and ends the connection all the same
    return line.ends_with("/first") ? "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: Connection: close\r\n\r\n1"
                                    : LoopbackServer::response(200, "2");
  });
  const auto client = make_http_client();
  EXPECT_EQ(client->send(get(server.url() + "/first")).body, "1");
  EXPECT_EQ(client->send(get(server.url() + "/second")).body, "2");
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, RedirectsStayAtTheSameOrigin) {
  LoopbackServer server([](const std::string& line, const std::string&) {
    if (line == "GET /a") return LoopbackServer::response(302, "", "Location: b?x=1\r\n");
    if (line == "GET /loop") return LoopbackServer::response(302, "", "Location: /loop\r\n");
    if (line.starts_with("GET /away"))
      return LoopbackServer::response(302, "", "Location: https://consent.example/x\r\n");
    return LoopbackServer::response(200, line);
  });
  const auto client = make_http_client();
  EXPECT_EQ(client->send(get(server.url() + "/a")).body, "GET /b?x=1");
  EXPECT_THAT(error_of([&] { static_cast<void>(client->send(get(server.url() + "/loop"))); }).message(),
              HasSubstr("more than 5 redirects"));
  const Error away = error_of([&] { static_cast<void>(client->send(get(server.url() + "/away?apikey=SECRET"))); });
  EXPECT_EQ(away.code(), ErrorCode::BadResponse);
  EXPECT_THAT(away.message(), HasSubstr("redirects to another place, https://consent.example:443"));
}

TEST(HttpClient, ASilentServerIsATimeoutAndTheMessageKeepsTheQueryBack) {
  LoopbackServer server([](const std::string&, const std::string&) { return std::string(); });
  const auto client = make_http_client();
  const Error error =
      error_of([&] { static_cast<void>(client->send(get(server.url() + "/slow?apikey=SECRET", 100))); });
  EXPECT_EQ(error.code(), ErrorCode::NetworkTimeout);
  EXPECT_THAT(error.message(), HasSubstr("/slow: no answer in time"));
  EXPECT_THAT(error.message(), Not(HasSubstr("SECRET")));
}

TEST(HttpClient, ACutBodyANonHttpAnswerAndAClosedPortAreErrors) {
  LoopbackServer server([](const std::string& line, const std::string&) {
    return line.ends_with("/cut") ? std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nabc")
                                  : std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  });
  const auto client = make_http_client();
  const auto code = [&](const std::string& url) {
    return error_of([&] { static_cast<void>(client->send(get(url))); }).code();
  };
  EXPECT_EQ(code(server.url() + "/cut"), ErrorCode::ConnectionFailed);
  EXPECT_EQ(code(server.url() + "/ssh"), ErrorCode::BadResponse);
  EXPECT_EQ(code("http://127.0.0.1:1/"), ErrorCode::ConnectionFailed);
}

TEST(HttpClient, ABodyAboveTheLimitIsRefused) {
  LoopbackServer server(
      [](const std::string&, const std::string&) { return LoopbackServer::response(200, std::string(2000, 'x')); });
  HttpClientOptions options;
  options.max_body_bytes = 1000;
  const Error error = error_of([&] { static_cast<void>(make_http_client(options)->send(get(server.url() + "/"))); });
  EXPECT_EQ(error.code(), ErrorCode::BadResponse);
  EXPECT_THAT(error.message(), HasSubstr("larger than allowed"));
}

TEST(HttpClient, PlainHttpGoesToThisMachineOnly) {
  const Error error =
      error_of([] { static_cast<void>(make_http_client()->send(get("http://example.com/?k=SECRET"))); });
  EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
  EXPECT_THAT(error.message(), HasSubstr("plain http"));
  EXPECT_THAT(error.message(), Not(HasSubstr("SECRET")));
}

TEST(HttpClient, AServerThatDoesNotSpeakTlsIsATlsError) {
  LoopbackServer server([](const std::string&, const std::string&) { return std::string("x"); });
  const std::string url = "https" + server.url().substr(4);
  // a TLS hello has no end of head in it: the test's server answers nothing, so the handshake runs into its time limit
  EXPECT_EQ(error_of([&] { static_cast<void>(make_http_client()->send(get(url + "/", 200))); }).code(),
            ErrorCode::NetworkTimeout);
}

}  // namespace
}  // namespace rustybt::net

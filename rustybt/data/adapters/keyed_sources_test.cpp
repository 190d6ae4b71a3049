// Polygon, Alpaca and Alpha Vantage: sources with keys and pages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rustybt/data/adapters/alpaca_adapter.hpp"
#include "rustybt/data/adapters/alphavantage_adapter.hpp"
#include "rustybt/data/adapters/polygon_adapter.hpp"
#include "rustybt/data/adapters/web_source_test.hpp"

namespace rustybt::data::adapters {
namespace {

using net::LoopbackServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

constexpr const char* kKey = "k3y/with+signs";

class KeyedSource : public WebSourceTest {
 protected:
  template <class Adapter>
  BundleContent fetch(const LoopbackServer& server, std::map<std::string, std::string> settings,
                      const std::string& now = "2024-01-10T00:00:00Z") {
    settings.emplace("base_url", server.url());
    settings.emplace("requests_per_minute", "100000");
    DataRequest request{{}, std::move(settings)};
    request.find_key = [this](const std::string& name) {
      asked_keys_.push_back(name);
      return std::optional(utils::Secret(kKey));
    };
    return Adapter(tools()).fetch(request, options(now));
  }
  std::vector<std::string> asked_keys_;
};

class Polygon : public KeyedSource {};

TEST_F(Polygon, RecordedBarsSplitsAndDividendsAreRead) {
  const auto file = venue_file("polygon/rest_recorded.json");
  RUSTYBT_NEED_SHARED_DATA(file);
  const Json recorded = Json::parse(storage::read_file(file));
  const auto answer_to = [&](const std::string& start) {
    for (const Json& one : recorded)
      if (one["request"].get<std::string>().starts_with(start)) return one["response"].dump();
    ADD_FAILURE() << start;
    return std::string();
  };
  LoopbackServer server([&](const std::string& line, const std::string&) {
    if (line.find("/v2/aggs") != std::string::npos)
      return LoopbackServer::response(200, answer_to("/v2/aggs/ticker/AAPL/range/1/day/2005-04-01"));
    Json none{{"status", "OK"}};  // no "results" when there are none
    return LoopbackServer::response(200, none.dump());
  });
  const BundleContent content =
      fetch<PolygonAdapter>(server, {{"symbols", "AAPL"}, {"start", "2005-04-01"}, {"end", "2005-04-04"}});
  const BarSeries& bars = content.items.at(0).daily;
  EXPECT_EQ(bars.times, (std::vector<std::int64_t>{Date::parse("2005-04-01").days, Date::parse("2005-04-04").days}));
  EXPECT_EQ(bar_text(bars, 0), "1.5032 1.5064 1.4489 1.4604 642646396");
  EXPECT_EQ(bar_text(bars, 1), "1.4639 1.4754 1.4343 1.4675 578172308");
  EXPECT_EQ(server.requests().at(0),
            "GET /v2/aggs/ticker/AAPL/range/1/day/2005-04-01/2005-04-04?adjusted=false&sort=asc&limit=50000");
  EXPECT_EQ(asked_keys_, std::vector<std::string>{"POLYGON_API_KEY"});
  EXPECT_THAT(server.heads()[0], HasSubstr(std::string("Authorization: Bearer ") + kKey));
}

TEST_F(Polygon, PagesAreFollowedAtOurHostAndNumbersStayExact) {
  LoopbackServer server([&](const std::string& line, const std::string&) {
    const auto has = [&](std::string_view part) { return line.find(part) != std::string::npos; };
    if (has("cursor=2")) {
      return LoopbackServer::response(200, R"({"status":"DELAYED","results":[{"v":1.2e+3,"o":0.1234,"c":0.1235,)"
                                           R"("h":0.1240,"l":0.1230,"t":1704295860000}]})");
    }
    if (has("/v2/aggs")) {
      return LoopbackServer::response(
          200, R"({"status":"OK","results":[{"v":10,"o":5,"c":5,"h":5,"l":5,"t":1704292200000}],)"
               R"("next_url":"https://api.polygon.io/v2/aggs/ticker/X/range/1/minute/1/2?cursor=2&apiKey=old"})");
    }
    if (has("/v3/reference/splits")) {
      return LoopbackServer::response(200, R"({"status":"OK","results":[{"execution_date":"2024-01-04",)"
                                           R"("split_from":2,"split_to":3,"ticker":"X"}]})");
    }
    return LoopbackServer::response(200, R"({"status":"OK","results":[{"cash_amount":0.59375,"ex_dividend_date":)"
                                         R"("2024-01-04","declaration_date":"2023-12-01","pay_date":"2024-01-31"}]})");
  });
  const BundleContent content = fetch<PolygonAdapter>(
      server, {{"symbols", "X"}, {"start", "2024-01-03"}, {"end", "2024-01-03"}, {"frequency", "minute"}});
  const BarSeries& bars = content.items.at(0).minute;  // stamped at the start: 14:30 and 15:31 UTC
  EXPECT_EQ(bars.times, (std::vector<std::int64_t>{Timestamp::parse("2024-01-03T14:31:00Z").ns,
                                                   Timestamp::parse("2024-01-03T15:32:00Z").ns}));
  EXPECT_EQ(bar_text(bars, 1), "0.1234 0.124 0.123 0.1235 1200");
  EXPECT_EQ(server.requests().at(1), "GET /v2/aggs/ticker/X/range/1/minute/1/2?cursor=2");
  EXPECT_TRUE(content.actions.by_item.splits.empty());  // after the last bar
  EXPECT_FALSE(is_left_anywhere(kKey));
}

TEST_F(Polygon, SplitsAndDividendsBetweenTheBarsBecomeActions) {
  LoopbackServer server([&](const std::string& line, const std::string&) {
    if (line.find("/v2/aggs") != std::string::npos) {
      return LoopbackServer::response(200,
                                      R"({"status":"OK","results":[{"v":10,"o":6,"c":6,"h":6,"l":6,"t":1704258000000},)"
                                      R"({"v":15,"o":4,"c":4,"h":4,"l":4,"t":1704344400000}]})");
    }
    if (line.find("splits") != std::string::npos) {
      return LoopbackServer::response(200, R"({"results":[{"execution_date":"2024-01-04","split_from":2,)"
                                           R"("split_to":3}],"status":"OK"})");
    }
    return LoopbackServer::response(200, R"({"status":"OK","results":[{"cash_amount":0.59375,"ex_dividend_date":)"
                                         R"("2024-01-04","declaration_date":"2023-12-01","pay_date":"2024-01-31"}]})");
  });
  const BundleContent content =
      fetch<PolygonAdapter>(server, {{"symbols", "X"}, {"start", "2024-01-03"}, {"end", "2024-01-04"}});
  const Adjustments& actions = content.actions.by_item;
  ASSERT_EQ(actions.splits.size(), 1u);
  EXPECT_EQ(actions.splits[0].numerator, 2);
  EXPECT_EQ(actions.splits[0].denominator, 3);
  ASSERT_EQ(actions.cash_dividends.size(), 1u);
  EXPECT_EQ(actions.cash_dividends[0].amount.to_string(), "0.59375");
  EXPECT_EQ(actions.cash_dividends[0].pay_date->to_string(), "2024-01-31");
  EXPECT_EQ(actions.cash_dividends[0].declared_date->to_string(), "2023-12-01");
}

TEST_F(Polygon, APageThatPointsToItselfIsNoticed) {
  LoopbackServer server([&](const std::string&, const std::string&) {
    return LoopbackServer::response(
        200, R"({"status":"OK","results":[],"next_url":"https://api.polygon.io/v2/aggs/next?cursor=again"})");
  });
  const Error error =
      error_of([&] { static_cast<void>(fetch<PolygonAdapter>(server, {{"symbols", "X"}, {"start", "2024-01-03"}})); });
  EXPECT_EQ(error.code(), ErrorCode::BadResponse);
  EXPECT_THAT(error.message(), HasSubstr("points back to a page that was read before"));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(Polygon, ARefusedKeyIsInNoMessageLogOrFile) {
  LoopbackServer server([&](const std::string&, const std::string&) {
    return LoopbackServer::response(
        401, std::string(R"({"status":"ERROR","error":"Unknown API Key )") + kKey + R"(","request_id":"1"})");
  });
  const Error error =
      error_of([&] { static_cast<void>(fetch<PolygonAdapter>(server, {{"symbols", "X"}, {"start", "2024-01-03"}})); });
  EXPECT_EQ(error.code(), ErrorCode::SourceRefused);
  EXPECT_THAT(error.message(), HasSubstr("HTTP status 401: ERROR: Unknown API Key ***"));
  EXPECT_FALSE(is_left_anywhere(kKey));
}

TEST_F(Polygon, WithoutAKeyTheMessageSaysWhereToPutOne) {
  LoopbackServer server([](const std::string&, const std::string&) { return std::string("x"); });
  DataRequest request{{}, {{"symbols", "X"}, {"start", "2024-01-03"}, {"base_url", server.url()}}};
  request.find_key = [](const std::string&) { return std::nullopt; };
  const Error error =
      error_of([&] { static_cast<void>(PolygonAdapter(tools()).fetch(request, options("2024-01-10T00:00:00Z"))); });
  EXPECT_EQ(error.code(), ErrorCode::MissingKey);
  EXPECT_THAT(error.hint(), HasSubstr("rustybt keys set POLYGON_API_KEY"));
  EXPECT_TRUE(server.requests().empty());
}

class Alpaca : public KeyedSource {};

TEST_F(Alpaca, RecordedBarsAreFollowedToTheLastToken) {
  const auto file = venue_file("alpaca/rest_samples.json");
  RUSTYBT_NEED_SHARED_DATA(file);
  Json first;
  for (const Json& one : Json::parse(storage::read_file(file))) {
    const Json& response = one["response"];
    if (first.is_null() && response.contains("bars") && response["bars"].contains("AAPL") &&
        !response["next_page_token"].is_null())
      first = response;
  }
  ASSERT_FALSE(first.is_null());
  LoopbackServer server([&](const std::string& line, const std::string&) {
    const auto has = [&](std::string_view part) { return line.find(part) != std::string::npos; };
    if (has("corporate-actions")) return LoopbackServer::response(200, R"({"corporate_actions":{}})");
    if (!has("page_token")) return LoopbackServer::response(200, first.dump());
    if (has("page_token=QUFQTHxEfDIwMjItMDItMDJUMDU6MDA6MDAuMDAwMDAwMDAwWg%3D%3D"))
      return LoopbackServer::response(200, R"({"bars":null,"next_page_token":"last"})");
    return LoopbackServer::response(200, R"({"bars":{"AAPL":[{"t":"2022-02-03T05:00:00Z","o":174.48,"h":176.2373,)"
                                         R"("l":172.12,"c":172.9,"v":89418074}]},"next_page_token":null})");
  });
  const BundleContent content =
      fetch<AlpacaAdapter>(server, {{"symbols", "AAPL"}, {"start", "2022-02-01"}, {"end", "2022-02-03"}});
  const BarSeries& bars = content.items.at(0).daily;
  ASSERT_EQ(bars.times.size(), 3u);
  EXPECT_EQ(Date{static_cast<std::int32_t>(bars.times[0])}.to_string(), "2022-02-01");
  EXPECT_EQ(bar_text(bars, 0), "174 174.84 172.31 174.61 85998033");
  EXPECT_EQ(bar_text(bars, 2), "174.48 176.2373 172.12 172.9 89418074");
  EXPECT_THAT(server.requests().at(0),
              HasSubstr("timeframe=1Day&start=2022-02-01T00%3A00%3A00Z&end=2022-02-04T00%3A00%3A00Z&limit=10000"
                        "&sort=asc&adjustment=raw&feed=sip"));
  EXPECT_THAT(server.heads()[0], HasSubstr(std::string("APCA-API-SECRET-KEY: ") + kKey));
  EXPECT_THAT(asked_keys_, ElementsAre("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"));
}

TEST_F(Alpaca, CorporateActionsAreRead) {
  LoopbackServer server([&](const std::string& line, const std::string&) {
    if (line.find("corporate-actions") == std::string::npos) {
      return LoopbackServer::response(
          200, R"({"bars":{"X":[{"t":"2024-01-03T05:00:00Z","o":9,"h":9,"l":9,"c":9,"v":1},)"
               R"({"t":"2024-01-08T05:00:00Z","o":9,"h":9,"l":9,"c":9,"v":1}]},"next_page_token":null})");
    }
    return LoopbackServer::response(
        200, R"({"corporate_actions":{"reverse_splits":[{"ex_date":"2024-01-05","new_rate":1,"old_rate":50}],)"
             R"("cash_dividends":[{"ex_date":"2024-01-04","rate":0.086928,"payable_date":"2024-01-26",)"
             R"("record_date":"2024-01-05"}],"stock_dividends":[{"ex_date":"2024-01-08","rate":0.05}]},)"
             R"("next_page_token":null})");
  });
  const BundleContent content =
      fetch<AlpacaAdapter>(server, {{"symbols", "X"}, {"start", "2024-01-03"}, {"end", "2024-01-08"}});
  const Adjustments& actions = content.actions.by_item;
  ASSERT_EQ(actions.splits.size(), 1u);
  EXPECT_EQ(actions.splits[0].ratio, 50.0);
  ASSERT_EQ(actions.cash_dividends.size(), 1u);
  EXPECT_EQ(actions.cash_dividends[0].amount.to_string(), "0.086928");
  EXPECT_EQ(actions.cash_dividends[0].pay_date->to_string(), "2024-01-26");
  ASSERT_EQ(actions.stock_dividends.size(), 1u);
  EXPECT_EQ(actions.stock_dividends[0].ratio_exact.to_string(), "0.05");
}

TEST_F(Alpaca, ATokenThatComesAgainIsNoticed) {
  LoopbackServer server([&](const std::string&, const std::string&) {
    return LoopbackServer::response(200, R"({"bars":{},"next_page_token":"same"})");
  });
  EXPECT_THAT(error_of([&] {
                static_cast<void>(fetch<AlpacaAdapter>(server, {{"symbols", "X"}, {"start", "2024-01-03"}}));
              }).message(),
              HasSubstr("points back to a page"));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(Alpaca, AMissingSubscriptionIsSaidInItsWords) {
  LoopbackServer server([&](const std::string&, const std::string&) {
    return LoopbackServer::response(403, R"({"message":"subscription does not permit querying recent SIP data"})");
  });
  const Error error =
      error_of([&] { static_cast<void>(fetch<AlpacaAdapter>(server, {{"symbols", "X"}, {"start", "2024-01-03"}})); });
  EXPECT_THAT(error.message(), HasSubstr("HTTP status 403: subscription does not permit querying recent SIP data"));
  EXPECT_THAT(error.hint(), HasSubstr("what the subscription includes"));
}

class Alphavantage : public KeyedSource {};

TEST_F(Alphavantage, RecordedMinutesAreOfNewYorkTime) {
  const auto file = venue_file("alphavantage/mock_time_series.json");
  RUSTYBT_NEED_SHARED_DATA(file);
  const std::string body = storage::read_file(file);
  LoopbackServer server([&](const std::string&, const std::string&) { return LoopbackServer::response(200, body); });
  const BundleContent content = fetch<AlphavantageAdapter>(
      server, {{"symbols", "MSFT"}, {"start", "2017-12-18"}, {"end", "2017-12-18"}, {"frequency", "minute"}});
  const BarSeries& bars = content.items.at(0).minute;
  EXPECT_EQ(bars.times.size(), Json::parse(body)["Time Series (1min)"].size());
  EXPECT_EQ(Timestamp{bars.times.back()}.to_string(), "2017-12-18T19:56:00Z");  // 14:56 in New York
  EXPECT_EQ(bar_text(bars, bars.times.size() - 1), "86.49 86.5 86.475 86.5 10494");
  EXPECT_THAT(server.requests().at(0), HasSubstr("month=2017-12&adjusted=false&extended_hours=false&symbol=MSFT"));
  EXPECT_THAT(server.requests().at(0), HasSubstr("apikey=k3y%2Fwith%2Bsigns"));
}

TEST_F(Alphavantage, DailyRowsBringSplitsAndDividends) {
  LoopbackServer server([&](const std::string&, const std::string&) {
    const std::string rest = R"(,"5. adjusted close":"1.0","6. volume":"10",)";
    return LoopbackServer::response(
        200, R"j({"Meta Data":{"1. Information":"Daily","5. Time Zone":"US/Eastern"},"Time Series (Daily)":{)j"
             R"("2020-08-31":{"1. open":"127.58","2. high":"131.00","3. low":"126.00","4. close":"129.04")" +
                 rest + R"("7. dividend amount":"0.0000","8. split coefficient":"4.0"},)" +
                 R"("2020-08-28":{"1. open":"504.05","2. high":"505.77","3. low":"498.31","4. close":"499.23")" + rest +
                 R"("7. dividend amount":"0.0000","8. split coefficient":"1.0"},)" +
                 R"("2020-08-27":{"1. open":"508.57","2. high":"509.94","3. low":"495.33","4. close":"500.04")" + rest +
                 R"("7. dividend amount":"0.8200","8. split coefficient":"1.0"}}})");
  });
  const BundleContent content =
      fetch<AlphavantageAdapter>(server, {{"symbols", "AAPL"}, {"start", "2020-08-26"}, {"end", "2020-08-31"}});
  EXPECT_EQ(bar_text(content.items.at(0).daily, 2), "127.58 131 126 129.04 10");
  ASSERT_EQ(content.actions.by_item.splits.size(), 1u);
  EXPECT_EQ(content.actions.by_item.splits[0].denominator, 4);
  EXPECT_TRUE(content.actions.by_item.cash_dividends.empty());  // on the first day of the bars: none is held before
}

TEST_F(Alphavantage, AnErrorWithStatus200IsAnErrorAndTheEchoedKeyIsMasked) {
  std::string body;
  LoopbackServer server([&](const std::string&, const std::string&) { return LoopbackServer::response(200, body); });
  const auto failure = [&] {
    return error_of(
        [&] { static_cast<void>(fetch<AlphavantageAdapter>(server, {{"symbols", "X"}, {"start", "2024-01-03"}})); });
  };
  body = std::string(R"({"Information":"We have detected your API key as )") + kKey +
         R"( and our standard API rate limit is 25 requests per day."})";
  EXPECT_EQ(failure().code(), ErrorCode::RateLimited);
  EXPECT_THAT(failure().message(), HasSubstr("your API key as *** and"));
  body = R"({"Error Message":"Invalid API call."})";
  EXPECT_EQ(failure().code(), ErrorCode::SourceRefused);
  body = R"j({"Meta Data":{"6. Time Zone":"Mars/Olympus"},"Time Series (Daily)":{}})j";
  EXPECT_THAT(failure().message(), HasSubstr("Mars/Olympus"));
  body = "{}";
  EXPECT_THAT(failure().message(), HasSubstr("no time series"));
  EXPECT_FALSE(is_left_anywhere(kKey));
}

TEST_F(Alphavantage, AKeyOfTheQueryStaysOutOfConnectionErrors) {
  LoopbackServer server([](const std::string&, const std::string&) { return std::string("not http"); });
  const Error error = error_of(
      [&] { static_cast<void>(fetch<AlphavantageAdapter>(server, {{"symbols", "X"}, {"start", "2024-01-03"}})); });
  EXPECT_EQ(error.code(), ErrorCode::BadResponse);
  for (const char* secret : {kKey, "k3y%2Fwith%2Bsigns"}) {
    EXPECT_THAT(error.message() + error.hint(), Not(HasSubstr(secret)));
    EXPECT_FALSE(is_left_anywhere(secret));
  }
}

}  // namespace
}  // namespace rustybt::data::adapters

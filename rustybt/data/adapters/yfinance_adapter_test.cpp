#include "rustybt/data/adapters/yfinance_adapter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rustybt/data/adapters/web_source_test.hpp"

namespace rustybt::data::adapters {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

/// Yahoo's answer with rows and events of our choice.
std::string chart(const std::string& stamps, const std::string& quote, const std::string& events = "{}") {
  return R"({"chart":{"result":[{"meta":{"symbol":"X","gmtoffset":-14400,"longName":"X Inc.","fullExchangeName":"NasdaqGS"},)"
         R"("timestamp":)" +
         stamps + R"(,"events":)" + events + R"(,"indicators":{"quote":[)" + quote + "]}}]," + R"("error":null}})";
}

class Yfinance : public WebSourceTest {
 protected:
  BundleContent fetch(const net::LoopbackServer& server, std::map<std::string, std::string> settings,
                      const std::string& now = "2020-11-10T00:00:00Z") {
    settings.emplace("symbols", "AAPL");
    settings.emplace("base_url", server.url());
    return YfinanceAdapter(tools()).fetch({{}, std::move(settings)}, options(now));
  }
};

TEST_F(Yfinance, RecordedBarsArePutBackToWhatWasTraded) {
  const auto file = venue_file("yahoo/chart_recorded.json");
  RUSTYBT_NEED_SHARED_DATA(file);
  const Json recorded = Json::parse(storage::read_file(file));
  // one answer, as Yahoo gives it for 2020-01-02 to November: the bar of the first recording, the events of the second
  Json answer = recorded[0]["bodyJson"];
  answer["chart"]["result"][0]["events"] = recorded[1]["bodyJson"]["chart"]["result"][0]["events"];
  net::LoopbackServer server(
      [&](const std::string&, const std::string&) { return net::LoopbackServer::response(200, answer.dump()); });
  const BundleContent content = fetch(server, {{"start", "2020-01-02"}, {"end", "2020-01-03"}});
  ASSERT_EQ(content.items.size(), 1u);
  const BundleContent::Item& apple = content.items[0];
  // as traded on 2020-01-02, before the split 4:1 of 2020-08-31
  EXPECT_EQ(bar_text(apple.daily, 0), "296.24 300.6 295.19 300.35 33870100");
  EXPECT_EQ(apple.daily.times, (std::vector<std::int64_t>{Date::parse("2020-01-02").days}));
  EXPECT_EQ(apple.asset.asset_name, "Apple Inc.");
  EXPECT_EQ(apple.asset.exchange, "NasdaqGS");
  EXPECT_TRUE(content.actions.by_item.splits.empty());  // after the last bar
  EXPECT_THAT(server.requests(), ElementsAre("GET /v8/finance/chart/AAPL?interval=1d&period1=1577923200&period2="
                                             "1605052800&events=div%7Csplit&includePrePost=false"));
  EXPECT_THAT(server.heads()[0], HasSubstr("User-Agent: Mozilla/5.0"));
  EXPECT_EQ(kept_answers(), 1);
}

TEST_F(Yfinance, RecordedEventsBecomeActions) {
  const auto file = venue_file("yahoo/chart_recorded.json");
  RUSTYBT_NEED_SHARED_DATA(file);
  Json answer = Json::parse(storage::read_file(file))[1]["bodyJson"];
  Json& result = answer["chart"]["result"][0];
  result["timestamp"].insert(result["timestamp"].begin(), 1598621400);  // Friday before the split
  result["timestamp"].push_back(1604673000);                            // ex-day of the dividend
  for (const char* field : {"open", "high", "low", "close", "volume"}) {
    Json& column = result["indicators"]["quote"][0][field];
    column.insert(column.begin(), field == std::string("volume") ? Json(187151600) : Json(124.80750274658203));
    column.push_back(field == std::string("volume") ? Json(114457900) : Json(118.69000244140625));
  }
  net::LoopbackServer server(
      [&](const std::string&, const std::string&) { return net::LoopbackServer::response(200, answer.dump()); });
  const BundleContent content = fetch(server, {{"start", "2020-08-28"}, {"end", "2020-11-06"}});
  const BarSeries& bars = content.items.at(0).daily;
  EXPECT_EQ(cell_text(bars, Field::Close, 0), "499.23");  // as traded on 2020-08-28
  EXPECT_EQ(cell_text(bars, Field::Volume, 0), "46787900");
  EXPECT_EQ(bar_text(bars, 1), "127.58 131 126 129.04 225702700");
  const Adjustments& actions = content.actions.by_item;
  ASSERT_EQ(actions.splits.size(), 1u);
  EXPECT_EQ(actions.splits[0].effective_date.to_string(), "2020-08-31");
  EXPECT_EQ(actions.splits[0].numerator, 1);
  EXPECT_EQ(actions.splits[0].denominator, 4);
  EXPECT_EQ(actions.splits[0].ratio, 0.25);
  ASSERT_EQ(actions.cash_dividends.size(), 1u);
  EXPECT_EQ(actions.cash_dividends[0].amount.to_string(), "0.205");
  EXPECT_EQ(actions.cash_dividends[0].ex_date.to_string(), "2020-11-06");
}

TEST_F(Yfinance, NullsLiveRowsAndHolidaysAreLeftOutAndCounted) {
  // 5 and 6 Nov 2020, a row of nulls for the 9th, a row with one null for the 10th, the 11th twice; now = the 11th,
  // noon
  const std::string stamps = "[1604586600,1604673000,1604932200,1605018600,1605105000,1605114000]";
  const std::string quote = R"({"open":[10,11,null,12,13,13],"high":[10,11,null,12,13,13],"low":[10,11,null,12,13,13],)"
                            R"("close":[10,11.5,null,12,13,13],"volume":[5,6,null,null,8,9]})";
  net::LoopbackServer server([&](const std::string&, const std::string&) {
    std::string body = chart(stamps, quote);
    body.replace(body.find("11.5"), 4, "11");
    return net::LoopbackServer::response(200, body);
  });
  const BundleContent content = fetch(server, {{"start", "2020-11-05"}}, "2020-11-11T17:00:00Z");
  const BarSeries& bars = content.items.at(0).daily;
  ASSERT_EQ(bars.times.size(), 3u);
  EXPECT_EQ(bar_text(bars, 1), "11 11 11 11 6");
  EXPECT_EQ(bar_text(bars, 2), "missing missing missing missing missing");
  std::vector<std::string> left_out;
  for (const RowsLeftOut& part : content.left_out) left_out.push_back(part.reason + ": " + std::to_string(part.rows));
  EXPECT_THAT(left_out, ElementsAre("a second row of its day (the live quote): 1",
                                    "incomplete (null in some of its fields): 1", "not finished yet: 1"));
}

TEST_F(Yfinance, MinutesAreAskedForInWeeksAndLabelledByTheirEnd) {
  net::LoopbackServer server([&](const std::string& line, const std::string&) {
    const std::string quote = R"({"open":[1.5],"high":[1.5],"low":[1.5],"close":[1.5],"volume":[7]})";
    const std::string none = R"({"open":[],"high":[],"low":[],"close":[],"volume":[]})";
    if (line.find("interval=1m&period1=1604275200&period2=1604880000") != std::string::npos)  // 2 to 8 November
      return net::LoopbackServer::response(200, chart("[1604327400]", quote));                // 2 Nov, 14:30 UTC
    return net::LoopbackServer::response(200, chart("[]", none));
  });
  const BundleContent content =
      fetch(server, {{"start", "2020-11-02"}, {"end", "2020-11-09"}, {"frequency", "minute"}}, "2020-11-10T00:00:00Z");
  EXPECT_EQ(server.requests().size(), 3u);
  const BarSeries& minutes = content.items.at(0).minute;
  EXPECT_EQ(minutes.times, (std::vector<std::int64_t>{Timestamp::parse("2020-11-02T14:31:00Z").ns}));
  EXPECT_EQ(bar_text(minutes, 0), "1.5 1.5 1.5 1.5 7");

  const Error old =
      error_of([&] { static_cast<void>(fetch(server, {{"start", "2020-09-01"}, {"frequency", "minute"}})); });
  EXPECT_EQ(old.code(), ErrorCode::InvalidDateRange);
  EXPECT_THAT(old.hint(), HasSubstr("--start 2020-10-12"));
}

TEST_F(Yfinance, WhatYahooRefusesIsSaidInItsWords) {
  int status = 404;
  std::string body = R"({"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}})";
  net::LoopbackServer server(
      [&](const std::string&, const std::string&) { return net::LoopbackServer::response(status, body); });
  const auto failure = [&] { return error_of([&] { static_cast<void>(fetch(server, {{"start", "2020-01-02"}})); }); };
  EXPECT_EQ(failure().code(), ErrorCode::SourceRefused);
  EXPECT_THAT(failure().message(), HasSubstr("HTTP status 404: Not Found: No data found"));
  status = 200;
  body = "<html>consent</html>";
  EXPECT_EQ(failure().code(), ErrorCode::BadResponse);
  EXPECT_THAT(failure().message(), HasSubstr("an HTML page, not JSON"));
  body = R"({"chart":{"result":[{"timestamp":[1,2],"indicators":{"quote":[{"open":[1]}]}}],"error":null}})";
  EXPECT_THAT(failure().message(), HasSubstr("open has not one value per time"));
  body = R"({"chart":{"result":[],"error":null}})";
  EXPECT_EQ(failure().code(), ErrorCode::BadResponse);
}

TEST_F(Yfinance, ATemporaryRefusalIsAskedAgain) {
  int requests = 0;
  net::LoopbackServer server([&](const std::string&, const std::string&) {
    if (++requests == 1) return net::LoopbackServer::response(429, "Too Many Requests", "Retry-After: 30\r\n");
    if (requests == 2) return net::LoopbackServer::response(500, "oops");
    return net::LoopbackServer::response(
        200, chart("[1577975400]", R"({"open":[1],"high":[1],"low":[1],"close":[1],"volume":[1]})"));
  });
  EXPECT_EQ(fetch(server, {{"start", "2020-01-02"}}).items.size(), 1u);
  EXPECT_EQ(requests, 3);
  EXPECT_THAT(slept_, testing::Contains(std::chrono::seconds(30)));
}

TEST_F(Yfinance, AnInterruptedFetchGoesOnWhereItStopped) {
  bool is_up = false;
  net::LoopbackServer server([&](const std::string& line, const std::string&) {
    if (line.find("/MSFT") != std::string::npos && !is_up) return net::LoopbackServer::response(403, "{}");
    return net::LoopbackServer::response(
        200, chart("[1577975400]", R"({"open":[1],"high":[1],"low":[1],"close":[1],"volume":[1]})"));
  });
  const std::map<std::string, std::string> settings{{"symbols", "AAPL,MSFT"}, {"start", "2020-01-02"}};
  const std::string now = "2020-01-03T22:00:00Z";
  EXPECT_THROW(static_cast<void>(fetch(server, settings, now)), Error);
  EXPECT_EQ(kept_answers(), 1);
  is_up = true;
  EXPECT_EQ(fetch(server, settings, now).items.size(), 2u);
  const auto requests = server.requests();
  EXPECT_EQ(std::ranges::count_if(requests, [](const auto& r) { return r.find("/AAPL") != std::string::npos; }), 1);
  EXPECT_EQ(kept_answers(), 2);
}

TEST_F(Yfinance, ARepeatedFetchAsksForNothingWhileTheAnswersAreFresh) {
  std::int64_t asked = 0;
  net::LoopbackServer server([&](const std::string&, const std::string&) {
    ++asked;
    return net::LoopbackServer::response(
        200, chart("[1577975400]", R"({"open":[1],"high":[1],"low":[1],"close":[1],"volume":[1]})"));
  });
  const auto fetched_at = [&](const std::string& now, const std::string& freshness) {
    std::map<std::string, std::string> settings{{"symbols", "AAPL"}, {"start", "2020-01-02"}, {"end", "2020-01-03"}};
    if (!freshness.empty()) settings["freshness"] = freshness;
    const BundleContent content = fetch(server, settings, now);
    EXPECT_EQ(bar_text(content.items.at(0).daily, 0), "1 1 1 1 1");
    return asked;
  };
  EXPECT_EQ(fetched_at("2020-01-06T12:00:00Z", ""), 1);
  EXPECT_EQ(fetched_at("2020-01-06T20:59:00Z", ""), 1);  // Monday, before the close
  EXPECT_EQ(fetched_at("2020-01-06T21:00:00Z", ""), 2);
  EXPECT_EQ(fetched_at("2020-01-06T23:00:00Z", "ttl"), 2);
  EXPECT_EQ(fetched_at("2020-01-06T23:00:00Z", "never"), 2);
  EXPECT_EQ(fetched_at("2020-01-06T23:00:00Z", "always"), 3);
  EXPECT_THROW(fetched_at("2020-01-06T23:00:00Z", "sometimes"), Error);
}

TEST_F(Yfinance, ASymbolWithoutBarsIsWarnedOfAndNoneAtAllIsAnError) {
  net::LoopbackServer server([&](const std::string& line, const std::string&) {
    if (line.find("/NONE") != std::string::npos)
      return net::LoopbackServer::response(200, R"({"chart":{"result":[{"meta":{},"indicators":{"quote":[{}]}}]}})");
    return net::LoopbackServer::response(
        200, chart("[1577975400]", R"({"open":[1],"high":[1],"low":[1],"close":[1],"volume":[1]})"));
  });
  EXPECT_EQ(fetch(server, {{"symbols", "none, aapl"}, {"start", "2020-01-02"}}).items.size(), 1u);
  EXPECT_THAT(log_, HasSubstr("yfinance: no bars of NONE from 2020-01-02"));
  EXPECT_EQ(error_of([&] { static_cast<void>(fetch(server, {{"symbols", "NONE"}, {"start", "2020-01-02"}})); }).code(),
            ErrorCode::EmptyData);
}

TEST_F(Yfinance, SettingsAreCheckedBeforeAnyRequest) {
  net::LoopbackServer server([&](const std::string&, const std::string&) { return std::string("x"); });
  const auto code = [&](std::map<std::string, std::string> settings) {
    return error_of([&] { static_cast<void>(fetch(server, std::move(settings))); }).code();
  };
  EXPECT_EQ(code({}), ErrorCode::InvalidArgument);  // no start
  EXPECT_EQ(code({{"start", "2020-01-02"}, {"end", "2019-01-02"}}), ErrorCode::InvalidDateRange);
  EXPECT_EQ(code({{"start", "2020-01-02"}, {"frequency", "1h"}}), ErrorCode::InvalidArgument);
  EXPECT_EQ(code({{"start", "2020-01-02"}, {"symbols", "A,a"}}), ErrorCode::InvalidArgument);
  EXPECT_EQ(code({{"start", "2020-01-02"}, {"symbols", " , "}}), ErrorCode::InvalidArgument);
  EXPECT_EQ(code({{"start", "2020-01-02"}, {"colour", "red"}}), ErrorCode::InvalidArgument);
  EXPECT_EQ(code({{"start", "2020-01-02"}, {"requests_per_minute", "0"}}), ErrorCode::InvalidArgument);
  EXPECT_TRUE(server.requests().empty());
}

TEST(Unadjusted, FindsTheTradedPriceBehindAFloat) {
  const auto number = [](const char* text, int fresh, int old) {
    return unadjusted(text, Decimal::from_int(fresh), Decimal::from_int(old)).to_string();
  };
  EXPECT_EQ(number("74.05999755859375", 1, 1), "74.06");
  EXPECT_EQ(number("126", 1, 1), "126");
  EXPECT_EQ(number("0.205", 1, 1), "0.205");
  EXPECT_EQ(number("75.0875015258789", 4, 1), "300.35");
  EXPECT_EQ(number("0.1283479928970337", 224, 1), "28.75");  // AAPL, 1980-12-12: 28 3/4
  EXPECT_EQ(number("0.128906", 224, 1), "28.875");           // 28 7/8
  EXPECT_EQ(number("33.33333206176758", 3, 1), "100");
  EXPECT_EQ(number("500", 1, 50), "10");  // before a reverse split of 1 for 50
  EXPECT_EQ(number("7194.89208984375", 1, 1), "7194.892");
}

}  // namespace
}  // namespace rustybt::data::adapters

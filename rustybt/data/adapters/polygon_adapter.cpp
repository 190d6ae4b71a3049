#include "rustybt/data/adapters/polygon_adapter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/net/url.hpp"

namespace rustybt::data::adapters {

namespace {

std::string refusal(const Answer& answer) {
  const std::string status = answer.json.text_of("status");
  if (status != "ERROR" && status != "NOT_AUTHORIZED") return {};
  return fmt::format("{}: {}", status, message_in(answer.json));
}

/// Milliseconds of a bar's start.
Timestamp start_of(const JsonText& bar, const std::string& origin) {
  try {
    return {static_cast<std::int64_t>(Decimal::parse(bar.text_of("t")).mantissa_at(0)) * 1'000'000};
  } catch (const Error&) {
    throw Error(ErrorCode::BadResponse, fmt::format("{}: a bar has the time \"{}\"", origin, bar.text_of("t")));
  }
}

}  // namespace

const SourceFacts& PolygonAdapter::facts() const {
  static const SourceFacts facts{.name = "polygon",
                                 .description = "Polygon (Massive): US stocks, daily and minute bars; needs a key",
                                 .base_url = "https://api.polygon.io",
                                 .requests_per_minute = 5,  // the free plan's
                                 .burst = 5,
                                 .keys = {{"api_key", "POLYGON_API_KEY"}},
                                 .settings = {}};
  return facts;
}

SourceBars PolygonAdapter::fetch_symbol(const Fetch& fetch, const std::string& symbol) const {
  const std::string origin = fmt::format("{} {}", name(), symbol);
  const net::Headers headers{{"Authorization", "Bearer " + fetch.keys.at("api_key").reveal()},
                             {"Accept", "application/json"}};
  const net::Url base = net::parse_url(fetch.base_url);
  // next_url names the source's own host: the path is followed at ours, so that the key goes nowhere else
  const auto for_each_result = [&](std::string url, const auto& take) {
    while (!url.empty()) {
      const JsonText page = fetch.session.get(url, headers, refusal);
      if (const JsonText* results = page.find("results"))
        for (const JsonText& result : results->items) take(result);
      const std::string next = page.text_of("next_url");
      url = next.empty()
                ? next
                : net::without_parameter(
                      fmt::format("{}://{}{}", base.scheme, base.authority(), net::parse_url(next).target), "apiKey");
    }
  };

  const std::string first = fetch.request.start.to_string();
  const std::string last = fetch.request.end.to_string();
  SourceBars bars;
  const std::string path = fmt::format("{}/v2/aggs/ticker/{}/range/1/{}/{}/{}", fetch.base_url, percent_encode(symbol),
                                       fetch.request.minute ? "minute" : "day", first, last);
  for_each_result(path + net::Query().add("adjusted", "false").add("sort", "asc").add("limit", "50000").text(),
                  [&](const JsonText& bar) {
                    const Timestamp start = start_of(bar, origin);
                    // a day is stamped at midnight in New York, which is on the same day in UTC
                    bars.add_row(
                        fetch.request.minute ? start.ns : start.date().days,
                        {bar.text_of("o"), bar.text_of("h"), bar.text_of("l"), bar.text_of("c"), bar.text_of("v")});
                  });

  const auto reference = [&](std::string_view what, const std::string& date) {
    return fmt::format("{}/v3/reference/{}{}", fetch.base_url, what,
                       net::Query()
                           .add("ticker", symbol)
                           .add(date + ".gte", first)
                           .add(date + ".lte", last)
                           .add("limit", "1000")
                           .text());
  };
  for_each_result(reference("splits", "execution_date"), [&](const JsonText& split) {
    bars.splits.push_back({Date::parse(split.text_of("execution_date")), Decimal::parse(split.text_of("split_to")),
                           Decimal::parse(split.text_of("split_from"))});
  });
  for_each_result(reference("dividends", "ex_dividend_date"), [&](const JsonText& row) {
    CashDividend dividend =
        cash_dividend(Date::parse(row.text_of("ex_dividend_date")), row.text_of("cash_amount"), origin);
    dividend.declared_date = optional_date(row.text_of("declaration_date"));
    dividend.record_date = optional_date(row.text_of("record_date"));
    dividend.pay_date = optional_date(row.text_of("pay_date"));
    bars.dividends.push_back(std::move(dividend));
  });
  std::ranges::sort(bars.splits, {}, &SourceSplit::day);
  std::ranges::sort(bars.dividends, {}, &CashDividend::ex_date);
  return bars;
}

}  // namespace rustybt::data::adapters

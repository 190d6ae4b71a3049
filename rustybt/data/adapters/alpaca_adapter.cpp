#include "rustybt/data/adapters/alpaca_adapter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/net/url.hpp"

namespace rustybt::data::adapters {

namespace {

std::string no_refusal(const Answer&) { return {}; }  // Alpaca's statuses say it

/// The rows of a symbol in "bars": an object of arrays, an array, or null.
const std::vector<JsonText>* rows_of(const JsonText& page, const std::string& symbol) {
  const JsonText* bars = page.find("bars");
  if (!bars || bars->is_null()) return nullptr;
  if (bars->kind == JsonText::Kind::Array) return &bars->items;
  const JsonText* own = bars->find(symbol);
  return own ? &own->items : nullptr;
}

void add_actions(const JsonText& page, const std::string& origin, SourceBars& bars) {
  const JsonText* all = page.find("corporate_actions");
  if (!all) return;
  const auto each = [&](std::string_view kind, const auto& take) {
    if (const JsonText* rows = all->find(kind))
      for (const JsonText& row : rows->items) take(row, Date::parse(row.text_of("ex_date")));
  };
  for (const char* kind : {"forward_splits", "reverse_splits"}) {
    each(kind, [&](const JsonText& row, Date day) {
      bars.splits.push_back({day, Decimal::parse(row.text_of("new_rate")), Decimal::parse(row.text_of("old_rate"))});
    });
  }
  each("cash_dividends", [&](const JsonText& row, Date day) {
    CashDividend dividend = cash_dividend(day, row.text_of("rate"), origin);
    dividend.record_date = optional_date(row.text_of("record_date"));
    dividend.pay_date = optional_date(row.text_of("payable_date"));
    bars.dividends.push_back(std::move(dividend));
  });
  each("stock_dividends", [&](const JsonText& row, Date day) {
    StockDividend dividend;
    dividend.ex_date = day;
    dividend.record_date = optional_date(row.text_of("record_date"));
    dividend.pay_date = optional_date(row.text_of("payable_date"));
    dividend.ratio_exact = Decimal::parse(row.text_of("rate"));
    dividend.ratio = dividend.ratio_exact.to_double();
    bars.stock_dividends.push_back(std::move(dividend));
  });
}

}  // namespace

const SourceFacts& AlpacaAdapter::facts() const {
  static const SourceFacts facts{
      .name = "alpaca",
      .description = "Alpaca: US stocks and crypto pairs, daily and minute bars; needs a key id and a secret",
      .base_url = "https://data.alpaca.markets",
      .requests_per_minute = 200,
      .burst = 10,
      .keys = {{"api_key", "APCA_API_KEY_ID"}, {"api_secret", "APCA_API_SECRET_KEY"}},
      .settings = {{"feed", "of alpaca: sip (default), iex or delayed_sip"}}};
  return facts;
}

SourceBars AlpacaAdapter::fetch_symbol(const Fetch& fetch, const std::string& symbol) const {
  const std::string origin = fmt::format("{} {}", name(), symbol);
  const bool is_crypto = symbol.find('/') != std::string::npos;
  const net::Headers headers{{"APCA-API-KEY-ID", fetch.keys.at("api_key").reveal()},
                             {"APCA-API-SECRET-KEY", fetch.keys.at("api_secret").reveal()},
                             {"Accept", "application/json"}};
  const auto for_each_page = [&](const std::string& url, const auto& take) {
    for (std::string page_url = url;;) {
      const JsonText page = fetch.session.get(page_url, headers, no_refusal);
      take(page);
      const std::string token = page.text_of("next_page_token");  // null on the last page
      if (token.empty()) return;
      page_url = net::with_parameter(url, "page_token", token);
    }
  };

  const BarRequest& request = fetch.request;
  // without a subscription the last 15 minutes are refused; whole hours, so that a repeated fetch asks the same
  constexpr std::int64_t kHour = 60 * Timestamp::kMinute;
  const std::int64_t free_until = (request.now.ns - 16 * Timestamp::kMinute) / kHour * kHour;
  const Timestamp end{std::min(Timestamp::from_date(request.end + 1).ns, free_until)};
  net::Query query;
  query.add("symbols", symbol).add("timeframe", request.minute ? "1Min" : "1Day");
  query.add("start", Timestamp::from_date(request.start).to_string()).add("end", end.to_string());
  query.add("limit", "10000").add("sort", "asc");
  if (!is_crypto) query.add("adjustment", "raw").add("feed", fetch.settings.text("feed", "sip"));
  SourceBars bars;
  for_each_page(
      fmt::format("{}/{}/bars{}", fetch.base_url, is_crypto ? "v1beta3/crypto/us" : "v2/stocks", query.text()),
      [&](const JsonText& page) {
        const std::vector<JsonText>* rows = rows_of(page, symbol);
        if (!rows) return;
        for (const JsonText& bar : *rows) {
          // a day is stamped at midnight in New York, which is on the same day in UTC
          const Timestamp start = Timestamp::parse(bar.text_of("t"));
          bars.add_row(request.minute ? start.ns : start.date().days,
                       {bar.text_of("o"), bar.text_of("h"), bar.text_of("l"), bar.text_of("c"), bar.text_of("v")});
        }
      });
  if (is_crypto) return bars;
  net::Query actions;
  actions.add("symbols", symbol).add("types", "forward_split,reverse_split,cash_dividend,stock_dividend");
  actions.add("start", request.start.to_string()).add("end", request.end.to_string()).add("limit", "1000");
  for_each_page(fmt::format("{}/v1/corporate-actions{}", fetch.base_url, actions.text()),
                [&](const JsonText& page) { add_actions(page, origin, bars); });
  std::ranges::sort(bars.splits, {}, &SourceSplit::day);
  std::ranges::sort(bars.dividends, {}, &CashDividend::ex_date);
  return bars;
}

}  // namespace rustybt::data::adapters

#include "rustybt/data/adapters/alphavantage_adapter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/time_text.hpp"
#include "rustybt/net/url.hpp"

namespace rustybt::data::adapters {

namespace {

/// An answer with status 200 is a refusal when it has one of these instead of a series.
std::string refusal(const Answer& answer) {
  for (const char* name : {"Error Message", "Information", "Note"})
    if (std::string text = answer.json.text_of(name); !text.empty()) return text;
  return {};
}

/// Names carry numbers: "1. open", "7. dividend amount".
std::string value_of(const JsonText& row, std::string_view name) {
  for (const auto& [key, value] : row.members) {
    const std::size_t dot = key.find(". ");
    if (dot != std::string::npos && std::string_view(key).substr(dot + 2) == name) return value.text;
  }
  return {};
}

class Series {
 public:
  Series(const JsonText& json, std::string origin) : origin_(std::move(origin)) {
    for (const auto& [key, value] : json.members)
      if (key.starts_with("Time Series") || key.ends_with("Time Series (Daily)")) rows_ = &value;
    if (!rows_) {
      throw Error(ErrorCode::BadResponse, fmt::format("{}: the answer has no time series", origin_));
    }
    const JsonText* meta = json.find("Meta Data");
    const std::string zone = meta ? value_of(*meta, "Time Zone") : std::string();
    is_new_york_ = zone == "US/Eastern" || zone == "America/New_York";
    if (!is_new_york_ && zone != "UTC")
      throw Error(ErrorCode::BadResponse, fmt::format("{}: its times are of zone \"{}\"", origin_, zone),
                  "US/Eastern and UTC are known");
  }

  void add_rows(bool minute, SourceBars& bars) const {
    for (const auto& [stamp, row] : rows_->members) {
      const std::optional<WrittenTime> time = parse_written_time(stamp, {});
      if (!time) throw Error(ErrorCode::BadResponse, fmt::format("{}: \"{}\" is no time", origin_, stamp));
      bars.add_row(minute ? instant(*time) : time->date.days,
                   {value_of(row, "open"), value_of(row, "high"), value_of(row, "low"), value_of(row, "close"),
                    value_of(row, "volume")});
      if (minute) continue;
      if (const std::string factor = value_of(row, "split coefficient"); !factor.empty())
        add_split(time->date, Decimal::parse(factor).normalized(), bars);
      if (const std::string amount = value_of(row, "dividend amount"); !amount.empty()) {
        CashDividend dividend = cash_dividend(time->date, amount, origin_);
        dividend.amount = dividend.amount.normalized();
        if (!dividend.amount.is_zero()) bars.dividends.push_back(std::move(dividend));
      }
    }
    std::ranges::sort(bars.splits, {}, &SourceSplit::day);
    std::ranges::sort(bars.dividends, {}, &CashDividend::ex_date);
  }

 private:
  [[nodiscard]] std::int64_t instant(const WrittenTime& time) const {
    if (!is_new_york_) return Timestamp::from_date(time.date).ns + time.time_of_day_ns;
    const std::int64_t minutes = time.time_of_day_ns / Timestamp::kMinute;
    return utils::new_york_time(time.date, static_cast<int>(minutes / 60), static_cast<int>(minutes % 60)).ns;
  }
  static void add_split(Date day, const Decimal& factor, SourceBars& bars) {
    const Decimal one = Decimal::from_int(1);
    if (factor != one) bars.splits.push_back({day, factor, one});
  }

  std::string origin_;
  const JsonText* rows_ = nullptr;
  bool is_new_york_ = false;
};

}  // namespace

const SourceFacts& AlphavantageAdapter::facts() const {
  static const SourceFacts facts{
      .name = "alphavantage",
      .description = "Alpha Vantage: stocks, daily and minute bars; needs a key, long daily series a paid one",
      .base_url = "https://www.alphavantage.co",
      .requests_per_minute = 5,
      .burst = 1,
      .keys = {{"api_key", "ALPHAVANTAGE_API_KEY"}},
      .settings = {{"premium",
                    "of alphavantage: no = the last 100 days without splits and dividends, for free keys "
                    "(default yes)"}}};
  return facts;
}

SourceBars AlphavantageAdapter::fetch_symbol(const Fetch& fetch, const std::string& symbol) const {
  const std::string origin = fmt::format("{} {}", name(), symbol);
  SourceBars bars;
  const auto add = [&](net::Query query) {
    query.add("symbol", symbol).add("datatype", "json");
    const JsonText json =
        fetch.session.get(fetch.base_url + "/query" + query.text(), {}, "apikey", fetch.keys.at("api_key"), refusal);
    Series(json, origin).add_rows(fetch.request.minute, bars);
  };
  if (!fetch.request.minute) {
    const bool is_premium = fetch.settings.flag("premium", true);
    if (!is_premium)
      fetch.log.warning(fmt::format("{}: without splits and dividends, and the last 100 days only", origin));
    net::Query query;
    query.add("function", is_premium ? "TIME_SERIES_DAILY_ADJUSTED" : "TIME_SERIES_DAILY");
    add(query.add("outputsize", is_premium ? "full" : "compact"));
    return bars;
  }
  fetch.log.warning(fmt::format("{}: minute bars come without splits and dividends", origin));
  bars.stamped_at = StampedAt::Auto;  // it has stamped minutes at their end, and later at their start
  for (Date month = fetch.request.start; month <= fetch.request.end;) {
    net::Query query;
    query.add("function", "TIME_SERIES_INTRADAY").add("interval", "1min").add("outputsize", "full");
    query.add("month", month.to_string().substr(0, 7)).add("adjusted", "false").add("extended_hours", "false");
    add(query);
    month = month.month() == 12 ? Date::from_ymd(month.year() + 1, 1, 1)
                                : Date::from_ymd(month.year(), month.month() + 1, 1);
  }
  return bars;
}

}  // namespace rustybt::data::adapters

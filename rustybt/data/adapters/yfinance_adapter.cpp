#include "rustybt/data/adapters/yfinance_adapter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/net/url.hpp"

namespace rustybt::data::adapters {

namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr int kMostDecimals = 12;
constexpr int kMinuteDays = 29;  ///< Yahoo keeps minutes for 30 days
constexpr int kMinuteChunk = 7;  ///< and gives 7 days of them at once

std::int64_t seconds_of(Date day) { return day.days * kSecondsPerDay; }

std::int64_t whole_number(const std::string& text, const std::string& origin) {
  try {
    return static_cast<std::int64_t>(Decimal::parse(text).mantissa_at(0));
  } catch (const Error&) {
    throw Error(ErrorCode::BadResponse, fmt::format("{}: \"{}\" is no time in seconds", origin, text));
  }
}

/// Daily stamps are the session's open in the exchange's time. `gmtoffset` is today's: an hour more keeps a midnight of
/// the other half of the year on its day.
Date day_of(std::int64_t stamp, std::int64_t offset) { return Timestamp::from_seconds(stamp + offset + 3600).date(); }

/// Product of the splits after a day.
class SplitsAfter {
 public:
  explicit SplitsAfter(const std::vector<SourceSplit>& splits) : splits_(splits) {}
  [[nodiscard]] std::pair<Decimal, Decimal> factor(Date day) const {
    Decimal fresh = Decimal::from_int(1);
    Decimal old = Decimal::from_int(1);
    for (const SourceSplit& split : splits_) {
      if (split.day <= day) continue;
      fresh = fresh * split.fresh;
      old = old * split.old;
    }
    return {fresh, old};
  }

 private:
  const std::vector<SourceSplit>& splits_;
};

std::string refusal(const Answer& answer) {
  const JsonText* error = answer.json.at({"chart", "error"});
  return error ? message_in(answer.json) : std::string();
}

class Chart {
 public:
  Chart(const JsonText& json, std::string origin) : origin_(std::move(origin)) {
    const JsonText* results = json.at({"chart", "result"});
    if (!results || results->items.empty())
      throw Error(ErrorCode::BadResponse, fmt::format("{}: the answer has no chart.result", origin_));
    result_ = &results->items.front();
    if (const JsonText* meta = result_->find("meta")) {
      if (const std::string offset = meta->text_of("gmtoffset"); !offset.empty())
        offset_ = whole_number(offset, origin_);
      name_ = meta->text_of("longName");
      exchange_ = meta->text_of("fullExchangeName");
    }
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& exchange() const { return exchange_; }

  [[nodiscard]] std::vector<SourceSplit> splits() const {
    std::vector<SourceSplit> splits;
    for_each_event("splits", [&](const JsonText& event, Date day) {
      splits.push_back({day, Decimal::parse(event.text_of("numerator")), Decimal::parse(event.text_of("denominator"))});
    });
    std::ranges::sort(splits, {}, &SourceSplit::day);
    return splits;
  }

  [[nodiscard]] std::vector<CashDividend> dividends(const SplitsAfter& splits) const {
    std::vector<CashDividend> dividends;
    for_each_event("dividends", [&](const JsonText& event, Date day) {
      const auto [fresh, old] = splits.factor(day);
      dividends.push_back(cash_dividend(day, unadjusted(event.text_of("amount"), fresh, old).to_string(), origin_));
    });
    std::ranges::sort(dividends, {}, &CashDividend::ex_date);
    return dividends;
  }

  void add_rows(const SplitsAfter& splits, bool minute, SourceBars& bars) const {
    const JsonText* stamps = result_->find("timestamp");
    const JsonText* quotes = result_->at({"indicators", "quote"});
    if (!stamps || stamps->items.empty()) return;  // no bars
    static constexpr const char* kNames[kFieldCount] = {"open", "high", "low", "close", "volume"};
    const JsonText* columns[kFieldCount] = {};
    for (int f = 0; f < kFieldCount; ++f) {
      columns[f] = quotes && !quotes->items.empty() ? quotes->items.front().find(kNames[f]) : nullptr;
      if (!columns[f] || columns[f]->items.size() != stamps->items.size())
        throw Error(ErrorCode::BadResponse, fmt::format("{}: {} has not one value per time", origin_, kNames[f]));
    }
    for (std::size_t i = 0; i < stamps->items.size(); ++i) {
      const std::int64_t stamp = whole_number(stamps->items[i].text, origin_);
      const Date day = day_of(stamp, offset_);
      std::array<std::string, kFieldCount> row;
      int missing = 0;
      for (std::size_t f = 0; f < row.size(); ++f) {
        row[f] = columns[f]->items[i].text;
        if (row[f].empty()) ++missing;
      }
      if (missing > 0 && missing < kFieldCount) {
        ++bars.left_out["incomplete (null in some of its fields)"];
        continue;
      }
      if (missing == 0) put_back(row, splits, day);
      if (!minute && !bars.times.empty() && bars.times.back() == day.days) {
        ++bars.left_out["a second row of its day (the live quote)"];
      } else if (minute && stamp % 60 != 0) {
        ++bars.left_out["between two minutes (the live quote)"];
      } else {
        bars.add_row(minute ? Timestamp::from_seconds(stamp).ns : day.days, std::move(row));
      }
    }
  }

 private:
  template <class Take>
  void for_each_event(std::string_view kind, Take take) const {
    const JsonText* events = result_->at({"events", kind});
    if (!events) return;
    for (const auto& [key, event] : events->members) {
      const std::string date = event.text_of("date");
      take(event, day_of(whole_number(date.empty() ? key : date, origin_), offset_));
    }
  }

  void put_back(std::array<std::string, kFieldCount>& row, const SplitsAfter& splits, Date day) const {
    const auto [fresh, old] = splits.factor(day);
    try {
      for (std::size_t f = 0; f < 4; ++f) row[f] = unadjusted(row[f], fresh, old).to_string();
      if (fresh != old) row[4] = (Decimal::parse(row[4]) * old).divide(fresh, 0, Rounding::HalfEven).to_string();
    } catch (const Error& error) {
      throw Error(ErrorCode::BadResponse, fmt::format("{}: {}: {}", origin_, day.to_string(), error.message()));
    }
  }

  std::string origin_;
  const JsonText* result_ = nullptr;
  std::int64_t offset_ = 0;
  std::string name_, exchange_;
};

}  // namespace

Decimal unadjusted(const std::string& number, const Decimal& fresh, const Decimal& old) {
  const Decimal sent = Decimal::parse(number);
  const bool is_adjusted = fresh != old;
  const double value = std::strtod(number.c_str(), nullptr);
  const auto single = static_cast<float>(value);
  Decimal slack;
  if (static_cast<double>(single) == value && single > 0) {
    const double step = std::nextafter(single, HUGE_VALF) - single;  // the float's neighbours are a step away
    slack = Decimal::from_double_shortest(step / 2);
  }
  if (is_adjusted) slack = std::max(slack, Decimal::parse("0.0000005"));
  if (slack.is_zero()) return sent.scale() <= kMostDecimals ? sent : sent.quantize(kMostDecimals, Rounding::HalfEven);
  // |candidate - sent * fresh / old| <= slack * fresh / old, both sides times old
  const Decimal exact = sent * fresh;
  const Decimal allowed = slack * fresh;
  for (int digits = 0; digits < kMostDecimals; ++digits) {
    const Decimal candidate = exact.divide(old, digits, Rounding::HalfEven);
    if (!candidate.is_zero() && (candidate * old - exact).abs() <= allowed) return candidate;
  }
  return exact.divide(old, kMostDecimals, Rounding::HalfEven);
}

const SourceFacts& YfinanceAdapter::facts() const {
  static const SourceFacts facts{
      .name = "yfinance",
      .description = "Yahoo Finance: daily bars of any age, minute bars of the last 30 days, without a key",
      .base_url = "https://query2.finance.yahoo.com",
      .requests_per_minute = 60,
      .burst = 1,
      .keys = {},
      .settings = {}};
  return facts;
}

std::string YfinanceAdapter::notes(const BarRequest&) const {
  return "  Yahoo adjusts prices, volumes and dividends for splits; they are put back to what was traded by its split "
         "events\n";
}

SourceBars YfinanceAdapter::fetch_symbol(const Fetch& fetch, const std::string& symbol) const {
  const BarRequest& request = fetch.request;
  const Date today = std::min(request.now.date(), request.calendar->sessions().back());
  const auto chart = [&](std::string_view interval, Date first, Date last) {
    const std::string url = fmt::format("{}/v8/finance/chart/{}{}", fetch.base_url, percent_encode(symbol),
                                        net::Query()
                                            .add("interval", interval)
                                            .add("period1", std::to_string(seconds_of(first)))
                                            .add("period2", std::to_string(seconds_of(last + 1)))
                                            .add("events", "div|split")
                                            .add("includePrePost", "false")
                                            .text());
    return fetch.session.get(url, {{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"}, {"Accept", "application/json"}},
                             refusal);
  };
  if (request.minute && request.start < request.now.date() - kMinuteDays) {
    throw Error(ErrorCode::InvalidDateRange,
                fmt::format("Yahoo keeps minute bars for 30 days; asked from {}", request.start.to_string()),
                fmt::format("pass --start {} or later", (request.now.date() - kMinuteDays).to_string()));
  }
  // to today, whatever the end: later splits are in all earlier prices
  const JsonText daily_json = chart("1d", request.start, today);
  const Chart daily(daily_json, fmt::format("{} {}", name(), symbol));
  SourceBars bars;
  bars.asset_name = daily.name();
  bars.exchange = daily.exchange();
  bars.splits = daily.splits();
  const SplitsAfter splits(bars.splits);
  bars.dividends = daily.dividends(splits);
  if (!request.minute) {
    daily.add_rows(splits, false, bars);
    return bars;
  }
  for (Date first = request.start; first <= request.end; first = first + kMinuteChunk) {
    const JsonText json = chart("1m", first, std::min(first + (kMinuteChunk - 1), request.end));
    Chart(json, fmt::format("{} {}", name(), symbol)).add_rows(splits, true, bars);
  }
  return bars;
}

}  // namespace rustybt::data::adapters

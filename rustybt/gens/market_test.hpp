#pragma once
// A small market in memory for the tests of this room and of those above it.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rustybt/data/data_portal.hpp"
#include "rustybt/finance/policies.hpp"

namespace rustybt::gens::test {

inline Date day(std::string_view text) { return Date::parse(text); }
inline Decimal d(std::string_view text) { return Decimal::parse(text); }

/// Trading minutes of a calendar whose sessions are the store's.
class CalendarMinutes final : public data::MinuteLabels {
 public:
  explicit CalendarMinutes(utils::CalendarPtr calendar) : calendar_(std::move(calendar)) {}
  [[nodiscard]] int session_of(Timestamp minute) const override {
    return calendar_->find_session(minute.date()).value_or(-1);
  }
  [[nodiscard]] int minute_count(int session) const override { return calendar_->minute_count(session); }
  [[nodiscard]] int minute_index(int session, Timestamp minute) const override {
    return calendar_->find_minute(session, minute).value_or(-1);
  }

 private:
  utils::CalendarPtr calendar_;
};

/// Equities with bars whose open, high, low and close are one price in thousandths; a price of 0 is a session without
/// trade.
class Market {
 public:
  using PriceOf = std::function<std::int64_t(int)>;

  explicit Market(utils::CalendarPtr calendar) : calendar_(std::move(calendar)) {}
  /// XNYS from December 2019 to March 2020.
  static Market new_york() {
    return Market(utils::restrict_calendar(*utils::get_calendar("XNYS"), day("2019-12-02"), day("2020-03-31")));
  }

  AssetIndex add_daily(std::string symbol, std::string_view first, int sessions, const PriceOf& price_of,
                       std::int64_t volume) {
    const int from = *calendar_->find_session(day(first));
    data::BarSeries series;
    for (int i = 0; i < sessions; ++i) add_row(series, calendar_->session(from + i).days, price_of(i), volume);
    daily.push_back(std::move(series));
    minute.emplace_back();
    return add_asset(std::move(symbol), calendar_->session(from), calendar_->session(from + sessions - 1));
  }
  /// One row per trading minute of `sessions` sessions; i counts minutes from the first one.
  AssetIndex add_minutes(std::string symbol, std::string_view first, int sessions, const PriceOf& price_of,
                         std::int64_t volume) {
    const int from = *calendar_->find_session(day(first));
    data::BarSeries series;
    int i = 0;
    for (int s = from; s < from + sessions; ++s) {
      for (int m = 0; m < calendar_->minute_count(s); ++m)
        add_row(series, calendar_->minute(s, m).ns, price_of(i++), volume);
    }
    minute.push_back(std::move(series));
    daily.emplace_back();
    return add_asset(std::move(symbol), calendar_->session(from), calendar_->session(from + sessions - 1));
  }

  [[nodiscard]] std::shared_ptr<const data::BarStore> store() const {
    data::BarStoreBuilder builder({calendar_->sessions().begin(), calendar_->sessions().end()});
    const CalendarMinutes labels(calendar_);
    const auto has_rows = [](const data::BarSeries& series) { return !series.times.empty(); };
    if (std::ranges::any_of(daily, has_rows)) {
      for (const data::BarSeries& series : daily) builder.add_daily(series);
    }
    if (std::ranges::any_of(minute, has_rows)) {
      for (const data::BarSeries& series : minute) builder.add_minutes(series, labels);
    }
    return std::move(builder).build();
  }
  [[nodiscard]] std::shared_ptr<const assets::AssetFinder> finder() const {
    return std::make_shared<assets::AssetFinder>(assets);
  }
  [[nodiscard]] std::shared_ptr<const data::Adjustments> adjustments() const {
    return std::make_shared<data::Adjustments>(actions);
  }
  [[nodiscard]] int session(std::string_view label) const { return *calendar_->find_session(day(label)); }
  [[nodiscard]] const utils::CalendarPtr& calendar() const { return calendar_; }

  void split(AssetIndex asset, std::string_view effective, std::int64_t numerator, std::int64_t denominator) {
    actions.splits.push_back({asset, day(effective), static_cast<double>(numerator) / static_cast<double>(denominator),
                              numerator, denominator});
  }
  void dividend(AssetIndex asset, std::string_view ex, std::optional<std::string_view> pay, std::string_view amount) {
    data::CashDividend row;
    row.asset = asset;
    row.ex_date = day(ex);
    if (pay) row.pay_date = day(*pay);
    row.amount = d(amount);
    row.amount_double = row.amount.to_double();
    actions.cash_dividends.push_back(row);
  }
  void stock_dividend(AssetIndex asset, std::string_view ex, std::string_view pay, AssetIndex payment,
                      std::string_view ratio) {
    data::StockDividend row;
    row.asset = asset;
    row.ex_date = day(ex);
    row.pay_date = day(pay);
    row.payment_asset = payment;
    row.ratio_exact = d(ratio);
    row.ratio = row.ratio_exact.to_double();
    actions.stock_dividends.push_back(row);
  }

  std::vector<assets::Asset> assets;
  std::vector<data::BarSeries> daily, minute;
  data::Adjustments actions;

 private:
  static void add_row(data::BarSeries& series, std::int64_t time, std::int64_t price, std::int64_t volume) {
    series.price_scale = 3;
    series.times.push_back(time);
    for (int field = 0; field < 4; ++field) series.columns[field].push_back(price);
    series.columns[4].push_back(price == 0 ? 0 : volume);
  }
  AssetIndex add_asset(std::string symbol, Date first, Date last) {
    assets::Asset a;
    a.sid = {static_cast<std::int64_t>(assets.size()) + 1};
    a.symbol = std::move(symbol);
    a.exchange = a.exchange_full = "NYSE";
    a.country_code = "US";
    a.start_date = first;
    a.end_date = last;
    assets.push_back(std::move(a));
    return {static_cast<std::int32_t>(assets.size()) - 1};
  }
  utils::CalendarPtr calendar_;
};

/// The market of golden 2 (zipline_semantics 14.2).
struct GoldenMarket : Market {
  GoldenMarket() : Market(new_york()) {
    aaa = add_daily("AAA", "2020-01-02", 20, [](int i) { return 100'000 + 250 * i; }, 1000);
    bbb = add_daily("BBB", "2020-01-02", 20, [](int i) { return 50'000 - 100 * i; }, 100);
    ccc = add_daily("CCC", "2020-01-02", 15, [](int i) { return 20'000 + 50 * i; }, 5000);
    assets[2].auto_close_date = assets[2].end_date + 3;
    split(aaa, "2020-01-21", 1, 3);
    dividend(aaa, "2020-01-13", "2020-01-17", "0.5");
    dividend(bbb, "2020-01-15", "2020-01-18", "1.0");
    stock_dividend(aaa, "2020-01-14", "2020-01-16", ccc, "0.15");
  }
  AssetIndex aaa, bbb, ccc;
};

}  // namespace rustybt::gens::test

#pragma once
// The input of the golden set of zipline-reloaded as store, finder and adjustments, for this room's tests.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/data/adjustments.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/utils/calendar_utils.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::data {

inline std::filesystem::path golden_folder() { return utils::shared_data() / "golden" / "zipline_reloaded"; }

/// Trading minutes of a calendar whose sessions are the store's.
class CalendarMinutes final : public MinuteLabels {
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

/// "12.5" at 3 decimals -> 12500.
inline std::int64_t thousandths(std::string_view text) {
  std::int64_t value = 0;
  int decimals = -1;
  for (const char c : text) {
    if (c == '.') {
      decimals = 0;
      continue;
    }
    value = value * 10 + (c - '0');
    if (decimals >= 0) ++decimals;
  }
  for (decimals = std::max(decimals, 0); decimals < 3; ++decimals) value *= 10;
  return value;
}

struct GoldenInput {
  utils::CalendarPtr calendar;
  std::shared_ptr<const assets::AssetFinder> finder;
  std::shared_ptr<const BarStore> bars;
  std::shared_ptr<Adjustments> adjustments;
  std::map<std::string, AssetIndex> by_symbol;

  GoldenInput() {
    const auto input = golden_folder() / "input";
    calendar =
        utils::restrict_calendar(*utils::get_calendar("XNYS"), Date::parse("2004-01-02"), Date::parse("2020-12-31"));
    std::vector<assets::Asset> list;
    for (const auto& row : utils::read_csv(input / "assets.csv")) {
      assets::Asset a;
      a.sid = Sid{std::stoll(row[0])};
      a.symbol = row[1];
      a.start_date = Date::parse(row[3]);
      a.end_date = Date::parse(row[4]);
      if (!row[5].empty()) a.auto_close_date = Date::parse(row[5]);
      a.exchange = row[6];
      a.country_code = "US";
      by_symbol[a.symbol] = AssetIndex{static_cast<std::int32_t>(list.size())};
      list.push_back(a);
    }
    finder = std::make_shared<assets::AssetFinder>(list);
    bars = read_bars(input, list);
    adjustments = std::make_shared<Adjustments>();
    read_adjustment_tables(input);
  }

 private:
  static void add_row(BarSeries& series, std::int64_t time, const std::vector<std::string>& row) {
    series.price_scale = 3;
    series.times.push_back(time);
    for (std::size_t f = 0; f < 4; ++f) series.columns[f].push_back(thousandths(row[2 + f]));
    series.columns[4].push_back(std::stoll(row[6]));
  }

  std::shared_ptr<const BarStore> read_bars(const std::filesystem::path& input,
                                            const std::vector<assets::Asset>& list) {
    std::vector<BarSeries> daily(list.size()), minute(list.size());
    for (const auto& row : read_gzip_csv(input / "daily.csv.gz"))
      add_row(daily[static_cast<std::size_t>(by_symbol.at(row[0]).value)], Date::parse(row[1]).days, row);
    for (const auto& row : utils::read_csv(input / "minute.csv"))
      add_row(minute[static_cast<std::size_t>(by_symbol.at(row[0]).value)], Timestamp::parse(row[1]).ns, row);
    BarStoreBuilder builder({calendar->sessions().begin(), calendar->sessions().end()});
    const CalendarMinutes labels(calendar);
    for (const auto& series : daily) builder.add_daily(series);
    for (const auto& series : minute) builder.add_minutes(series, labels);
    return std::move(builder).build();
  }

  static std::vector<std::vector<std::string>> read_gzip_csv(const std::filesystem::path& file) {
    std::vector<std::vector<std::string>> rows;
    FILE* pipe = ::popen(("gzip -dc '" + file.string() + "'").c_str(), "r");
    char line[512];
    bool header = true;
    while (pipe != nullptr && std::fgets(line, sizeof line, pipe) != nullptr) {
      if (std::exchange(header, false)) continue;
      auto& cells = rows.emplace_back(1);
      for (const char* c = line; *c != '\0' && *c != '\n'; ++c) {
        if (*c == ',')
          cells.emplace_back();
        else
          cells.back() += *c;
      }
    }
    if (pipe != nullptr) ::pclose(pipe);
    return rows;
  }

  static std::optional<Date> optional_date(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(Date::parse(text));
  }

  void read_adjustment_tables(const std::filesystem::path& input) {
    for (const auto& row : utils::read_csv(input / "splits.csv")) {
      Split s{by_symbol.at(row[0]), Date::parse(row[1]), std::stod(row[2])};
      set_exact_ratio(s);
      adjustments->splits.push_back(s);
    }
    for (const auto& row : utils::read_csv(input / "mergers.csv"))
      adjustments->mergers.push_back({by_symbol.at(row[0]), Date::parse(row[1]), std::stod(row[2])});
    for (const auto& row : utils::read_csv(input / "dividend_payouts.csv")) {
      CashDividend d;
      d.asset = by_symbol.at(row[0]);
      d.ex_date = Date::parse(row[1]);
      d.declared_date = optional_date(row[2]);
      d.record_date = optional_date(row[3]);
      d.pay_date = optional_date(row[4]);
      d.amount = Decimal::parse(row[5]);
      d.amount_double = std::stod(row[5]);
      adjustments->cash_dividends.push_back(d);
    }
    for (const auto& row : utils::read_csv(input / "stock_dividend_payouts.csv")) {
      StockDividend d;
      d.asset = by_symbol.at(row[0]);
      d.ex_date = Date::parse(row[1]);
      d.declared_date = optional_date(row[2]);
      d.record_date = optional_date(row[3]);
      d.pay_date = optional_date(row[4]);
      d.payment_asset = by_symbol.at(row[5]);
      d.ratio = std::stod(row[6]);
      d.ratio_exact = Decimal::parse(row[6]);
      adjustments->stock_dividends.push_back(d);
    }
    adjustments->dividends = compute_dividend_ratios(adjustments->cash_dividends, *bars, *finder, {});
  }
};

/// Read once per test process.
inline const GoldenInput& golden_input() {
  static const GoldenInput input;
  return input;
}

}  // namespace rustybt::data

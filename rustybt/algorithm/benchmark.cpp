// The benchmark: returns of an asset, by session or by minute, and what makes an asset unfit for it.
#include "rustybt/algorithm/algorithm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {

// Does a stock dividend, of which prices know nothing, fall into the benchmark's returns? Zipline asks only for those
// that are earned after the first session and paid before the last one.
bool TradingAlgorithm::disturbs_benchmark(const data::StockDividend& d, Date first, Date last) const {
  if (policies().preset != finance::Preset::Zipline) return d.ex_date >= first && d.ex_date <= last;
  return d.ex_date > first && (!d.pay_date || *d.pay_date < last);
}

// Minute emission needs the benchmark by minute. Daily returns from outside: Zipline gives every minute the return of
// its whole day (quirk Q37), otherwise the day's return comes with its last minute.
void TradingAlgorithm::set_benchmark_by_minute() {
  const int first = simulation_.parameters().first_session, last = simulation_.parameters().last_session;
  std::vector<double> daily, by_minute;
  if (!benchmark_) {
    daily = benchmark_returns_;
    for (std::size_t i = 0; i < daily.size(); ++i) {
      const auto minutes = static_cast<std::size_t>(calendar_->minute_count(first + static_cast<int>(i)));
      by_minute.resize(by_minute.size() + minutes, policies().preset == finance::Preset::Zipline ? daily[i] : 0.0);
      if (minutes > 0) by_minute.back() = daily[i];
    }
  } else {
    refuse_as_benchmark(*benchmark_);
    const std::vector<double> prices = minute_prices(*benchmark_);
    // a minute or session without a price before it: Zipline shows no return there, rustybt none yet
    const double unknown = policies().preset == finance::Preset::Zipline ? std::nan("") : 0;
    const auto change = [&](std::size_t from, std::size_t to, double otherwise) {
      const double r = prices[to] / prices[from] - 1;
      return std::isnan(r) ? otherwise : r;
    };
    for (std::size_t i = 1; i < prices.size(); ++i) by_minute.push_back(change(i - 1, i, unknown));
    for (std::size_t at = 0; first + static_cast<int>(daily.size()) <= last;) {
      const std::size_t close =
          at + static_cast<std::size_t>(calendar_->minute_count(first + static_cast<int>(daily.size())));
      daily.push_back(change(at, close, unknown));
      at = close;
    }
  }
  simulation_.set_benchmark_returns(std::move(daily));
  simulation_.set_minute_benchmark_returns(std::move(by_minute));
}

// Prices of the run's minutes as history gives them at its end, and before them the price that they start from: the
// minute before the run, or where there is none the open of the first one.
std::vector<double> TradingAlgorithm::minute_prices(AssetIndex index) const {
  const int first = simulation_.parameters().first_session, last = simulation_.parameters().last_session;
  const auto minutes = static_cast<int>(calendar_->minutes_before(last) + calendar_->minute_count(last) -
                                        calendar_->minutes_before(first));
  portal_.set_session(last);
  const AssetIndex wanted[] = {index};
  std::vector<double> prices;
  if (portal_.first_session() < first) {
    prices = portal_.history(wanted, BarField::Price, minutes + 1, DataFrequency::Minute).values;
  } else {
    prices = portal_.history(wanted, BarField::Price, minutes, DataFrequency::Minute).values;
    const std::vector<double> opens = portal_.history(wanted, BarField::Open, minutes, DataFrequency::Minute).values;
    prices.insert(prices.begin(), opens.front());
  }
  portal_.set_session(first);
  return prices;
}

void TradingAlgorithm::refuse_as_benchmark(AssetIndex index) const {
  const assets::Asset& a = asset(index);
  const auto& sessions = simulation_.clock().sessions();
  const Date first = sessions.front().label, last = sessions.back().label;
  const auto refuse = [&](ErrorCode code, std::string why) {
    throw Error(code, std::move(why)).with("asset", a.symbol);
  };
  for (const data::StockDividend& d : portal_.adjustments().stock_dividends) {
    if (d.asset == index && disturbs_benchmark(d, first, last)) {
      refuse(ErrorCode::InvalidBenchmarkAsset,
             fmt::format("{} cannot be used as the benchmark because it has a stock dividend on {}. Choose another "
                         "asset to use as the benchmark.",
                         a.symbol, d.ex_date.to_string()));
    }
  }
  if (a.start_date > first) {
    refuse(ErrorCode::BenchmarkAssetNotAvailableTooEarly,
           fmt::format("{} does not exist on {}. It started trading on {}.", a.symbol, first.to_string(),
                       a.start_date.to_string()));
  }
  if (a.end_date < last) {
    refuse(ErrorCode::BenchmarkAssetNotAvailableTooLate,
           fmt::format("{} does not exist on {}. It stopped trading on {}.", a.symbol, last.to_string(),
                       a.end_date.to_string()));
  }
}

// Returns of the benchmark by session: changes of its adjusted daily price as history gives it at the run's end, with
// the close before the run as base; an asset born on the first session starts with its open (zipline_semantics 5).
// A session has the return of its own bar where what the strategy sees lags (quirk Q2) too; a last session that lags
// has none in Zipline, which fails there.
std::vector<double> TradingAlgorithm::benchmark_series(AssetIndex index) const {
  refuse_as_benchmark(index);
  const assets::Asset& a = asset(index);
  const auto& sessions = simulation_.clock().sessions();
  const Date first = sessions.front().label;
  std::optional<data::DataPortal> daily;  // a minute run's day has not ended, and an index often has daily bars only
  if (portal_.store().has_daily()) daily.emplace(portal_.daily_portal());
  data::DataPortal& portal = daily ? *daily : portal_;
  const int n = static_cast<int>(sessions.size());
  const bool has_base = a.start_date < first;
  const auto history = [&](int session, BarField field, int rows) {
    portal.set_session(session);
    const AssetIndex wanted[] = {index};
    return portal.history(wanted, field, rows, DataFrequency::Daily).values;
  };
  const std::vector<double> prices = history(sessions.back().calendar_session, BarField::Price, n + (has_base ? 1 : 0));
  std::vector<double> returns(static_cast<std::size_t>(n));
  const auto set = [&](std::size_t i, double change) { returns[i] = std::isnan(change) ? 0 : change; };
  if (!has_base) {  // both prices of the first session as they were: later adjustments are not in its open
    const double open = history(sessions.front().calendar_session, BarField::Open, 1).front();
    const double close = history(sessions.front().calendar_session, BarField::Close, 1).front();
    set(0, (close - open) / open);
  }
  for (std::size_t i = 1; i < prices.size(); ++i) set(has_base ? i - 1 : i, prices[i] / prices[i - 1] - 1);
  portal_.set_session(sessions.front().data_session);
  return returns;
}

}  // namespace rustybt::algorithm

#include "rustybt/finance/metrics/tracker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rustybt/finance/zipline_books.hpp"

namespace rustybt::finance {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kDaysPerYear = 252;

/// Zipline shows values that are not finite as None.
double finite_or_none(double x) { return std::isfinite(x) ? x : kNone; }

}  // namespace

void ReturnStatistics::add(double r, double b) {
  ++count_;
  const double n = count_;
  sum_ += r;
  const double delta = r - mean_;
  mean_ += delta / n;
  m2_ += delta * (r - mean_);
  if (r < 0) downside_sum_ += r * r;
  growth_ *= 1 + r;
  peak_ = std::max(peak_, growth_);
  max_drawdown_ = std::min(max_drawdown_, (growth_ - peak_) / peak_);

  const double benchmark_delta = b - benchmark_mean_;
  benchmark_mean_ += benchmark_delta / n;
  benchmark_m2_ += benchmark_delta * (b - benchmark_mean_);
  co_m2_ += benchmark_delta * (r - mean_);
  benchmark_growth_ *= 1 + b;
}

double ReturnStatistics::algorithm_volatility() const {
  return count_ < 2 ? kNone : std::sqrt(m2_ / (count_ - 1)) * std::sqrt(kDaysPerYear);
}

double ReturnStatistics::benchmark_volatility() const {
  return count_ < 2 ? kNone : std::sqrt(benchmark_m2_ / (count_ - 1)) * std::sqrt(kDaysPerYear);
}

double ReturnStatistics::sharpe() const {
  return count_ < 2 ? kNone : finite_or_none(mean() / std::sqrt(m2_ / (count_ - 1)) * std::sqrt(kDaysPerYear));
}

double ReturnStatistics::sortino() const {
  if (count_ < 2) return kNone;
  const double downside_risk = std::sqrt(downside_sum_ / count_) * std::sqrt(kDaysPerYear);
  return finite_or_none(mean() * kDaysPerYear / downside_risk);
}

double ReturnStatistics::beta() const {
  if (count_ < 2 || benchmark_m2_ / count_ < 1e-30) return kNone;
  return co_m2_ / benchmark_m2_;
}

double ReturnStatistics::alpha() const {
  const double b = beta();
  if (std::isnan(b)) return kNone;
  return finite_or_none(std::pow(1 + mean_ - b * benchmark_mean_, kDaysPerYear) - 1);
}

MetricsTracker::MetricsTracker(DecimalLedger& ledger, const Policies& policies, ResultTables& tables,
                               std::span<const double> benchmark_returns)
    : ledger_(ledger), policies_(policies), tables_(tables), benchmark_returns_(benchmark_returns) {}

void MetricsTracker::start_of_session_before_dividends() {
  previous_total_returns_ = ledger_.returns();
  if (policies_.pnl_definition == PnlDefinition::WithDividends) take_pnl_baseline();
}

void MetricsTracker::take_pnl_baseline() {
  pnl_baseline_ = ledger_.pnl();
  if (const ZiplineBooks* books = ledger_.zipline_books()) zipline_pnl_baseline_ = books->pnl();
}

void MetricsTracker::start_of_session_after_dividends() {
  if (policies_.pnl_definition == PnlDefinition::WithoutDividends) take_pnl_baseline();
  ledger_.refresh();
  starting_cash_ = ledger_.cash();
  starting_value_ = ledger_.positions_value();
  starting_exposure_ = ledger_.stats().net_exposure();
}

PerformanceRow MetricsTracker::row_until_now(int session, std::int64_t open_ns, std::int64_t now_ns) {
  ledger_.refresh();
  const PositionStats& stats = ledger_.stats();
  PerformanceRow row;
  row.session = session;
  row.period_open_ns = open_ns;
  row.period_close_ns = now_ns;
  row.starting_cash = starting_cash_;
  row.starting_value = starting_value_;
  row.starting_exposure = starting_exposure_;
  row.portfolio_value = ledger_.portfolio_value();
  row.ending_cash = ledger_.cash();
  row.ending_value = stats.net_value();
  row.ending_exposure = stats.net_exposure();
  row.pnl = ledger_.pnl() - pnl_baseline_;
  row.capital_used = ledger_.cash_flow() - previous_cash_flow_;
  row.long_value = stats.long_value;
  row.short_value = stats.short_value;
  row.long_exposure = stats.long_exposure;
  row.short_exposure = stats.short_exposure;
  row.longs_count = stats.longs_count;
  row.shorts_count = stats.shorts_count;
  row.gross_leverage = ledger_.gross_leverage();
  row.net_leverage = ledger_.net_leverage();
  max_leverage_ = std::max(max_leverage_, row.gross_leverage);
  row.max_leverage = max_leverage_;
  row.algorithm_period_return = ledger_.returns();
  row.returns = (1 + row.algorithm_period_return) / (1 + previous_total_returns_) - 1;
  return row;
}

ZiplineFigures MetricsTracker::zipline_figures() const {
  const ZiplineBooks& books = *ledger_.zipline_books();
  return {books.pnl() - zipline_pnl_baseline_, books.cash_flow() - zipline_cash_flow_, books.pnl(), books.cash_flow()};
}

double MetricsTracker::deviation_in_two_passes(double mean, double row_return) const {
  const auto finished = tables_.performance.rows();
  double squares = 0;
  bool differ = false;
  for (const PerformanceRow& row : finished) {
    squares += (row.returns - mean) * (row.returns - mean);
    differ |= row.returns != row_return;
  }
  squares += (row_return - mean) * (row_return - mean);
  return differ ? std::sqrt(squares / static_cast<double>(finished.size())) : 0;
}

void MetricsTracker::write_statistics(const ReturnStatistics& statistics, PerformanceRow& row) const {
  row.trading_days = statistics.count();
  row.benchmark_period_return = finite_or_none(statistics.benchmark_period_return());
  row.benchmark_volatility = finite_or_none(statistics.benchmark_volatility());
  row.algo_volatility = finite_or_none(statistics.algorithm_volatility());
  row.sharpe = statistics.sharpe();
  if (ledger_.zipline_books() && statistics.count() > 1 && statistics.is_deviation_noise()) {
    const double deviation = deviation_in_two_passes(statistics.mean(), row.returns);
    row.algo_volatility = deviation * std::sqrt(kDaysPerYear);
    row.sharpe = finite_or_none(statistics.mean() / deviation * std::sqrt(kDaysPerYear));
  }
  row.sortino = statistics.sortino();
  row.max_drawdown = finite_or_none(statistics.max_drawdown());
  row.alpha = statistics.alpha();
  row.beta = statistics.beta();
}

PerformanceRow& MetricsTracker::end_of_session(int session, std::int64_t open_ns, std::int64_t close_ns) {
  PerformanceRow row = row_until_now(session, open_ns, close_ns);
  previous_cash_flow_ = ledger_.cash_flow();
  if (const ZiplineBooks* books = ledger_.zipline_books()) {
    tables_.zipline_figures.add(zipline_figures());
    zipline_cash_flow_ = books->cash_flow();
  }
  benchmark_growth_today_ = 1;
  const double benchmark = benchmark_return(session);
  if (std::isnan(benchmark) && !known_) known_ = statistics_;
  statistics_.add(row.returns, benchmark);
  write_statistics(statistics_, row);
  if (known_) [[unlikely]] {
    if (!std::isnan(benchmark)) known_->add(row.returns, benchmark);
    row.benchmark_volatility = finite_or_none(known_->benchmark_volatility());
    row.alpha = known_->alpha();
    row.beta = known_->beta();
  }
  return tables_.performance.add(row);
}

void MetricsTracker::end_of_bar(int session, std::int64_t open_ns, std::int64_t now_ns,
                                double minute_benchmark_return) {
  MinutePerformanceRow row{row_until_now(session, open_ns, now_ns), ledger_.pnl(), ledger_.cash_flow()};
  const bool has_benchmark = !std::isnan(minute_benchmark_return);
  if (has_benchmark) {
    benchmark_growth_ *= 1 + minute_benchmark_return;
    benchmark_growth_today_ *= 1 + minute_benchmark_return;
  }
  ReturnStatistics so_far = statistics_;
  so_far.add(row.returns, benchmark_growth_today_ - 1);
  write_statistics(so_far, row);
  row.benchmark_period_return = has_benchmark ? finite_or_none(benchmark_growth_ - 1) : kNone;
  if (policies_.preset == Preset::Zipline) {
    ReturnStatistics whole_session = known_.value_or(statistics_);
    if (const double benchmark = benchmark_return(session); !std::isnan(benchmark))
      whole_session.add(row.returns, benchmark);
    row.alpha = whole_session.alpha();
    row.beta = whole_session.beta();
  }
  if (ledger_.zipline_books()) tables_.zipline_minute_figures.add(zipline_figures());
  tables_.minute_performance.add(row);
}

}  // namespace rustybt::finance

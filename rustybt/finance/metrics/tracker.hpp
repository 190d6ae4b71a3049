#pragma once
// The default metric set, streaming: one row per session, O(1) each (zipline_semantics 5 and 12).

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rustybt/finance/decimal/ledger.hpp"
#include "rustybt/finance/policies.hpp"
#include "rustybt/finance/result_tables.hpp"

namespace rustybt::finance {

/// Streaming mean, deviation, drawdown, beta over daily returns, as empyrical defines them.
class ReturnStatistics {
 public:
  /// One more session. `benchmark` NaN = no benchmark value; there are no statistics of the benchmark from then on.
  void add(double algorithm_return, double benchmark_return);
  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] double mean() const { return sum_ / count_; }
  /// Is the deviation so small beside the mean that it is made of rounding errors?
  [[nodiscard]] bool is_deviation_noise() const { return mean_ * mean_ * count_ > 1e6 * m2_; }
  [[nodiscard]] double algorithm_volatility() const;  ///< NaN for fewer than 2
  [[nodiscard]] double benchmark_volatility() const;
  [[nodiscard]] double sharpe() const;
  [[nodiscard]] double sortino() const;
  [[nodiscard]] double max_drawdown() const { return max_drawdown_; }
  [[nodiscard]] double alpha() const;
  [[nodiscard]] double beta() const;
  [[nodiscard]] double benchmark_period_return() const { return benchmark_growth_ - 1.0; }

 private:
  int count_ = 0;
  double sum_ = 0;
  double mean_ = 0, m2_ = 0;  // Welford, algorithm
  double benchmark_mean_ = 0, benchmark_m2_ = 0, co_m2_ = 0;
  double downside_sum_ = 0;
  double growth_ = 1.0, peak_ = 1.0, max_drawdown_ = 0;
  double benchmark_growth_ = 1.0;
};

/// Turns the ledger's state into performance rows.
class MetricsTracker {
 public:
  MetricsTracker(DecimalLedger& ledger, const Policies& policies, ResultTables& tables,
                 std::span<const double> benchmark_returns);

  /// Before dividends of the session are booked: the base of the session's return.
  void start_of_session_before_dividends();
  /// After dividends, before splits: starting values, P&L baseline.
  void start_of_session_after_dividends();
  /// Prices are synced to the close: make the session's row.
  PerformanceRow& end_of_session(int session, std::int64_t open_ns, std::int64_t close_ns);
  /// Prices are synced to a minute of the session: make the minute's row.
  ///
  /// Statistics count the session with its return so far. The benchmark of alpha and beta too; Zipline takes its return
  /// of the whole session there, which the minute does not know yet (quirk Q37).
  void end_of_bar(int session, std::int64_t open_ns, std::int64_t now_ns, double minute_benchmark_return);

 private:
  [[nodiscard]] PerformanceRow row_until_now(int session, std::int64_t open_ns, std::int64_t now_ns);
  void take_pnl_baseline();
  /// Zipline's own figures of the row that row_until_now has made.
  [[nodiscard]] ZiplineFigures zipline_figures() const;
  void write_statistics(const ReturnStatistics& statistics, PerformanceRow& row) const;
  /// Deviation of the returns of all finished sessions and of the row's, as Zipline's two passes over them find it.
  [[nodiscard]] double deviation_in_two_passes(double mean, double row_return) const;
  [[nodiscard]] double benchmark_return(int session) const {
    const auto i = static_cast<std::size_t>(session);
    return i < benchmark_returns_.size() ? benchmark_returns_[i] : 0.0;
  }

  DecimalLedger& ledger_;
  Policies policies_;
  ResultTables& tables_;
  std::span<const double> benchmark_returns_;
  ReturnStatistics statistics_;
  std::optional<ReturnStatistics> known_;  ///< of sessions with a benchmark value, once there was one without
  double previous_total_returns_ = 0;
  double benchmark_growth_ = 1, benchmark_growth_today_ = 1;  // by minutes
  double max_leverage_ = 0;
  Money previous_cash_flow_;
  Money pnl_baseline_;
  Money starting_cash_, starting_value_, starting_exposure_;
  double zipline_cash_flow_ = 0, zipline_pnl_baseline_ = 0;  ///< the same in doubles
};

}  // namespace rustybt::finance

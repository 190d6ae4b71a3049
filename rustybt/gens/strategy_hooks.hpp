#pragma once
// What the loop (simulated or live) calls on a strategy, and nothing else about it.

#include <cstdint>

namespace rustybt::gens {

class StrategyHooks {
 public:
  virtual ~StrategyHooks() = default;
  /// Once, before the first session; models, schedule and benchmark are chosen here.
  virtual void on_initialize() = 0;
  virtual void on_before_trading_start() = 0;
  /// Every bar: the strategy's handle_data, then its scheduled functions.
  virtual void on_bar(std::int64_t now_ns) = 0;
  /// The session's orders are done and its closing prices known; its row is not written yet: account controls.
  virtual void on_session_close() {}
  /// After the session's books are closed; `session` counts from 0. Recorded values are written here.
  virtual void on_session_end(int session) = 0;
  /// Where watches_periods(): a session begins, its dividends are booked, its splits not yet.
  virtual void on_session_start(int /*session*/) {}
  /// Where watches_periods(), with minute emission: the minute's row is written.
  virtual void on_minute_end(int /*session*/) {}
  /// Wants on_session_start and on_minute_end at all? Asked once, after on_initialize.
  [[nodiscard]] virtual bool watches_periods() const { return false; }
  /// Wants on_before_trading_start at all?
  [[nodiscard]] virtual bool has_before_trading_start() const = 0;
};

/// Watches a run from outside (progress, Ctrl-C).
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  struct Progress {
    int sessions_done = 0, sessions_total = 0;
    std::int32_t session_days = 0;  ///< label of the session just finished, days since 1970
    std::int64_t bars = 0, orders = 0, transactions = 0;
    double portfolio_value = 0;
  };
  /// After each session. Return false to stop the run here, with what was done so far.
  virtual bool on_progress(const Progress& progress) = 0;
};

}  // namespace rustybt::gens

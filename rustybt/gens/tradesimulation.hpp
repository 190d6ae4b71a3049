#pragma once
// The simulation loop in Zipline's event order (zipline_semantics 2.3), written once, in one function that reads like
// that section.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rustybt/core/log.hpp"
#include "rustybt/data/data_portal.hpp"
#include "rustybt/finance/costs.hpp"
#include "rustybt/finance/decimal/blotter.hpp"
#include "rustybt/finance/decimal/ledger.hpp"
#include "rustybt/finance/metrics/tracker.hpp"
#include "rustybt/finance/policies.hpp"
#include "rustybt/finance/result_tables.hpp"
#include "rustybt/finance/zipline_books.hpp"
#include "rustybt/gens/clock.hpp"
#include "rustybt/gens/strategy_hooks.hpp"

namespace rustybt::gens {

struct SimulationParameters {
  int first_session = 0;  ///< calendar indexes, both included
  int last_session = 0;
  Decimal capital = Decimal(100'000, 0);
  data::DataFrequency frequency = data::DataFrequency::Daily;
  bool minute_emission = false;    ///< a row of performance per minute too; minute bars only
  std::string base_currency = {};  ///< of the books; empty: all money counts as one currency
  std::shared_ptr<const data::FxRates> fx_rates = nullptr;
  std::string fx_rate = "mid";  ///< which of the rates
};

/// Cash that comes or goes before the bar of a moment, or before a session (zipline_semantics 2.3).
struct CapitalChange {
  enum class Type : std::uint8_t { Delta, Target, Unknown };
  Type type = Type::Delta;
  Decimal value;         ///< Delta: cash to add, Target: portfolio value to reach
  std::string as_given;  ///< Unknown: what the message shows
};

/// One simulated run: owns the books, drives the hooks.
class TradeSimulation {
 public:
  TradeSimulation(const SimulationParameters& parameters, const finance::Policies& policies, data::DataPortal& portal,
                  utils::CalendarPtr calendar, StrategyHooks& strategy, Log log);

  enum class End : std::uint8_t { Completed, Interrupted };
  /// Run all sessions. What the strategy throws passes through; the tables then hold the sessions before it.
  End run(RunObserver* observer);

  /// Daily returns of the benchmark by session of the run; called by the strategy side after initialize. Empty = zero
  /// returns.
  void set_benchmark_returns(std::vector<double> returns);
  /// For minute emission: returns by trading minute of the run, one after another. Empty = zero returns.
  void set_minute_benchmark_returns(std::vector<double> returns) { minute_benchmark_returns_ = std::move(returns); }

  /// Plan a change for the start of a session (its label) or, with minute bars, for a minute; replaces an earlier one.
  void set_capital_change(std::int64_t at_ns, CapitalChange change) {
    capital_changes_[at_ns] = std::move(change);
    next_event_ns_ = INT64_MIN;
  }
  void remove_capital_change(std::int64_t at_ns) { capital_changes_.erase(at_ns); }

  /// What it costs to hold positions; made on first use, in initialize.
  finance::HoldingCosts& holding_costs();
  [[nodiscard]] const finance::HoldingCosts* find_holding_costs() const { return holding_costs_.get(); }

  [[nodiscard]] finance::DecimalBlotter& blotter() { return blotter_; }
  [[nodiscard]] const finance::DecimalBlotter& blotter() const { return blotter_; }
  [[nodiscard]] finance::DecimalLedger& ledger() { return ledger_; }
  [[nodiscard]] const finance::DecimalLedger& ledger() const { return ledger_; }
  [[nodiscard]] const finance::DecimalContext& context() const { return context_; }
  [[nodiscard]] data::DataPortal& portal() { return portal_; }
  [[nodiscard]] const finance::Policies& policies() const { return policies_; }
  [[nodiscard]] const SimulationClock& clock() const { return clock_; }
  [[nodiscard]] finance::ResultTables& tables() { return tables_; }
  [[nodiscard]] std::int64_t now_ns() const { return now_ns_; }
  /// The same as a reference that stays valid, for the views handed to strategies.
  [[nodiscard]] const std::int64_t& now_reference() const { return now_ns_; }
  [[nodiscard]] const SimulationParameters& parameters() const { return parameters_; }
  [[nodiscard]] std::int64_t bars() const { return bars_; }
  /// Session of "now", counted from the run's first; 0 before the first.
  [[nodiscard]] int session() const { return session_; }
  /// Bring last prices of positions up to now, once per moment (reading portfolio or account does it).
  void sync_prices();
  /// Where Zipline looks at its portfolio though nothing of it is asked for: its rounding depends on when it looks.
  void look_at_portfolio() {
    if (!zipline_books_) return;
    sync_prices();
    ledger_.refresh();
  }
  [[nodiscard]] std::span<const double> benchmark_returns() const { return benchmark_returns_; }

 private:
  End run_sessions(RunObserver* observer);
  void start_of_session(const SessionTimes& times);
  void apply_capital_change(std::int64_t at_ns);
  void update_exchange_rates(const SessionTimes& times);
  void process_dividends(const SessionTimes& times);
  void process_splits(const SessionTimes& times);
  void before_trading_start(const SessionTimes& times);
  void before_minute(const SessionTimes& times, std::int64_t now_ns, bool& before_trading_start_due);
  void every_bar(std::int64_t now_ns);
  void after_bar_with_orders();
  void match_orders();
  [[nodiscard]] std::optional<std::int64_t> current_price(AssetIndex asset) const;
  void charge_fundings(std::int64_t now_ns, bool held_before_fills);
  void charge_holding_costs(const SessionTimes& times);
  void end_of_minute(const SessionTimes& times, int minute);
  void end_of_session(const SessionTimes& times);
  void close_expired_assets(const SessionTimes& times);
  void touch_new_orders();
  void touch_order(std::int32_t slot);
  void write_session_rows(const SessionTimes& times);
  [[nodiscard]] const SessionTimes& times_of_session() const {
    return clock_.sessions()[static_cast<std::size_t>(session_)];
  }
  class BooksView;

  SimulationParameters parameters_;
  finance::Policies policies_;
  data::DataPortal& portal_;
  StrategyHooks& strategy_;
  Log log_;
  SimulationClock clock_;
  finance::DecimalContext context_;
  finance::DecimalBlotter blotter_;
  finance::DecimalLedger ledger_;
  std::optional<finance::ZiplineBooks> zipline_books_;  ///< under the preset zipline only
  finance::ResultTables tables_;
  std::unique_ptr<finance::HoldingCosts> holding_costs_;
  std::map<std::int64_t, CapitalChange> capital_changes_;  ///< by moment, UTC
  std::int64_t next_event_ns_ = INT64_MAX;                 ///< minutes before it have neither event nor change
  bool watches_periods_ = false;
  std::vector<double> benchmark_returns_;
  std::vector<double> minute_benchmark_returns_;
  std::optional<finance::MetricsTracker> metrics_;
  std::int64_t now_ns_ = 0;
  std::int64_t synced_ns_ = INT64_MIN;
  int session_ = 0;
  std::int64_t bars_ = 0;
  // scratch, reused
  std::vector<finance::Fill> fills_;
  std::vector<std::int32_t> slots_;
  struct Touch {
    std::int32_t slot;
    std::uint64_t stamp;
  };
  finance::Table<Touch> touches_;
  std::uint64_t touch_stamp_ = 0;
  std::size_t first_touch_of_minute_ = 0;
  // corporate actions by day, sorted; cursors move forward
  struct Actions;
  std::shared_ptr<Actions> actions_;
};

}  // namespace rustybt::gens

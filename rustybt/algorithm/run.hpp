#pragma once
// run_algorithm: an open bundle, a strategy and settings in; a result out.

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rustybt/algorithm/algorithm.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::algorithm {

/// A daily return of a benchmark given from outside.
struct DailyReturn {
  Date day;
  double value;
};

struct RunSettings {
  std::optional<Date> start;              ///< default: the bundle's first session
  std::optional<Date> end;                ///< default: the bundle's last session
  Decimal capital = Decimal(100'000, 0);  ///< @throws Error{ZeroCapitalError} when <= 0
  data::DataFrequency frequency = data::DataFrequency::Daily;
  /// Rows of performance, orders and transactions per minute too. @throws Error{InvalidArgument} on daily bars
  bool minute_emission = false;
  finance::Policies policies = finance::Policies::of(finance::Preset::Rustybt);
  std::string preset_reason = "default";  ///< why this preset was chosen, printed
  std::optional<std::string> calendar;    ///< default: the bundle's
  /// Currency of the books: assets with another quote currency are valued through the bundle's exchange rates. Default:
  /// all money counts as one currency.
  std::optional<std::string> base_currency;
  std::vector<DailyReturn> benchmark_returns;  ///< none = zero returns
  std::optional<std::string> benchmark_symbol;
  /// Cash that comes or goes, at the moment's session or minute (TradingAlgorithm::set_capital_change).
  std::vector<std::pair<Timestamp, gens::CapitalChange>> capital_changes;
  gens::RunObserver* observer = nullptr;
  Log log;
};

/// How a run ended.
enum class RunEnd : std::uint8_t { Completed, Interrupted, Failed };

/// Everything a run leaves. Tables hold the finished sessions also when the run failed or was stopped.
struct RunResult {
  RunEnd end = RunEnd::Completed;
  std::exception_ptr error;             ///< what the strategy (or engine) threw, when Failed
  std::optional<Timestamp> error_time;  ///< simulation time of the error
  finance::ResultTables tables;
  std::vector<gens::SessionTimes> sessions;
  std::shared_ptr<const finance::DecimalContext> context;
  data::Bundle bundle;
  // for report and reproduction
  finance::Policies policies;
  std::string preset_reason;
  Decimal capital;
  std::string calendar_name;
  std::string base_currency;  ///< empty: not chosen
  Money commissions_paid;     ///< in the currency of the books (orders have theirs in the asset's)
  data::DataFrequency frequency = data::DataFrequency::Daily;
  bool minute_emission = false;
  std::string slippage, commission, benchmark;  ///< as described by the models
  std::string borrow_cost, financing, funding;  ///< likewise; empty: off
  std::string latency, partial_fill, margin;    ///< likewise
  std::vector<finance::MarginCall> margin_calls;
  bool default_slippage = true, default_commission = true;
  std::int64_t bars = 0;
  double seconds = 0;  ///< wall time of the run, filled in by the caller's clock; 0 when not measured
  std::vector<double> benchmark_returns;  ///< by session

  /// Rethrow the error of a failed run.
  void raise() const {
    if (error) std::rethrow_exception(error);
  }
};

/// Run a strategy over a bundle. Never throws what the strategy throws: see RunResult::error.
/// @throws Error{InvalidDateRange} for an end before the start or no session between, Error{ZeroCapitalError},
///         Error{NoDataOnDate} for dates outside the bundle
[[nodiscard]] RunResult run_algorithm(Strategy& strategy, const data::Bundle& bundle, const RunSettings& settings);

}  // namespace rustybt::algorithm

#pragma once
// A strategy whose functions are Python's.

#include <memory>
#include <optional>

#include "objects.hpp"
#include "running.hpp"
#include "rustybt/algorithm/run.hpp"

namespace rustybt::python {

/// Calls initialize, handle_data, before_trading_start and analyze of Python with one context and one data object.
///
/// Bound to one run: from initialize on, context and the free functions of rustybt.api reach it, until finish() or the
/// end of its life. The interpreter's lock is held all the time.
class PythonStrategy final : public algorithm::Strategy {
 public:
  struct Functions {
    nb::object initialize, handle_data, before_trading_start, analyze;  ///< None = not given
    nb::object metrics =
        nb::none();  ///< rustybt.finance.metrics._run.MetricsRun; None = the default set, computed here
  };
  /// @param context  a rustybt.algorithm.TradingAlgorithm
  /// @param assets   Python's assets of the bundle; made in initialize when null
  PythonStrategy(nb::object context, Functions functions, std::shared_ptr<AssetTable> assets);
  ~PythonStrategy() override;

  void initialize(algorithm::Context& context) override;
  void before_trading_start(algorithm::Context& context, algorithm::BarData& data) override;
  void handle_data(algorithm::Context& context, algorithm::BarData& data) override;
  void analyze(algorithm::Context& context, const algorithm::RunResult& result) override;
  void run_ends(algorithm::Context& context) override;
  void session_start(algorithm::Context& context, int session) override;
  void minute_end(algorithm::Context& context, int session) override;
  void session_end(algorithm::Context& context, int session) override;
  [[nodiscard]] bool watches_periods() const override { return !functions_.metrics.is_none(); }
  [[nodiscard]] bool has_before_trading_start() const override { return !functions_.before_trading_start.is_none(); }

  /// Cut context, data and positions off from the engine; what Python keeps of them then says so.
  void finish();
  [[nodiscard]] const std::shared_ptr<RunState>& state() const { return state_; }
  /// The object that analyze() was given, null before.
  [[nodiscard]] const nb::object& result() const { return result_; }

 private:
  std::shared_ptr<RunState> state_;
  nb::object context_;
  Functions functions_;
  bool has_handle_data_;
  std::optional<RunningScope> scope_;
  nb::object result_;
  const algorithm::RunResult* borrowed_ =
      nullptr;  ///< what result_ points to until somebody gives it a result of its own
};

}  // namespace rustybt::python

// One run of a strategy for `rustybt strategy check`: with another future, stopped after a session, its tables kept.

#include "rustybt/cli/actions.hpp"
#include "rustybt/cli/prepared_run.hpp"
#include "rustybt/cli/progress.hpp"
#include "rustybt/data/bundles/bundle_future.hpp"

namespace rustybt::cli {
namespace {

/// The strategy without analyze: the check looks at the run, not at pictures of it.
class WithoutAnalyze final : public algorithm::Strategy {
 public:
  explicit WithoutAnalyze(algorithm::Strategy& strategy) : strategy_(strategy) {}
  void initialize(algorithm::Context& context) override { strategy_.initialize(context); }
  void before_trading_start(algorithm::Context& context, algorithm::BarData& data) override {
    strategy_.before_trading_start(context, data);
  }
  void handle_data(algorithm::Context& context, algorithm::BarData& data) override {
    strategy_.handle_data(context, data);
  }
  void session_end(algorithm::Context& context, int session) override { strategy_.session_end(context, session); }
  void session_start(algorithm::Context& context, int session) override { strategy_.session_start(context, session); }
  void minute_end(algorithm::Context& context, int session) override { strategy_.minute_end(context, session); }
  [[nodiscard]] bool watches_periods() const override { return strategy_.watches_periods(); }
  [[nodiscard]] bool has_before_trading_start() const override { return strategy_.has_before_trading_start(); }

 private:
  algorithm::Strategy& strategy_;
};

class StopAfter final : public gens::RunObserver {
 public:
  explicit StopAfter(std::optional<Date> last) : last_(last) {}
  bool on_progress(const Progress& progress) override {
    return !InterruptGuard::is_requested() && (!last_ || Date{progress.session_days} < *last_);
  }

 private:
  std::optional<Date> last_;
};

}  // namespace

int probe_strategy(Invocation& invocation, const ProbeCommand& command) {
  PreparedRun run = prepare_run(invocation, command.run);
  if (constexpr std::string_view kEnds = "ends:"; command.future.starts_with(kEnds)) {
    run.bundle = data::with_unknown_ends(run.bundle, Date::parse(command.future.substr(kEnds.size())));
  } else if (!command.future.empty()) {
    const data::FutureView view = data::FutureView::parse(command.future);
    const utils::TradingCalendar& calendar = *run.bundle.calendar;
    // the session after it is run too, and a rate is known from the start of its day
    const int next = calendar.session_at_or_after(view.last_session + 1);
    run.bundle = data::with_future(run.bundle, view,
                                   next < calendar.session_count() ? calendar.session(next) : view.last_session);
  }
  StopAfter observer(command.stop_after.empty() ? std::nullopt : std::optional(Date::parse(command.stop_after)));
  run.settings.observer = &observer;
  run.settings.log = invocation.console.log();
  WithoutAnalyze strategy(*run.strategy);
  algorithm::RunResult result = [&] {
    const InterruptGuard guard;
    return algorithm::run_algorithm(strategy, run.bundle, run.settings);
  }();
  run.facts.error = settle_failure(invocation, result, run.facts.strategy);
  write_record(command.folder, make_record(result, run.facts));
  return 0;
}

}  // namespace rustybt::cli

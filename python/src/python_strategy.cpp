#include "python_strategy.hpp"

#include "result.hpp"

namespace rustybt::python {

PythonStrategy::PythonStrategy(nb::object context, Functions functions, std::shared_ptr<AssetTable> assets)
    : state_(nb::inst_ptr<PyAlgorithm>(context)->state),
      context_(std::move(context)),
      functions_(std::move(functions)),
      has_handle_data_(!functions_.handle_data.is_none()) {
  state_->assets = std::move(assets);
}

PythonStrategy::~PythonStrategy() {
  finish();
  if (borrowed_ && nb::inst_ptr<PyResult>(result_)->result.get() == borrowed_)
    nb::inst_ptr<PyResult>(result_)->result = std::make_shared<const algorithm::RunResult>();
}

void PythonStrategy::initialize(algorithm::Context& context) {
  state_->core = &context;
  state_->data = &context.data();
  state_->zipline = context.policies().preset == finance::Preset::Zipline;
  // A copy of the finder, so that assets that Python keeps outlive the bundle.
  if (!state_->assets)
    state_->assets =
        std::make_shared<AssetTable>(std::make_shared<const assets::AssetFinder>(context.portal().finder()));
  state_->context = context_;
  state_->bar_data = make_bar_data(state_);
  scope_.emplace(context_.ptr());
  if (!functions_.initialize.is_none()) functions_.initialize(context_);
  if (!functions_.metrics.is_none()) functions_.metrics.attr("start")(context_, state_->bar_data);
}

void PythonStrategy::before_trading_start(algorithm::Context&, algorithm::BarData&) {
  call_strategy(functions_.before_trading_start.ptr(), context_.ptr(), state_->bar_data.ptr());
}

void PythonStrategy::handle_data(algorithm::Context&, algorithm::BarData&) {
  if (has_handle_data_) call_strategy(functions_.handle_data.ptr(), context_.ptr(), state_->bar_data.ptr());
}

void PythonStrategy::session_start(algorithm::Context&, int session) {
  functions_.metrics.attr("session_start")(session);
}

void PythonStrategy::minute_end(algorithm::Context&, int session) { functions_.metrics.attr("minute_end")(session); }

void PythonStrategy::session_end(algorithm::Context&, int session) {
  if (!functions_.metrics.is_none()) functions_.metrics.attr("session_end")(session);
}

void PythonStrategy::analyze(algorithm::Context&, const algorithm::RunResult& result) {
  if (functions_.analyze.is_none()) return;
  borrowed_ = &result;
  const std::shared_ptr<const algorithm::RunResult> not_owned(borrowed_, [](const algorithm::RunResult*) {});
  result_ = nb::cast(PyResult{not_owned, state_->assets, state_->recorded});
  functions_.analyze(context_, result_);
}

void PythonStrategy::run_ends(algorithm::Context&) {
  if (state_->core != nullptr) context_.attr("_run_ends")();
}

void PythonStrategy::finish() {
  scope_.reset();
  state_->clear();
}

}  // namespace rustybt::python

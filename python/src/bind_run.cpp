// run(): one backtest of Python functions over an open bundle.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bundles.hpp"
#include "python_strategy.hpp"
#include "result.hpp"

namespace rustybt::python {
namespace {

/// Lets Ctrl-C through after every session, and tells Python about progress when it wants to know.
class Observer final : public gens::RunObserver {
 public:
  explicit Observer(nb::object progress) : progress_(std::move(progress)) {}

  bool on_progress(const Progress& p) override {
    if (PyErr_CheckSignals() != 0) {
      interruption_.emplace();
      return false;
    }
    if (!progress_.is_none())
      progress_(p.sessions_done, p.sessions_total, Date{p.session_days}.to_string(), p.bars, p.orders, p.transactions,
                p.portfolio_value);
    return true;
  }
  [[nodiscard]] std::optional<nb::python_error>& interruption() { return interruption_; }

 private:
  nb::object progress_;
  std::optional<nb::python_error> interruption_;
};

/// Raise what ended a run, with the finished sessions as `partial_result`.
[[noreturn]] void raise_with_result(const std::exception_ptr& error, nb::handle result) {
  try {
    std::rethrow_exception(error);
  } catch (nb::python_error& e) {
    if (!nb::hasattr(e.value(), "partial_result")) nb::setattr(e.value(), "partial_result", result);
    throw;
  } catch (const Error& e) {
    set_python_error(e);
    nb::python_error raised;
    nb::setattr(raised.value(), "partial_result", result);
    throw raised;
  }
}

std::optional<Date> optional_day(nb::handle value) {
  return value.is_none() ? std::nullopt : std::optional<Date>(Date{nb::cast<int>(value)});
}

/// @param settings  days as numbers, names as text; see rustybt.utils.run_algo, the only caller
nb::object run(nb::object context, nb::dict functions, const PyBundle& bundle, nb::dict settings) {
  algorithm::RunSettings s;
  s.start = optional_day(settings["start"]);
  s.end = optional_day(settings["end"]);
  s.capital = to_decimal(settings["capital"]);
  s.frequency = nb::cast<bool>(settings["minute"]) ? data::DataFrequency::Minute : data::DataFrequency::Daily;
  s.minute_emission = nb::cast<bool>(settings["minute_emission"]);
  s.policies = finance::Policies::named(nb::cast<std::string>(settings["preset"]));
  for (const auto& [name, value] : nb::cast<nb::dict>(settings["policies"]))
    s.policies.set(nb::cast<std::string>(name), nb::cast<std::string>(value));
  s.preset_reason = nb::cast<std::string>(settings["preset_reason"]);
  s.calendar = nb::cast<std::optional<std::string>>(nb::object(settings["calendar"]));
  s.base_currency = nb::cast<std::optional<std::string>>(nb::object(settings["base_currency"]));
  for (const auto& [day, value] :
       nb::cast<std::vector<std::pair<int, double>>>(nb::object(settings["benchmark_returns"])))
    s.benchmark_returns.push_back({Date{day}, value});
  s.benchmark_symbol = nb::cast<std::optional<std::string>>(nb::object(settings["benchmark_symbol"]));
  s.log = log_to(settings["log"]);
  Observer observer{nb::object(settings["progress"])};
  s.observer = &observer;

  PythonStrategy strategy(
      std::move(context),
      {functions["initialize"], functions["handle_data"], functions["before_trading_start"], functions["analyze"],
       functions.contains("metrics") ? nb::object(functions["metrics"]) : nb::none()},
      bundle.assets);
  auto result = std::make_shared<algorithm::RunResult>(algorithm::run_algorithm(strategy, bundle.bundle, s));
  nb::object python_result = strategy.result();
  if (!python_result.is_valid()) python_result = nb::cast(PyResult{result, bundle.assets, strategy.state()->recorded});
  nb::inst_ptr<PyResult>(python_result)->result = result;
  strategy.finish();
  if (std::exception_ptr error = std::exchange(result->error, nullptr)) raise_with_result(error, python_result);
  if (observer.interruption()) raise_with_result(std::make_exception_ptr(*observer.interruption()), python_result);
  return python_result;
}

}  // namespace

void bind_run(nb::module_& m) {
  m.def("run", &run, nb::arg("context"), nb::arg("functions"), nb::arg("bundle"), nb::arg("settings"));
}

}  // namespace rustybt::python

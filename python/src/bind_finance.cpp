// Models of slippage and commission given by Python, and the rounding of execution styles.

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>

#include "models.hpp"
#include "objects.hpp"
#include "rustybt/finance/constants.hpp"
#include "rustybt/finance/fee_schedule_files.hpp"
#include "rustybt/finance/policies.hpp"

namespace rustybt::python {
namespace {

nb::object order_object(RunState& state, const finance::Order& order) {
  return nb::module_::import_("rustybt.finance.order").attr("_of_run")(order_fields(state, order));
}

/// A user's SlippageModel: process_order(data, order) -> (price, amount).
class PythonSlippage final : public finance::CustomSlippage {
 public:
  PythonSlippage(std::shared_ptr<RunState> state, nb::object model)
      : state_(std::move(state)), model_(std::move(model)) {}

  Decision process_order(const finance::Order& order, const finance::BarView&, double volume_for_bar) override {
    RunState& state = *state_.lock();
    const bool whole = state.running().simulation().context()[order.asset].quantity_digits == 0;
    model_.attr("_volume_for_bar") = amount_object(volume_for_bar, whole);
    nb::object answer;
    try {
      answer = model_.attr("process_order")(state.bar_data, order_object(state, order));
    } catch (const nb::python_error& e) {
      if (!e.matches(nb::module_::import_("rustybt.errors").attr("LiquidityExceeded"))) throw;
      return {.fills = false, .liquidity_exceeded = true, .price = 0, .amount = 0};
    }
    if (answer.is_none() || answer[0].is_none()) return {};
    return {.fills = true,
            .liquidity_exceeded = false,
            .price = nb::cast<double>(answer[0]),
            .amount = nb::cast<double>(answer[1])};
  }
  [[nodiscard]] std::string describe() const override { return nb::cast<std::string>(nb::repr(model_)); }

 private:
  std::weak_ptr<RunState> state_;
  nb::object model_;
};

/// A user's CommissionModel: calculate(order, transaction) -> cost.
class PythonCommission final : public finance::CustomCommission {
 public:
  PythonCommission(std::shared_ptr<RunState> state, nb::object model)
      : state_(std::move(state)), model_(std::move(model)) {}

  double calculate(const finance::Order& order, std::int64_t amount, std::int64_t price) override {
    RunState& state = *state_.lock();
    const finance::DecimalContext& context = state.running().simulation().context();
    const nb::object shares =
        amount_object(context.amount_to_double(order.asset, amount), context[order.asset].quantity_digits == 0);
    const nb::object transaction =
        nb::module_::import_("rustybt.finance.transaction")
            .attr("Transaction")(state.assets->object(order.asset), shares, state.now(),
                                 context.price_to_double(order.asset, price), order_id_object(order.id));
    return nb::cast<double>(model_.attr("calculate")(order_object(state, order), transaction));
  }
  [[nodiscard]] std::string describe() const override { return nb::cast<std::string>(nb::repr(model_)); }

 private:
  std::weak_ptr<RunState> state_;
  nb::object model_;
};

/// ("Name", parameter, ...) of a built-in model, None for a user's class.
nb::object parameters_of(nb::handle model) { return model.attr("_core_parameters")(); }

Decimal parameter(const nb::object& parameters, std::size_t i) { return to_decimal(parameters[i]); }

}  // namespace

/// A number for every root symbol, or a dict by root symbol.
finance::CostByRoot cost_by_root(const nb::object& given) {
  if (!nb::isinstance<nb::dict>(given)) return to_decimal(given);
  finance::CostByRoot::Costs costs;
  for (const auto& [root, value] : nb::cast<nb::dict>(given))
    costs.emplace(nb::cast<std::string>(root), to_decimal(value));
  return costs;
}

finance::VolatilityVolumeShare volatility_volume_share(const nb::object& parameters) {
  finance::VolatilityVolumeShare model;
  model.volume_limit = parameter(parameters, 1);
  const nb::object eta = parameters[2];
  if (!nb::isinstance<nb::dict>(eta)) {
    model.eta = nb::cast<double>(eta);
    return model;
  }
  for (const auto& [root, value] : nb::cast<nb::dict>(eta))
    model.eta_by_root.emplace(nb::cast<std::string>(root), nb::cast<double>(value));
  return model;
}

finance::SlippageModel built_in_slippage(const nb::object& p) {
  const auto name = nb::cast<std::string>(p[0]);
  if (name == "FixedBasisPointsSlippage")
    return finance::FixedBasisPointsSlippage::make(parameter(p, 1), parameter(p, 2));
  if (name == "VolumeShareSlippage") return finance::VolumeShareSlippage{parameter(p, 1), parameter(p, 2)};
  if (name == "FixedSlippage") return finance::FixedSlippage{parameter(p, 1)};
  if (name == "VolatilityVolumeShare") return volatility_volume_share(p);
  return finance::NoSlippage{};
}

finance::SlippageModel to_slippage(const std::shared_ptr<RunState>& state, nb::handle model) {
  const nb::object p = parameters_of(model);
  if (!p.is_none()) return built_in_slippage(p);
  state->models.push_back(std::make_shared<PythonSlippage>(state, nb::borrow(model)));
  return static_cast<finance::CustomSlippage*>(static_cast<PythonSlippage*>(state->models.back().get()));
}

finance::CommissionModel built_in_commission(const nb::object& p) {
  const auto name = nb::cast<std::string>(p[0]);
  if (name == "PerShare") return finance::PerShare{parameter(p, 1), parameter(p, 2)};
  if (name == "PerTrade") return finance::PerTrade{parameter(p, 1)};
  if (name == "PerDollar") return finance::PerDollar{parameter(p, 1)};
  if (name == "PerContract") return finance::PerContract{cost_by_root(p[1]), cost_by_root(p[2]), parameter(p, 3)};
  if (name == "Percentage") return finance::Percentage(parameter(p, 1), parameter(p, 2));
  if (name == "MakerTaker") return finance::MakerTaker(parameter(p, 1), parameter(p, 2), parameter(p, 3));
  if (name == "Tiered") {
    std::vector<finance::Tiered::Rate> rates;
    for (const auto& [threshold, rate] : nb::cast<nb::dict>(p[1]))
      rates.push_back({to_decimal(threshold), to_decimal(rate)});
    return finance::Tiered(rates, parameter(p, 2));
  }
  if (name == "FeeSchedule") return finance::fee_schedule(nb::cast<std::string>(p[1]));
  if (name == "PerFutureTrade") return finance::PerFutureTrade{cost_by_root(p[1])};
  return finance::NoCommission{};
}

finance::CommissionModel to_commission(const std::shared_ptr<RunState>& state, nb::handle model) {
  const nb::object p = parameters_of(model);
  if (!p.is_none()) return built_in_commission(p);
  state->models.push_back(std::make_shared<PythonCommission>(state, nb::borrow(model)));
  return static_cast<finance::CustomCommission*>(static_cast<PythonCommission*>(state->models.back().get()));
}

void bind_finance(nb::module_& m) {
  m.def("asymmetric_round_price", &finance::asymmetric_round_price, nb::arg("price"), nb::arg("prefer_round_down"),
        nb::arg("tick_size"), "Round to ticks in the trader's favour, as zipline does.");
  m.def("fee_schedules", &finance::fee_schedule_names, "Names of the fee schedules that come with the library.");
  m.def(
      "fee_schedule_text", [](const std::string& name) { return std::string(finance::fee_schedule_text(name)); },
      nb::arg("name"), "The JSON file of such a schedule.");
  m.def(
      "check_fee_schedule", [](const std::string& source) { return finance::fee_schedule(source).text; },
      nb::arg("source"), "Read a schedule by name or path; what the report calls it.");
  m.attr("DEFAULT_ETA") = finance::kDefaultEta;
  m.def(
      "future_constants",
      [] {
        nb::list rows;
        for (const finance::FutureConstants& c : finance::future_constants())
          rows.append(
              nb::make_tuple(nb::str(c.root_symbol.data(), c.root_symbol.size()), c.exchange_fee().to_double(), c.eta));
        return rows;
      },
      "(root symbol, exchange fee, eta) of every futures market that the cost models know.");
  m.def(
      "policies",
      [](const std::string& preset) {
        nb::dict values;
        for (const auto& [name, value] : finance::Policies::named(preset).describe()) values[name.c_str()] = value;
        return values;
      },
      nb::arg("preset") = "rustybt", "Every policy of a preset with its value.");
  bind_lone_orders(m);
  bind_lone_books(m);
}

}  // namespace rustybt::python

// What metrics of a strategy's own read of the books while a run goes on (rustybt.finance.metrics).

#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>

#include "bind_metrics.hpp"
#include "models.hpp"
#include "rustybt/finance/result_tables.hpp"

namespace rustybt::python {
namespace {

using finance::PerformanceRow;

/// The figures of the session (or minute) that was just closed, under Zipline's names.
nb::dict period_figures(PyAlgorithm& self, bool minute) {
  algorithm::TradingAlgorithm& core = self.state->running();
  const finance::ResultTables& tables = core.simulation().tables();
  const MoneyScale scale = core.simulation().context().money();
  const PerformanceRow& row = minute ? static_cast<const PerformanceRow&>(tables.minute_performance.rows().back())
                                     : tables.performance.rows().back();
  nb::dict d;
  d["period_open"] = utc_timestamp(row.period_open_ns);
  d["period_close"] = utc_timestamp(row.period_close_ns);
  d["returns"] = row.returns;
  d["algorithm_period_return"] = row.algorithm_period_return;
  d["longs_count"] = row.longs_count;
  d["shorts_count"] = row.shorts_count;
  d["long_value"] = scale.to_double(row.long_value);
  d["short_value"] = scale.to_double(row.short_value);
  d["long_exposure"] = scale.to_double(row.long_exposure);
  d["short_exposure"] = scale.to_double(row.short_exposure);
  d["gross_leverage"] = row.gross_leverage;
  d["net_leverage"] = row.net_leverage;
  return d;
}

/// (sums over the positions now, (sid, exposure) of each).
nb::tuple position_stats(PyAlgorithm& self) {
  algorithm::TradingAlgorithm& core = self.state->running();
  core.simulation().sync_prices();
  nb::dict sums;
  add_position_sums(core.ledger(), sums);
  nb::list exposures;
  for (const finance::DecimalPosition& p : core.ledger().positions())
    exposures.append(
        nb::make_tuple(self.state->assets->finder()[p.asset].sid.value, exposure_of(core.ledger().context(), p)));
  return nb::make_tuple(sums, exposures);
}

/// (nanoseconds, asset, amount, price, order id) of the session's fills.
nb::list period_fills(PyAlgorithm& self) {
  algorithm::TradingAlgorithm& core = self.state->running();
  gens::TradeSimulation& simulation = core.simulation();
  nb::list fills;
  for (const finance::TransactionRow& t : simulation.tables().transactions.rows()) {
    if (t.session != simulation.session()) continue;
    fills.append(nb::make_tuple(t.dt_ns, self.state->assets->object(t.asset),
                                simulation.context().amount_to_double(t.asset, t.amount),
                                simulation.context().price_to_double(t.asset, t.price), t.order.value));
  }
  return fills;
}

/// Ids of the orders that were touched in the session that was just closed, or in the minute.
nb::list period_order_ids(PyAlgorithm& self, bool minute) {
  gens::TradeSimulation& simulation = self.state->running().simulation();
  const finance::ResultTables& tables = simulation.tables();
  nb::list ids;
  for (const finance::OrderRow& row : minute ? tables.minute_orders.rows() : tables.orders.rows()) {
    if (row.session == simulation.session() && (!minute || row.order.dt_ns == simulation.now_ns()))
      ids.append(row.order.id.value);
  }
  return ids;
}

/// (day, open, close) of each session of the run.
std::vector<std::tuple<std::int32_t, std::int64_t, std::int64_t>> sessions(PyAlgorithm& self) {
  std::vector<std::tuple<std::int32_t, std::int64_t, std::int64_t>> all;
  for (const gens::SessionTimes& s : self.state->running().simulation().clock().sessions())
    all.emplace_back(s.label.days, s.open_ns, s.close_ns);
  return all;
}

std::vector<double> benchmark_returns(PyAlgorithm& self) {
  const auto returns = self.state->running().simulation().benchmark_returns();
  return {returns.begin(), returns.end()};
}

/// (nanoseconds, was a target, cash added) of the capital changes that were made.
std::vector<std::tuple<std::int64_t, bool, double>> done_capital_changes(PyAlgorithm& self) {
  gens::TradeSimulation& simulation = self.state->running().simulation();
  std::vector<std::tuple<std::int64_t, bool, double>> changes;
  for (const finance::CapitalChangeRow& row : simulation.tables().capital_changes.rows())
    changes.emplace_back(row.dt_ns, row.has_target, simulation.context().money().to_double(row.delta));
  return changes;
}

}  // namespace

void bind_metrics(nb::class_<PyAlgorithm>& type) {
  type.def_prop_ro(
          "asset_finder",
          [](PyAlgorithm& a) {
            static_cast<void>(a.state->running());
            return make_finder(a.state->assets);
          },
          "The assets of the bundle.")
      .def("_period_figures", &period_figures, nb::arg("minute"))
      .def("_position_stats", &position_stats)
      .def("_period_fills", &period_fills)
      .def("_period_order_ids", &period_order_ids, nb::arg("minute"))
      .def("_sessions", &sessions)
      .def("_benchmark_returns", &benchmark_returns)
      .def("_emits_minutes",
           [](PyAlgorithm& a) { return a.state->running().simulation().parameters().minute_emission; })
      .def("_calendar_name", [](PyAlgorithm& a) { return a.state->running().portal().calendar().name(); })
      .def("_done_capital_changes", &done_capital_changes);
}

}  // namespace rustybt::python

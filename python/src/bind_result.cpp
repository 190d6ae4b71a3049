// Results: columns as NumPy arrays for the performance frame, exact tables as Arrow streams.

#include <arrow/c/abi.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "result.hpp"
#include "rustybt/algorithm/result.hpp"
#include "table.hpp"

namespace rustybt::python {
namespace {

using finance::PerformanceRow;

/// One column of a table: `value` of every row.
template <class Row, class Value>
nb::object column(std::span<const Row> rows, Value&& value) {
  std::vector<std::decay_t<decltype(value(rows[0]))>> values;
  values.reserve(rows.size());
  for (const Row& row : rows) values.push_back(value(row));
  return array(std::move(values));
}

/// The daily figures under Zipline's names; NaN stands for None.
template <class Row>
nb::dict performance_columns(const algorithm::RunResult& r, std::span<const Row> rows,
                             std::span<const finance::ZiplineFigures> zipline) {
  nb::dict columns;
  const auto add = [&](const char* name, auto value) { columns[name] = column(rows, value); };
  add("period_open", [](const Row& p) { return p.period_open_ns; });
  add("period_close", [](const Row& p) { return p.period_close_ns; });
  nb::list months;  // of the sessions: on 24/7 the last one of a month closes in the next month
  nb::object month;
  int known = -1;
  for (const Row& p : rows) {
    const Date day = r.sessions[static_cast<std::size_t>(p.session)].label;
    if (const int number = day.year() * 12 + day.month(); number != known) {
      month = nb::str(day.to_string().substr(0, 7).c_str());
      known = number;
    }
    months.append(month);
  }
  columns["period_label"] = months;
  const MoneyScale scale = r.context ? r.context->money() : MoneyScale{};
  const auto money = [&](const char* name, Money PerformanceRow::* field) {
    add(name, [&](const Row& p) { return scale.to_double(p.*field); });
  };
  money("starting_cash", &PerformanceRow::starting_cash);
  money("starting_value", &PerformanceRow::starting_value);
  money("starting_exposure", &PerformanceRow::starting_exposure);
  money("ending_cash", &PerformanceRow::ending_cash);
  money("ending_value", &PerformanceRow::ending_value);
  money("ending_exposure", &PerformanceRow::ending_exposure);
  // as Zipline rounds them, where its books are followed
  const auto followed = [&](const char* name, Money Row::* exact, double finance::ZiplineFigures::* figure) {
    if (zipline.empty())
      add(name, [&](const Row& p) { return scale.to_double(p.*exact); });
    else
      columns[name] = column(zipline, [figure](const finance::ZiplineFigures& f) { return f.*figure; });
  };
  followed("pnl", &Row::pnl, &finance::ZiplineFigures::pnl);
  followed("capital_used", &Row::capital_used, &finance::ZiplineFigures::capital_used);
  money("portfolio_value", &PerformanceRow::portfolio_value);
  money("long_value", &PerformanceRow::long_value);
  money("short_value", &PerformanceRow::short_value);
  money("long_exposure", &PerformanceRow::long_exposure);
  money("short_exposure", &PerformanceRow::short_exposure);
  const auto plain = [&](const char* name, auto PerformanceRow::* field) {
    add(name, [field](const Row& p) { return p.*field; });
  };
  const auto count = [&](const char* name, std::int32_t PerformanceRow::* field) {
    add(name, [field](const Row& p) { return std::int64_t{p.*field}; });
  };
  count("longs_count", &PerformanceRow::longs_count);
  count("shorts_count", &PerformanceRow::shorts_count);
  count("trading_days", &PerformanceRow::trading_days);
  plain("returns", &PerformanceRow::returns);
  plain("gross_leverage", &PerformanceRow::gross_leverage);
  plain("net_leverage", &PerformanceRow::net_leverage);
  plain("max_leverage", &PerformanceRow::max_leverage);
  plain("algorithm_period_return", &PerformanceRow::algorithm_period_return);
  plain("benchmark_period_return", &PerformanceRow::benchmark_period_return);
  plain("algo_volatility", &PerformanceRow::algo_volatility);
  plain("benchmark_volatility", &PerformanceRow::benchmark_volatility);
  plain("sharpe", &PerformanceRow::sharpe);
  plain("sortino", &PerformanceRow::sortino);
  plain("max_drawdown", &PerformanceRow::max_drawdown);
  plain("alpha", &PerformanceRow::alpha);
  plain("beta", &PerformanceRow::beta);
  if constexpr (std::is_same_v<Row, finance::MinutePerformanceRow>) {
    followed("cumulative_pnl", &Row::cumulative_pnl, &finance::ZiplineFigures::cumulative_pnl);
    followed("cumulative_capital_used", &Row::cumulative_capital_used,
             &finance::ZiplineFigures::cumulative_capital_used);
  }
  return columns;
}

nb::dict performance(const PyResult& self) {
  const finance::ResultTables& tables = self.result->tables;
  return performance_columns(*self.result, tables.performance.rows(), tables.zipline_figures.rows());
}

/// With minute emission: the figures of minutes, and what they were in the whole run so far.
nb::dict minute_performance(const PyResult& self) {
  const finance::ResultTables& tables = self.result->tables;
  return performance_columns(*self.result, tables.minute_performance.rows(), tables.zipline_minute_figures.rows());
}

/// (time, target or None, cash added) of every capital change.
nb::list capital_changes(const PyResult& self) {
  nb::list rows;
  if (!self.result->context) return rows;
  const MoneyScale scale = self.result->context->money();
  for (const finance::CapitalChangeRow& c : self.result->tables.capital_changes.rows())
    rows.append(nb::make_tuple(utc_timestamp(c.dt_ns),
                               c.has_target ? nb::object(nb::float_(scale.to_double(c.target))) : nb::none(),
                               scale.to_double(c.delta)));
  return rows;
}

/// Cells of each recorded name, by session; null where a session has none.
using CellsOfName = std::vector<const finance::RecordedValue*>;

std::vector<CellsOfName> recorded_cells(const finance::ResultTables& tables) {
  const std::size_t sessions = tables.performance.size();
  std::vector<CellsOfName> names(tables.recorded_names.size(), CellsOfName(sessions));
  for (const finance::RecordedCell& cell : tables.recorded)
    if (static_cast<std::size_t>(cell.session) < sessions)
      names[static_cast<std::size_t>(cell.name)][static_cast<std::size_t>(cell.session)] = &cell.value;
  return names;
}

nb::list recorded_list(const PyResult& self, const CellsOfName& cells, nb::handle missing) {
  nb::list values;
  for (const finance::RecordedValue* cell : cells)
    values.append(cell != nullptr ? recorded_object(*self.recorded, *cell) : nb::borrow(missing));
  return values;
}

/// name -> column(cells), in the order in which names were first recorded.
template <class Column>
nb::dict by_recorded_name(const PyResult& self, const Column& column) {
  const std::vector<std::string>& names = self.result->tables.recorded_names;
  const std::vector<CellsOfName> cells = recorded_cells(self.result->tables);
  nb::dict columns;
  for (std::size_t i = 0; i < names.size(); ++i) columns[nb::str(names[i].c_str())] = column(cells[i]);
  return columns;
}

/// name -> values by session, None where a session has none.
nb::dict recorded(const PyResult& self) {
  return by_recorded_name(self, [&](const CellsOfName& cells) { return recorded_list(self, cells, nb::none()); });
}

/// The same as columns of a frame: floats as an array, others as a list; NaN where a session has none.
nb::dict recorded_columns(const PyResult& self) {
  const double nan = std::nan("");
  return by_recorded_name(self, [&](const CellsOfName& cells) -> nb::object {
    std::vector<double> values;
    for (const finance::RecordedValue* cell : cells) {
      if (cell != nullptr && !std::holds_alternative<double>(*cell)) return recorded_list(self, cells, nb::float_(nan));
      values.push_back(cell != nullptr ? std::get<double>(*cell) : nan);
    }
    return array(std::move(values));
  });
}

nb::object arrow_table(PyTable& self) {
  if (!self.arrow.is_valid()) {
    auto stream = std::make_unique<ArrowArrayStream>();
    storage::export_stream(self.table, stream.get());
    const nb::capsule capsule(stream.release(), "arrow_array_stream", [](void* p) noexcept {
      auto* s = static_cast<ArrowArrayStream*>(p);
      if (s->release) s->release(s);
      delete s;
    });
    const nb::object reader = nb::module_::import_("pyarrow").attr("RecordBatchReader");
    self.arrow = reader.attr("_import_from_c_capsule")(capsule).attr("read_all")();
  }
  return self.arrow;
}

nb::object arrow_stream(PyTable& self, nb::handle requested_schema) {
  return arrow_table(self).attr("__arrow_c_stream__")(requested_schema);
}

nb::dict summary(const PyResult& self) {
  const algorithm::Summary s = algorithm::summarize(*self.result);
  nb::dict d;
  d["first_session"] = s.first_session.to_string();
  d["last_session"] = s.last_session.to_string();
  d["sessions"] = s.sessions;
  d["total_return"] = s.total_return;
  d["annual_return"] = s.annual_return;
  d["annual_volatility"] = s.annual_volatility;
  d["sharpe"] = s.sharpe;
  d["sortino"] = s.sortino;
  d["max_drawdown"] = s.max_drawdown;
  d["calmar"] = s.calmar;
  d["alpha"] = s.alpha;
  d["beta"] = s.beta;
  d["benchmark_return"] = s.benchmark_return;
  d["max_leverage"] = s.max_leverage;
  d["starting_cash"] = decimal_object(s.starting_cash);
  d["ending_value"] = decimal_object(s.ending_value);
  d["ending_cash"] = decimal_object(s.ending_cash);
  d["commissions"] = decimal_object(s.commissions);
  d["borrow_cost"] = decimal_object(s.borrow_cost);
  d["financing"] = decimal_object(s.financing);
  d["funding"] = decimal_object(s.funding);
  d["orders"] = s.orders;
  d["transactions"] = s.transactions;
  d["bars"] = s.bars;
  return d;
}

}  // namespace

void bind_result(nb::module_& m) {
  nb::class_<PyTable>(
      m, "Table",
      "A result table in exact numbers; any Arrow consumer takes it: pyarrow.table(t), polars.from_arrow(t).")
      .def_ro("name", &PyTable::name)
      .def_prop_ro("column_names",
                   [](const PyTable& t) {
                     std::vector<std::string> names;
                     for (const storage::Column& c : t.table.columns) names.push_back(c.name);
                     return names;
                   })
      .def("__len__", [](const PyTable& t) { return t.table.rows(); })
      .def("__arrow_c_stream__", &arrow_stream, nb::arg("requested_schema").none() = nb::none())
      .def("to_arrow", &arrow_table)
      .def("to_polars",
           [](nb::handle self) { return nb::module_::import_("polars").attr("from_arrow")(self.attr("to_arrow")()); })
      .def("to_pandas", [](nb::handle self) { return self.attr("to_arrow")().attr("to_pandas")(); })
      .def("_repr_html_", [](nb::handle self) { return nb::module_::import_("rustybt._html").attr("table")(self); })
      .def("__repr__", [](const PyTable& t) {
        return "<Table " + t.name + ": " + std::to_string(t.table.rows()) + " rows, " +
               std::to_string(t.table.columns.size()) + " columns>";
      });
  nb::class_<PyResult>(m, "RunResult", "What a run leaves, as the engine has it.")
      .def("performance", &performance)
      .def("minute_performance", &minute_performance)
      .def("daily_lists", &daily_lists)
      .def("minute_lists", &minute_lists)
      .def("capital_changes", &capital_changes)
      .def("recorded", &recorded)
      .def("recorded_columns", &recorded_columns)
      .def(
          "table",
          [](const PyResult& r, const std::string& name) {
            return PyTable{name, algorithm::result_table(*r.result, name)};
          },
          nb::arg("name"))
      .def("summary", &summary)
      .def_prop_ro("table_names", [](const PyResult& r) { return algorithm::result_table_names(*r.result); })
      .def_prop_ro("sessions", [](const PyResult& r) { return r.result->tables.performance.size(); })
      .def_prop_ro("end",
                   [](const PyResult& r) {
                     constexpr const char* kNames[] = {"completed", "interrupted", "failed"};
                     return kNames[static_cast<int>(r.result->end)];
                   })
      .def_prop_ro(
          "error_time",
          [](const PyResult& r) { return r.result->error_time ? utc_timestamp(r.result->error_time->ns) : nb::none(); })
      .def_prop_ro("policies",
                   [](const PyResult& r) {
                     nb::dict values;
                     for (const auto& [name, value] : r.result->policies.describe()) values[name.c_str()] = value;
                     return values;
                   })
      .def_prop_ro("preset", [](const PyResult& r) { return std::string(r.result->policies.preset_name()); })
      .def_prop_ro("preset_reason", [](const PyResult& r) { return r.result->preset_reason; })
      .def_prop_ro("data_hash", [](const PyResult& r) { return r.result->bundle.info.data_hash; })
      .def_prop_ro("bundle", [](const PyResult& r) { return r.result->bundle.info.name; })
      .def_prop_ro("calendar", [](const PyResult& r) { return r.result->calendar_name; })
      .def_prop_ro("base_currency",
                   [](const PyResult& r) {
                     return r.result->base_currency.empty() ? std::nullopt : std::optional(r.result->base_currency);
                   })
      .def_prop_ro("slippage", [](const PyResult& r) { return r.result->slippage; })
      .def_prop_ro("commission", [](const PyResult& r) { return r.result->commission; })
      .def_prop_ro("latency", [](const PyResult& r) { return r.result->latency; })
      .def_prop_ro("partial_fill", [](const PyResult& r) { return r.result->partial_fill; })
      .def_prop_ro("margin", [](const PyResult& r) { return r.result->margin; })
      .def("margin_calls",
           [](const PyResult& r) {
             const MoneyScale scale = r.result->context->money();
             nb::list calls;
             for (const finance::MarginCall& c : r.result->margin_calls)
               calls.append(nb::make_tuple(utc_timestamp(c.at_ns),
                                           decimal_object(scale.to_decimal(c.equity).normalized()),
                                           decimal_object(scale.to_decimal(c.required).normalized())));
             return calls;
           })
      .def_prop_ro("holding_costs",
                   [](const PyResult& r) {
                     return std::make_tuple(r.result->borrow_cost, r.result->financing, r.result->funding);
                   })
      .def_prop_ro("bars", [](const PyResult& r) { return r.result->bars; });
}

}  // namespace rustybt::python

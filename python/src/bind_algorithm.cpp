// context: the calls of a strategy, and the free functions of rustybt.api that forward to the running context.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <deque>
#include <string_view>

#include "bind_metrics.hpp"
#include "objects.hpp"
#include "running.hpp"

namespace rustybt::python {
namespace {

using algorithm::TradingAlgorithm;
using finance::ExecutionStyle;

RunState& state_of(PyObject* self) { return *nb::inst_ptr<PyAlgorithm>(self)->state; }

// --- orders
// -----------------------------------------------------------------------------------------------------------

double price_of(PyObject* value, const char* label) {
  const double price = PyFloat_AsDouble(value);
  if (price == -1.0 && PyErr_Occurred()) {
    PyErr_Clear();
    throw Error(ErrorCode::BadOrderParameters, "Attempted to place an order with a " + std::string(label) +
                                                   " price of " +
                                                   nb::cast<std::string>(nb::str(nb::handle(value).type())) + ".");
  }
  return price;
}

std::optional<double> price_attribute(nb::handle style, const char* attribute, const char* label) {
  const nb::object value = nb::getattr(style, attribute, nb::none());
  if (value.is_none()) return std::nullopt;
  return price_of(value.ptr(), label);
}

bool is_given(PyObject* value) { return value != nullptr && value != Py_None; }

/// (kind, time in force, good till as nanoseconds, trail amount, trail percent, post-only, reduce-only), as
/// rustybt.finance.execution writes them.
void read_terms(const nb::tuple& terms, ExecutionStyle& style) {
  style.kind = static_cast<finance::OrderKind>(nb::cast<int>(terms[0]));
  style.time_in_force = static_cast<finance::TimeInForce>(nb::cast<int>(terms[1]));
  style.good_till_ns = nb::cast<std::int64_t>(terms[2]);
  if (!terms[3].is_none()) style.trail_amount = nb::cast<double>(terms[3]);
  if (!terms[4].is_none()) style.trail_percent = nb::cast<double>(terms[4]);
  style.post_only = nb::cast<bool>(terms[5]);
  style.reduce_only = nb::cast<bool>(terms[6]);
}

/// Prices, or a style object made before: never both.
ExecutionStyle style_of(PyObject* limit_price, PyObject* stop_price, PyObject* style) {
  ExecutionStyle result;
  if (is_given(style)) {
    if (is_given(limit_price) || is_given(stop_price))
      throw Error(ErrorCode::UnsupportedOrderParameters, std::string("Passing both ") +
                                                             (is_given(limit_price) ? "limit" : "stop") +
                                                             "_price and style is not supported.");
    if (!nb::hasattr(style, "get_limit_price"))
      throw Error(ErrorCode::UnsupportedOrderParameters,
                  "expected an execution style, found " + nb::cast<std::string>(nb::repr(style)));
    result.limit_price = price_attribute(style, "limit_price", "limit");
    result.stop_price = price_attribute(style, "stop_price", "stop");
    result.default_tick = nb::getattr(style, "asset", nb::none()).is_none();
    if (const nb::object terms = nb::getattr(style, "_terms", nb::none()); !terms.is_none())
      read_terms(nb::cast<nb::tuple>(terms), result);
    return result;
  }
  if (is_given(limit_price)) result.limit_price = price_of(limit_price, "limit");
  if (is_given(stop_price)) result.stop_price = price_of(stop_price, "stop");
  return result;
}

using OrderMethod = std::optional<OrderId> (TradingAlgorithm::*)(AssetIndex, double, const ExecutionStyle&);

/// TypeError for an amount that is no number; CPython's own error of it is set.
[[noreturn]] void raise_no_number(const char* function, nb::handle argument, nb::handle value) {
  nb::python_error given;  // takes CPython's own error
  if (!given.matches(PyExc_TypeError)) throw given;
  set_python_error(Error(ErrorCode::WrongType,
                         std::string(function) + "() expected a number for " + nb::cast<std::string>(argument) +
                             ", found " + nb::cast<std::string>(nb::repr(value)),
                         "pass a number"));
  throw nb::python_error();
}

/// The one body of order, order_value, order_percent and the order_target family.
PyObject* place(OrderMethod method, const char* function, PyObject* amount_name, PyObject* self, PyObject* const* args,
                Py_ssize_t count, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static PyObject* const fixed[5] = {PyUnicode_InternFromString("asset"), nullptr,
                                       PyUnicode_InternFromString("limit_price"),
                                       PyUnicode_InternFromString("stop_price"), PyUnicode_InternFromString("style")};
    PyObject* names[5] = {fixed[0], amount_name, fixed[2], fixed[3], fixed[4]};
    PyObject* values[5];
    parse_arguments(function, args, count, keywords, names, 2, values);
    RunState& state = state_of(self);
    TradingAlgorithm& core = state.running();
    if (core.in_before_trading_start())
      throw Error(ErrorCode::OrderInBeforeTradingStart, "Cannot place orders inside before_trading_start.");
    const PyAsset* asset = as_asset(values[0]);
    if (asset == nullptr)
      throw Error(ErrorCode::UnsupportedOrderParameters,
                  "Passing non-Asset argument to 'order()' is not supported. Use 'sid()' or 'symbol()' methods to look "
                  "up an Asset.");
    // Quirk Q9: the clock has no time zone yet, and the original asks it about the end of an asset.
    if (state.zipline && !core.is_initialized() && asset->value().auto_close_date) {
      PyErr_SetString(PyExc_AssertionError, "Algorithm should have a timezone.utc datetime, None");
      throw nb::python_error();
    }
    const double amount = PyFloat_AsDouble(values[1]);
    if (amount == -1.0 && PyErr_Occurred()) [[unlikely]]
      raise_no_number(function, amount_name, values[1]);
    if (is_given(values[4]) && nb::hasattr(values[4], "_place")) {  // a bracket, one cancels other
      if (method != static_cast<OrderMethod>(&TradingAlgorithm::order))
        throw Error(ErrorCode::UnsupportedOrderParameters, "Groups of orders are placed with order().");
      return nb::getattr(values[4], "_place")(nb::handle(self), nb::handle(values[0]), amount).release().ptr();
    }
    const ExecutionStyle style = style_of(values[2], values[3], values[4]);
    const std::optional<OrderId> id = (core.*method)(state.assets->index_of(*asset), amount, style);
    return (id ? order_id_object(*id) : nb::none()).release().ptr();
  });
}

struct OrderFunction {
  const char* name;
  const char* amount;
  _PyCFunctionFastWithKeywords call;
  const char* doc;
};

template <OrderMethod method, int row>
PyObject* order_call(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);

constexpr OrderFunction kOrderFunctions[] = {
    {"order", "amount", order_call<&TradingAlgorithm::order, 0>,
     "order($self, asset, amount, limit_price=None, stop_price=None, style=None)\n--\n\nOrder a number of shares; "
     "negative sells.\n\n"
     "Returns the order's id, or None where no order was made (amount 0, asset past its end).\n\n    "
     "order(symbol(\"AAPL\"), 10)\n"},
    {"order_value", "value", order_call<&TradingAlgorithm::order_value, 1>,
     "order_value($self, asset, value, limit_price=None, stop_price=None, style=None)\n--\n\nOrder shares worth "
     "`value` at the current price."},
    {"order_percent", "percent", order_call<&TradingAlgorithm::order_percent, 2>,
     "order_percent($self, asset, percent, limit_price=None, stop_price=None, style=None)\n--\n\n"
     "Order shares worth a part of the portfolio's value (0.5 = half)."},
    {"order_target", "target", order_call<&TradingAlgorithm::order_target, 3>,
     "order_target($self, asset, target, limit_price=None, stop_price=None, style=None)\n--\n\nOrder what is missing "
     "to hold `target` shares.\n\n"
     "Open orders are not counted: calling it again before a fill orders again."},
    {"order_target_value", "target", order_call<&TradingAlgorithm::order_target_value, 4>,
     "order_target_value($self, asset, target, limit_price=None, stop_price=None, style=None)\n--\n\n"
     "Order what is missing to hold shares worth `target`."},
    {"order_target_percent", "target", order_call<&TradingAlgorithm::order_target_percent, 5>,
     "order_target_percent($self, asset, target, limit_price=None, stop_price=None, style=None)\n--\n\n"
     "Order what is missing to hold `target` of the portfolio's value (0.5 = half)."},
};

template <OrderMethod method, int row>
PyObject* order_call(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  static PyObject* const amount_name = PyUnicode_InternFromString(kOrderFunctions[row].amount);
  return place(method, kOrderFunctions[row].name, amount_name, self, args, count, keywords);
}

/// Number behind an order id; nothing for a text that is no id of ours.
std::optional<OrderId> to_order_id(nb::handle id) {
  if (PyLong_Check(id.ptr())) return OrderId{nb::cast<std::int64_t>(id)};
  std::string text;
  if (!nb::try_cast(id, text) || text.empty() || text.size() > 32) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0 || value > (INT64_MAX >> 4)) return std::nullopt;
    value = value * 16 + digit;
  }
  return OrderId{value};
}

nb::list open_orders(RunState& state, std::optional<AssetIndex> asset) {
  nb::list found;
  for (const finance::Order* order : state.running().get_open_orders(asset)) found.append(order_fields(state, *order));
  return found;
}

nb::list order_ids(const std::vector<OrderId>& ids) {
  nb::list out;
  for (const OrderId id : ids) out.append(order_id_object(id));
  return out;
}

ExecutionStyle leg(nb::handle style) { return style_of(nullptr, nullptr, style.ptr()); }

nb::list order_bracket(PyAlgorithm& self, nb::handle asset, double amount, nb::handle entry, nb::handle stop_loss,
                       nb::handle take_profit) {
  RunState& state = *self.state;
  return order_ids(state.running().order_bracket(state.asset(asset.ptr(), "asset"), amount, leg(entry), leg(stop_loss),
                                                 leg(take_profit)));
}

nb::list order_oco(PyAlgorithm& self, nb::handle asset, double amount, nb::handle first, nb::handle second) {
  RunState& state = *self.state;
  return order_ids(state.running().order_oco(state.asset(asset.ptr(), "asset"), amount, leg(first), leg(second)));
}

nb::list order_oto(PyAlgorithm& self, nb::handle asset, double amount, nb::handle first, double second_amount,
                   nb::handle second) {
  RunState& state = *self.state;
  return order_ids(
      state.running().order_oto(state.asset(asset.ptr(), "asset"), amount, leg(first), second_amount, leg(second)));
}

bool modify_order(PyAlgorithm& self, nb::handle id, std::optional<double> amount, std::optional<double> limit_price,
                  std::optional<double> stop_price) {
  const std::optional<OrderId> number = to_order_id(id);
  return number && self.state->running().modify_order(*number, {amount, limit_price, stop_price});
}

nb::list batch_market_order(PyAlgorithm& self, const std::vector<std::pair<nb::object, std::int64_t>>& counts) {
  std::vector<TradingAlgorithm::ShareCount> shares;
  for (const auto& [asset, count] : counts) shares.push_back({self.state->asset(asset.ptr(), "share_counts"), count});
  nb::list ids;
  for (const OrderId id : self.state->running().batch_market_order(shares)) ids.append(order_id_object(id));
  return ids;
}

// --- record
// -----------------------------------------------------------------------------------------------------------

finance::RecordedValue recorded_value(RunState& state, PyObject* value) {
  if (PyFloat_Check(value)) return PyFloat_AS_DOUBLE(value);
  if (PyBool_Check(value)) return value == Py_True;
  if (PyUnicode_CheckExact(value)) return nb::cast<std::string>(nb::handle(value));
  if (PyLong_CheckExact(value)) {
    int overflow = 0;
    const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow == 0) return static_cast<std::int64_t>(number);
  }
  state.recorded->push_back(nb::borrow(value));
  return finance::ObjectHandle{static_cast<std::int64_t>(state.recorded->size()) - 1};
}

std::string_view text_of(PyObject* name) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(name, &size);
  if (text == nullptr) throw nb::python_error();
  return {text, static_cast<std::size_t>(size)};
}

PyObject* record(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    RunState& state = state_of(self);
    TradingAlgorithm& core = state.running();
    for (Py_ssize_t i = 0; i + 1 < count; i += 2) core.record(text_of(args[i]), recorded_value(state, args[i + 1]));
    const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
    for (Py_ssize_t i = 0; i < named; ++i)
      core.record(text_of(PyTuple_GET_ITEM(keywords, i)), recorded_value(state, args[count + i]));
    return nb::none().release().ptr();
  });
}

// --- free functions of the API
// ----------------------------------------------------------------------------------------

thread_local std::vector<PyObject*> g_running;  // contexts of the runs on this thread, innermost last

/// The value in an object's own dict, invalid without one.
nb::object own_attribute(PyObject* object, PyObject* name) {
  const nb::object dict = nb::steal(PyObject_GenericGetDict(object, nullptr));
  return dict.is_valid() ? nb::borrow(PyDict_GetItemWithError(dict.ptr(), name)) : nb::object();
}

/// Call the method of the same name on the running context; `self` is the name.
PyObject* forward(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  if (g_running.empty())
    return PyErr_Format(PyExc_RuntimeError, "zipline api method %U must be called during a simulation.", self);
  PyObject* context = g_running.back();
  // a strategy may keep an attribute of that name on its context: the object's own one counts where it can be called
  if (const nb::object own = own_attribute(context, self); own.is_valid() && PyCallable_Check(own.ptr()))
    return PyObject_Vectorcall(own.ptr(), args, static_cast<std::size_t>(count), keywords);
  PyObject* method = PyObject_GetAttr(reinterpret_cast<PyObject*>(Py_TYPE(context)), self);
  if (method == nullptr) return nullptr;
  const Py_ssize_t total = count + (keywords ? PyTuple_GET_SIZE(keywords) : 0);
  std::array<PyObject*, 16> few;
  std::vector<PyObject*> many;
  PyObject** all = few.data();
  if (total + 1 > static_cast<Py_ssize_t>(few.size())) {
    many.resize(static_cast<std::size_t>(total) + 1);
    all = many.data();
  }
  all[0] = context;
  std::copy(args, args + total, all + 1);
  PyObject* result = PyObject_Vectorcall(method, all, static_cast<std::size_t>(count + 1), keywords);
  Py_DECREF(method);
  return result;
}

/// A free function that forwards; its text signature is the method's without self.
nb::object api_function(const std::string& name, const std::string& doc, nb::handle module_name) {
  struct Function {
    std::string name, doc;
    PyMethodDef definition;
  };
  static std::deque<Function> functions;  // CPython keeps pointers to them
  Function& f = functions.emplace_back(Function{name, doc, {}});
  f.definition = {f.name.c_str(), reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&forward)),
                  METH_FASTCALL | METH_KEYWORDS, f.doc.c_str()};
  const nb::object self = nb::steal(PyUnicode_InternFromString(f.name.c_str()));
  return nb::steal(PyCFunction_NewEx(&f.definition, self.ptr(), module_name.ptr()));
}

nb::list asset_objects(RunState& state, const std::vector<AssetIndex>& indexes) {
  nb::list found;
  for (const AssetIndex index : indexes) found.append(state.assets->object(index));
  return found;
}

utils::DateRule date_rule(const std::string& kind, int offset) {
  if (kind == "week_start") return utils::DateRule::week_start(offset);
  if (kind == "week_end") return utils::DateRule::week_end(offset);
  if (kind == "month_start") return utils::DateRule::month_start(offset);
  if (kind == "month_end") return utils::DateRule::month_end(offset);
  return utils::DateRule::every_day();
}

utils::TimeRule time_rule(const std::string& kind, std::int64_t offset_ns) {
  if (kind == "market_open") return utils::TimeRule::market_open(offset_ns);
  if (kind == "market_close") return utils::TimeRule::market_close(offset_ns);
  return utils::TimeRule::every_minute();
}

void schedule(PyAlgorithm& self, nb::object function, const std::string& date_kind, int date_offset,
              const std::string& time_kind, std::int64_t offset_ns, bool half_days,
              const std::optional<std::string>& calendar) {
  RunState* state = self.state.get();  // the run outlives its schedule
  auto call = [function = std::move(function), state](algorithm::Context&, algorithm::BarData&) {
    call_strategy(function.ptr(), state->context.ptr(), state->bar_data.ptr());
  };
  self.state->running().schedule_function(std::move(call), date_rule(date_kind, date_offset),
                                          time_rule(time_kind, offset_ns), half_days,
                                          calendar ? utils::get_calendar(*calendar) : nullptr);
}

/// zipline's get_environment("*").
nb::dict environment(PyAlgorithm& self) {
  const gens::TradeSimulation& simulation = self.state->running().simulation();
  const auto& sessions = simulation.clock().sessions();
  nb::dict values;
  values["arena"] = "backtest";
  values["data_frequency"] = simulation.parameters().frequency == data::DataFrequency::Minute ? "minute" : "daily";
  values["start"] = utc_timestamp(sessions.front().open_ns);
  values["end"] = utc_timestamp(sessions.back().close_ns);
  values["capital_base"] = simulation.parameters().capital.to_double();
  values["platform"] = "zipline";
  return values;
}

/// @param type  "delta", "target" or something else, which is an error at its time or now, as the preset says
void set_capital_change(PyAlgorithm& self, std::int64_t ns, const nb::object& type, const nb::object& value,
                        const std::string& as_given) {
  gens::CapitalChange change;
  change.as_given = as_given;
  const std::string name = nb::cast<std::string>(nb::str(type));
  change.type = name == "delta"    ? gens::CapitalChange::Type::Delta
                : name == "target" ? gens::CapitalChange::Type::Target
                                   : gens::CapitalChange::Type::Unknown;
  if (change.type != gens::CapitalChange::Type::Unknown) change.value = to_decimal(value);
  self.state->running().set_capital_change({ns}, std::move(change));
}

/// (asset, nanoseconds or None, rate), ascending by time.
finance::RatesByAsset rates_by_asset(PyAlgorithm& self, const nb::list& rows) {
  finance::RatesByAsset rates;
  for (nb::handle row : rows) {
    finance::DatedRate rate{INT64_MIN, to_decimal(row[2])};
    if (!row[1].is_none()) rate.from_ns = nb::cast<std::int64_t>(row[1]);
    rates[self.state->asset(nb::object(row[0]).ptr(), "rates")].push_back(rate);
  }
  return rates;
}

finance::LatencyRange range_of(nb::handle pair) { return {nb::cast<double>(pair[0]), nb::cast<double>(pair[1])}; }

/// The part that rustybt.finance.latency describes as (name, number or pair...).
finance::LatencyPart latency_part(nb::handle row) {
  const auto name = nb::cast<std::string>(row[0]);
  const auto number = [&](int i) { return nb::cast<double>(row[i]); };
  if (name == "fixed") return finance::FixedLatency{number(1), number(2), number(3)};
  if (name == "random")
    return finance::RandomLatency{
        range_of(row[1]), range_of(row[2]), range_of(row[3]),
        nb::cast<bool>(row[4]) ? finance::LatencyDistribution::Normal : finance::LatencyDistribution::Uniform};
  if (name == "historical") {
    finance::HistoricalLatency part;
    for (nb::handle sample : nb::list(nb::object(row[1])))
      part.samples.push_back({nb::cast<std::int64_t>(sample[0]), nb::cast<double>(sample[1])});
    return part;
  }
  if (name == "network") return finance::NetworkLatency{number(1), range_of(row[2])};
  if (name == "broker") return finance::BrokerLatency{number(1), number(2), range_of(row[3])};
  require_invariant(name == "exchange", "a part of a latency model has a known name");
  return finance::ExchangeLatency{number(1), number(2), range_of(row[3]),
                                  static_cast<finance::MatchingVenue>(nb::cast<int>(row[4]))};
}

void bind_costs(nb::class_<PyAlgorithm>& type) {
  type.def("_set_borrow_cost",
           [](PyAlgorithm& a, nb::handle default_rate, const nb::list& rates, int days) {
             a.state->running().set_borrow_cost({to_decimal(default_rate), rates_by_asset(a, rates), days});
           })
      .def(
          "_set_financing",
          [](PyAlgorithm& a, const nb::list& rates, int days, std::optional<int> triple_swap_day) {
            const auto of = [&](std::size_t i) {
              return finance::Financing::Rates{to_decimal(rates[i][0]), to_decimal(rates[i][1])};
            };
            a.state->running().set_financing({of(0), of(1), of(2), days, triple_swap_day});
          },
          nb::arg("rates"), nb::arg("days"), nb::arg("triple_swap_day").none())
      .def("_set_funding",
           [](PyAlgorithm& a, nb::handle rate, int hours, const nb::list& perpetuals, const nb::list& table) {
             finance::Funding funding{to_decimal(rate), hours, {}, rates_by_asset(a, table)};
             for (nb::handle asset : perpetuals) funding.assets.push_back(a.state->asset(asset.ptr(), "assets"));
             a.state->running().set_funding(std::move(funding));
           });
}

void bind_lookups(nb::class_<PyAlgorithm>& type) {
  type.def(
          "symbol",
          [](PyAlgorithm& a, nb::handle symbol, std::optional<std::string> country) -> nb::object {
            std::string name;
            if (!nb::try_cast(symbol, name))
              throw Error(ErrorCode::WrongType,
                          "symbol() expected argument 'symbol_str' to be a string, but got " +
                              nb::cast<std::string>(nb::str(symbol)) + " instead.",
                          "pass the symbol as text; sid() takes numbers");
            if (a.state->core == nullptr) return nb::find(a).attr("_look_up")("symbol", symbol, country);
            return nb::borrow<nb::object>(a.state->assets->object(a.state->core->symbol(name, std::move(country))));
          },
          nb::arg("symbol_str"), nb::arg("country_code").none() = nb::none(),
          "Asset that owns a symbol at the end of the run, or on the day given to set_symbol_lookup_date.")
      .def(
          "sid",
          [](PyAlgorithm& a, std::int64_t sid) -> nb::object {
            if (a.state->core == nullptr) return nb::find(a).attr("_look_up")("sid", sid);
            return nb::borrow<nb::object>(a.state->assets->object(a.state->core->sid(sid)));
          },
          nb::arg("sid"), "Asset with this sid.")
      .def("_future_symbol",
           [](PyAlgorithm& a, const std::string& symbol) -> nb::object {
             if (a.state->core == nullptr) return nb::find(a).attr("_look_up")("future_symbol", symbol);
             return nb::borrow<nb::object>(a.state->assets->object(a.state->core->future_symbol(symbol)));
           })
      .def(
          "_continuous_future",
          [](PyAlgorithm& a, const std::string& root, int offset, const std::string& roll,
             const std::optional<std::string>& adjustment) {
            return PyContinuousFuture{
                a.state->running().continuous_future(root, offset, assets::parse_roll_style(roll),
                                                     assets::parse_roll_adjustment(adjustment.value_or("none")))};
          },
          nb::arg("root"), nb::arg("offset"), nb::arg("roll"), nb::arg("adjustment").none())
      .def("_set_symbol_lookup_date",
           [](PyAlgorithm& a, int days) { a.state->running().set_symbol_lookup_date(Date{days}); })
      .def_prop_ro("_assets", [](PyAlgorithm& a) {
        std::vector<AssetIndex> all;
        for (int i = 0; i < static_cast<int>(a.state->assets->finder().assets().size()); ++i)
          all.push_back(AssetIndex{i});
        return asset_objects(*a.state, all);
      });
}

}  // namespace

void call_strategy(PyObject* function, PyObject* context, PyObject* data) {
  PyObject* args[3] = {nullptr, context, data};
  PyObject* result = PyObject_Vectorcall(function, args + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
  if (result == nullptr) [[unlikely]]
    throw nb::python_error();
  Py_DECREF(result);
}

RunningScope::RunningScope(PyObject* context) { g_running.push_back(context); }
RunningScope::~RunningScope() { g_running.pop_back(); }
PyObject* running_context() { return g_running.empty() ? nullptr : g_running.back(); }

void bind_algorithm(nb::module_& m) {
  auto type = nb::class_<PyAlgorithm>(m, "Algorithm", "What a strategy can call.");
  type.def(nb::init<>());
  for (const OrderFunction& f : kOrderFunctions) add_method(type, f.name, f.call, f.doc);
  add_method(
      type, "record", record,
      "record($self, *args, **kwargs)\n--\n\nKeep values for the result: one column per name, one row per session.\n\n"
      "A value stays until it is overwritten.\n\n    record(price=data.current(asset, \"price\"))\n");
  bind_costs(type);
  bind_lookups(type);
  type.def_prop_ro("portfolio",
                   [](PyAlgorithm& a) {
                     static_cast<void>(a.state->running());
                     if (!a.state->portfolio.is_valid()) a.state->portfolio = make_portfolio(a.state);
                     return a.state->portfolio;
                   })
      .def_prop_ro("account",
                   [](PyAlgorithm& a) {
                     static_cast<void>(a.state->running());
                     if (!a.state->account.is_valid()) a.state->account = make_account(a.state);
                     return a.state->account;
                   })
      .def("_now", [](PyAlgorithm& a) { return a.state->now(); })
      .def("_environment", &environment)
      .def("_schedule", &schedule)
      .def("_call_on_every_bar",
           [](PyAlgorithm& self, nb::object function) {
             RunState* state = self.state.get();
             state->running().call_on_every_bar(
                 [function = std::move(function), state](algorithm::Context&, algorithm::BarData&) {
                   call_strategy(function.ptr(), state->context.ptr(), state->bar_data.ptr());
                 });
           })
      .def("_batch_market_order", &batch_market_order)
      .def("_order_bracket", &order_bracket, nb::arg("asset"), nb::arg("amount"), nb::arg("entry").none(),
           nb::arg("stop_loss"), nb::arg("take_profit"))
      .def("_order_oco", &order_oco)
      .def("_order_oto", &order_oto)
      .def("_modify_order", &modify_order, nb::arg("id"), nb::arg("amount").none(), nb::arg("limit_price").none(),
           nb::arg("stop_price").none())
      .def(
          "_cancel_order",
          [](PyAlgorithm& a, nb::handle id) {
            const std::optional<OrderId> number = to_order_id(id);
            TradingAlgorithm& core = a.state->running();
            return number && core.get_order(*number) != nullptr && core.cancel_order(*number);
          },
          nb::arg("id").none())
      .def(
          "_order",
          [](PyAlgorithm& a, nb::handle id) -> nb::object {
            const std::optional<OrderId> number = to_order_id(id);
            const finance::Order* order = number ? a.state->running().get_order(*number) : nullptr;
            return order ? nb::object(order_fields(*a.state, *order)) : nb::none();
          },
          nb::arg("id").none())
      .def(
          "_open_orders",
          [](PyAlgorithm& a, nb::handle asset) {
            if (asset.is_none()) return open_orders(*a.state, std::nullopt);
            return open_orders(*a.state, a.state->asset(asset.ptr(), "asset"));
          },
          nb::arg("asset").none())
      .def("_set_slippage",
           [](PyAlgorithm& a, nb::handle model) { a.state->running().set_slippage(to_slippage(a.state, model)); })
      .def("_set_latency",
           [](PyAlgorithm& a, const nb::list& parts, std::uint64_t seed) {
             finance::LatencyModel model{{}, seed};
             for (nb::handle part : parts) model.parts.push_back(latency_part(part));
             a.state->running().set_latency(std::move(model));
           })
      .def(
          "_set_margin",
          [](PyAlgorithm& a, const std::string& name, nb::handle longs, nb::handle shorts, const nb::dict& futures,
             nb::handle other_futures, bool liquidates) {
            const auto pair = [](nb::handle p) { return std::pair(to_decimal(p[0]), to_decimal(p[1])); };
            const auto rates = [&](nb::handle p) {
              const auto [initial, maintenance] = pair(p);
              return finance::MarginModel::Rates{initial, maintenance};
            };
            finance::MarginModel model;
            model.name = name;
            model.longs = rates(longs);
            model.allows_shorts = !shorts.is_none();
            if (model.allows_shorts) model.shorts = rates(shorts);
            for (const auto& [root, money] : futures) {
              const auto [initial, maintenance] = pair(money);
              model.futures[nb::cast<std::string>(root)] = {initial, maintenance};
            }
            model.other_futures = rates(other_futures);
            model.liquidates = liquidates;
            a.state->running().set_margin(std::move(model));
          },
          nb::arg("name"), nb::arg("longs"), nb::arg("shorts").none(), nb::arg("futures"), nb::arg("other_futures"),
          nb::arg("liquidates"))
      .def(
          "_set_partial_fill",
          [](PyAlgorithm& a, nb::handle fill_ratio, nb::handle market_impact, std::optional<int> timeout_bars) {
            a.state->running().set_partial_fill({to_decimal(fill_ratio), to_decimal(market_impact), timeout_bars});
          },
          nb::arg("fill_ratio"), nb::arg("market_impact"), nb::arg("timeout_bars").none())
      .def("_set_commission",
           [](PyAlgorithm& a, nb::handle model) { a.state->running().set_commission(to_commission(a.state, model)); })
      .def("_set_futures_slippage",
           [](PyAlgorithm& a, nb::handle model) {
             a.state->running().set_futures_slippage(to_slippage(a.state, model));
           })
      .def("_set_futures_commission",
           [](PyAlgorithm& a, nb::handle model) {
             a.state->running().set_futures_commission(to_commission(a.state, model));
           })
      .def("_set_cancel_policy",
           [](PyAlgorithm& a, bool end_of_day, bool warn) {
             a.state->running().set_cancel_policy(end_of_day ? finance::CancelPolicy::end_of_day(warn)
                                                             : finance::CancelPolicy::never());
           })
      .def("_set_own_cancel_policy",
           [](PyAlgorithm& a, nb::object policy) {
             const bool warns = nb::cast<bool>(nb::bool_(nb::getattr(policy, "warn_on_cancel", nb::bool_(false))));
             const nb::object event = nb::module_::import_("rustybt.gens.sim_engine").attr("SESSION_END");
             a.state->running().set_cancel_policy(finance::CancelPolicy::custom(
                 [policy = std::move(policy), event] {
                   return nb::cast<bool>(nb::bool_(policy.attr("should_cancel")(event)));
                 },
                 warns));
           })
      .def("_register_trading_control",
           [](PyAlgorithm& a, nb::handle control) { register_trading_control(*a.state, control); })
      .def("_register_account_control",
           [](PyAlgorithm& a, nb::handle control) { register_account_control(*a.state, control); })
      .def("_add_restrictions",
           [](PyAlgorithm& a, nb::handle restrictions) { add_restrictions(*a.state, restrictions); })
      .def("_set_capital_change", &set_capital_change)
      .def("_remove_capital_change",
           [](PyAlgorithm& a, std::int64_t ns) { a.state->running().simulation().remove_capital_change(ns); })
      .def_prop_ro("_start_session",
                   [](PyAlgorithm& a) {
                     const auto& sessions = a.state->running().simulation().clock().sessions();
                     return naive_timestamp(sessions.front().label_ns);
                   })
      .def("_set_benchmark",
           [](PyAlgorithm& a, nb::handle asset) {
             a.state->running().set_benchmark(a.state->asset(asset.ptr(), "benchmark"));
           })
      .def("_recorded",
           [](PyAlgorithm& a) {
             nb::dict values;
             for (const auto& [name, value] : a.state->running().recorded())
               values[nb::str(name.c_str(), name.size())] = recorded_object(*a.state->recorded, value);
             return values;
           })
      .def_prop_ro("_is_running", [](PyAlgorithm& a) { return a.state->core != nullptr; })
      .def_prop_ro("_initialized", [](PyAlgorithm& a) { return a.state->running().is_initialized(); })
      .def_prop_ro("_zipline", [](PyAlgorithm& a) { return a.state->zipline; });
  bind_metrics(type);
  m.def("api_function", &api_function);
  m.def(
      "running_context", [] { return g_running.empty() ? nb::none() : nb::borrow(g_running.back()); },
      "The context that the functions of rustybt.api speak to, None without one.");
  m.def("enter_context", [](nb::handle context) { g_running.push_back(context.inc_ref().ptr()); });
  m.def("leave_context", [] {
    if (!g_running.empty()) nb::steal(std::exchange(g_running.back(), nullptr)), g_running.pop_back();
  });
}

}  // namespace rustybt::python

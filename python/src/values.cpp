// Small values on their way to and from Python.

#include <nanobind/stl/string.h>

#include "objects.hpp"

namespace rustybt::python {
namespace {

nb::handle pandas_timestamp() {
  static const nb::handle type =
      nb::object(nb::module_::import_("pandas").attr("Timestamp")).release();  // kept for the process
  return type;
}

nb::handle decimal_type() {
  static const nb::handle type = nb::object(nb::module_::import_("decimal").attr("Decimal")).release();
  return type;
}

nb::object price_or_none(const RunState& state, const finance::Order& order, std::int64_t price, double decision) {
  if (price == finance::kNoPrice) return nb::none();
  const bool as_decided = state.core->policies().decision_arithmetic == finance::DecisionArithmetic::IeeeDouble;
  if (as_decided && decision == decision) return nb::float_(decision);
  return nb::float_(state.core->simulation().context().price_to_double(order.asset, price));
}

}  // namespace

nb::object utc_timestamp(std::int64_t ns) {
  using namespace nb::literals;
  return pandas_timestamp()(ns, "tz"_a = "UTC");
}

nb::object naive_timestamp(std::int64_t ns) { return pandas_timestamp()(ns); }

nb::object decimal_object(const Decimal& value) { return decimal_type()(value.to_string()); }

Decimal to_decimal(nb::handle value) {
  if (PyLong_Check(value.ptr()) && !PyBool_Check(value.ptr()))
    return Decimal::parse(nb::cast<std::string>(nb::str(value)));
  if (PyFloat_Check(value.ptr())) return Decimal::from_double_shortest(PyFloat_AS_DOUBLE(value.ptr()));
  if (PyUnicode_Check(value.ptr()) || nb::isinstance(value, decimal_type()))
    return Decimal::parse(nb::cast<std::string>(nb::str(value)));
  if (PyNumber_Check(value.ptr())) {  // numpy scalars
    const nb::object number = nb::steal(PyNumber_Float(value.ptr()));
    if (!number.is_valid()) throw nb::python_error();
    return Decimal::from_double_shortest(PyFloat_AS_DOUBLE(number.ptr()));
  }
  throw Error(ErrorCode::WrongType, "expected a number, found " + nb::cast<std::string>(nb::repr(value)));
}

nb::object amount_object(double amount, bool whole) {
  if (whole) return nb::steal(PyLong_FromDouble(amount));
  return nb::float_(amount);
}

nb::object order_id_object(OrderId id) {
  PyObject* text = PyUnicode_New(32, 127);
  if (text == nullptr) throw nb::python_error();
  Py_UCS1* digits = PyUnicode_1BYTE_DATA(text);
  auto rest = static_cast<std::uint64_t>(id.value);
  for (int i = 31; i >= 0; --i, rest >>= 4) digits[i] = static_cast<Py_UCS1>("0123456789abcdef"[rest & 15]);
  return nb::steal(text);
}

nb::dict order_fields(RunState& state, const finance::Order& order) {
  const algorithm::TradingAlgorithm& core = state.running();
  const bool whole = core.simulation().context()[order.asset].quantity_digits == 0;
  const auto amount = [&](std::int64_t units) {
    return amount_object(core.order_amount_to_double(order, units), whole);
  };
  nb::dict fields;
  fields["id"] = order_id_object(order.id);
  fields["dt"] = utc_timestamp(order.dt_ns);
  fields["reason"] = nb::none();
  fields["created"] = order.created_ns == order.dt_ns ? nb::object(fields["dt"]) : utc_timestamp(order.created_ns);
  fields["amount"] = amount(order.amount);
  fields["filled"] = amount(order.filled);
  fields["commission"] = nb::float_(core.simulation().context().money().to_double(order.commission));
  fields["stop"] = price_or_none(state, order, order.stop, order.decision_stop);
  fields["limit"] = price_or_none(state, order, order.limit, order.decision_limit);
  fields["stop_reached"] = nb::bool_(order.stop_reached);
  fields["limit_reached"] = nb::bool_(order.limit_reached);
  fields["sid"] = state.assets->object(order.asset);
  fields["status"] = nb::int_(finance::zipline_status(order.status));
  return fields;
}

algorithm::TradingAlgorithm& RunState::running() const {
  if (core == nullptr)
    throw Error(ErrorCode::InvalidArgument, "this object belongs to a run that is not running",
                "use context and data inside the strategy's functions only");
  return *core;
}

AssetIndex RunState::asset(PyObject* object, const char* argument) const {
  const PyAsset* asset = as_asset(object);
  if (asset == nullptr)
    throw Error(ErrorCode::WrongType,
                std::string("expected an asset for argument '") + argument + "', found " + Py_TYPE(object)->tp_name,
                PyUnicode_Check(object)
                    ? "look the asset up first: symbol(\"" + nb::cast<std::string>(nb::handle(object)) + "\")"
                    : std::string("pass what symbol() or sid() returned"));
  return assets->index_of(*asset);
}

nb::object RunState::position(AssetIndex asset, const std::shared_ptr<RunState>& self) {
  const auto i = static_cast<std::size_t>(asset.value);
  if (positions.size() <= i) positions.resize(assets->finder().assets().size());
  if (!positions[i].is_valid()) positions[i] = make_position(self, asset);
  return positions[i];
}

nb::object RunState::now() {
  const std::int64_t ns = running().get_datetime().ns;
  if (ns != timestamp_ns) {
    timestamp = utc_timestamp(ns);
    timestamp_ns = ns;
  }
  return timestamp;
}

void RunState::clear() {
  core = nullptr;
  data = nullptr;
  for (nb::object* object : {&context, &bar_data, &portfolio, &account, &positions_view, &timestamp}) object->reset();
  positions.clear();
  models.clear();
  timestamp_ns = INT64_MIN;
}

nb::object recorded_object(const std::vector<nb::object>& objects, const finance::RecordedValue& value) {
  struct Visitor {
    const std::vector<nb::object>& objects;
    nb::object operator()(std::monostate) const { return nb::none(); }
    nb::object operator()(double v) const { return nb::float_(v); }
    nb::object operator()(std::int64_t v) const { return nb::int_(v); }
    nb::object operator()(bool v) const { return nb::bool_(v); }
    nb::object operator()(const std::string& v) const { return nb::str(v.c_str(), v.size()); }
    nb::object operator()(finance::ObjectHandle h) const { return objects[static_cast<std::size_t>(h.index)]; }
  };
  return std::visit(Visitor{objects}, value);
}

Log log_to(nb::object sink) {
  if (sink.is_none()) return {};
  return Log([sink = std::move(sink)](LogLevel level, std::string_view message) {
    constexpr int kPythonLevels[] = {10, 20, 30, 40};
    sink(kPythonLevels[static_cast<int>(level)], nb::str(message.data(), message.size()));
  });
}

}  // namespace rustybt::python

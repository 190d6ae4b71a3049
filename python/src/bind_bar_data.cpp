// `data`: one value is answered here without any Python code; Series and frames are made by rustybt._shapes.

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "arrays.hpp"
#include "objects.hpp"

namespace rustybt::python {
namespace {

using data::BarField;

/// Names of fields, in the order of BarField, then those that are not bar columns.
constexpr std::array<const char*, 8> kFieldNames = {"open",   "high",  "low",         "close",
                                                    "volume", "price", "last_traded", "contract"};
constexpr int kLastTraded = 6;
constexpr int kContract = 7;
constexpr int kUnknown = -1;
std::array<PyObject*, 8> g_fields;  // interned, alive with the process

/// Which field a name means: by pointer (names in source code are interned), then by text.
int field_of(PyObject* name) {
  for (const int i : {5, 3, 4, 0, 1, 2, 6, 7})
    if (g_fields[static_cast<std::size_t>(i)] == name) return i;
  if (!PyUnicode_Check(name)) return kUnknown;
  for (std::size_t i = 0; i < g_fields.size(); ++i)
    if (PyUnicode_Compare(name, g_fields[i]) == 0) return static_cast<int>(i);
  return kUnknown;
}

BarField bar_field(PyObject* name) {
  const int field = field_of(name);
  if (field < 0 || field > static_cast<int>(BarField::Price))
    throw Error(ErrorCode::UnknownField, "no bar field named " + nb::cast<std::string>(nb::repr(name)));
  return static_cast<BarField>(field);
}

PyBarData& self_of(PyObject* self) { return *nb::inst_ptr<PyBarData>(self); }

/// Time of a last trade: a day in daily runs, NaT when there is none.
nb::object time_object(const algorithm::BarData& data, std::optional<Timestamp> time) {
  if (!time) return nb::module_::import_("pandas").attr("NaT");
  return data.frequency() == data::DataFrequency::Daily ? naive_timestamp(time->ns) : utc_timestamp(time->ns);
}

/// Zipline adjusts the time of an equity's last trade before the open, and cannot (quirk Q29).
std::optional<Timestamp> last_traded(algorithm::BarData& data, AssetIndex asset) {
  const std::optional<Timestamp> time = data.last_traded(asset);
  const data::DataPortal& portal = data.portal();
  if (time && portal.is_before_open() && portal.options().zipline_before_open &&
      portal.finder()[asset].type == assets::AssetType::Equity) {
    PyErr_SetString(PyExc_TypeError, "unsupported operand type(s) for *=: 'Timestamp' and 'float'");
    throw nb::python_error();
  }
  return time;
}

/// One value of one asset.
PyObject* scalar(RunState& state, AssetIndex asset, int field) {
  algorithm::BarData& data = *state.data;
  if (field == static_cast<int>(BarField::Price)) return PyFloat_FromDouble(data.price(asset));
  if (field == static_cast<int>(BarField::Volume)) {
    const double volume = data.current(asset, BarField::Volume);
    if (data.portal().volume_scale(asset) == 0 && std::isfinite(volume)) return PyLong_FromDouble(volume);
    return PyFloat_FromDouble(volume);
  }
  if (field >= 0 && field < kLastTraded) return PyFloat_FromDouble(data.current(asset, static_cast<BarField>(field)));
  if (field == kLastTraded) return time_object(data, last_traded(data, asset)).release().ptr();
  if (field == kContract) Py_RETURN_NONE;
  return PyFloat_FromDouble(std::nan(""));  // quirk Q11; the rustybt preset never comes here
}

/// The chain of contracts behind a Python object, null when it is none.
const assets::ContinuousFuture* as_continuous_future(PyObject* object) {
  return nb::isinstance<PyContinuousFuture>(object) ? &nb::inst_ptr<PyContinuousFuture>(object)->value : nullptr;
}

nb::object contract_object(RunState& state, std::optional<AssetIndex> contract) {
  return contract ? nb::borrow(state.assets->object(*contract)) : nb::none();
}

/// One value of a chain of contracts.
PyObject* scalar(RunState& state, const assets::ContinuousFuture& future, int field) {
  algorithm::BarData& data = *state.data;
  if (field == kContract) return contract_object(state, data.current_contract(future)).release().ptr();
  if (field == kLastTraded) return time_object(data, data.continuous_futures().last_traded(future)).release().ptr();
  if (field == kUnknown) return PyFloat_FromDouble(std::nan(""));
  const double value = data.current(future, static_cast<BarField>(field));
  const bool whole = field == static_cast<int>(BarField::Volume) && value == std::trunc(value);
  return whole ? PyLong_FromDouble(value) : PyFloat_FromDouble(value);
}

nb::object shapes() {
  static PyObject* const name = PyUnicode_InternFromString("rustybt._shapes");
  nb::object module = nb::steal(PyImport_GetModule(name));  // a tenth of the time of an import statement
  return module.is_valid() ? module : nb::module_::import_("rustybt._shapes");
}

/// What Python code decides: lists, wrong types, unknown names.
PyObject* in_python(const char* function, PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  const nb::object callable = shapes().attr(function);
  std::vector<PyObject*> all{self};
  all.insert(all.end(), args, args + count + (keywords ? PyTuple_GET_SIZE(keywords) : 0));
  return PyObject_Vectorcall(callable.ptr(), all.data(), static_cast<std::size_t>(count + 1), keywords);
}

PyObject* current(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    RunState& state = *self_of(self).state;
    if (count == 2 && keywords == nullptr && state.data != nullptr) [[likely]] {
      if (const PyAsset* asset = as_asset(args[0])) {
        const int field = field_of(args[1]);
        if (field != kUnknown) return scalar(state, state.assets->index_of(*asset), field);
      } else if (const assets::ContinuousFuture* future = as_continuous_future(args[0])) {
        const int field = field_of(args[1]);
        if (field != kUnknown) return scalar(state, *future, field);
      }
    }
    return in_python("current", self, args, count, keywords);
  });
}

template <bool (algorithm::BarData::*question)(AssetIndex) const>
PyObject* ask(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords, const char* name) {
  return guarded([&]() -> PyObject* {
    RunState& state = *self_of(self).state;
    if (count == 1 && keywords == nullptr && state.data != nullptr) [[likely]] {
      if (const PyAsset* asset = as_asset(args[0]))
        return PyBool_FromLong((state.data->*question)(state.assets->index_of(*asset)));
    }
    return in_python(name, self, args, count, keywords);
  });
}

PyObject* can_trade(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return ask<&algorithm::BarData::can_trade>(self, args, count, keywords, "can_trade");
}

PyObject* is_stale(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return ask<&algorithm::BarData::is_stale>(self, args, count, keywords, "is_stale");
}

/// (asset, field, n) of window() and the statistics.
struct WindowArguments {
  AssetIndex asset;
  BarField field;
  int n;
};

WindowArguments window_arguments(const char* function, RunState& state, PyObject* const* args, Py_ssize_t count,
                                 PyObject* keywords) {
  static PyObject* const names[3] = {PyUnicode_InternFromString("asset"), PyUnicode_InternFromString("field"),
                                     PyUnicode_InternFromString("n")};
  PyObject* values[3];
  parse_arguments(function, args, count, keywords, names, 3, values);
  static_cast<void>(state.running());
  const long n = PyLong_AsLong(values[2]);
  if (n == -1 && PyErr_Occurred()) throw nb::python_error();
  if (n < 1 || n > INT32_MAX)
    throw Error(ErrorCode::InvalidArgument, std::string(function) + "() needs n >= 1, found " + std::to_string(n));
  return {state.asset(values[0], "asset"), bar_field(values[1]), static_cast<int>(n)};
}

PyObject* window(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    RunState& state = *self_of(self).state;
    const auto [asset, field, n] = window_arguments("window", state, args, count, keywords);
    const std::span<const double> values = state.data->window(asset, field, n);
    auto owner = std::make_unique<std::shared_ptr<const void>>(state.data->portal().window_owner(asset, field));
    const nb::capsule keeper(owner.get(),
                             [](void* p) noexcept { delete static_cast<std::shared_ptr<const void>*>(p); });
    static_cast<void>(owner.release());
    return nb::cast(nb::ndarray<nb::numpy, const double, nb::ndim<1>>(values.data(), {values.size()}, keeper))
        .release()
        .ptr();
  });
}

template <double (algorithm::BarData::*statistic)(AssetIndex, BarField, int)>
PyObject* statistic_call(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    RunState& state = *self_of(self).state;
    const auto [asset, field, n] = window_arguments("statistic", state, args, count, keywords);
    return PyFloat_FromDouble((state.data->*statistic)(asset, field, n));
  });
}

/// Rows of assets and chains of futures, in their order.
data::HistoryWindow mixed_history(RunState& state, const std::vector<nb::object>& assets, nb::handle field,
                                  int bar_count, data::BarPeriod period, const std::string& currency) {
  const bool minute = period == data::BarPeriod::of_minutes(1);
  if ((!minute && period != data::BarPeriod::day()) || !currency.empty()) {
    throw Error(ErrorCode::NotYetSupported,
                "history of a continuous future is in bars of \"1d\" or \"1m\" and in its own currency, asked for \"" +
                    period.to_string() + "\"" + (currency.empty() ? "" : " in " + currency),
                "ask for the contracts of its chain");
  }
  const auto frequency = minute ? data::DataFrequency::Minute : data::DataFrequency::Daily;
  const algorithm::BarData& data = *state.data;
  const bool sids = PyUnicode_Check(field.ptr()) && nb::cast<std::string>(field) == "sid";
  data::HistoryWindow all;
  for (const nb::object& object : assets) {
    data::HistoryWindow one;
    if (const assets::ContinuousFuture* future = as_continuous_future(object.ptr())) {
      one = sids ? data.continuous_futures().contract_sids(*future, bar_count, frequency)
                 : data.history(*future, bar_field(field.ptr()), bar_count, frequency);
    } else {
      const AssetIndex index[] = {state.asset(object.ptr(), "assets")};
      one = data.history(index, bar_field(field.ptr()), bar_count, frequency);
    }
    all.values.insert(all.values.end(), one.values.begin(), one.values.end());
    all.rows = one.rows;
    all.labels = std::move(one.labels);
  }
  return all;
}

/// Quirk Q17: while it lives, rows of several fields before the open are adjusted by the ratio of the first asset.
class SharedOpeningRatio {
 public:
  SharedOpeningRatio(RunState& state, const std::vector<nb::object>& assets, nb::handle field, bool of_several_fields)
      : portal_(state.data->portal()) {
    if (!of_several_fields || !portal_.is_before_open() || !portal_.options().zipline_before_open || assets.empty())
      return;
    const bool is_chain = as_continuous_future(assets[0].ptr()) != nullptr;
    portal_.share_opening_ratio(
        is_chain ? 1.0 : portal_.opening_ratio(state.asset(assets[0].ptr(), "assets"), bar_field(field.ptr())));
  }
  ~SharedOpeningRatio() { portal_.share_opening_ratio(std::nullopt); }
  SharedOpeningRatio(const SharedOpeningRatio&) = delete;
  SharedOpeningRatio& operator=(const SharedOpeningRatio&) = delete;

 private:
  data::DataPortal& portal_;
};

/// A window as arrays that own it: (labels as int64 nanoseconds, values [asset][row]).
std::pair<nb::object, nb::object> arrays_of(data::HistoryWindow window, std::size_t assets) {
  auto owned = std::make_unique<data::HistoryWindow>(std::move(window));
  data::HistoryWindow& w = *owned;
  const nb::capsule keeper(owned.release(), [](void* p) noexcept { delete static_cast<data::HistoryWindow*>(p); });
  static_assert(sizeof(Timestamp) == sizeof(std::int64_t));
  return {nb::cast(nb::ndarray<nb::numpy, std::int64_t, nb::ndim<1>>(&w.labels.front().ns, {w.labels.size()}, keeper)),
          nb::cast(nb::ndarray<nb::numpy, double, nb::ndim<2>>(w.values.data(),
                                                               {assets, static_cast<std::size_t>(w.rows)}, keeper))};
}

/// Rows of history: (labels as int64 nanoseconds, values as array [asset][row], is the last bar partial).
nb::tuple history_values(PyBarData& self, const std::vector<nb::object>& assets, nb::handle field, int bar_count,
                         const std::string& period_text, const std::string& currency, bool of_several_fields) {
  RunState& state = *self.state;
  static_cast<void>(state.running());
  const SharedOpeningRatio shared(state, assets, field, of_several_fields);
  const data::BarPeriod period = data::BarPeriod::parse(period_text);
  data::HistoryWindow window;
  if (std::ranges::any_of(assets, [](const nb::object& a) { return as_continuous_future(a.ptr()) != nullptr; })) {
    window = mixed_history(state, assets, field, bar_count, period, currency);
  } else {
    std::vector<AssetIndex> indexes;
    indexes.reserve(assets.size());
    for (const nb::object& a : assets) indexes.push_back(state.asset(a.ptr(), "assets"));
    window = state.data->history(indexes, bar_field(field.ptr()), bar_count, period, currency);
  }
  const bool partial = window.last_is_partial;
  const auto [labels, values] = arrays_of(std::move(window), assets.size());
  return nb::make_tuple(labels, values, partial);
}

/// Rows of assets as a call of history() gives them: an asset, a list or a tuple of assets. Empty: something else.
std::vector<AssetIndex> plain_assets(const RunState& state, PyObject* assets) {
  std::vector<AssetIndex> indexes;
  if (const PyAsset* one = as_asset(assets)) {
    indexes.push_back(state.assets->index_of(*one));
  } else if (PyList_CheckExact(assets) || PyTuple_CheckExact(assets)) {
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(assets); ++i) {
      const PyAsset* asset = as_asset(PySequence_Fast_GET_ITEM(assets, i));
      if (asset == nullptr) return {};
      indexes.push_back(state.assets->index_of(*asset));
    }
  }
  return indexes;
}

/// Values of `names` in a call, null where one is not given. False: the call does not fit them.
bool find_arguments(std::span<PyObject* const> names, PyObject* const* args, Py_ssize_t count, PyObject* keywords,
                    std::span<PyObject*> values) {
  std::ranges::fill(values, nullptr);
  if (count > static_cast<Py_ssize_t>(names.size())) return false;
  std::copy(args, args + count, values.begin());
  for (Py_ssize_t i = 0; keywords != nullptr && i < PyTuple_GET_SIZE(keywords); ++i) {
    const auto place = std::ranges::find(names, PyTuple_GET_ITEM(keywords, i)) - names.begin();  // names are interned
    if (place == std::ssize(names) || values[static_cast<std::size_t>(place)] != nullptr) return false;
    values[static_cast<std::size_t>(place)] = args[count + i];
  }
  return true;
}

/// history() of one field in days or minutes, as most calls are; null without an error: the call is another one.
PyObject* plain_history(RunState& state, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  static PyObject* const names[5] = {PyUnicode_InternFromString("assets"), PyUnicode_InternFromString("fields"),
                                     PyUnicode_InternFromString("bar_count"), PyUnicode_InternFromString("frequency"),
                                     PyUnicode_InternFromString("currency")};
  std::array<PyObject*, 5> given;
  if (state.data == nullptr || !find_arguments(names, args, count, keywords, given)) return nullptr;
  const auto [wanted, field_name, bars, frequency, currency] = given;
  if (wanted == nullptr || field_name == nullptr || bars == nullptr || frequency == nullptr ||
      (currency != nullptr && currency != Py_None) || !PyLong_CheckExact(bars) || !PyUnicode_CheckExact(field_name) ||
      !PyUnicode_CheckExact(frequency))
    return nullptr;
  const int field = field_of(field_name);
  const bool by_minute = PyUnicode_CompareWithASCIIString(frequency, "1m") == 0;
  if (field < 0 || field > static_cast<int>(BarField::Price) ||
      (!by_minute && PyUnicode_CompareWithASCIIString(frequency, "1d") != 0))
    return nullptr;
  int overflow = 0;
  const long bar_count = PyLong_AsLongAndOverflow(bars, &overflow);
  if (overflow != 0 || bar_count < 1 || bar_count > INT32_MAX) return nullptr;
  const std::vector<AssetIndex> indexes = plain_assets(state, wanted);
  if (indexes.empty()) return nullptr;
  const auto [labels, values] =
      arrays_of(state.data->history(indexes, static_cast<BarField>(field), static_cast<int>(bar_count),
                                    by_minute ? data::DataFrequency::Minute : data::DataFrequency::Daily),
                indexes.size());
  static PyObject* const function = PyUnicode_InternFromString("plain_history");
  const nb::object module = shapes();
  PyObject* all[] = {module.ptr(), wanted, labels.ptr(), values.ptr(), by_minute ? Py_True : Py_False};
  return PyObject_VectorcallMethod(function, all, std::size(all), nullptr);
}

PyObject* history(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    PyObject* rows = plain_history(*self_of(self).state, args, count, keywords);
    return rows != nullptr || PyErr_Occurred() ? rows : in_python("history", self, args, count, keywords);
  });
}

}  // namespace

nb::object make_bar_data(std::shared_ptr<RunState> state) { return nb::cast(PyBarData{std::move(state)}); }

void bind_bar_data(nb::module_& m) {
  for (std::size_t i = 0; i < kFieldNames.size(); ++i) g_fields[i] = PyUnicode_InternFromString(kFieldNames[i]);

  auto type = nb::class_<PyBarData>(m, "BarData",
                                    "The market as a strategy may see it now; handed to every function of a strategy.");
  add_method(type, "current", current,
             "current($self, assets, fields, currency=None)\n--\n\nValue of the current bar: one number, or a Series "
             "or frame for lists.\n\n"
             "Fields: open, high, low, close, volume, price (close carried forward), last_traded.\n\n"
             "    price = data.current(asset, \"price\")\n");
  add_method(
      type, "history", history,
      "history($self, assets, fields, bar_count, frequency, currency=None)\n--\n\nThe last bars up to now, adjusted "
      "for splits and dividends known by now.\n\n"
      "Frequencies: 1d, 1m, and under the rustybt preset minutes and hours that are counted from the open of each "
      "session (5m, 15m, 30m, 1h, 4h), 1w and 1mo. The last bar runs: its label is the end it will have, and "
      "attrs[\"last_is_partial\"] tells whether that is still to come. currency: prices at the rate of their day.\n\nA "
      "new Series or frame on each call; data.window gives a view without a copy.\n\n"
      "    closes = data.history(asset, \"close\", 30, \"1d\")\n");
  add_method(
      type, "can_trade", can_trade,
      "can_trade($self, assets)\n--\n\nIs the asset alive, not closed, and does it have a price? A Series for lists.");
  add_method(
      type, "is_stale", is_stale,
      "is_stale($self, assets)\n--\n\nHas the asset a price, but none from the current bar? A Series for lists.");
  add_method(type, "window", window,
             "window($self, asset, field, n)\n--\n\nThe last n daily values ending now as a read-only NumPy view; no "
             "copy is made.\n\n"
             "    fast = data.window(asset, \"close\", 10).mean()\n");
  add_method(type, "mean", statistic_call<&algorithm::BarData::mean>,
             "mean($self, asset, field, n)\n--\n\nMean of the last n daily values; NaN values are left out.");
  add_method(type, "std", statistic_call<&algorithm::BarData::std>,
             "std($self, asset, field, n)\n--\n\nSample deviation (ddof 1) of the last n daily values.");
  add_method(type, "max", statistic_call<&algorithm::BarData::max>,
             "max($self, asset, field, n)\n--\n\nLargest of the last n daily values.");
  add_method(type, "min", statistic_call<&algorithm::BarData::min>,
             "min($self, asset, field, n)\n--\n\nSmallest of the last n daily values.");
  type.def_prop_ro(
          "current_dt", [](PyBarData& d) { return d.state->now(); }, "Now, UTC.")
      .def_prop_ro(
          "current_session",
          [](PyBarData& d) { return naive_timestamp(Timestamp::from_date(d.state->running().session_label()).ns); },
          "Label of the current session.")
      .def("_scalar",
           [](PyBarData& d, nb::handle asset, nb::handle field) {
             static_cast<void>(d.state->running());
             const int number = field_of(field.ptr());
             if (const assets::ContinuousFuture* future = as_continuous_future(asset.ptr()))
               return nb::steal(scalar(*d.state, *future, number));
             return nb::steal(scalar(*d.state, d.state->asset(asset.ptr(), "assets"), number));
           })
      .def(
          "current_chain",
          [](PyBarData& d, const PyContinuousFuture& future) {
            static_cast<void>(d.state->running());
            nb::list contracts;
            for (const AssetIndex contract : d.state->data->current_chain(future.value))
              contracts.append(d.state->assets->object(contract));
            return contracts;
          },
          nb::arg("continuous_future"), "Contracts of a continuous future that trade now, from its current one on.")
      .def("_is_field", [](PyBarData&, nb::handle field) { return field_of(field.ptr()) != kUnknown; })
      .def("_can_trade",
           [](PyBarData& d, nb::handle asset) {
             static_cast<void>(d.state->running());
             return d.state->data->can_trade(d.state->asset(asset.ptr(), "assets"));
           })
      .def("_is_stale",
           [](PyBarData& d, nb::handle asset) {
             static_cast<void>(d.state->running());
             return d.state->data->is_stale(d.state->asset(asset.ptr(), "assets"));
           })
      .def("_history", &history_values)
      .def("_rate_to",
           [](PyBarData& d, nb::handle asset, const std::string& currency) {
             static_cast<void>(d.state->running());
             return d.state->data->portal().rate_to(d.state->asset(asset.ptr(), "assets"), currency);
           })
      .def_prop_ro(
          "fetcher_assets", [](nb::handle self) { return shapes().attr("fetcher_assets")(self); },
          "Assets that the rows of fetch_csv name on the day of now.")
      .def_prop_ro("_extra_columns", [](PyBarData& d) { return nb::getattr(d.state->context, "_extra_columns"); })
      .def_prop_ro("_zipline", [](PyBarData& d) { return d.state->zipline; });
}

}  // namespace rustybt::python

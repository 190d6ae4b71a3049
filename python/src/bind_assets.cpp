// Assets. Python's asset is a row of a finder; equality, hash and order go by sid, as in Zipline.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <algorithm>
#include <span>
#include <stdexcept>

#include "objects.hpp"

namespace rustybt::python {
namespace {

PyTypeObject* g_asset_type = nullptr;
PyTypeObject* g_equity_type = nullptr;

std::string describe(nb::handle self) {
  const assets::Asset& asset = nb::inst_ptr<PyAsset>(self)->value();
  const std::string symbol = asset.symbol.empty() ? "" : " [" + asset.symbol + "]";
  return nb::cast<std::string>(self.type().attr("__name__")) + "(" + std::to_string(asset.sid.value) + symbol + ")";
}

/// Sid of an asset, a continuous future, or any whole number.
std::optional<std::int64_t> find_sid(nb::handle value) {
  if (const PyAsset* asset = as_asset(value.ptr())) return asset->value().sid.value;
  if (!PyIndex_Check(value.ptr())) return std::nullopt;
  const nb::object number = nb::steal(PyNumber_Index(value.ptr()));
  if (!number.is_valid()) throw nb::python_error();
  const std::int64_t sid = PyLong_AsLongLong(number.ptr());
  if (sid == -1 && PyErr_Occurred()) {  // beyond 64 bits: no sid
    PyErr_Clear();
    return std::nullopt;
  }
  return sid;
}

PyObject* rich_compare(PyObject* self, PyObject* other, int operation) {
  return guarded([&]() -> PyObject* {
    const auto left = find_sid(self);
    const auto right = find_sid(other);
    if (!left || !right) Py_RETURN_NOTIMPLEMENTED;
    Py_RETURN_RICHCOMPARE(*left, *right, operation);
  });
}

Py_hash_t hash_of_sid(std::int64_t sid) { return sid == -1 ? -2 : static_cast<Py_hash_t>(sid); }
Py_hash_t hash(PyObject* self) { return hash_of_sid(nb::inst_ptr<PyAsset>(self)->value().sid.value); }
Py_hash_t hash_continuous(PyObject* self) {
  return hash_of_sid(nb::inst_ptr<PyContinuousFuture>(self)->value.sid.value);
}

const PyType_Slot kAssetSlots[] = {{Py_tp_richcompare, reinterpret_cast<void*>(rich_compare)},
                                   {Py_tp_hash, reinterpret_cast<void*>(hash)},
                                   {0, nullptr}};
const PyType_Slot kContinuousSlots[] = {{Py_tp_richcompare, reinterpret_cast<void*>(rich_compare)},
                                        {Py_tp_hash, reinterpret_cast<void*>(hash_continuous)},
                                        {0, nullptr}};

nb::object exchange_info(const std::string& name, const std::string& canonical, const std::string& country) {
  return nb::module_::import_("rustybt.assets.exchange_info").attr("ExchangeInfo")(name, canonical, country);
}

/// What an asset is made with, by keyword, in the order of Zipline's constructors and pickles.
struct Terms {
  const char* name;
  nb::object (*read)(const assets::Asset&);
  void (*write)(assets::Asset&, nb::handle);
};

#define RUSTYBT_TEXT(key, field)                                                   \
  Terms {                                                                          \
    #key, [](const assets::Asset& a) { return nb::object(nb::cast(a.field)); },    \
        [](assets::Asset& a, nb::handle v) { a.field = nb::cast<std::string>(v); } \
  }
#define RUSTYBT_DAY(key, field)                                             \
  Terms {                                                                   \
    #key, [](const assets::Asset& a) { return day_object(a.field); },       \
        [](assets::Asset& a, nb::handle v) { a.field = day_of(v).value(); } \
  }
#define RUSTYBT_NUMBER(key, field)                                        \
  Terms {                                                                 \
    #key, [](const assets::Asset& a) { return decimal_object(a.field); }, \
        [](assets::Asset& a, nb::handle v) { a.field = to_decimal(v); }   \
  }

constexpr Terms kSymbol = RUSTYBT_TEXT(symbol, symbol), kRoot = RUSTYBT_TEXT(root_symbol, root_symbol),
                kName = RUSTYBT_TEXT(asset_name, asset_name), kBase = RUSTYBT_TEXT(base_currency, base_currency),
                kQuote = RUSTYBT_TEXT(quote_currency, quote_currency),
                kCalendar = RUSTYBT_TEXT(calendar_name, calendar_name), kStart = RUSTYBT_DAY(start_date, start_date),
                kEnd = RUSTYBT_DAY(end_date, end_date), kFirst = RUSTYBT_DAY(first_traded, first_traded),
                kClose = RUSTYBT_DAY(auto_close_date, auto_close_date), kNotice = RUSTYBT_DAY(notice_date, notice_date),
                kExpiration = RUSTYBT_DAY(expiration_date, expiration_date),
                kTick = RUSTYBT_NUMBER(tick_size, tick_size),
                kMultiplier = RUSTYBT_NUMBER(multiplier, price_multiplier),
                kStep = RUSTYBT_NUMBER(quantity_step, quantity_step),
                kNotional = RUSTYBT_NUMBER(minimum_notional, minimum_notional);
#undef RUSTYBT_TEXT
#undef RUSTYBT_DAY
#undef RUSTYBT_NUMBER

constexpr Terms kEquityTerms[] = {kSymbol, kName,       kStart, kEnd,   kFirst,   kClose,
                                  kTick,   kMultiplier, kStep,  kQuote, kCalendar};
constexpr Terms kFutureTerms[] = {kSymbol,     kRoot,  kName,  kStart, kEnd,        kNotice,
                                  kExpiration, kClose, kFirst, kTick,  kMultiplier, kQuote};
constexpr Terms kPairTerms[] = {kSymbol, kBase, kQuote, kName,     kStart,      kEnd,     kFirst,
                                kClose,  kTick, kStep,  kNotional, kMultiplier, kCalendar};

std::span<const Terms> terms_of(assets::AssetType type) {
  if (type == assets::AssetType::Equity) return kEquityTerms;
  if (type == assets::AssetType::Future) return kFutureTerms;
  return kPairTerms;
}

/// An asset outside of any bundle: a finder of its own.
PyAsset make_single(assets::AssetType type, std::int64_t sid, nb::handle info, nb::args values, nb::kwargs keywords) {
  assets::Asset asset = assets::make_asset(type);
  asset.sid = Sid{sid};
  asset.end_date = Date::parse("2262-04-11");  // Zipline's end of time
  asset.exchange = nb::cast<std::string>(info.attr("name"));
  asset.exchange_full = nb::cast<std::string>(info.attr("canonical_name"));
  asset.country_code = nb::cast<std::string>(info.attr("country_code"));
  const auto terms = terms_of(type);
  if (values.size() > terms.size())
    throw nb::type_error(("expected at most " + std::to_string(terms.size() + 2) + " arguments").c_str());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!values[i].is_none()) terms[i].write(asset, values[i]);
  for (const auto& [key, value] : keywords) {
    const auto name = nb::cast<std::string>(key);
    const auto term = std::ranges::find_if(terms, [&](const Terms& t) { return name == t.name; });
    if (term == terms.end()) throw nb::type_error(("an asset has no argument '" + name + "'").c_str());
    if (!value.is_none()) term->write(asset, value);
  }
  const bool has_no_root = type == assets::AssetType::Future && asset.root_symbol.empty();  // as Zipline allows
  if (has_no_root) asset.root_symbol = asset.symbol.empty() ? "?" : asset.symbol;
  assets::complete_terms(asset);
  if (has_no_root) asset.root_symbol.clear();
  return {std::make_shared<const assets::AssetFinder>(std::vector{std::move(asset)}), AssetIndex{0}};
}

nb::object reduce(nb::handle self) {
  const assets::Asset& asset = nb::inst_ptr<PyAsset>(self)->value();
  nb::list arguments;
  arguments.append(asset.sid.value);
  arguments.append(exchange_info(asset.exchange, asset.exchange_full, asset.country_code));
  for (const Terms& term : terms_of(asset.type)) arguments.append(term.read(asset));
  return nb::make_tuple(self.type(), nb::tuple(arguments));
}

nb::dict to_dict(nb::handle self) {
  nb::dict values;
  for (const char* name : {"sid", "symbol", "asset_name", "start_date", "end_date", "first_traded", "auto_close_date",
                           "exchange", "exchange_full", "tick_size"})
    values[name] = self.attr(name);
  values["multiplier"] = self.attr("price_multiplier");
  values["exchange_info"] = self.attr("exchange_info");
  const assets::Asset& asset = nb::inst_ptr<PyAsset>(self)->value();
  for (const Terms& term : terms_of(asset.type))
    if (!values.contains(term.name)) values[term.name] = term.read(asset);
  return values;
}

/// An asset of a type again, from to_dict().
nb::object from_dict(nb::handle type, nb::dict values) {
  nb::dict arguments;
  arguments["sid"] = values["sid"];
  arguments["exchange_info"] = values["exchange_info"];
  const auto name = nb::cast<std::string>(type.attr("__name__"));
  const auto kind = name == "Future"           ? assets::AssetType::Future
                    : name == "Cryptocurrency" ? assets::AssetType::Cryptocurrency
                    : name == "FxPair"         ? assets::AssetType::FxPair
                                               : assets::AssetType::Equity;
  for (const Terms& term : terms_of(kind))
    if (values.contains(term.name)) arguments[term.name] = values[term.name];
  return type(**arguments);
}

bool is_exchange_open(const PyAsset& a, nb::handle minute) {
  const assets::Asset& asset = a.value();
  const std::string& name = asset.calendar_name.empty() ? asset.exchange_full : asset.calendar_name;
  const nb::object calendar = nb::module_::import_("rustybt.utils.calendar_utils").attr("get_calendar")(name);
  return nb::cast<bool>(calendar.attr("is_open_on_minute")(minute));  // Python's: with the aliases of the user
}

/// A getter of one term, for the classes that have it.
nb::object term_reader(const char* name) {
  for (const auto& terms : {terms_of(assets::AssetType::Future), terms_of(assets::AssetType::FxPair)})
    for (const Terms& term : terms)
      if (std::string_view(term.name) == name)
        return nb::cpp_function([read = term.read](const PyAsset& a) { return read(a.value()); });
  throw std::logic_error("a term that no asset has");
}

template <class Class>
void bind_constructor(auto& bound, assets::AssetType type) {
  bound.def(
      "__init__",
      [type](Class* self, std::int64_t sid, nb::object info, nb::args values, nb::kwargs keywords) {
        new (self) Class{make_single(type, sid, info, values, keywords)};
      },
      nb::arg("sid"), nb::arg("exchange_info"), nb::arg("values"), nb::arg("keywords"));
}

template <class Class>
void bind_type(nb::module_& m, const char* name, assets::AssetType type, const char* doc) {
  nb::class_<Class, PyAsset> bound(m, name, doc);
  bind_constructor<Class>(bound, type);
}

// --- continuous futures

nb::object adjustment_object(assets::RollAdjustment adjustment) {
  return adjustment == assets::RollAdjustment::None ? nb::none() : nb::object(nb::cast(assets::to_string(adjustment)));
}

std::string describe_continuous(const PyContinuousFuture& f, bool long_form) {
  const auto text = [&](nb::handle value) {
    return nb::cast<std::string>(long_form ? nb::repr(value) : nb::str(value));
  };
  const assets::ContinuousFuture& v = f.value;
  const std::string style = text(nb::cast(assets::to_string(v.roll_style)));
  const std::string adjustment = text(adjustment_object(v.adjustment));
  const std::string sid = "ContinuousFuture(" + std::to_string(v.sid.value);
  if (!long_form)
    return sid + " [" + v.root_symbol + ", " + std::to_string(v.offset) + ", " + style + ", " + adjustment + "])";
  return sid + ", root_symbol=" + text(nb::cast(v.root_symbol)) + ", offset=" + std::to_string(v.offset) +
         ", roll_style=" + style + ", adjustment=" + adjustment + ")";
}

void bind_continuous_future(nb::module_& m) {
  using Self = const PyContinuousFuture&;
  nb::class_<PyContinuousFuture>(m, "ContinuousFuture", nb::type_slots(kContinuousSlots),
                                 "A chain of contracts seen as one price series; made by continuous_future().")
      .def(
          "__init__",
          [](PyContinuousFuture* self, std::int64_t sid, std::string root_symbol, int offset,
             const std::string& roll_style, nb::handle start_date, nb::handle end_date, nb::handle info,
             std::optional<std::string> adjustment) {
            new (self) PyContinuousFuture{{.sid = Sid{sid},
                                           .root_symbol = std::move(root_symbol),
                                           .offset = offset,
                                           .roll_style = assets::parse_roll_style(roll_style),
                                           .adjustment = assets::parse_roll_adjustment(adjustment.value_or("")),
                                           .start_date = day_of(start_date).value_or(Date{}),
                                           .end_date = day_of(end_date).value_or(Date{}),
                                           .exchange = nb::cast<std::string>(info.attr("name")),
                                           .exchange_full = nb::cast<std::string>(info.attr("canonical_name"))}};
          },
          nb::arg("sid"), nb::arg("root_symbol"), nb::arg("offset"), nb::arg("roll_style"), nb::arg("start_date"),
          nb::arg("end_date"), nb::arg("exchange_info"), nb::arg("adjustment").none() = nb::none())
      .def_prop_ro("sid", [](Self f) { return f.value.sid.value; })
      .def_prop_ro("root_symbol", [](Self f) { return f.value.root_symbol; })
      .def_prop_ro("offset", [](Self f) { return f.value.offset; })
      .def_prop_ro("roll_style", [](Self f) { return assets::to_string(f.value.roll_style); })
      .def_prop_ro("adjustment", [](Self f) { return adjustment_object(f.value.adjustment); })
      .def_prop_ro("start_date", [](Self f) { return day_object(f.value.start_date); })
      .def_prop_ro("end_date", [](Self f) { return day_object(f.value.end_date); })
      .def_prop_ro("exchange", [](Self f) { return f.value.exchange_full; })
      .def_prop_ro("exchange_full", [](Self f) { return f.value.exchange; })
      .def_prop_ro("exchange_info", [](Self f) { return exchange_info(f.value.exchange, f.value.exchange_full, "??"); })
      .def("is_alive_for_session",
           [](Self f, nb::handle label) {
             const Date session = day_of(label).value();
             return f.value.start_date <= session && session <= f.value.end_date;
           })
      .def("to_dict",
           [](nb::handle self) {
             nb::dict values;
             for (const char* name :
                  {"sid", "root_symbol", "start_date", "end_date", "offset", "roll_style", "exchange"})
               values[name] = self.attr(name);
             return values;
           })
      .def("__reduce__",
           [](nb::handle self) {
             nb::list arguments;
             for (const char* name : {"sid", "root_symbol", "offset", "roll_style", "start_date", "end_date",
                                      "exchange_info", "adjustment"})
               arguments.append(self.attr(name));
             return nb::make_tuple(self.type(), nb::tuple(arguments));
           })
      .def("__int__", [](Self f) { return f.value.sid.value; })
      .def("__index__", [](Self f) { return f.value.sid.value; })
      .def("__str__", [](Self f) { return describe_continuous(f, false); })
      .def("__repr__", [](Self f) { return describe_continuous(f, true); });
}

}  // namespace

const PyAsset* as_asset(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  if (type == g_equity_type || type == g_asset_type || PyType_IsSubtype(type, g_asset_type))
    return nb::inst_ptr<PyAsset>(object);
  return nullptr;
}

AssetTable::AssetTable(std::shared_ptr<const assets::AssetFinder> finder)
    : finder_(std::move(finder)), objects_(finder_->assets().size()) {}

nb::handle AssetTable::object(AssetIndex index) {
  nb::object& slot = objects_[static_cast<std::size_t>(index.value)];
  if (slot.is_valid()) return slot;
  switch ((*finder_)[index].type) {
    case assets::AssetType::Equity:
      slot = nb::cast(PyEquity{{finder_, index}});
      break;
    case assets::AssetType::Future:
      slot = nb::cast(PyFuture{{finder_, index}});
      break;
    case assets::AssetType::Cryptocurrency:
      slot = nb::cast(PyCryptocurrency{{finder_, index}});
      break;
    case assets::AssetType::FxPair:
      slot = nb::cast(PyFxPair{{finder_, index}});
      break;
  }
  return slot;
}

void bind_assets(nb::module_& m) {
  auto asset = nb::class_<PyAsset>(m, "Asset", nb::type_slots(kAssetSlots),
                                   "Something that is traded; made by symbol() and sid().");
  g_asset_type = reinterpret_cast<PyTypeObject*>(asset.ptr());
  asset.def_prop_ro("sid", [](const PyAsset& a) { return a.value().sid.value; })
      .def_prop_ro("symbol", [](const PyAsset& a) { return a.value().symbol; })
      .def_prop_ro("asset_name", [](const PyAsset& a) { return a.value().asset_name; })
      // Zipline's `exchange` is the canonical name, its `exchange_full` the name that the data uses
      .def_prop_ro("exchange", [](const PyAsset& a) { return a.value().exchange_full; })
      .def_prop_ro("exchange_full", [](const PyAsset& a) { return a.value().exchange; })
      .def_prop_ro("country_code", [](const PyAsset& a) { return a.value().country_code; })
      .def_prop_ro("start_date", [](const PyAsset& a) { return day_object(a.value().start_date); })
      .def_prop_ro("end_date", [](const PyAsset& a) { return day_object(a.value().end_date); })
      .def_prop_ro("first_traded", [](const PyAsset& a) { return day_object(a.value().first_traded); })
      .def_prop_ro("auto_close_date", [](const PyAsset& a) { return day_object(a.value().auto_close_date); })
      .def_prop_ro("tick_size", [](const PyAsset& a) { return a.value().tick_size.to_double(); })
      .def_prop_ro("price_multiplier", [](const PyAsset& a) { return a.value().price_multiplier.to_double(); })
      .def("is_alive_for_session",
           [](const PyAsset& a, nb::handle label) { return a.value().is_alive_for_session(day_of(label).value()); })
      .def_prop_ro("exchange_info",
                   [](const PyAsset& a) {
                     return exchange_info(a.value().exchange, a.value().exchange_full, a.value().country_code);
                   })
      .def_prop_ro("tick_size_exact", [](const PyAsset& a) { return decimal_object(a.value().tick_size); })
      .def_prop_ro("price_multiplier_exact",
                   [](const PyAsset& a) { return decimal_object(a.value().price_multiplier); })
      .def_prop_ro("quantity_step", [](const PyAsset& a) { return decimal_object(a.value().quantity_step); })
      .def_prop_ro("quote_currency", [](const PyAsset& a) { return a.value().quote_currency; })
      .def_prop_ro("calendar_name", [](const PyAsset& a) { return a.value().calendar_name; })
      .def("is_exchange_open", &is_exchange_open)
      .def("to_dict", &to_dict)
      .def("__int__", [](const PyAsset& a) { return a.value().sid.value; })
      .def("__index__", [](const PyAsset& a) { return a.value().sid.value; })
      .def("__repr__", &describe)
      .def("__str__", &describe);
  asset.def("__reduce__", &reduce);
  bind_constructor<PyAsset>(asset, assets::AssetType::Equity);  // of no kind: it has the terms that every asset has
  bind_type<PyEquity>(m, "Equity", assets::AssetType::Equity, "A share of a company.");
  g_equity_type = reinterpret_cast<PyTypeObject*>(m.attr("Equity").ptr());
  bind_type<PyFuture>(m, "Future", assets::AssetType::Future, "A futures contract.");
  bind_type<PyCryptocurrency>(m, "Cryptocurrency", assets::AssetType::Cryptocurrency,
                              "A pair of currencies of which one is a cryptocurrency, on an exchange.");
  bind_type<PyFxPair>(m, "FxPair", assets::AssetType::FxPair, "A pair of currencies.");
  for (const char* name : {"Asset", "Equity", "Future", "Cryptocurrency", "FxPair"})
    m.attr(name).attr("from_dict") = nb::module_::import_("builtins").attr("classmethod")(nb::cpp_function(&from_dict));
  const nb::object property = nb::module_::import_("builtins").attr("property");
  for (const char* name : {"root_symbol", "notice_date", "expiration_date"})
    m.attr("Future").attr(name) = property(term_reader(name));
  for (const char* type : {"Cryptocurrency", "FxPair"})
    for (const char* name : {"base_currency", "minimum_notional"})
      m.attr(type).attr(name) = property(term_reader(name));
  bind_continuous_future(m);
}

std::optional<Date> day_of(nb::handle value) {
  return value.is_none() ? std::nullopt : std::optional(Date::parse(nb::cast<std::string>(nb::str(value))));
}

nb::object day_object(std::optional<Date> day) {
  return day ? naive_timestamp(Timestamp::from_date(*day).ns) : nb::none();
}

}  // namespace rustybt::python

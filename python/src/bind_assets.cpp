// Assets and the finder. Python's asset is a row of a finder; equality, hash and order go by sid, as in Zipline.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "objects.hpp"

namespace rustybt::python {
namespace {

PyTypeObject* g_asset_type = nullptr;
PyTypeObject* g_equity_type = nullptr;

nb::object day(std::optional<Date> date) { return date ? naive_timestamp(Timestamp::from_date(*date).ns) : nb::none(); }

std::string describe(nb::handle self) {
  const PyAsset& asset = *nb::inst_ptr<PyAsset>(self);
  return nb::cast<std::string>(self.type().attr("__name__")) + "(" + std::to_string(asset.value().sid.value) + " [" +
         asset.value().symbol + "])";
}

/// Compare with an asset or an int, by sid.
nb::object compare(const PyAsset& self, nb::handle other, int operation) {
  std::int64_t right = 0;
  if (const PyAsset* asset = as_asset(other.ptr())) {
    right = asset->value().sid.value;
  } else if (PyLong_Check(other.ptr())) {
    right = PyLong_AsLongLong(other.ptr());
    if (right == -1 && PyErr_Occurred()) throw nb::python_error();
  } else {
    return nb::borrow(Py_NotImplemented);
  }
  const std::int64_t left = self.value().sid.value;
  switch (operation) {
    case Py_EQ:
      return nb::bool_(left == right);
    case Py_NE:
      return nb::bool_(left != right);
    case Py_LT:
      return nb::bool_(left < right);
    case Py_LE:
      return nb::bool_(left <= right);
    case Py_GT:
      return nb::bool_(left > right);
    default:
      return nb::bool_(left >= right);
  }
}

PyObject* rich_compare(PyObject* self, PyObject* other, int operation) {
  return guarded([&] { return compare(*nb::inst_ptr<PyAsset>(self), other, operation).release().ptr(); });
}

Py_hash_t hash(PyObject* self) {
  const std::int64_t sid = nb::inst_ptr<PyAsset>(self)->value().sid.value;
  return sid == -1 ? -2 : static_cast<Py_hash_t>(sid);
}

const PyType_Slot kAssetSlots[] = {{Py_tp_richcompare, reinterpret_cast<void*>(rich_compare)},
                                   {Py_tp_hash, reinterpret_cast<void*>(hash)},
                                   {0, nullptr}};

nb::dict to_dict(nb::handle self) {
  nb::dict values;
  for (const char* name : {"sid", "symbol", "asset_name", "start_date", "end_date", "first_traded", "auto_close_date",
                           "exchange", "exchange_full", "tick_size", "price_multiplier"})
    values[name] = self.attr(name);
  return values;
}

/// The part of AssetFinder that exists so far.
struct PyFinder {
  std::shared_ptr<AssetTable> table;
};

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
  if (!slot.is_valid()) {
    if ((*finder_)[index].type == assets::AssetType::Future)
      slot = nb::cast(PyFuture{{finder_, index}});
    else
      slot = nb::cast(PyEquity{{finder_, index}});
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
      .def_prop_ro("start_date", [](const PyAsset& a) { return day(a.value().start_date); })
      .def_prop_ro("end_date", [](const PyAsset& a) { return day(a.value().end_date); })
      .def_prop_ro("first_traded", [](const PyAsset& a) { return day(a.value().first_traded); })
      .def_prop_ro("auto_close_date", [](const PyAsset& a) { return day(a.value().auto_close_date); })
      .def_prop_ro("tick_size", [](const PyAsset& a) { return a.value().tick_size.to_double(); })
      .def_prop_ro("price_multiplier", [](const PyAsset& a) { return a.value().price_multiplier.to_double(); })
      .def("is_alive_for_session",
           [](const PyAsset& a, nb::handle label) {
             const Date date = Date::parse(nb::cast<std::string>(nb::str(label)));
             return a.value().is_alive_for_session(date);
           })
      .def("to_dict", &to_dict)
      .def("__int__", [](const PyAsset& a) { return a.value().sid.value; })
      .def("__index__", [](const PyAsset& a) { return a.value().sid.value; })
      .def("__repr__", &describe)
      .def("__str__", &describe);
  g_equity_type =
      reinterpret_cast<PyTypeObject*>(nb::class_<PyEquity, PyAsset>(m, "Equity", "A share of a company.").ptr());
  nb::class_<PyFuture, PyAsset>(m, "Future", "A futures contract.");

  nb::class_<PyFinder>(m, "AssetFinder", "Finds the assets of a bundle by sid, or by symbol as of a day.")
      .def(
          "retrieve_asset",
          [](PyFinder& f, std::int64_t sid, bool default_none) -> nb::object {
            if (default_none && !f.table->finder().find_sid(Sid{sid})) return nb::none();
            return nb::borrow(f.table->object(f.table->finder().retrieve(Sid{sid})));
          },
          nb::arg("sid"), nb::arg("default_none") = false)
      .def(
          "retrieve_all",
          [](PyFinder& f, const std::vector<std::int64_t>& sids) {
            nb::list found;
            for (const std::int64_t sid : sids) found.append(f.table->object(f.table->finder().retrieve(Sid{sid})));
            return found;
          },
          nb::arg("sids"))
      .def(
          "lookup_symbol",
          [](PyFinder& f, const std::string& symbol, nb::handle as_of, std::optional<std::string> country) {
            std::optional<Date> date;
            if (!as_of.is_none()) date = Date::parse(nb::cast<std::string>(nb::str(as_of)));
            return nb::borrow(f.table->object(f.table->finder().lookup_symbol(symbol, date, std::move(country))));
          },
          nb::arg("symbol"), nb::arg("as_of_date").none() = nb::none(), nb::arg("country_code").none() = nb::none())
      .def_prop_ro("sids",
                   [](PyFinder& f) {
                     nb::list sids;
                     for (const assets::Asset& a : f.table->finder().assets()) sids.append(a.sid.value);
                     return sids;
                   })
      .def_prop_ro("equities_sids", [](PyFinder& f) {
        nb::list sids;
        for (const assets::Asset& a : f.table->finder().assets())
          if (a.type == assets::AssetType::Equity) sids.append(a.sid.value);
        return sids;
      });
}

nb::object make_finder(std::shared_ptr<AssetTable> table) { return nb::cast(PyFinder{std::move(table)}); }

}  // namespace rustybt::python

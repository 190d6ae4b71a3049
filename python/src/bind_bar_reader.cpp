// Bar readers outside of a run (rustybt.data.bar_reader).

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bundles.hpp"
#include "rustybt/data/bar_reader.hpp"

namespace rustybt::python {
namespace {

using data::Field;

struct PyBarReader {
  std::shared_ptr<const data::BarReader> reader;
};

Field field_named(const std::string& name) {
  static constexpr const char* kNames[] = {"open", "high", "low", "close", "volume"};
  for (int f = 0; f < data::kFieldCount; ++f)
    if (name == kNames[f]) return static_cast<Field>(f);
  throw Error(ErrorCode::UnknownField, "no bar field named '" + name + "'",
              "fields of a reader are open, high, low, close and volume");
}

std::vector<Sid> sids_of(const std::vector<std::int64_t>& values) {
  std::vector<Sid> sids;
  for (const std::int64_t v : values) sids.push_back(Sid{v});
  return sids;
}

nb::list load_raw_arrays(const PyBarReader& self, const std::vector<std::string>& fields, std::int64_t first,
                         std::int64_t last, const std::vector<std::int64_t>& sids) {
  std::vector<Field> wanted;
  for (const std::string& name : fields) wanted.push_back(field_named(name));
  data::RawArrays arrays = self.reader->load_raw_arrays(wanted, {first}, {last}, sids_of(sids));
  nb::list out;
  for (std::vector<double>& values : arrays.fields) {
    auto owned = std::make_unique<std::vector<double>>(std::move(values));
    std::vector<double>& v = *owned;
    const nb::capsule keeper(owned.release(), [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
    out.append(nb::ndarray<nb::numpy, double, nb::ndim<2>>(v.data(), {arrays.rows, arrays.columns}, keeper));
  }
  return out;
}

}  // namespace

void bind_bar_reader(nb::module_& m) {
  nb::class_<PyBarReader>(m, "BarReader", "Bars of a bundle by sid and time.")
      .def("load_raw_arrays", &load_raw_arrays)
      .def("get_value",
           [](const PyBarReader& r, std::int64_t sid, std::int64_t ns, const std::string& field) {
             return r.reader->get_value(Sid{sid}, {ns}, field_named(field));
           })
      .def("last_traded",
           [](const PyBarReader& r, std::int64_t sid, std::int64_t ns) {
             const auto time = r.reader->last_traded(Sid{sid}, {ns});
             return time ? std::optional(time->ns) : std::nullopt;
           })
      .def_prop_ro("calendar_name", [](const PyBarReader& r) { return r.reader->trading_calendar()->name(); })
      .def_prop_ro("sessions",
                   [](const PyBarReader& r) {
                     std::vector<int> days;
                     for (const Date d : r.reader->sessions()) days.push_back(d.days);
                     return days;
                   })
      .def_prop_ro("first_trading_day", [](const PyBarReader& r) { return r.reader->first_trading_day().days; })
      .def_prop_ro("last_available_ns", [](const PyBarReader& r) { return r.reader->last_available().ns; });
  m.def("bundle_bar_reader", [](const PyBundle& b, bool minute) {
    return PyBarReader{minute ? data::make_minute_reader(b.bundle) : data::make_daily_reader(b.bundle)};
  });
}

}  // namespace rustybt::python

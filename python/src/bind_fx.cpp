// Exchange rates of a bundle, or of rows.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bundles.hpp"
#include "rustybt/data/fx.hpp"

namespace rustybt::python {
namespace {

PyFxRates from_rows(nb::list rows) {
  std::vector<data::FxRate> all;
  for (const nb::handle row : rows)  // rate, base, quote, day, value
    all.push_back({nb::cast<std::string>(row[0]), nb::cast<std::string>(row[1]), nb::cast<std::string>(row[2]),
                   Date{nb::cast<int>(row[3])}, to_decimal(row[4])});
  return {std::make_shared<const data::FxRates>(all)};
}

}  // namespace

void bind_fx(nb::module_& m) {
  nb::class_<PyFxRates>(m, "FxRates", "Exchange rates: the last one on or before a day.")
      .def_static("from_rows", &from_rows, nb::arg("rows"))
      .def(
          "get",
          [](const PyFxRates& f, const std::string& rate, const std::string& quote, const std::string& base, int day) {
            return f.rates->get(rate, quote, base, Date{day});
          },
          nb::arg("rate"), nb::arg("quote"), nb::arg("base"), nb::arg("day"))
      .def(
          "exact",
          [](const PyFxRates& f, const std::string& rate, const std::string& quote, const std::string& base,
             int day) -> nb::object {
            const auto found = f.rates->find(rate, quote, base, Date{day});
            if (!found) return nb::none();
            return nb::make_tuple(found->numerator, found->denominator, found->day.days);
          },
          nb::arg("rate"), nb::arg("quote"), nb::arg("base"), nb::arg("day"))
      .def("rows",
           [](const PyFxRates& f) {
             nb::list rows;
             for (const data::FxRate& r : f.rates->rows())
               rows.append(nb::make_tuple(r.rate, r.base, r.quote, r.day.days, decimal_object(r.value)));
             return rows;
           })
      .def_prop_ro("names", [](const PyFxRates& f) { return f.rates->names(); })
      .def_prop_ro("default_name", [](const PyFxRates& f) { return f.rates->default_name(); });
}

}  // namespace rustybt::python

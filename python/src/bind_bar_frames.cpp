// Frames of bars from Python, taken through the Arrow stream interface: no cell becomes a Python object.

#include <nanobind/stl/string.h>

#include "bar_frames.hpp"
#include "rustybt/data/bundles/frame_bars.hpp"

struct ArrowArrayStream;

namespace rustybt::python {

storage::ColumnTable table_of(nb::handle frame, const std::string& origin) {
  const nb::object capsule = frame.attr("__arrow_c_stream__")();
  auto* const stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (stream == nullptr) throw nb::python_error();
  const nb::gil_scoped_release unlocked;
  return storage::import_stream(stream, origin);
}

namespace {

data::BarTimes times_of(bool daily) { return daily ? data::BarTimes::Days : data::BarTimes::Nanoseconds; }

}  // namespace

void bind_bar_frames(nb::module_& m) {
  nb::class_<PyBarSeries>(m, "BarSeries", "Bars of one symbol, exact, on their way into a bundle.")
      .def("__len__", [](const PyBarSeries& bars) { return bars.series.times.size(); })
      .def_prop_ro("first_time",
                   [](const PyBarSeries& b) { return b.series.times.empty() ? 0 : b.series.times.front(); })
      .def_prop_ro("last_time",
                   [](const PyBarSeries& b) { return b.series.times.empty() ? 0 : b.series.times.back(); });
  m.def(
      "frame_bars",
      [](nb::handle frame, const std::string& time, bool daily, const std::string& origin) {
        return PyBarSeries{data::frame_bars(table_of(frame, origin), time, times_of(daily), origin)};
      },
      nb::arg("frame"), nb::arg("time"), nb::arg("daily"), nb::arg("origin"));
  m.def(
      "split_frame",
      [](nb::handle frame, const std::string& symbol, const std::string& time, bool daily, const std::string& origin) {
        nb::dict out;
        for (const auto& [name, part] : data::split_by_symbol(table_of(frame, origin), symbol)) {
          const std::string what = origin + ", " + name;
          out[name.c_str()] = PyBarSeries{data::frame_bars(part, time, times_of(daily), what)};
        }
        return out;
      },
      nb::arg("frame"), nb::arg("symbol"), nb::arg("time"), nb::arg("daily"), nb::arg("origin"));
}

}  // namespace rustybt::python

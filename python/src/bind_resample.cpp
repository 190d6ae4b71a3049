// Longer bars from frames (rustybt.data.resample).

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "arrays.hpp"
#include "bar_frames.hpp"
#include "rustybt/data/resample.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::python {
namespace {

/// Bars as {times, open .. volume (mantissas), price_scale, volume_scale, missing, last_is_partial, rows_left_out}.
nb::dict resample_bars(const PyBarSeries& rows, const std::string& calendar, const std::string& from,
                       const std::string& to, bool from_start, bool label_start, std::optional<std::int64_t> until_ns,
                       bool leave_out_closed) {
  data::ResampleOptions options;
  options.from = data::BarPeriod::parse(from);
  options.to = data::BarPeriod::parse(to);
  options.from_label = from_start ? data::BarLabel::Start : data::BarLabel::End;
  options.label = label_start ? data::BarLabel::Start : data::BarLabel::End;
  if (until_ns) options.complete_until = Timestamp{*until_ns};
  options.leave_out_closed = leave_out_closed;
  data::ResampledBars found = data::resample(rows.series, utils::get_calendar(calendar), options);
  static constexpr const char* kNames[data::kFieldCount] = {"open", "high", "low", "close", "volume"};
  nb::dict out;
  out["times"] = array(std::move(found.bars.times));
  for (int f = 0; f < data::kFieldCount; ++f) out[kNames[f]] = array(std::move(found.bars.columns[f]));
  out["price_scale"] = found.bars.price_scale;
  out["volume_scale"] = found.bars.volume_scale;
  out["missing"] = data::kMissing;
  out["rows"] = array(std::vector<std::int64_t>(found.rows.begin(), found.rows.end()));
  out["last_is_partial"] = found.last_is_partial;
  out["rows_left_out"] = found.rows_left_out;
  return out;
}

}  // namespace

void bind_resample(nb::module_& m) {
  m.def("resample_bars", &resample_bars, nb::arg("rows"), nb::arg("calendar"), nb::arg("source"), nb::arg("to"),
        nb::arg("from_start"), nb::arg("label_start"), nb::arg("until_ns").none(), nb::arg("leave_out_closed"));
  m.def("bar_period", [](const std::string& text) { return data::BarPeriod::find(text).has_value(); }, nb::arg("text"));
  m.def(
      "is_intraday", [](const std::string& text) { return data::BarPeriod::parse(text).is_intraday(); },
      nb::arg("text"));
}

}  // namespace rustybt::python

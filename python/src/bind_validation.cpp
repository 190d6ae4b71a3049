// What is wrong with bars: frames in, findings as records out.

#include <nanobind/stl/string.h>

#include "bar_frames.hpp"
#include "rustybt/core/clock_source.hpp"
#include "rustybt/data/adapters/parquet_text.hpp"
#include "rustybt/data/quality/quality.hpp"

namespace rustybt::python {
namespace {

nb::dict record_of(const data::QualityFinding& f) {
  nb::dict record;
  record["row"] = f.row;
  record["symbol"] = f.symbol;
  record["date"] = f.date ? nb::object(nb::cast(f.date->to_string())) : nb::object(nb::none());
  record["column"] = f.column;
  record["code"] = f.code;
  record["severity"] = std::string(utils::severity_name(f.severity));
  record["message"] = f.message;
  record["advice"] = f.advice;
  record["value"] = f.value;
  return record;
}

nb::dict validate(nb::handle frame, const std::string& asset_class, const std::string& calendar) {
  data::QualityOptions options;
  options.calendar = calendar;
  options.today = WallClock().now().date();
  if (!asset_class.empty()) {
    options.kind = utils::find_market_kind(asset_class);
    if (!options.kind)
      throw Error(ErrorCode::InvalidArgument, "'" + asset_class + "' is no asset class",
                  "equity, crypto, fx or future");
  }
  const storage::ColumnTable table = table_of(frame, "the frame");
  data::QualityReport report;
  if (table.rows() > 0) {
    const nb::gil_scoped_release unlocked;
    report = data::check_table(data::RawTable(data::adapters::to_text_table(table)), "the frame", options);
  }
  nb::list findings;
  for (const data::QualityFinding& f : report.findings) findings.append(record_of(f));
  nb::list remarks;
  for (const std::string& remark : report.remarks) remarks.append(remark);
  nb::dict out;
  out["rows"] = report.rows;
  out["understood"] = report.understood;
  out["remarks"] = remarks;
  out["findings"] = findings;
  return out;
}

}  // namespace

void bind_validation(nb::module_& m) {
  m.def("validate_bars", &validate, nb::arg("frame"), nb::arg("asset_class"), nb::arg("calendar"));
}

}  // namespace rustybt::python

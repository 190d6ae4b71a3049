// Zipline's own bundle folders: brought over, and opened from Zipline's root.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bundles.hpp"
#include "rustybt/core/clock_source.hpp"
#include "rustybt/data/bundles/migration.hpp"
#include "rustybt/data/bundles/zipline_root.hpp"

namespace rustybt::python {
namespace {

nb::dict dict_of(const data::ZiplineSurvey& survey) {
  nb::dict d;
  d["folder"] = survey.folder.string();
  d["name"] = survey.name;
  d["calendar_name"] = survey.calendar_name;
  d["equities"] = survey.equities;
  d["futures"] = survey.futures;
  d["rows_read"] = survey.places;
  d["daily_rows"] = survey.daily_rows;
  d["minute_rows"] = survey.minute_rows;
  d["empty"] = survey.empty;
  d["not_trading"] = survey.not_trading;
  d["splits"] = survey.splits;
  d["mergers"] = survey.mergers;
  d["dividend_ratios"] = survey.dividend_ratios;
  d["cash_dividends"] = survey.cash_dividends;
  d["stock_dividends"] = survey.stock_dividends;
  d["first_session"] = survey.first_session ? nb::cast(survey.first_session->to_string()) : nb::none();
  d["last_session"] = survey.last_session ? nb::cast(survey.last_session->to_string()) : nb::none();
  nb::list bad;
  for (const auto& bar : survey.bad_bars) bad.append(nb::make_tuple(bar.symbol, bar.time, bar.problem));
  d["bad_bars"] = bad;
  return d;
}

nb::dict migrate(const std::string& folder, const std::string& name, const std::string& root,
                 const std::vector<std::string>& tables, bool dry_run, bool leave_out_bad_bars) {
  const WallClock clock;
  data::IngestOptions options;
  options.root = root;
  options.clock = &clock;
  const data::MigrationOptions how{{tables.begin(), tables.end()}, leave_out_bad_bars};
  if (dry_run) return dict_of(data::survey_zipline_bundle(folder, how, options));
  const data::MigrationResult result = data::migrate_zipline_bundle(folder, name, options, how);
  nb::dict d = dict_of(result.source);
  d["bundle"] = result.info.name;
  d["version_id"] = result.info.version_id;
  d["data_hash"] = result.info.data_hash;
  d["cells_checked"] = result.cells_checked;
  return d;
}

}  // namespace

void bind_migration(nb::module_& m) {
  m.def("migrate_zipline_bundle", &migrate, nb::arg("folder"), nb::arg("name"), nb::arg("root"), nb::arg("tables"),
        nb::arg("dry_run"), nb::arg("leave_out_bad_bars"));
  m.def("undo_migration", [](const std::string& name, const std::string& root) {
    const std::optional<data::BundleInfo> current = data::undo_migration(root, name);
    return current ? std::optional(current->version_id) : std::nullopt;
  });
  m.def("list_zipline_bundles", [](const std::string& root) {
    nb::dict folders;
    for (const data::ZiplineBundleFolder& bundle : data::list_zipline_bundles(root))
      folders[bundle.name.c_str()] = bundle.folder.string();
    return folders;
  });
}

}  // namespace rustybt::python

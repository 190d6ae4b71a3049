// The catalog: rows as dicts; the class around it is rustybt.data.catalog.

#include <nanobind/stl/string.h>

#include "objects.hpp"
#include "rustybt/data/catalog.hpp"

namespace rustybt::python {
namespace {

nb::dict dataset_row(const data::CatalogDataset& d) {
  nb::dict row;
  row["name"] = d.name;
  row["version"] = d.version_id;
  row["calendar"] = d.calendar_name;
  row["first_session"] = d.first_session;
  row["last_session"] = d.last_session;
  row["assets"] = d.assets;
  row["daily_rows"] = d.daily_rows;
  row["minute_rows"] = d.minute_rows;
  row["splits"] = d.splits;
  row["dividends"] = d.dividends;
  row["data_hash"] = d.data_hash;
  row["ingested_at"] = d.ingested_at;
  row["source"] = d.source;
  row["bytes"] = d.bytes;
  row["versions"] = d.versions;
  row["problem"] = d.problem;
  if (d.quality) {
    nb::dict quality;
    quality["checked_at"] = d.quality->checked_at;
    quality["errors"] = d.quality->errors;
    quality["warnings"] = d.quality->warnings;
    row["quality"] = quality;
  } else {
    row["quality"] = nb::none();
  }
  return row;
}

nb::dict range_row(const data::CatalogRange& r) {
  nb::dict row;
  row["dataset"] = r.dataset;
  row["symbol"] = r.symbol;
  row["sid"] = r.sid;
  row["asset_type"] = r.asset_type;
  row["exchange"] = r.exchange;
  row["frequency"] = r.frequency;
  row["first"] = r.first;
  row["last"] = r.last;
  row["rows"] = r.rows;
  row["missing"] = r.missing;
  return row;
}

}  // namespace

void bind_catalog(nb::module_& m) {
  nb::class_<data::Catalog>(m, "Catalog")
      .def("__init__", [](data::Catalog* self, const std::string& root) { new (self) data::Catalog(root, Log()); })
      .def("datasets",
           [](data::Catalog& self) {
             nb::list rows;
             for (const data::CatalogDataset& d : self.datasets()) rows.append(dataset_row(d));
             return rows;
           })
      .def("ranges",
           [](data::Catalog& self, const std::string& dataset, const std::string& symbol) {
             nb::list rows;
             for (const data::CatalogRange& r : self.ranges(dataset, symbol)) rows.append(range_row(r));
             return rows;
           })
      .def("files",
           [](data::Catalog& self, const std::string& dataset) {
             nb::list rows;
             for (const data::CatalogFile& f : self.files(dataset)) {
               nb::dict row;
               row["path"] = f.path;
               row["sha256"] = f.sha256;
               row["bytes"] = f.bytes;
               row["rows"] = f.rows;
               rows.append(row);
             }
             return rows;
           })
      .def("record_quality", [](data::Catalog& self, const std::string& dataset, const std::string& data_hash,
                                const std::string& checked_at, std::int64_t errors, std::int64_t warnings) {
        self.record_quality(dataset, {data_hash, checked_at, errors, warnings});
      });
}

}  // namespace rustybt::python

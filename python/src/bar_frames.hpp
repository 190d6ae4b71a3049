#pragma once
// Bars as Python hands them over.

#include "objects.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::python {

struct PyBarSeries {
  data::BarSeries series;
};

/// The table behind an object with an Arrow stream (pyarrow, Polars); `origin` is its name in errors.
storage::ColumnTable table_of(nb::handle frame, const std::string& origin);

}  // namespace rustybt::python

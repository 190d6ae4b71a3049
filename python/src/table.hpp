#pragma once
// A table of the core as Python holds it (rustybt._core.Table, bound in bind_result.cpp).

#include <string>

#include "objects.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::python {

/// One exact table; pyarrow, polars, pandas and DuckDB take it without a copy.
struct PyTable {
  std::string name;
  storage::ColumnTable table;
  nb::object arrow = {};  ///< the same as pyarrow.Table, made once: whoever takes the table shares its buffers
};

}  // namespace rustybt::python

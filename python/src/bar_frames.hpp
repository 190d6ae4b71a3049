#pragma once
// Bars as Python hands them over.

#include "objects.hpp"
#include "rustybt/data/bar_store.hpp"

namespace rustybt::python {

struct PyBarSeries {
  data::BarSeries series;
};

}  // namespace rustybt::python

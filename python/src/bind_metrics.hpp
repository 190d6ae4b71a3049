#pragma once
// Methods of the context that metrics of a strategy's own use.

#include "objects.hpp"

namespace rustybt::python {

void bind_metrics(nb::class_<PyAlgorithm>& type);

}  // namespace rustybt::python

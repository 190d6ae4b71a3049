#pragma once
// A finished (or failed) run as Python holds it.

#include <memory>
#include <vector>

#include "objects.hpp"
#include "rustybt/algorithm/run.hpp"

namespace rustybt::python {

/// During analyze() the result still belongs to the engine; then `result` points to it without owning it.
struct PyResult {
  std::shared_ptr<const algorithm::RunResult> result;
  std::shared_ptr<AssetTable> assets;
  std::shared_ptr<const std::vector<nb::object>> recorded;  ///< objects behind finance::ObjectHandle
};

}  // namespace rustybt::python

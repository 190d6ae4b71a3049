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

/// "transactions", "orders" and "positions" of each session as Zipline's packets have them: a list of lists of dicts.
/// Rows after the last finished session belong to a failed one: they are left out.
[[nodiscard]] nb::dict daily_lists(const PyResult& self);

/// "transactions" and "orders" of each minute, with minute emission. The automatic closes of a session belong to none.
[[nodiscard]] nb::dict minute_lists(const PyResult& self);

}  // namespace rustybt::python

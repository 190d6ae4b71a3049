#pragma once
// An open bundle as Python holds it.

#include <memory>

#include "objects.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::python {

struct PyBundle {
  data::Bundle bundle;
  std::shared_ptr<AssetTable> assets;
};

}  // namespace rustybt::python

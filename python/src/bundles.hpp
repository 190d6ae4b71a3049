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

/// What is known of a version, as a dict.
nb::dict bundle_info(const data::BundleInfo& info);
struct PyFxRates {
  std::shared_ptr<const data::FxRates> rates;
};

}  // namespace rustybt::python

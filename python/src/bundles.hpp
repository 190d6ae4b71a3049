#pragma once
// An open bundle as Python holds it.

#include <functional>
#include <memory>

#include "objects.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::python {

struct PyBundle {
  data::Bundle bundle;
  std::shared_ptr<AssetTable> assets;
};

/// Splits, mergers and dividends of a dict of rows, whose assets are told apart by a number: `asset_of` knows which.
data::Adjustments adjustments_of(nb::dict given, const std::function<AssetIndex(std::int64_t)>& asset_of);
/// What is known of a version, as a dict.
nb::dict bundle_info(const data::BundleInfo& info);
struct PyFxRates {
  std::shared_ptr<const data::FxRates> rates;
};

}  // namespace rustybt::python

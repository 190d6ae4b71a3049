#pragma once
// Zipline's asset databases of every schema version, brought up to what a bundle takes.

#include <filesystem>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

/// Read assets-N.sqlite of schema version 1 to 7 as items without bars, in order of sid, with exchanges, roots, symbols
/// in time and supplementary mappings (zipline_semantics 6.8).
///
/// What an older schema does not have is filled in as Zipline's writer does: the symbol of a version before 5 is held
/// over the asset's life; versions before 7 know no country, their exchanges are of the US; a version before 2 has no
/// auto-close date; a future without a tick has 0.001.
/// @throws Error{FileNotFound}, Error{DatabaseError}, Error{AssetDBVersionError} for other versions
[[nodiscard]] BundleContent read_zipline_assets(const std::filesystem::path& file);

}  // namespace rustybt::data

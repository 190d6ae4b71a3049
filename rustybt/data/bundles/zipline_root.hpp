#pragma once
// Bundles in Zipline's root that open as if they were ours.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

/// Open a bundle of `root`; one that is not there but in Zipline's root `zipline` is converted into ROOT/cache/zipline
/// first.
///
/// A conversion is found again by the content of the folder: SHA-256 over the names and bytes of its files. The hash of
/// a folder whose names, sizes and times of change are known is not computed again. The cache may be deleted. Bars that
/// no migration takes without being asked (of no session, contradicting themselves) are left out with a warning.
/// @throws as load_bundle and migrate_zipline_bundle
[[nodiscard]] Bundle open_bundle(const std::filesystem::path& root, std::string_view name,
                                 std::optional<Timestamp> as_of, const Log& log,
                                 const std::filesystem::path& zipline = zipline_root());

struct ZiplineBundleFolder {
  std::string name;
  std::filesystem::path folder;  ///< of the newest ingestion
};
/// Bundles in Zipline's root whose names are not taken in `root`, by name.
[[nodiscard]] std::vector<ZiplineBundleFolder> list_zipline_bundles(const std::filesystem::path& root);

}  // namespace rustybt::data

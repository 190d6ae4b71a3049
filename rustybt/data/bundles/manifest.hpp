#pragma once
// manifest.json of a bundle: what belongs to a version, and which versions there are.
//
// The file in the bundle's folder is the commit point: it holds the current version whole and the list of all versions.
// Every version folder holds a copy of its own, so that an older version can be opened and a lost one rebuilt.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

inline constexpr int kManifestSchemaVersion = 2;
/// Exchange rates of a version; a bundle without them has no such file.
inline constexpr std::string_view kFxRatesFile = "fx_rates.parquet";

struct ManifestFile {
  std::string path;  ///< relative to the version's folder, "/" as separator
  std::string sha256;
  std::int64_t bytes = 0;
  std::int64_t rows = 0;
  std::string content = {};  ///< hash of the bars, for partitions: the same whatever else the bundle holds
};

struct ManifestAsset {
  Sid sid;
  std::string symbol;
  int price_scale = 0;  ///< decimals that the source's prices need
  int volume_scale = 0;
  std::int64_t daily_rows = 0;
  std::int64_t minute_rows = 0;
};

struct ManifestVersion {
  std::string version_id;
  std::string ingested_at;
};

struct Manifest {
  BundleInfo info;
  std::vector<ManifestFile> files;
  std::vector<ManifestAsset> assets;
  std::map<std::string, std::int64_t> sids;  ///< every symbol that ever got a sid here, so that sids stay stable
  std::vector<ManifestVersion> versions;     ///< in order of ingestion, this one included
};

[[nodiscard]] std::string manifest_to_json(const Manifest& manifest);
enum class ManifestAssets : std::uint8_t { Read, Skip };
/// @param assets  Skip leaves `assets` empty: to open 8,000 assets takes half the time without their table
/// @throws Error{CorruptBundle} naming `file`
[[nodiscard]] Manifest parse_manifest(std::string_view json, const std::filesystem::path& file,
                                      ManifestAssets assets = ManifestAssets::Read);

// --- places of a bundle
// -----------------------------------------------------------------------------------------------

/// ROOT/data/NAME. @throws Error{InvalidArgument} when the name cannot be a folder
[[nodiscard]] std::filesystem::path bundle_folder(const std::filesystem::path& root, std::string_view name);
[[nodiscard]] std::filesystem::path manifest_file(const std::filesystem::path& bundle);
[[nodiscard]] std::filesystem::path version_folder(const std::filesystem::path& bundle, std::string_view version_id);

/// One writer per bundle: the second to come gets an error; the lock of a killed process is gone with it.
class BundleLock {
 public:
  explicit BundleLock(const std::filesystem::path& bundle);  ///< @throws Error{FileNotWritable}
  BundleLock(const BundleLock&) = delete;
  BundleLock& operator=(const BundleLock&) = delete;
  ~BundleLock();

 private:
  int descriptor_ = -1;
};

/// Remove what a killed ingest or clean has left: unfinished manifests, and version folders that `manifest` (null: no
/// version at all) does not name. The caller holds the lock.
void remove_leftovers(const std::filesystem::path& bundle, const Manifest* manifest,
                      const storage::WriteProbe& probe = {});

}  // namespace rustybt::data

#include "rustybt/data/bundles/zipline_root.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/data/bundles/migration.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string hash_of(const std::vector<std::string>& lines) {
  return storage::sha256_hex(fmt::format("{}", fmt::join(lines, "\n"))).substr(0, 32);
}

/// SHA-256 over names and bytes. A note under the hash of names, sizes and times of change says what it was, so that an
/// unchanged folder is read once.
std::string content_hash(const fs::path& folder, const fs::path& notes) {
  const std::vector<fs::path> files = files_of(folder);
  std::vector<std::string> stamps{folder.string()};
  for (const fs::path& file : files) {
    stamps.push_back(fmt::format("{}|{}|{}", file.lexically_relative(folder).string(), fs::file_size(file),
                                 fs::last_write_time(file).time_since_epoch().count()));
  }
  const fs::path note = notes / hash_of(stamps);
  if (fs::exists(note)) return storage::read_file(note);
  std::vector<std::string> contents;
  for (const fs::path& file : files)
    contents.push_back(file.lexically_relative(folder).string() + "|" + storage::sha256_file(file));
  std::string hash = hash_of(contents);
  fs::create_directories(notes);
  storage::write_file_atomically(note, hash);
  return hash;
}

Bundle open_converted(const fs::path& root, std::string_view name, const fs::path& ingestion, const Log& log) {
  const fs::path cache = root / "cache" / "zipline";
  const fs::path own = cache / content_hash(ingestion, cache / "known");
  if (fs::exists(manifest_file(bundle_folder(own, name)))) {
    try {
      Bundle bundle = load_bundle(own, name);
      log.info(fmt::format("bundle {}: {}", name, bundle.info.source));
      return bundle;
    } catch (const Error& e) {
      log.warning(fmt::format("the conversion of bundle {} is damaged ({}): converting it again", name, e.message()));
      fs::remove_all(bundle_folder(own, name));
    }
  }
  log.info(fmt::format("bundle {}: converting {}, once", name, ingestion.string()));
  const WallClock clock;
  IngestOptions options;
  options.root = own;
  options.clock = &clock;
  options.log = log;
  const std::string origin = "converted from " + ingestion.string();
  try {
    (void)migrate_zipline_bundle(ingestion, name, options, {}, origin);
  } catch (const Error& e) {
    if (e.code() != ErrorCode::BadBar && e.code() != ErrorCode::NotASession) throw;
    MigrationOptions tolerant;
    tolerant.leave_out_bad_bars = true;
    const MigrationResult made =
        migrate_zipline_bundle(ingestion, name, options, tolerant, origin + ", bad bars left out");
    log.warning(
        fmt::format("bundle {}: {} bars that contradict themselves or are of no session are left out, the first: {} "
                    "(rustybt data migrate {} --dry-run lists them)",
                    name, made.source.bad_bars.size(), e.message(), ingestion.string()));
  }
  return load_bundle(own, name);
}

/// The ingestion of a bundle in Zipline's root; none when there is no such bundle.
std::optional<fs::path> find_ingestion(const fs::path& zipline, std::string_view name, std::optional<Timestamp> as_of) {
  const fs::path folder = zipline / "data" / name;
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string_view::npos || !fs::is_directory(folder))
    return std::nullopt;
  try {
    return find_zipline_ingestion(folder, as_of);
  } catch (const Error&) {  // a folder of something else
    return std::nullopt;
  }
}

}  // namespace

Bundle open_bundle(const fs::path& root, std::string_view name, std::optional<Timestamp> as_of, const Log& log,
                   const fs::path& zipline) {
  if (!fs::exists(manifest_file(bundle_folder(root, name))))
    if (const auto ingestion = find_ingestion(zipline, name, as_of)) return open_converted(root, name, *ingestion, log);
  return load_bundle(root, name, as_of);
}

std::vector<ZiplineBundleFolder> list_zipline_bundles(const fs::path& root) {
  std::vector<ZiplineBundleFolder> bundles;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(zipline_root() / "data", none)) {
    const std::string name = entry.path().filename().string();
    const auto ingestion = find_ingestion(zipline_root(), name, std::nullopt);
    if (ingestion && !fs::exists(manifest_file(root / "data" / name))) bundles.push_back({name, *ingestion});
  }
  std::ranges::sort(bundles, {}, &ZiplineBundleFolder::name);
  return bundles;
}

}  // namespace rustybt::data

#include "rustybt/data/bundles/core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/data/bundles/minute_labels.hpp"
#include "rustybt/data/bundles/partition.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> bundle_names(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "data", none))
    if (fs::exists(manifest_file(entry.path()))) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

Manifest read_manifest(const fs::path& root, std::string_view name, ManifestAssets assets = ManifestAssets::Read) {
  const fs::path file = manifest_file(bundle_folder(root, name));
  if (!fs::exists(file)) {
    const auto names = bundle_names(root);
    throw Error(ErrorCode::UnknownBundle,
                fmt::format("no bundle named \"{}\" in {}; there {}", name, (root / "data").string(),
                            names.empty() ? "is none" : fmt::format("are: {}", fmt::join(names, ", "))))
        .with("name", std::string(name));
  }
  return parse_manifest(storage::read_file(file), file, assets);
}

/// The manifest of a version, from its own folder.
Manifest read_version(const fs::path& bundle, const std::string& id) {
  const fs::path file = version_folder(bundle, id) / "manifest.json";
  return parse_manifest(storage::read_file(file), file);
}

/// Version numbers of files are data from a file: they must not lead out of the bundle.
void require_plain_paths(const Manifest& manifest, const fs::path& bundle) {
  const auto escapes = [](std::string_view path) {
    return path.empty() || path.front() == '/' || path.find("..") != std::string_view::npos;
  };
  bool bad = escapes(manifest.info.version_id);
  for (const ManifestFile& f : manifest.files) bad |= escapes(f.path);
  for (const ManifestVersion& v : manifest.versions) bad |= escapes(v.version_id);
  if (bad)
    throw Error(ErrorCode::CorruptBundle,
                fmt::format("the manifest of {} names a file outside of the bundle", bundle.string()));
}

/// Store and Parquet agree value by value; returns what does not, or nothing.
class StoreComparison {
 public:
  StoreComparison(const BarStore& store, const assets::AssetFinder& finder, const utils::CalendarPtr& calendar)
      : store_(store),
        finder_(finder),
        minutes_(calendar, calendar->session_at_or_after(store.sessions().front()),
                 static_cast<int>(store.sessions().size())) {}

  /// @param rows  of the file, counted
  std::string compare(const fs::path& file, bool minutes, std::int64_t& rows) {
    std::string problem;
    for_each_series(file, [&](Sid sid, const BarSeries& series) {
      rows += static_cast<std::int64_t>(series.times.size());
      const auto asset = finder_.find_sid(sid);
      if (!asset && problem.empty()) problem = fmt::format("sid {} is not in assets.sqlite", sid.value);
      for (std::size_t i = 0; i < series.times.size() && problem.empty(); ++i) {
        const std::int64_t time = series.times[i];
        if (is_equal(*asset, series, i, minutes)) continue;
        problem =
            fmt::format("differs from bars.arrow: {} {}", finder_[*asset].symbol,
                        minutes ? Timestamp{time}.to_string() : Date{static_cast<std::int32_t>(time)}.to_string());
      }
    });
    return problem;
  }

 private:
  [[nodiscard]] bool is_equal(AssetIndex asset, const BarSeries& series, std::size_t row, bool minutes) const {
    for (int f = 0; f < kFieldCount; ++f) {
      const std::int64_t value = series.columns[f][row];
      const auto [stored, scale] =
          minutes ? minute_value(asset, series.times[row], f) : daily_value(asset, series.times[row], f);
      const int own = f == static_cast<int>(Field::Volume) ? series.volume_scale : series.price_scale;
      const bool same = stored == kMissing || value == kMissing
                            ? stored == value || value == 0
                            : (scale == own ? stored == value : Decimal(stored, scale) == Decimal(value, own));
      if (!same) return false;
    }
    return true;
  }
  std::pair<std::int64_t, int> daily_value(AssetIndex asset, std::int64_t day, int field) const {
    const AssetBars& bars = store_.daily(asset);
    const auto sessions = store_.sessions();
    const auto at = std::ranges::lower_bound(sessions, Date{static_cast<std::int32_t>(day)});
    const int scale = field == static_cast<int>(Field::Volume) ? bars.volume_scale : bars.price_scale;
    if (at == sessions.end() || at->days != day) return {kMissing, scale};
    return {bars.at(static_cast<Field>(field), static_cast<std::int32_t>(at - sessions.begin())), scale};
  }
  std::pair<std::int64_t, int> minute_value(AssetIndex asset, std::int64_t time, int field) const {
    const AssetMinutes& bars = store_.minutes(asset);
    const int scale = field == static_cast<int>(Field::Volume) ? bars.volume_scale : bars.price_scale;
    const int session = minutes_.session_of({time});
    const std::int64_t block = session < 0 ? -1 : bars.block(session);
    if (block < 0) return {kMissing, scale};
    return {bars.columns[field][block + minutes_.minute_index(session, {time})], scale};
  }

  const BarStore& store_;
  const assets::AssetFinder& finder_;
  SessionMinutes minutes_;
};

}  // namespace

namespace {

fs::path root_of(const char* variable, const char* folder) {
  if (const char* root = std::getenv(variable); root && *root) return root;
  const char* home = std::getenv("HOME");
  return fs::path(home && *home ? home : ".") / folder;
}

}  // namespace

fs::path default_root() { return root_of("RUSTYBT_ROOT", ".rustybt"); }
fs::path zipline_root() { return root_of("ZIPLINE_ROOT", ".zipline"); }

Bundle load_bundle(const fs::path& root, std::string_view name, std::optional<Timestamp> as_of) {
  const fs::path folder = bundle_folder(root, name);
  Manifest manifest = read_manifest(root, name, ManifestAssets::Skip);
  require_plain_paths(manifest, folder);
  if (as_of) {
    const auto older =
        std::ranges::find_if(manifest.versions.rbegin(), manifest.versions.rend(),
                             [&](const ManifestVersion& v) { return Timestamp::parse(v.ingested_at) <= *as_of; });
    if (older == manifest.versions.rend()) {
      throw Error(ErrorCode::UnknownBundle,
                  fmt::format("bundle \"{}\" has no version ingested at or before {}; the oldest is of {}", name,
                              as_of->to_string(), manifest.versions.front().ingested_at));
    }
    manifest = read_version(folder, older->version_id);
  }
  const fs::path files = version_folder(folder, manifest.info.version_id);
  Bundle bundle;
  bundle.info = manifest.info;
  bundle.calendar = utils::get_calendar(manifest.info.calendar_name);
  try {
    bundle.finder = std::make_shared<const assets::AssetFinder>(files / "assets.sqlite");
    bundle.bars = BarStore::open(files / "bars.arrow");
    bundle.adjustments =
        std::make_shared<const Adjustments>(read_adjustments(files / "adjustments.sqlite", *bundle.finder));
    if (std::ranges::find(manifest.files, kFxRatesFile, &ManifestFile::path) != manifest.files.end())
      bundle.fx_rates = std::make_shared<const FxRates>(fx_rows(storage::read_parquet(files / kFxRatesFile)));
  } catch (const Error& e) {
    throw Error(ErrorCode::CorruptBundle, fmt::format("bundle \"{}\" is damaged: {}", name, e.message()),
                fmt::format("ingest it again; `rustybt data check {}` says what is whole", name));
  }
  if (bundle.bars->asset_count() != static_cast<int>(bundle.finder->assets().size())) {
    throw Error(ErrorCode::CorruptBundle,
                fmt::format("bundle \"{}\" is damaged: bars of {} assets, {} in assets.sqlite", name,
                            bundle.bars->asset_count(), bundle.finder->assets().size()));
  }
  return bundle;
}

std::vector<BundleInfo> list_bundles(const fs::path& root) {
  std::vector<BundleInfo> infos;
  for (const std::string& name : bundle_names(root)) {
    try {
      infos.push_back(read_manifest(root, name, ManifestAssets::Skip).info);
    } catch (const Error& e) {  // one damaged bundle must not hide the others
      infos.emplace_back();
      infos.back().name = name;
      infos.back().source = "unreadable: " + e.message() + (e.hint().empty() ? "" : "; " + e.hint());
    }
  }
  return infos;
}

std::vector<CheckFinding> check_bundle(const fs::path& root, std::string_view name) {
  const fs::path folder = bundle_folder(root, name);
  const Manifest manifest = read_manifest(root, name);
  require_plain_paths(manifest, folder);
  const fs::path files = version_folder(folder, manifest.info.version_id);
  std::vector<CheckFinding> findings;
  bool whole = true;
  for (const ManifestFile& file : manifest.files) {
    CheckFinding finding{file.path, {}, file.rows};
    if (!fs::exists(files / file.path)) {
      finding.problem = "is missing";
    } else if (storage::sha256_file(files / file.path) != file.sha256) {
      finding.problem = "changed after it was written (SHA-256 differs from the manifest)";
    }
    whole = whole && finding.problem.empty();
    findings.push_back(std::move(finding));
  }
  if (!whole) return findings;
  try {
    const Bundle bundle = load_bundle(root, name);
    StoreComparison comparison(*bundle.bars, *bundle.finder, bundle.calendar);
    for (CheckFinding& finding : findings) {
      const auto partition = Partition::parse(finding.file);
      if (!partition) continue;
      std::int64_t rows = 0;
      finding.problem = comparison.compare(files / finding.file, partition->minutes, rows);
      if (rows != finding.rows) finding.problem = fmt::format("has {} rows, the manifest says {}", rows, finding.rows);
    }
  } catch (const Error& e) {
    findings.push_back({"(opening the bundle)", e.message(), 0});
  }
  return findings;
}

std::vector<std::string> clean_bundle(const fs::path& root, std::string_view name, std::optional<int> keep_last,
                                      std::optional<Timestamp> before, std::optional<Timestamp> after) {
  const bool by_time = before || after;
  if (by_time == keep_last.has_value()) {
    throw Error(ErrorCode::BadClean, by_time ? "`before` or `after` cannot be combined with `keep_last`"
                                             : "none of `before`, `after` and `keep_last` is given");
  }
  if (keep_last && *keep_last < 0)
    throw Error(ErrorCode::BadClean, fmt::format("keep_last is {}, expected 0 or more", *keep_last));
  const fs::path folder = bundle_folder(root, name);
  static_cast<void>(read_manifest(root, name));  // is there such a bundle?
  const BundleLock lock(folder);
  Manifest manifest = read_manifest(root, name);  // under the lock: an ingest may have ended just before
  require_plain_paths(manifest, folder);

  std::vector<ManifestVersion> kept;
  std::vector<std::string> removed;
  const auto count = static_cast<int>(manifest.versions.size());
  for (int i = 0; i < count; ++i) {
    const ManifestVersion& version = manifest.versions[static_cast<std::size_t>(i)];
    const Timestamp time = Timestamp::parse(version.ingested_at);
    const bool remove = keep_last ? i < count - *keep_last : (before && time < *before) || (after && time > *after);
    if (remove) {
      removed.push_back(version.version_id);
    } else {
      kept.push_back(version);
    }
  }
  // the manifest first: a kill in between leaves folders that nobody names, never a name without its folder
  if (kept.empty()) {
    fs::remove(manifest_file(folder));
    fs::remove_all(folder);
    return removed;
  }
  if (!removed.empty()) {
    const auto sids = std::move(manifest.sids);
    if (kept.back().version_id != manifest.info.version_id) manifest = read_version(folder, kept.back().version_id);
    manifest.sids = sids;
    manifest.versions = kept;
    storage::write_file_atomically(manifest_file(folder), manifest_to_json(manifest));
  }
  remove_leftovers(folder, &manifest);
  return removed;
}

std::optional<BundleInfo> rollback_bundle(const fs::path& root, std::string_view name) {
  const fs::path folder = bundle_folder(root, name);
  static_cast<void>(read_manifest(root, name));  // is there such a bundle?
  const BundleLock lock(folder);
  Manifest manifest = read_manifest(root, name);
  require_plain_paths(manifest, folder);
  std::vector<ManifestVersion> kept = manifest.versions;
  std::erase_if(kept, [&](const ManifestVersion& v) { return v.version_id == manifest.info.version_id; });
  if (kept.empty()) {
    fs::remove(manifest_file(folder));
    fs::remove_all(folder);
    return std::nullopt;
  }
  const auto sids = std::move(manifest.sids);  // what was given out stays so
  manifest = read_version(folder, kept.back().version_id);
  manifest.sids = sids;
  manifest.versions = std::move(kept);
  storage::write_file_atomically(manifest_file(folder), manifest_to_json(manifest));
  remove_leftovers(folder, &manifest);
  return manifest.info;
}

void BundleRegistry::register_source(BundleSource source) {
  if (std::ranges::any_of(sources_, [&](const BundleSource& s) { return s.name == source.name; }))
    throw Error(ErrorCode::InvalidArgument, fmt::format("a bundle named \"{}\" is registered already", source.name),
                "unregister it first");
  sources_.push_back(std::move(source));
}

void BundleRegistry::unregister(std::string_view name) {
  static_cast<void>(source(name));
  std::erase_if(sources_, [&](const BundleSource& s) { return s.name == name; });
}

const BundleSource& BundleRegistry::source(std::string_view name) const {
  const auto found = std::ranges::find(sources_, name, &BundleSource::name);
  if (found != sources_.end()) return *found;
  throw Error(ErrorCode::UnknownBundle,
              fmt::format("no bundle registered with the name \"{}\"; registered: {}", name, fmt::join(names(), ", ")))
      .with("name", std::string(name));
}

std::vector<std::string> BundleRegistry::names() const {
  std::vector<std::string> names;
  for (const BundleSource& s : sources_) names.push_back(s.name);
  std::ranges::sort(names);
  return names;
}

}  // namespace rustybt::data

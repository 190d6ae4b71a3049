#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/bar_tables.hpp"
#include "rustybt/data/bundles/content.hpp"
#include "rustybt/data/bundles/core.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/data/bundles/minute_labels.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

/// The manifest that is current, if there is one that can be read.
std::optional<Manifest> find_manifest(const fs::path& bundle, const Log& log) {
  const fs::path file = manifest_file(bundle);
  if (!fs::exists(file)) return std::nullopt;
  try {
    return parse_manifest(storage::read_file(file), file);
  } catch (const Error& e) {
    log.warning(fmt::format("{}; it is replaced, and the sids are given out anew", e.message()));
    return std::nullopt;
  }
}

/// Writes the files of one version, each as: probe, write, sync, hash.
class VersionWriter {
 public:
  VersionWriter(fs::path folder, const PreparedContent& content, const IngestOptions& options, Manifest& manifest)
      : folder_(std::move(folder)), content_(content), options_(options), manifest_(manifest) {}

  void write() {
    write_assets();
    write_adjustments();
    write_bars();
    write_store();
    write_own_manifest();
    sync_folders();
  }

 private:
  void probe(std::string_view step) const {
    if (options_.probe) options_.probe(step);
  }

  template <class Write>
  void add_file(const std::string& path, std::int64_t rows, Write write) {
    const fs::path file = folder_ / path;
    fs::create_directories(file.parent_path());
    probe("write " + path);
    write(file);
    probe("sync " + path);
    storage::sync_file(file);
    manifest_.files.push_back({path, storage::sha256_file(file), static_cast<std::int64_t>(fs::file_size(file)), rows});
  }

  void write_assets() {
    assets::AssetTables tables;
    tables.exchanges = content_.exchanges;
    tables.roots = content_.roots;
    tables.symbol_mappings = content_.symbol_mappings;
    tables.supplementary_mappings = content_.supplementary_mappings;
    for (const auto& item : content_.items) tables.assets.push_back(item.asset);
    add_file("assets.sqlite", static_cast<std::int64_t>(tables.assets.size()),
             [&](const fs::path& file) { assets::write_assets(file, tables); });
  }

  void write_adjustments() {
    const assets::AssetFinder finder(folder_ / "assets.sqlite");
    const Adjustments& a = content_.actions;
    const std::size_t rows =
        a.splits.size() + a.mergers.size() + a.dividends.size() + a.cash_dividends.size() + a.stock_dividends.size();
    add_file("adjustments.sqlite", static_cast<std::int64_t>(rows),
             [&](const fs::path& file) { data::write_adjustments(file, a, finder); });
  }

  void write_bars() {
    const auto add = [&](const std::string& path, const storage::ColumnTable& table) {
      const auto rows = static_cast<std::int64_t>(table.rows());
      add_file(path, rows, [&](const fs::path& file) { storage::write_parquet(file, table); });
      done_ += rows;
      if (options_.progress)
        options_.progress("writing bars", done_, manifest_.info.daily_rows + manifest_.info.minute_rows);
    };
    if (manifest_.info.daily_rows > 0) add("daily/bars.parquet", daily_table(content_.items));
    for (const Month month : months_of(content_.items)) add(minute_path(month), minute_table(content_.items, month));
  }

  void write_store() {
    if (options_.progress) options_.progress("writing the bar store", done_, done_);
    BarStoreBuilder builder(content_.sessions);
    const SessionMinutes labels(content_.calendar, content_.first_calendar_session,
                                static_cast<int>(content_.sessions.size()));
    for (const auto& item : content_.items) builder.add_daily(item.daily);
    if (manifest_.info.minute_rows > 0)
      for (const auto& item : content_.items) builder.add_minutes(item.minute, labels);
    add_file("bars.arrow", manifest_.info.daily_rows + manifest_.info.minute_rows,
             [&](const fs::path& file) { std::move(builder).write(file); });
  }

  void write_own_manifest() {
    probe("write manifest of the version");
    storage::write_file_atomically(folder_ / "manifest.json", manifest_to_json(manifest_));
  }

  void sync_folders() {
    probe("sync folders");
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_))
      if (entry.is_directory()) storage::sync_folder(entry.path());
    // and up to the root, which a first ingest has made: versions, the bundle, data
    fs::path folder = folder_;
    for (int level = 0; level < 5; ++level, folder = folder.parent_path())
      storage::sync_folder(folder.empty() ? fs::path(".") : folder);
  }

  fs::path folder_;
  const PreparedContent& content_;
  const IngestOptions& options_;
  Manifest& manifest_;
  std::int64_t done_ = 0;
};

std::string new_version_id(const fs::path& bundle, const std::string& time, const std::string& hash) {
  std::string base;
  for (const char c : time.substr(0, 19))
    if (c != '-' && c != ':') base += c;
  base += "Z-" + hash.substr(0, 8);
  std::string id = base;
  for (int n = 2; fs::exists(version_folder(bundle, id)); ++n) id = fmt::format("{}-{}", base, n);
  return id;
}

BundleInfo describe(std::string_view name, const PreparedContent& content, std::string source) {
  BundleInfo info;
  info.name = name;
  info.calendar_name = content.calendar->name();
  info.source = std::move(source);
  info.data_hash = content.data_hash;
  info.first_session = content.sessions.front();
  info.last_session = content.sessions.back();
  info.assets = static_cast<std::int64_t>(content.items.size());
  for (const auto& item : content.items) {
    info.daily_rows += static_cast<std::int64_t>(item.daily.times.size());
    info.minute_rows += static_cast<std::int64_t>(item.minute.times.size());
  }
  info.splits = static_cast<std::int64_t>(content.actions.splits.size());
  info.dividends = static_cast<std::int64_t>(content.actions.cash_dividends.size());
  return info;
}

}  // namespace

BundleInfo write_bundle(std::string_view name, BundleContent content, const IngestOptions& options) {
  const auto probe = [&](std::string_view step) {
    if (options.probe) options.probe(step);
  };
  const fs::path bundle = bundle_folder(options.root, name);
  std::string source = content.source;
  probe("create folders");
  std::error_code error;
  fs::create_directories(bundle / "versions", error);
  if (error)
    throw Error(ErrorCode::FileNotWritable, fmt::format("cannot make {}: {}", bundle.string(), error.message()));
  const BundleLock lock(bundle);
  const std::optional<Manifest> previous = find_manifest(bundle, options.log);
  // beside a manifest that cannot be read the folders may be whole versions: they stay
  if (previous || !fs::exists(manifest_file(bundle)))
    remove_leftovers(bundle, previous ? &*previous : nullptr, options.probe);
  const PreparedContent prepared = prepare_content(
      std::move(content), previous ? previous->sids : std::map<std::string, std::int64_t>{}, options.log);

  Manifest manifest;
  manifest.info = describe(name, prepared, std::move(source));
  manifest.info.ingested_at = (options.clock ? options.clock->now() : Timestamp{}).to_string();
  manifest.info.version_id = new_version_id(bundle, manifest.info.ingested_at, prepared.data_hash);
  manifest.sids = prepared.sids;
  if (previous) manifest.versions = previous->versions;
  manifest.versions.push_back({manifest.info.version_id, manifest.info.ingested_at});
  for (const auto& item : prepared.items) {
    const BarSeries& scales = item.daily;  // shared with the minutes
    manifest.assets.push_back({item.asset.sid, item.asset.symbol, scales.price_scale, scales.volume_scale,
                               static_cast<std::int64_t>(item.daily.times.size()),
                               static_cast<std::int64_t>(item.minute.times.size())});
  }

  const fs::path folder = version_folder(bundle, manifest.info.version_id);
  probe("create version folder");
  fs::create_directories(folder);
  try {
    VersionWriter(folder, prepared, options, manifest).write();
  } catch (...) {  // nothing refers to it: a failed ingest leaves no trace (a killed one is cleaned up by the next)
    fs::remove_all(folder, error);
    throw;
  }
  probe("replace manifest");
  storage::write_file_atomically(manifest_file(bundle), manifest_to_json(manifest));
  probe("done");
  return manifest.info;
}

}  // namespace rustybt::data

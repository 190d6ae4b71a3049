#include "rustybt/data/catalog.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "rustybt/assets/assets.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/core.hpp"
#include "rustybt/data/bundles/manifest.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSchemaVersion = 1;

constexpr const char* kTables = R"sql(
CREATE TABLE IF NOT EXISTS datasets (
  name TEXT PRIMARY KEY, version_id TEXT, calendar TEXT, source TEXT, ingested_at TEXT, data_hash TEXT,
  first_session TEXT, last_session TEXT, assets INTEGER, daily_rows INTEGER, minute_rows INTEGER, splits INTEGER,
  dividends INTEGER, bytes INTEGER, versions INTEGER, problem TEXT, manifest_state TEXT);
CREATE TABLE IF NOT EXISTS ranges (
  dataset TEXT, symbol TEXT, sid INTEGER, asset_type TEXT, exchange TEXT, frequency TEXT, first TEXT, last TEXT,
  rows INTEGER, missing INTEGER, PRIMARY KEY (dataset, sid, frequency));
CREATE INDEX IF NOT EXISTS ix_ranges_symbol ON ranges (symbol);
CREATE TABLE IF NOT EXISTS files (
  dataset TEXT, path TEXT, sha256 TEXT, bytes INTEGER, rows INTEGER, PRIMARY KEY (dataset, path));
CREATE TABLE IF NOT EXISTS quality (
  dataset TEXT, data_hash TEXT, checked_at TEXT, errors INTEGER, warnings INTEGER, PRIMARY KEY (dataset, data_hash));
)sql";

/// A change of the manifest changes this text.
std::string state_of(const fs::path& manifest) {
  std::error_code none;
  const auto size = fs::file_size(manifest, none);
  const auto time = fs::last_write_time(manifest, none);
  return none ? std::string() : fmt::format("{} {}", size, time.time_since_epoch().count());
}

storage::Database open_database(const fs::path& file) {
  storage::Database database(file, storage::OpenMode::Shared);
  storage::Statement version = database.prepare("PRAGMA user_version");
  version.step();
  const std::int64_t found = version.int64(0);
  if (found != 0 && found != kSchemaVersion)
    throw Error(ErrorCode::DatabaseError, fmt::format("{} has schema {}", file.string(), found));
  database.execute(kTables);
  database.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  return database;
}

/// What cannot be read is made again: everything but old quality results is in the bundles.
storage::Database open_or_remake(const fs::path& root, const Log& log) {
  const fs::path file = root / "catalog.sqlite";
  fs::create_directories(root);
  const storage::FileLock one_at_a_time(root / ".catalog.lock");
  try {
    return open_database(file);
  } catch (const Error& e) {
    log.warning(fmt::format("{}; the catalog is made again from the bundles", e.message()));
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(file.string() + ending);
    return open_database(file);
  }
}

/// Sessions with bars, from the first to the last, as a store knows them.
struct Extent {
  int first = -1, last = -1;
  std::int64_t empty = 0;  ///< sessions between without a block of minutes
};

Extent minute_extent(const AssetMinutes& minutes) {
  Extent out;
  for (std::int32_t i = 0; i < minutes.count; ++i) {
    if (minutes.blocks[i] < 0) continue;
    if (out.first < 0) out.first = minutes.first + i;
    out.last = minutes.first + i;
  }
  for (int s = out.first; s < out.last; ++s)
    if (minutes.block(s) < 0) ++out.empty;
  return out;
}

}  // namespace

Catalog::Catalog(const fs::path& root, const Log& log) : root_(root), log_(log), database_(open_or_remake(root, log)) {
  refresh();
}

void Catalog::refresh() {
  std::set<std::string> there;
  std::map<std::string, std::string> changed;
  std::map<std::string, std::string> known;
  {
    storage::Statement row = database_.prepare("SELECT name, manifest_state FROM datasets");
    while (row.step()) known[row.text(0)] = row.text(1);
  }
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(root_ / "data", none)) {
    const fs::path manifest = manifest_file(entry.path());
    if (!fs::exists(manifest)) continue;
    const std::string name = entry.path().filename().string();
    there.insert(name);
    if (const auto k = known.find(name); k == known.end() || k->second != state_of(manifest)) changed[name] = {};
  }
  bool gone = false;
  for (const auto& [name, state] : known) gone = gone || !there.contains(name);
  if (changed.empty() && !gone) return;
  database_.execute("BEGIN IMMEDIATE");
  try {
    for (const auto& [name, state] : known)
      if (!there.contains(name)) forget(name);
    for (const auto& [name, state] : changed) read_bundle(name);
    database_.execute("COMMIT");
  } catch (...) {
    database_.execute("ROLLBACK");
    throw;
  }
}

void Catalog::forget(const std::string& name) {
  for (const char* sql : {"DELETE FROM datasets WHERE name = ?", "DELETE FROM ranges WHERE dataset = ?",
                          "DELETE FROM files WHERE dataset = ?"})
    database_.prepare(sql).bind(1, std::string_view(name)).execute();
}

void Catalog::read_bundle(const std::string& name) {
  const fs::path file = manifest_file(root_ / "data" / name);
  const std::string state = state_of(file);  // before reading: a change meanwhile is seen next time
  forget(name);
  Manifest manifest;
  std::string problem;
  std::optional<Bundle> bundle;
  try {
    manifest = parse_manifest(storage::read_file(file), file);
    bundle = load_bundle(root_, name);
  } catch (const Error& e) {
    problem = e.message();
  }
  std::int64_t bytes = 0;
  for (const ManifestFile& f : manifest.files) bytes += f.bytes;
  const BundleInfo& info = manifest.info;
  const bool known = !info.version_id.empty();
  auto insert = database_.prepare("INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  int at = 0;
  for (const std::string& text :
       {name, info.version_id, info.calendar_name, info.source, info.ingested_at, info.data_hash,
        known ? info.first_session.to_string() : std::string(), known ? info.last_session.to_string() : std::string()})
    insert.bind(++at, std::string_view(text));
  for (const std::int64_t number : {info.assets, info.daily_rows, info.minute_rows, info.splits, info.dividends, bytes,
                                    static_cast<std::int64_t>(manifest.versions.size())})
    insert.bind(++at, number);
  insert.bind(++at, std::string_view(problem));
  insert.bind(++at, std::string_view(state)).execute();
  for (const ManifestFile& f : manifest.files) {
    database_.prepare("INSERT INTO files VALUES (?, ?, ?, ?, ?)")
        .bind(1, std::string_view(name))
        .bind(2, std::string_view(f.path))
        .bind(3, std::string_view(f.sha256))
        .bind(4, f.bytes)
        .bind(5, f.rows)
        .execute();
  }
  if (!bundle) return;

  std::map<std::int64_t, const ManifestAsset*> counts;
  for (const ManifestAsset& a : manifest.assets) counts[a.sid.value] = &a;
  const auto sessions = bundle->bars->sessions();
  auto insert_range = database_.prepare("INSERT INTO ranges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < bundle->finder->assets().size(); ++i) {
    const assets::Asset& asset = bundle->finder->assets()[i];
    const AssetIndex index{static_cast<std::int32_t>(i)};
    const auto add = [&](std::string_view frequency, int first, int last, std::int64_t rows, std::int64_t missing) {
      if (rows == 0) return;
      const std::string from = sessions[static_cast<std::size_t>(first)].to_string();
      const std::string to = sessions[static_cast<std::size_t>(last)].to_string();
      insert_range.bind(1, std::string_view(name))
          .bind(2, std::string_view(asset.symbol))
          .bind(3, asset.sid.value)
          .bind(4, assets::to_string(asset.type))
          .bind(5, std::string_view(asset.exchange))
          .bind(6, frequency)
          .bind(7, std::string_view(from))
          .bind(8, std::string_view(to))
          .bind(9, rows)
          .bind(10, missing)
          .execute();
    };
    const ManifestAsset& count = *counts.at(asset.sid.value);
    if (bundle->bars->has_daily()) {
      const AssetBars& bars = bundle->bars->daily(index);
      add("1d", bars.first, bars.first + bars.count - 1, count.daily_rows, bars.count - count.daily_rows);
    }
    if (bundle->bars->has_minutes()) {
      const Extent extent = minute_extent(bundle->bars->minutes(index));
      add("1m", extent.first, extent.last, count.minute_rows, extent.empty);
    }
  }
}

std::vector<CatalogDataset> Catalog::datasets() {
  std::vector<CatalogDataset> out;
  storage::Statement row = database_.prepare(
      "SELECT d.name, version_id, calendar, source, ingested_at, d.data_hash, first_session, last_session, assets, "
      "daily_rows, minute_rows, splits, dividends, bytes, versions, problem, q.checked_at, q.errors, q.warnings "
      "FROM datasets d LEFT JOIN quality q ON q.dataset = d.name AND q.data_hash = d.data_hash ORDER BY d.name");
  while (row.step()) {
    CatalogDataset d{row.text(0),   row.text(1),   row.text(2),   row.text(3),  row.text(4),   row.text(5),
                     row.text(6),   row.text(7),   row.int64(8),  row.int64(9), row.int64(10), row.int64(11),
                     row.int64(12), row.int64(13), row.int64(14), row.text(15), std::nullopt};
    if (!row.is_null(16)) d.quality = QualityResult{d.data_hash, row.text(16), row.int64(17), row.int64(18)};
    out.push_back(std::move(d));
  }
  return out;
}

std::optional<CatalogDataset> Catalog::find(std::string_view dataset) {
  for (CatalogDataset& d : datasets())
    if (d.name == dataset) return std::move(d);
  return std::nullopt;
}

std::vector<CatalogRange> Catalog::ranges(std::string_view dataset, std::string_view symbol) {
  std::vector<CatalogRange> out;
  storage::Statement row = database_.prepare(
      "SELECT dataset, symbol, sid, asset_type, exchange, frequency, first, last, rows, missing FROM ranges "
      "WHERE (?1 = '' OR dataset = ?1) AND (?2 = '' OR symbol = ?2) ORDER BY dataset, symbol, sid, frequency");
  row.bind(1, dataset).bind(2, symbol);
  while (row.step())
    out.push_back({row.text(0), row.text(1), row.int64(2), row.text(3), row.text(4), row.text(5), row.text(6),
                   row.text(7), row.int64(8), row.int64(9)});
  return out;
}

std::vector<CatalogFile> Catalog::files(std::string_view dataset) {
  std::vector<CatalogFile> out;
  storage::Statement row =
      database_.prepare("SELECT path, sha256, bytes, rows FROM files WHERE dataset = ? ORDER BY path");
  row.bind(1, dataset);
  while (row.step()) out.push_back({row.text(0), row.text(1), row.int64(2), row.int64(3)});
  return out;
}

void Catalog::record_quality(std::string_view dataset, const QualityResult& result) {
  database_.prepare("INSERT OR REPLACE INTO quality VALUES (?, ?, ?, ?, ?)")
      .bind(1, dataset)
      .bind(2, std::string_view(result.data_hash))
      .bind(3, std::string_view(result.checked_at))
      .bind(4, result.errors)
      .bind(5, result.warnings)
      .execute();
}

}  // namespace rustybt::data

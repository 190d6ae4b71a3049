#include "rustybt/data/bundles/manifest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/json_number.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;
using nlohmann::json;

std::string manifest_to_json(const Manifest& manifest) {
  const BundleInfo& info = manifest.info;
  nlohmann::ordered_json out;
  out["schema_version"] = kManifestSchemaVersion;
  out["name"] = info.name;
  out["version_id"] = info.version_id;
  out["ingested_at"] = info.ingested_at;
  out["calendar"] = info.calendar_name;
  out["source"] = info.source;
  out["data_hash"] = info.data_hash;
  out["first_session"] = info.first_session.to_string();
  out["last_session"] = info.last_session.to_string();
  out["counts"] = {{"assets", info.assets},
                   {"daily_rows", info.daily_rows},
                   {"minute_rows", info.minute_rows},
                   {"splits", info.splits},
                   {"dividends", info.dividends}};
  out["rows"] = {
      {"read", info.rows.read},         {"added", info.rows.added},           {"replacing", info.rows.replacing},
      {"repeated", info.rows.repeated}, {"superseded", info.rows.superseded}, {"left_out", json::array()}};
  for (const RowsLeftOut& part : info.rows.left_out)
    out["rows"]["left_out"].push_back({{"source", part.source}, {"reason", part.reason}, {"rows", part.rows}});
  out["restatements"] = info.restatements;
  out["files"] = json::array();
  for (const ManifestFile& f : manifest.files) {
    out["files"].push_back({{"path", f.path}, {"sha256", f.sha256}, {"bytes", f.bytes}, {"rows", f.rows}});
    if (!f.content.empty()) out["files"].back()["content"] = f.content;
  }
  out["assets"] = json::array();
  for (const ManifestAsset& a : manifest.assets) {
    out["assets"].push_back({{"sid", a.sid.value},
                             {"symbol", a.symbol},
                             {"price_scale", a.price_scale},
                             {"volume_scale", a.volume_scale},
                             {"daily_rows", a.daily_rows},
                             {"minute_rows", a.minute_rows}});
  }
  out["sids"] = manifest.sids;
  out["versions"] = json::array();
  for (const ManifestVersion& v : manifest.versions)
    out["versions"].push_back({{"version_id", v.version_id}, {"ingested_at", v.ingested_at}});
  return out.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

namespace {

/// The text without the rows of "assets", where it is laid out as manifest_to_json does: no text in JSON has a line's
/// end inside, so these lines are the array's own.
std::string without_assets(std::string_view text) {
  constexpr std::string_view kBegin = "\n \"assets\": [\n", kEnd = "\n ],";
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = begin == std::string_view::npos ? begin : text.find(kEnd, begin + kBegin.size() - 1);
  if (end == std::string_view::npos) return std::string(text);
  return std::string(text.substr(0, begin + kBegin.size())).append(text.substr(end));
}

std::int64_t count_of(const json& object, const char* name) { return whole_number(object.at(name), 0); }

int scale_of(const json& object, const char* name) { return static_cast<int>(whole_number(object.at(name), 0, 18)); }

}  // namespace

Manifest parse_manifest(std::string_view text, const fs::path& file, ManifestAssets assets) {
  try {
    const json in = assets == ManifestAssets::Skip ? json::parse(without_assets(text)) : json::parse(text);
    if (const std::int64_t version = whole_number(in.at("schema_version")); version != kManifestSchemaVersion) {
      throw Error(ErrorCode::CorruptBundle,
                  fmt::format("{} has schema version {}, this rustybt reads {}", file.string(), version,
                              kManifestSchemaVersion),
                  version > kManifestSchemaVersion ? "use a newer rustybt, or ingest the bundle again"
                                                   : "ingest the bundle again");
    }
    Manifest m;
    in.at("name").get_to(m.info.name);
    in.at("version_id").get_to(m.info.version_id);
    in.at("ingested_at").get_to(m.info.ingested_at);
    in.at("calendar").get_to(m.info.calendar_name);
    in.at("source").get_to(m.info.source);
    in.at("data_hash").get_to(m.info.data_hash);
    m.info.first_session = Date::parse(in.at("first_session").get<std::string>());
    m.info.last_session = Date::parse(in.at("last_session").get<std::string>());
    const json& counts = in.at("counts");
    m.info.assets = count_of(counts, "assets");
    m.info.daily_rows = count_of(counts, "daily_rows");
    m.info.minute_rows = count_of(counts, "minute_rows");
    m.info.splits = count_of(counts, "splits");
    m.info.dividends = count_of(counts, "dividends");
    const json& rows = in.at("rows");
    m.info.rows.read = count_of(rows, "read");
    m.info.rows.added = count_of(rows, "added");
    m.info.rows.replacing = count_of(rows, "replacing");
    m.info.rows.repeated = count_of(rows, "repeated");
    m.info.rows.superseded = count_of(rows, "superseded");
    for (const json& part : rows.at("left_out"))
      m.info.rows.left_out.push_back(
          {part.at("source").get<std::string>(), part.at("reason").get<std::string>(), count_of(part, "rows")});
    m.info.restatements = count_of(in, "restatements");
    for (const json& f : in.at("files"))
      m.files.push_back({f.at("path").get<std::string>(), f.at("sha256").get<std::string>(), count_of(f, "bytes"),
                         count_of(f, "rows"), f.value("content", std::string())});
    for (const json& a : in.at("assets"))
      m.assets.push_back({Sid{count_of(a, "sid")}, a.at("symbol").get<std::string>(), scale_of(a, "price_scale"),
                          scale_of(a, "volume_scale"), count_of(a, "daily_rows"), count_of(a, "minute_rows")});
    for (const auto& [symbol, sid] : in.at("sids").get_ref<const json::object_t&>())
      m.sids.emplace(symbol, whole_number(sid, 0));
    for (const json& v : in.at("versions"))
      m.versions.push_back({v.at("version_id").get<std::string>(), v.at("ingested_at").get<std::string>()});
    if (m.versions.empty()) throw Error(ErrorCode::CorruptBundle, fmt::format("{} names no version", file.string()));
    return m;
  } catch (const json::exception& e) {
    throw Error(ErrorCode::CorruptBundle, fmt::format("{} is not a bundle's manifest: {}", file.string(), e.what()));
  } catch (const Error& e) {
    if (e.code() == ErrorCode::CorruptBundle) throw;
    throw Error(ErrorCode::CorruptBundle, fmt::format("{} is not a bundle's manifest: {}", file.string(), e.message()));
  }
}

fs::path bundle_folder(const fs::path& root, std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  if (name.empty() || name.size() > 100 || name.front() == '.' || name.front() == '-' ||
      !std::ranges::all_of(name, plain)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("\"{}\" cannot be the name of a bundle", name),
                "use letters, digits, \"_\", \"-\" and \".\", at most 100, beginning with a letter or digit");
  }
  return root / "data" / name;
}

fs::path manifest_file(const fs::path& bundle) { return bundle / "manifest.json"; }

fs::path version_folder(const fs::path& bundle, std::string_view version_id) {
  return bundle / "versions" / version_id;
}

BundleLock::BundleLock(const fs::path& bundle) {
  const fs::path file = bundle / ".lock";
  descriptor_ = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw Error(ErrorCode::FileNotWritable, fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
  // a lock on a file that a `clean` has removed meanwhile guards nothing
  struct stat status{};
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 || ::fstat(descriptor_, &status) != 0 || status.st_nlink == 0) {
    ::close(descriptor_);
    throw Error(ErrorCode::FileNotWritable, fmt::format("another process is writing the bundle in {}", bundle.string()),
                "wait until it has finished, then run the command again");
  }
}

BundleLock::~BundleLock() { ::close(descriptor_); }

void remove_leftovers(const fs::path& bundle, const Manifest* manifest, const storage::WriteProbe& probe) {
  std::vector<fs::path> leftovers;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(bundle, none))
    if (entry.path().filename().string().starts_with(".manifest.json.")) leftovers.push_back(entry.path());
  for (const fs::directory_entry& entry : fs::directory_iterator(bundle / "versions", none)) {
    const std::string id = entry.path().filename().string();
    const bool is_named =
        manifest && std::ranges::find(manifest->versions, id, &ManifestVersion::version_id) != manifest->versions.end();
    if (!is_named) leftovers.push_back(entry.path());
  }
  std::ranges::sort(leftovers);
  for (const fs::path& leftover : leftovers) {
    if (probe) probe("remove leftover " + leftover.filename().string());
    fs::remove_all(leftover);
  }
}

}  // namespace rustybt::data

#include "rustybt/data/bundles/migration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/data/bundles/content.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/data/bundles/migration_check.hpp"
#include "rustybt/data/bundles/zipline_assets.hpp"
#include "rustybt/data/bundles/zipline_bars.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kOrigin = "zipline bundle ";

[[noreturn]] void corrupt(const fs::path& file, const std::string& problem) {
  throw Error(ErrorCode::CorruptBundle, fmt::format("{}: {}", file.string(), problem),
              "take the folder from a backup, or ingest it again with Zipline")
      .with("file", file.string());
}

/// The database of the newest schema.
std::optional<fs::path> find_assets(const fs::path& folder) {
  std::optional<fs::path> newest;
  if (!fs::is_directory(folder)) return newest;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("assets-") && name.ends_with(".sqlite") && (!newest || entry.path() > *newest))
      newest = entry.path();
  }
  return newest;
}

/// When a folder "2020-01-01T00;00;00" was ingested; nothing for other names.
std::optional<Timestamp> time_of(const fs::path& ingestion) {
  std::string name = ingestion.filename().string();
  std::ranges::replace(name, ';', ':');
  try {
    return Timestamp::parse(name);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// The newest ingestion in a bundle's folder; their names sort by time.
std::optional<fs::path> newest_ingestion(const fs::path& bundle, std::optional<Timestamp> as_of) {
  std::optional<fs::path> newest;
  for (const fs::directory_entry& entry : fs::directory_iterator(bundle)) {
    if (!find_assets(entry.path()) || (newest && entry.path() < *newest)) continue;
    if (as_of && time_of(entry.path()).value_or(Timestamp{INT64_MIN}) > *as_of) continue;
    newest = entry.path();
  }
  return newest;
}

/// Everything of one ingestion, opened.
struct Source {
  Source(const fs::path& ingestion, const MigrationOptions& migration)
      : folder(ingestion), content(read_zipline_assets(find_assets(ingestion).value())) {
    std::vector<fs::path> tables;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".bcolz" &&
          !entry.path().filename().string().starts_with("."))  // macOS leaves ._x
        tables.push_back(entry.path());
    std::ranges::sort(tables);
    tables.insert(tables.end(), migration.tables.begin(), migration.tables.end());
    for (const fs::path& table : tables) open_table(table);

    std::vector<assets::Asset> all;
    for (const auto& item : content.items) all.push_back(item.asset);
    const assets::AssetFinder finder(std::move(all));  // in order of sid, as the items are
    if (const fs::path file = folder / "adjustments.sqlite"; fs::exists(file))
      content.actions.by_item = read_adjustments(file, finder);
    content.actions.compute_dividend_ratios = false;
    for (const ZiplineDailyTable& table : daily) {
      set_calendar(table.calendar_name(), table.folder());
      for (const auto& [sid, rows] : table.rows()) claim(finder, sid, daily_sids, table.folder());
    }
    for (const ZiplineMinuteTables& table : minute) {
      set_calendar(table.calendar_name(), table.folder());
      for (const auto& [sid, path] : table.tables()) claim(finder, sid, minute_sids, table.folder());
    }
    if (!calendar) calendar = utils::get_calendar("XNYS");
    content.calendar_name = calendar->name();
  }

  void open_table(const fs::path& path) {
    if (fs::exists(path / "metadata.json")) {
      minute.emplace_back(path);
    } else if (fs::exists(path / "__attrs__")) {
      daily.emplace_back(path);
    } else {
      throw Error(
          ErrorCode::FileNotFound,
          fmt::format("{} is no table of Zipline's bars: it has neither __attrs__ nor metadata.json", path.string()),
          "name a folder such as daily_equities.bcolz");
    }
  }

  void set_calendar(const std::string& name, const fs::path& table) {
    const utils::CalendarPtr own = utils::get_calendar(name);
    if (calendar && calendar->name() != own->name()) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("{} is on calendar {}, the tables before it on {}", table.string(), own->name(),
                              calendar->name()),
                  "a bundle has one calendar: migrate the tables as two bundles");
    }
    calendar = own;
  }

  static void claim(const assets::AssetFinder& finder, Sid sid, std::set<Sid>& sids, const fs::path& table) {
    if (!finder.find_sid(sid)) corrupt(table, fmt::format("has bars of sid {}, but there is no such asset", sid.value));
    if (!sids.insert(sid).second) corrupt(table, fmt::format("has bars of sid {}, as a table before it", sid.value));
  }

  [[nodiscard]] std::size_t item_of(Sid sid) const {
    const auto item = std::ranges::lower_bound(content.items, sid, {}, [](const auto& i) { return i.asset.sid; });
    return static_cast<std::size_t>(item - content.items.begin());
  }

  fs::path folder;
  BundleContent content;  ///< without bars
  std::vector<ZiplineDailyTable> daily;
  std::vector<ZiplineMinuteTables> minute;
  std::set<Sid> daily_sids, minute_sids;
  utils::CalendarPtr calendar;
};

class Migration {
 public:
  Migration(const fs::path& folder, const IngestOptions& options, const MigrationOptions& migration)
      : source_(find_zipline_ingestion(folder), migration), options_(options), migration_(migration) {}

  /// Read every series, bad bars left out; `take(item, is_daily, series)`. Fills the survey.
  template <class Take>
  void for_each_series(std::string_view what, Take take) {
    begin_survey();
    const auto total = static_cast<std::int64_t>(source_.daily_sids.size() + source_.minute_sids.size());
    std::int64_t done = 0;
    const auto pass = [&](Sid sid, bool is_daily, ZiplineSeries read) {
      if (options_.progress) options_.progress(what, done++, total);
      const std::size_t item = source_.item_of(sid);
      leave_out_bad_bars(item, is_daily, read.series);
      note(item, is_daily, read);
      take(item, is_daily, std::move(read.series));
    };
    for (ZiplineDailyTable& table : source_.daily)
      for (const auto& [sid, rows] : table.rows()) pass(sid, true, table.read(sid));
    for (const ZiplineMinuteTables& table : source_.minute)
      for (const auto& [sid, path] : table.tables()) pass(sid, false, table.read(sid, *source_.calendar));
  }

  BundleInfo write(std::string_view name, const std::string& origin) {
    BundleContent content = source_.content;
    content.source = origin;
    for_each_series("reading Zipline's bars", [&](std::size_t item, bool is_daily, BarSeries series) {
      require_no_bad_bars();
      (is_daily ? content.items[item].daily : content.items[item].minute) = std::move(series);
    });
    const auto count = [&](const char* reason, std::int64_t rows) {
      if (rows > 0) content.left_out.push_back({source_.folder.string(), reason, rows});
    };
    count("minutes without any value", survey_.empty);
    count("minutes outside of the session", survey_.not_trading);
    count("bars that contradict themselves or lie on no session", static_cast<std::int64_t>(survey_.bad_bars.size()));
    IngestOptions options = options_;
    options.append = false;
    return write_bundle(name, std::move(content), options);
  }

  /// Read the source again and compare everything with the bundle. @returns cells compared
  std::int64_t verify(const Bundle& bundle, const fs::path& assets_file) {
    check_tables(source_.content, bundle, assets_file);
    BarCheck check(bundle, *source_.calendar);
    for_each_series("comparing with Zipline's bars", [&](std::size_t item, bool is_daily, const BarSeries& series) {
      check.compare(source_.content.items[item].asset, is_daily, series);
    });
    check.require_rows(survey_.daily_rows, survey_.minute_rows);
    return check.cells();
  }

  [[nodiscard]] const ZiplineSurvey& survey() const { return survey_; }

 private:
  void begin_survey() {
    survey_ = {};
    survey_.folder = source_.folder;
    survey_.name = source_.folder.parent_path().filename().string();
    survey_.calendar_name = source_.calendar->name();
    for (const auto& [asset, daily, minute] : source_.content.items) {
      survey_.assets.push_back({asset.sid, asset.symbol, asset.type, 0, 0, {}, {}});
      ++(asset.type == assets::AssetType::Future ? survey_.futures : survey_.equities);
    }
    const auto size = [](const auto& rows) { return static_cast<std::int64_t>(rows.size()); };
    const Adjustments& actions = source_.content.actions.by_item;
    survey_.splits = size(actions.splits);
    survey_.mergers = size(actions.mergers);
    survey_.dividend_ratios = size(actions.dividends);
    survey_.cash_dividends = size(actions.cash_dividends);
    survey_.stock_dividends = size(actions.stock_dividends);
  }

  [[nodiscard]] Date session_of(bool is_daily, std::int64_t time) const {
    if (is_daily) return {static_cast<std::int32_t>(time)};
    return source_.calendar->session(
        source_.calendar->minute_to_session({time}, utils::TradingCalendar::Direction::None));
  }

  void note(std::size_t item, bool is_daily, const ZiplineSeries& read) {
    survey_.places += read.places;
    survey_.empty += read.empty;
    survey_.not_trading += read.not_trading;
    const auto rows = static_cast<std::int64_t>(read.series.times.size());
    ZiplineSurvey::AssetRows& asset = survey_.assets[item];
    (is_daily ? survey_.daily_rows : survey_.minute_rows) += rows;
    (is_daily ? asset.daily_rows : asset.minute_rows) = rows;
    if (rows == 0) return;
    const Date first = session_of(is_daily, read.series.times.front());
    const Date last = session_of(is_daily, read.series.times.back());
    asset.first = std::min(asset.first.value_or(first), first);
    asset.last = std::max(asset.last.value_or(last), last);
    survey_.first_session = std::min(survey_.first_session.value_or(first), first);
    survey_.last_session = std::max(survey_.last_session.value_or(last), last);
  }

  void leave_out_bad_bars(std::size_t item, bool is_daily, BarSeries& series) {
    const std::size_t before = survey_.bad_bars.size();
    std::vector<std::uint8_t> is_good(series.times.size(), 1);
    for (std::size_t i = 0; i < series.times.size(); ++i) {
      std::array<std::int64_t, kFieldCount> bar;
      for (std::size_t f = 0; f < kFieldCount; ++f) bar[f] = series.columns[f][i];
      std::string problem = describe_bad_bar(bar, series.price_scale, series.volume_scale);
      if (is_daily && problem.empty() && !source_.calendar->is_session(session_of(true, series.times[i])))
        problem = "no session of " + source_.calendar->name();
      if (is_daily && i > 0 && problem.empty() && series.times[i] <= series.times[i - 1])
        problem = "not after the row before it";
      if (problem.empty()) continue;
      is_good[i] = 0;
      survey_.bad_bars.push_back(
          {source_.content.items[item].asset.symbol,
           is_daily ? session_of(true, series.times[i]).to_string() : Timestamp{series.times[i]}.to_string(),
           std::move(problem)});
    }
    if (survey_.bad_bars.size() == before) return;
    const auto keep = [&](std::vector<std::int64_t>& values) {
      std::size_t to = 0;
      for (std::size_t i = 0; i < values.size(); ++i)
        if (is_good[i]) values[to++] = values[i];
      values.resize(to);
    };
    keep(series.times);
    for (auto& column : series.columns) keep(column);
  }

  void require_no_bad_bars() const {
    if (survey_.bad_bars.empty() || migration_.leave_out_bad_bars) return;
    const ZiplineSurvey::BadBar& bad = survey_.bad_bars.front();
    throw Error(ErrorCode::BadBar, fmt::format("{} at {}: {}", bad.symbol, bad.time, bad.problem),
                "`rustybt data migrate FOLDER --dry-run` lists all such bars, --leave-out-bad-bars leaves them out")
        .with("symbol", bad.symbol);
  }

  Source source_;
  const IngestOptions& options_;
  MigrationOptions migration_;
  ZiplineSurvey survey_;
};

}  // namespace

fs::path find_zipline_ingestion(const fs::path& folder, std::optional<Timestamp> as_of) {
  if (!fs::is_directory(folder)) {
    throw Error(ErrorCode::FileNotFound, fmt::format("{} is not a folder", folder.string()),
                "name the folder of a bundle of Zipline's, as ~/.zipline/data/quandl");
  }
  if (find_assets(folder)) return fs::canonical(folder);
  if (const auto newest = newest_ingestion(folder, as_of)) return fs::canonical(*newest);
  std::vector<fs::path> bundles;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "data", none))
    if (entry.is_directory() && newest_ingestion(entry.path(), as_of)) bundles.push_back(entry.path());
  if (bundles.size() == 1) return fs::canonical(*newest_ingestion(bundles.front(), as_of));
  std::string found = "no assets-N.sqlite in it, nor in a folder in it";
  if (!bundles.empty()) {
    std::vector<std::string> names;
    for (const fs::path& bundle : bundles) names.push_back(bundle.string());
    std::ranges::sort(names);
    found = fmt::format("several bundles: {}", fmt::join(names, ", "));
  }
  throw Error(ErrorCode::FileNotFound,
              fmt::format("expected a bundle of Zipline's in {}; found {}", folder.string(), found),
              "name the folder of one bundle, as ~/.zipline/data/quandl");
}

ZiplineSurvey survey_zipline_bundle(const fs::path& folder, const MigrationOptions& migration,
                                    const IngestOptions& options) {
  Migration reading(folder, options, migration);
  reading.for_each_series("reading Zipline's bars", [](std::size_t, bool, const BarSeries&) {});
  return reading.survey();
}

MigrationResult migrate_zipline_bundle(const fs::path& folder, std::string_view name, const IngestOptions& options,
                                       const MigrationOptions& migration, std::string origin) {
  Migration moving(folder, options, migration);
  const fs::path ingestion = find_zipline_ingestion(folder);
  const std::string own_name = ingestion.parent_path().filename().string();
  if (name.empty()) name = own_name;
  if (origin.empty()) origin = std::string(kOrigin) + ingestion.string();
  MigrationResult result;
  result.info = moving.write(name, origin);
  try {
    const fs::path version = version_folder(bundle_folder(options.root, name), result.info.version_id);
    result.cells_checked = moving.verify(load_bundle(options.root, name), version / "assets.sqlite");
  } catch (const Error&) {
    (void)rollback_bundle(options.root, name);
    throw;
  }
  result.source = moving.survey();
  return result;
}

std::optional<BundleInfo> undo_migration(const fs::path& root, std::string_view name) {
  const fs::path bundle = bundle_folder(root, name);
  if (fs::exists(manifest_file(bundle))) {
    const BundleInfo current = parse_manifest(storage::read_file(manifest_file(bundle)), manifest_file(bundle)).info;
    if (!current.source.starts_with(kOrigin)) {
      throw Error(
          ErrorCode::InvalidArgument,
          fmt::format("the current version of bundle {} was not made by a migration but from {}", name, current.source),
          "`rustybt clean` removes versions of any source");
    }
  }
  return rollback_bundle(root, name);
}

}  // namespace rustybt::data

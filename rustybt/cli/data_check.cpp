// `rustybt data check`: what is wrong with a bundle, a file or a folder of files, as a table, a verdict and JSON; and
// the repaired copy of --fix.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "rustybt/cli/actions.hpp"
#include "rustybt/data/adapters/parquet_text.hpp"
#include "rustybt/data/catalog.hpp"
#include "rustybt/data/quality/quality.hpp"
#include "rustybt/data/quality/repair.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::cli {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using utils::Severity;

namespace {

constexpr std::size_t kMostListed = 40;
constexpr int kErrorsFound = 1;

std::string lower_name(const fs::path& file) {
  std::string name = file.filename().string();
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

bool is_parquet(const fs::path& file) {
  const std::string name = lower_name(file);
  return name.ends_with(".parquet") || name.ends_with(".pq");
}

bool is_data_file(const fs::path& file) {
  std::string name = lower_name(file);
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return is_parquet(file) || std::ranges::any_of(std::vector{".csv", ".txt", ".tsv", ".json"},
                                                 [&](const char* end) { return name.ends_with(end); });
}

std::vector<fs::path> files_of(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file() && is_data_file(entry.path())) files.push_back(entry.path());
  std::ranges::sort(files);
  if (files.empty())
    throw Error(ErrorCode::EmptyData, fmt::format("{} holds no data files", path.string()),
                "expected .csv, .txt, .tsv, .json (also .gz) or .parquet");
  return files;
}

data::RawTable read_table(const fs::path& file) {
  if (is_parquet(file)) return data::RawTable(data::adapters::read_parquet_as_text(file));
  return data::RawTable::parse(storage::read_text_file(file), file.string());
}

std::string date_text(const data::QualityFinding& f) { return f.date ? f.date->to_string() : std::string(); }

/// The findings as rows of a table; when there are many, one row per kind.
std::string findings_table(const data::QualityReport& report, bool all) {
  const bool has_symbols =
      std::ranges::any_of(report.findings, [](const data::QualityFinding& f) { return !f.symbol.empty(); });
  std::vector<TextColumn> columns = {{"SEVERITY"}, {"LINE", true}, {"DATE"}, {"COLUMN"}, {"CODE"}, {"WHAT IS WRONG"}};
  if (has_symbols) columns.insert(columns.begin() + 2, {"SYMBOL"});
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const data::QualityFinding& f, const std::string& more) {
    std::vector<std::string> row = {std::string(utils::severity_name(f.severity)),
                                    fmt::format("{}", f.line),
                                    date_text(f),
                                    f.column,
                                    f.code,
                                    f.message + more};
    if (has_symbols) row.insert(row.begin() + 2, f.symbol);
    rows.push_back(std::move(row));
  };
  if (all || report.findings.size() <= kMostListed) {
    for (const data::QualityFinding& f : report.findings) add(f, "");
  } else {
    std::map<std::pair<int, std::string>, std::vector<const data::QualityFinding*>> kinds;
    for (const data::QualityFinding& f : report.findings) kinds[{-static_cast<int>(f.severity), f.code}].push_back(&f);
    for (const auto& [kind, list] : kinds)
      add(*list.front(),
          list.size() > 1 ? fmt::format(" (and {} more like it)", grouped(static_cast<std::int64_t>(list.size() - 1)))
                          : "");
  }
  return align_table(columns, rows);
}

std::string count_words(std::int64_t errors, std::int64_t warnings) {
  if (errors == 0 && warnings == 0) return "no defect found";
  return fmt::format("{} error{}, {} warning{}", grouped(errors), errors == 1 ? "" : "s", grouped(warnings),
                     warnings == 1 ? "" : "s");
}

/// What a trader should make of it.
std::string verdict(std::int64_t errors, std::int64_t warnings) {
  if (errors > 0) return "not to be trusted until the errors are repaired";
  return warnings > 0 ? "usable, once you have looked at the warnings" : "clean";
}

void print_report(Console& console, const data::QualityReport& report, bool all) {
  console.print(fmt::format("{}: {} rows", report.file, grouped(report.rows)));
  console.print(report.understood.empty() ? "\n" : fmt::format(", {}\n", report.understood));
  constexpr std::size_t kMostRemarks = 10;
  for (std::size_t i = 0; i < report.remarks.size() && (all || i < kMostRemarks); ++i)
    console.print(fmt::format("  note: {}\n", report.remarks[i]));
  if (!all && report.remarks.size() > kMostRemarks)
    console.print(fmt::format("  and {} more notes\n", report.remarks.size() - kMostRemarks));
  if (!report.findings.empty()) console.print(findings_table(report, all));
  console.print(fmt::format("  {}\n\n", count_words(report.count(Severity::Error), report.count(Severity::Warning))));
}

Json finding_json(const data::QualityFinding& f) {
  Json json = {{"file", f.file},
               {"row", f.row},
               {"line", f.line},
               {"symbol", f.symbol},
               {"date", f.date ? Json(f.date->to_string()) : Json(nullptr)},
               {"column", f.column},
               {"code", f.code},
               {"severity", utils::severity_name(f.severity)},
               {"message", f.message},
               {"advice", f.advice},
               {"value", f.value}};
  return json;
}

/// A file that cannot be read at all is one finding of its own.
data::QualityReport unreadable(const fs::path& file, const Error& error) {
  data::QualityReport report;
  report.file = file.string();
  data::QualityFinding f;
  f.file = report.file;
  f.column = "all";
  f.code = error.code() == ErrorCode::EmptyData ? "empty_file" : "unreadable_file";
  f.message = error.message();
  f.advice = error.hint();
  report.findings.push_back(std::move(f));
  return report;
}

/// Write the repaired copy and its log. @returns what was done, in words
std::string repair_file(const fs::path& file, const fs::path& target, const data::RawTable& table,
                        const data::QualityReport& report, const CheckCommand& command, Json& done) {
  if (fs::exists(target) && fs::equivalent(file, target))
    throw Error(ErrorCode::InvalidArgument, fmt::format("--fix {} is the file itself", target.string()),
                "a repair writes a copy: name another file");
  const data::RepairPlan plan = data::plan_repair(table, report, {.fill = command.fill});
  if (target.has_parent_path()) fs::create_directories(target.parent_path());
  if (is_parquet(file)) {
    data::repair_parquet(file, target, plan);
  } else {
    storage::write_file_atomically(target, data::repaired_text(table, plan));
  }
  const fs::path log = target.string() + ".changes.csv";
  storage::write_file_atomically(log, data::change_log(report.file, plan));
  const std::int64_t removed = table.rows() - static_cast<std::int64_t>(plan.rows.size());
  const std::int64_t moved = std::ranges::count(plan.changes, "moved", &data::Change::after);
  const std::int64_t cells =
      std::ranges::count_if(plan.changes, [](const data::Change& c) { return c.column != "row"; });
  done.push_back({{"file", report.file},
                  {"repaired", target.string()},
                  {"log", log.string()},
                  {"rows_removed", removed},
                  {"rows_moved", moved},
                  {"cells_changed", cells}});
  return fmt::format("repaired copy {}: {} rows removed, {} moved, {} cells changed; every change is in {}\n",
                     target.string(), grouped(removed), grouped(moved), grouped(cells), log.string());
}

struct Totals {
  std::int64_t errors = 0, warnings = 0, rows = 0;
  Json files = Json::array();
  Json findings = Json::array();

  void add(const data::QualityReport& report) {
    errors += report.count(Severity::Error);
    warnings += report.count(Severity::Warning);
    rows += report.rows;
    for (const data::QualityFinding& f : report.findings) findings.push_back(finding_json(f));
  }
};

data::QualityOptions quality_options(const CheckCommand& command) {
  data::QualityOptions options;
  options.calendar = command.calendar;
  options.today = WallClock().now().date();
  if (!command.asset_class.empty()) {
    options.kind = utils::find_market_kind(command.asset_class);
    if (!options.kind)
      throw Error(ErrorCode::InvalidArgument, fmt::format("'{}' is no asset class", command.asset_class),
                  "equity, crypto, fx or future");
  }
  if (!command.calendar.empty()) (void)utils::get_calendar(command.calendar);  // a bad name is refused first
  return options;
}

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

int check_path(Invocation& invocation, const CheckCommand& command, const fs::path& path) {
  Console& console = invocation.console;
  const data::QualityOptions options = quality_options(command);
  const bool is_folder = fs::is_directory(path);
  Totals totals;
  Json repairs = Json::array();
  for (const fs::path& file : files_of(path)) {
    data::QualityReport report;
    std::optional<data::RawTable> table;
    try {
      table = read_table(file);
      report = data::check_table(*table, file.string(), options);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::FileNotFound || error.code() == ErrorCode::InvalidCalendarName) throw;
      table.reset();
      report = unreadable(file, error);
    }
    print_report(console, report, command.all);
    if (!command.fix.empty() && table && report.symbols > 0) {
      fs::path target = command.fix;
      if (is_folder)
        target /= fs::relative(file, path);
      else if (fs::is_directory(target))
        target /= file.filename();
      if (lower_name(target).ends_with(".gz")) target.replace_extension();  // copies are plain
      console.print(repair_file(file, target, *table, report, command, repairs));
      report = data::check_table(read_table(target), target.string(), options);  // what is left
      console.print("what is left:\n");
      print_report(console, report, command.all);
    }
    totals.files.push_back({{"file", report.file},
                            {"rows", report.rows},
                            {"symbols", report.symbols},
                            {"ok", report.count(Severity::Error) == 0},
                            {"understood", report.understood},
                            {"remarks", report.remarks}});
    totals.add(report);
  }
  const std::string words = verdict(totals.errors, totals.warnings);
  console.print(fmt::format("verdict: {} ({})\n", words, count_words(totals.errors, totals.warnings)));
  Json result = {{"path", path.string()}, {"ok", totals.errors == 0},   {"verdict", words},
                 {"rows", totals.rows},   {"errors", totals.errors},    {"warnings", totals.warnings},
                 {"files", totals.files}, {"findings", totals.findings}};
  if (!command.fix.empty()) result["repairs"] = repairs;
  console.print_json(dump(result));
  return totals.errors == 0 ? 0 : kErrorsFound;
}

int check_one_bundle(Invocation& invocation, const CheckCommand& command, const std::string& bundle) {
  Console& console = invocation.console;
  if (!command.fix.empty())
    throw Error(ErrorCode::InvalidArgument, "--fix repairs files, not bundles",
                "check and repair the files that the bundle was made of, then ingest them again");
  const std::vector<data::CheckFinding> files = data::check_bundle(data::default_root(), bundle);
  std::vector<std::vector<std::string>> rows;
  Totals totals;
  std::int64_t problems = 0;
  for (const data::CheckFinding& file : files) {
    const bool is_whole = file.problem.empty();
    if (!is_whole) ++problems;
    rows.push_back({file.file, grouped(file.rows), is_whole ? "ok" : file.problem});
    totals.files.push_back({{"file", file.file}, {"rows", file.rows}, {"ok", is_whole}, {"problem", file.problem}});
  }
  console.print(align_table({{"FILE"}, {"ROWS", true}, {"STATE"}}, rows));
  if (problems > 0) {
    console.print_json(dump({{"bundle", bundle}, {"ok", false}, {"files", totals.files}}));
    const Error damaged(ErrorCode::CorruptBundle,
                        fmt::format("bundle {} is damaged: {} of {} files", bundle, problems, files.size()));
    console.print_error_lines(damaged);
    return damaged.exit_status();
  }
  console.print(fmt::format("bundle {} is whole: {} files\n\n", bundle, files.size()));
  const data::Bundle opened = data::load_bundle(data::default_root(), bundle);
  const data::QualityReport report = data::check_bars(opened, quality_options(command));
  print_report(console, report, command.all);
  totals.add(report);
  data::Catalog(data::default_root(), console.log())
      .record_quality(bundle, {opened.info.data_hash, WallClock().now().to_string(), totals.errors, totals.warnings});
  const std::string words = verdict(totals.errors, totals.warnings);
  console.print(fmt::format("verdict: {} ({})\n", words, count_words(totals.errors, totals.warnings)));
  console.print_json(dump({{"bundle", bundle},
                           {"ok", totals.errors == 0},
                           {"verdict", words},
                           {"rows", totals.rows},
                           {"errors", totals.errors},
                           {"warnings", totals.warnings},
                           {"files", totals.files},
                           {"findings", totals.findings}}));
  return totals.errors == 0 ? 0 : kErrorsFound;
}

}  // namespace

int check_data(Invocation& invocation, const CheckCommand& command) {
  const std::string& what = command.what;
  const bool looks_like_path = what.find('/') != std::string::npos || what.find('.') != std::string::npos;
  const auto bundles = data::list_bundles(data::default_root());
  const bool is_bundle = std::ranges::any_of(bundles, [&](const data::BundleInfo& b) { return b.name == what; });
  if (fs::exists(what) && (looks_like_path || !is_bundle)) return check_path(invocation, command, what);
  if (looks_like_path && !is_bundle)
    throw Error(ErrorCode::FileNotFound, fmt::format("there is no file or folder {}", what), "check the path");
  return check_one_bundle(invocation, command, what);
}

}  // namespace rustybt::cli

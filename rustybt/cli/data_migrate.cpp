// `rustybt data migrate`: bundles of Zipline's into ours.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "rustybt/cli/actions.hpp"
#include "rustybt/cli/progress.hpp"
#include "rustybt/data/bundles/migration.hpp"

namespace rustybt::cli {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t kRowsShown = 20;

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

std::string day(const std::optional<Date>& date) { return date ? date->to_string() : "-"; }

Json day_json(const std::optional<Date>& date) { return date ? Json(date->to_string()) : Json(nullptr); }

Json survey_json(const data::ZiplineSurvey& survey) {
  Json assets = Json::array();
  for (const auto& asset : survey.assets) {
    assets.push_back({{"sid", asset.sid.value},
                      {"symbol", asset.symbol},
                      {"type", asset.type == assets::AssetType::Future ? "future" : "equity"},
                      {"daily_rows", asset.daily_rows},
                      {"minute_rows", asset.minute_rows},
                      {"first_session", day_json(asset.first)},
                      {"last_session", day_json(asset.last)}});
  }
  Json bad = Json::array();
  for (const auto& bar : survey.bad_bars)
    bad.push_back({{"symbol", bar.symbol}, {"time", bar.time}, {"problem", bar.problem}});
  return {{"folder", survey.folder.string()},
          {"name", survey.name},
          {"calendar", survey.calendar_name},
          {"first_session", day_json(survey.first_session)},
          {"last_session", day_json(survey.last_session)},
          {"equities", survey.equities},
          {"futures", survey.futures},
          {"rows_read", survey.places},
          {"daily_rows", survey.daily_rows},
          {"minute_rows", survey.minute_rows},
          {"left_out", {{"empty", survey.empty}, {"not_trading", survey.not_trading}, {"bad", survey.bad_bars.size()}}},
          {"splits", survey.splits},
          {"mergers", survey.mergers},
          {"dividend_ratios", survey.dividend_ratios},
          {"cash_dividends", survey.cash_dividends},
          {"stock_dividends", survey.stock_dividends},
          {"bad_bars", std::move(bad)},
          {"assets", std::move(assets)}};
}

void print_survey(Console& console, const data::ZiplineSurvey& survey) {
  console.print(fmt::format("Zipline's bundle {} in {}\ncalendar {}, {} to {}\n\n", survey.name, survey.folder.string(),
                            survey.calendar_name, day(survey.first_session), day(survey.last_session)));
  std::vector<std::vector<std::string>> rows;
  for (const auto& asset : survey.assets) {
    if (rows.size() == kRowsShown) break;
    rows.push_back({asset.symbol, fmt::format("{}", asset.sid.value),
                    asset.type == assets::AssetType::Future ? "future" : "equity", grouped(asset.daily_rows),
                    grouped(asset.minute_rows), day(asset.first), day(asset.last)});
  }
  console.print(align_table(
      {{"SYMBOL"}, {"SID", true}, {"TYPE"}, {"DAILY BARS", true}, {"MINUTE BARS", true}, {"FIRST"}, {"LAST"}}, rows));
  if (survey.assets.size() > rows.size())
    console.print(fmt::format("... and {} more assets\n", survey.assets.size() - rows.size()));
  console.print(fmt::format(
      "\n{} equities, {} futures; {} daily and {} minute bars; {} splits, {} mergers, {} dividends ({} price ratios), "
      "{} stock dividends\n",
      grouped(survey.equities), grouped(survey.futures), grouped(survey.daily_rows), grouped(survey.minute_rows),
      grouped(survey.splits), grouped(survey.mergers), grouped(survey.cash_dividends), grouped(survey.dividend_ratios),
      grouped(survey.stock_dividends)));
  console.print(fmt::format("{} rows in the tables, {} of them minutes without any value", grouped(survey.places),
                            grouped(survey.empty)));
  if (survey.not_trading > 0)
    console.print(fmt::format(", {} outside of the trading minutes", grouped(survey.not_trading)));
  console.print("\n");
}

void print_bad_bars(Console& console, const data::ZiplineSurvey& survey) {
  if (survey.bad_bars.empty()) return;
  console.print(fmt::format("\n{} bad bars:\n", grouped(static_cast<std::int64_t>(survey.bad_bars.size()))));
  std::vector<std::vector<std::string>> rows;
  for (const auto& bar : survey.bad_bars) {
    if (rows.size() == kRowsShown) break;
    rows.push_back({bar.symbol, bar.time, bar.problem});
  }
  console.print(align_table({{"SYMBOL"}, {"TIME"}, {"PROBLEM"}}, rows));
  if (survey.bad_bars.size() > rows.size())
    console.print(fmt::format("... and {} more; --json lists all\n", survey.bad_bars.size() - rows.size()));
}

int undo(Invocation& invocation, const std::string& name) {
  const std::optional<data::BundleInfo> current = data::undo_migration(data::default_root(), name);
  if (current) {
    invocation.console.print(fmt::format("bundle {}: the version of {} ({}) is current again\n", name,
                                         current->ingested_at.substr(0, 19), current->source));
  } else {
    invocation.console.print(fmt::format("bundle {} had no version before the migration and is removed\n", name));
  }
  invocation.console.print_json(dump({{"name", name},
                                      {"version", current ? Json(current->version_id) : Json(nullptr)},
                                      {"source", current ? Json(current->source) : Json(nullptr)}}));
  return 0;
}

}  // namespace

int migrate(Invocation& invocation, const MigrateCommand& command) {
  Console& console = invocation.console;
  if (command.rollback) {
    // the name, or the folder it was migrated from
    return undo(invocation, !command.name.empty() ? command.name
                            : fs::is_directory(command.folder)
                                ? data::find_zipline_ingestion(command.folder).parent_path().filename().string()
                                : command.folder.string());
  }
  const WallClock clock;
  ProgressPace pace(console.error_is_terminal());
  data::IngestOptions options;
  options.root = data::default_root();
  options.clock = &clock;
  options.log = console.log();
  options.progress = [&](std::string_view what, std::int64_t done, std::int64_t total) {
    if (!pace.is_due()) return;
    console.show_progress(total > 0 && done < total ? fmt::format("{}  {} of {}", what, grouped(done), grouped(total))
                                                    : std::string(what));
  };
  const data::MigrationOptions how{command.tables, command.leave_out_bad_bars};

  if (command.dry_run) {
    const data::ZiplineSurvey survey = data::survey_zipline_bundle(command.folder, how, options);
    console.clear_progress();
    print_survey(console, survey);
    print_bad_bars(console, survey);
    console.print(
        survey.bad_bars.empty() || command.leave_out_bad_bars
            ? "\ndry run: nothing is written\n"
            : "\ndry run: nothing is written; a migration refuses the bad bars unless --leave-out-bad-bars\n");
    console.print_json(dump(survey_json(survey)));
    return 0;
  }

  const data::MigrationResult result = data::migrate_zipline_bundle(command.folder, command.name, options, how);
  console.clear_progress();
  print_survey(console, result.source);
  print_bad_bars(console, result.source);
  console.print(
      fmt::format("\nbundle {}: written and read back, {} cells and all tables are equal; data hash {}\n"
                  "`rustybt data migrate {} --rollback` brings the version before back\n",
                  result.info.name, grouped(result.cells_checked), result.info.data_hash.substr(0, 16),
                  shell_quoted(result.info.name)));
  Json json = survey_json(result.source);
  json["bundle"] = result.info.name;
  json["version"] = result.info.version_id;
  json["data_hash"] = result.info.data_hash;
  json["cells_checked"] = result.cells_checked;
  json["seconds"] = pace.seconds();
  console.print_json(dump(json));
  return 0;
}

}  // namespace rustybt::cli

// `rustybt run` and `rustybt report`.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "rustybt/cli/actions.hpp"
#include "rustybt/cli/benchmark_file.hpp"
#include "rustybt/cli/capital_changes_file.hpp"
#include "rustybt/cli/prepared_run.hpp"
#include "rustybt/cli/progress.hpp"
#include "rustybt/cli/python_handover.hpp"
#include "rustybt/cli/run_files.hpp"
#include "rustybt/cli/run_record.hpp"
#include "rustybt/cli/strategy_loader.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/data/bundles/zipline_root.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::cli {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kInterruptedStatus = 130;

std::optional<Date> parse_date(const std::string& text, std::string_view option) {
  if (text.empty()) return std::nullopt;
  try {
    return Date::parse(text);
  } catch (Error& error) {
    throw error.with("option", std::string(option));
  }
}

Decimal parse_capital(const std::string& text) {
  try {
    return Decimal::parse(text);
  } catch (Error& error) {
    throw error.with("option", "--capital");
  }
}

std::vector<std::pair<std::string, std::string>> parse_policies(const std::vector<std::string>& words) {
  std::vector<std::pair<std::string, std::string>> policies;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("--set {}: expected policy=value, as limit_check=never_worse", word),
                  "`rustybt run --help` lists policies and their values");
    }
    policies.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return policies;
}

/// The bundle of --bundle, else the one ingested last.
std::string choose_bundle(Invocation& invocation, const std::string& asked) {
  if (!asked.empty()) return asked;
  std::vector<data::BundleInfo> bundles = data::list_bundles(data::default_root());
  const auto unreadable = std::ranges::find(bundles, std::string(), &data::BundleInfo::version_id);
  const std::string problem =
      unreadable == bundles.end() ? "" : fmt::format("bundle {} is {}", unreadable->name, unreadable->source);
  std::erase_if(bundles, [](const data::BundleInfo& info) { return info.version_id.empty(); });
  if (bundles.empty() && !problem.empty())
    throw Error(ErrorCode::CorruptBundle, problem, "ingest it again; `rustybt bundles` lists what there is");
  if (bundles.empty()) {
    const std::vector<data::ZiplineBundleFolder> others = data::list_zipline_bundles(data::default_root());
    if (others.size() == 1) return others.front().name;
    std::string hint = "`rustybt ingest FILE` makes one of your own data, `rustybt demo` an invented one";
    if (!others.empty()) hint = fmt::format("Zipline's root has {} bundles: choose one with --bundle", others.size());
    throw Error(ErrorCode::UnknownBundle, fmt::format("there is no bundle in {} yet", data::default_root().string()),
                hint);
  }
  const data::BundleInfo& latest = *std::ranges::max_element(bundles, {}, &data::BundleInfo::ingested_at);
  if (bundles.size() > 1) {
    invocation.console.log().info(
        fmt::format("using bundle {}, the last ingested of {}; --bundle chooses another", latest.name, bundles.size()));
  }
  return latest.name;
}

std::string reproduce(const RunCommand& command, const data::Bundle& bundle, const algorithm::RunSettings& settings) {
  std::string text = fmt::format("rustybt run {} --bundle {} --start {} --end {} --capital {} --preset {}",
                                 shell_quoted(command.strategy.string()), shell_quoted(bundle.info.name),
                                 settings.start.value_or(bundle.info.first_session).to_string(),
                                 settings.end.value_or(bundle.info.last_session).to_string(),
                                 settings.capital.to_string(), settings.policies.preset_name());
  for (const std::string& policy : command.policies) text += " --set " + shell_quoted(policy);
  if (settings.frequency == data::DataFrequency::Minute) text += " --data-frequency minute";
  if (settings.minute_emission) text += " --emission-rate minute";
  if (settings.base_currency) text += " --base-currency " + shell_quoted(*settings.base_currency);
  if (!command.benchmark.empty()) text += " --benchmark " + shell_quoted(command.benchmark);
  if (!command.benchmark_file.empty()) text += " --benchmark-file " + shell_quoted(command.benchmark_file);
  if (!command.calendar.empty()) text += " --calendar " + shell_quoted(command.calendar);
  if (!command.capital_changes.empty()) text += " --capital-changes " + shell_quoted(command.capital_changes);
  if (!command.metrics_set.empty()) text += " --metrics-set " + shell_quoted(command.metrics_set);
  for (const std::string& definition : command.definitions) text += " -D " + shell_quoted(definition);
  for (const fs::path& extension : command.extensions) text += " --extension " + shell_quoted(extension.string());
  return text;
}

}  // namespace

PreparedRun prepare_run(Invocation& invocation, const RunCommand& command) {
  // Everything that the words alone can tell comes first, so that mistakes show before anything is loaded.
  const StrategyKind kind = strategy_kind(command.strategy);
  algorithm::RunSettings settings;
  settings.start = parse_date(command.start, "--start");
  settings.end = parse_date(command.end, "--end");
  if (settings.start && settings.end && *settings.end < *settings.start) {
    throw Error(ErrorCode::InvalidDateRange,
                fmt::format("--end {} is before --start {}", settings.end->to_string(), settings.start->to_string()));
  }
  if (!command.capital.empty()) settings.capital = parse_capital(command.capital);
  settings.frequency = command.frequency == "minute" ? data::DataFrequency::Minute : data::DataFrequency::Daily;
  settings.minute_emission = command.emission_rate == "minute";
  if (!command.base_currency.empty()) settings.base_currency = to_upper(command.base_currency);
  if (!command.benchmark.empty()) settings.benchmark_symbol = command.benchmark;
  if (!command.benchmark_file.empty()) settings.benchmark_returns = read_benchmark_returns(command.benchmark_file);
  if (!command.calendar.empty()) settings.calendar = utils::resolve_calendar_alias(command.calendar);
  if (!command.capital_changes.empty()) settings.capital_changes = read_capital_changes(command.capital_changes);
  if (!command.metrics_set.empty() && command.metrics_set != "default" && kind != StrategyKind::Python) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("--metrics-set {} is for .py strategies: a compiled one keeps the default figures",
                            command.metrics_set),
                "compute others in analyze(), from the tables of the result");
  }
  if (kind != StrategyKind::Python && !(command.definitions.empty() && command.extensions.empty())) {
    throw Error(ErrorCode::InvalidArgument, "--define and --extension are for .py strategies");
  }
  if (!command.preset.empty()) {
    settings.policies = finance::Policies::named(command.preset);
    settings.preset_reason = "--preset";
  }
  RunFacts facts;
  facts.chosen_policies = parse_policies(command.policies);
  for (const auto& [name, value] : facts.chosen_policies) finance::Policies(settings.policies).set(name, value);

  if (kind == StrategyKind::Python && !invocation.environment.load_script) {
    const std::string python = find_python();
    invocation.console.give_back_output();
    hand_over_to_python(python, invocation.argc, invocation.argv);
  }

  const data::Bundle bundle = data::open_bundle(data::default_root(), choose_bundle(invocation, command.bundle),
                                                std::nullopt, invocation.console.log());
  std::unique_ptr<algorithm::Strategy> strategy;
  if (kind == StrategyKind::Python) {
    LoadedScript script;
    try {
      script = invocation.environment.load_script(
          {command.strategy, command.metrics_set, command.definitions, command.extensions});
    } catch (...) {
      Error error = explain_failure(invocation, std::current_exception(), command.strategy.string());
      throw error.with("strategy", command.strategy.string());
    }
    strategy = std::move(script.strategy);
    if (command.preset.empty() && script.imported_zipline) {
      settings.policies = finance::Policies::of(finance::Preset::Zipline);
      settings.preset_reason = "the script imports zipline";
    }
  } else {
    fs::path library = command.strategy;
    if (kind == StrategyKind::Source) {
      library = compile_strategy(
          command.strategy, data::default_root() / "cache" / "strategies",
          [&](std::string_view source) { invocation.console.log().info(fmt::format("compiling {}", source)); });
    }
    strategy = open_strategy(library);
  }
  for (const auto& [name, value] : facts.chosen_policies) settings.policies.set(name, value);

  facts.strategy = command.strategy.string();
  facts.strategy_sha256 = storage::sha256_file(command.strategy);
  facts.capital_reason = command.capital.empty() ? "default" : "--capital";
  facts.command = reproduce(command, bundle, settings);
  return {bundle, std::move(strategy), std::move(settings), std::move(facts)};
}

int run_strategy(Invocation& invocation, const RunCommand& command) {
  PreparedRun run = prepare_run(invocation, command);
  return execute_run(invocation, *run.strategy, run.bundle, std::move(run.settings), std::move(run.facts),
                     command.outputs);
}

std::optional<Error> settle_failure(Invocation& invocation, algorithm::RunResult& result, const std::string& strategy) {
  if (result.end != algorithm::RunEnd::Failed) return std::nullopt;
  std::optional<Error> error = explain_failure(invocation, result.error, strategy);
  if (error->code() == ErrorCode::Interrupted) {
    result.end = algorithm::RunEnd::Interrupted;
    return std::nullopt;
  }
  error->with("strategy", strategy);
  if (result.error_time) error->with("simulation time", result.error_time->to_string());
  return error;
}

int execute_run(Invocation& invocation, algorithm::Strategy& strategy, const data::Bundle& bundle,
                algorithm::RunSettings settings, RunFacts facts, const RunOutputs& outputs) {
  Console& console = invocation.console;
  const RunOutputs to = prepare_outputs(outputs);

  RunProgress progress(console);
  settings.observer = &progress;
  settings.log = console.log();
  const auto start = std::chrono::steady_clock::now();
  algorithm::RunResult result = [&] {
    const InterruptGuard guard;
    return algorithm::run_algorithm(strategy, bundle, settings);
  }();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  console.clear_progress();

  facts.error = settle_failure(invocation, result, facts.strategy);
  const RunRecord record = make_record(result, facts);
  const bool is_shown = result.tables.performance.size() > 0 || result.end == algorithm::RunEnd::Completed;
  if (is_shown) console.print(describe_record(record));  // before the files: a full disk does not take it away
  Json files = Json::object();
  std::vector<std::vector<std::string>> written;
  write_outputs(record, to);
  if (!to.folder.empty()) {
    files["folder"] = fs::absolute(to.folder).lexically_normal().string();
    written.push_back({"Tables", (to.folder / "").string()});
  }
  if (!to.report.empty()) {
    files["report"] = fs::absolute(to.report).lexically_normal().string();
    written.push_back({"Report", to.report.string()});
  }

  if (is_shown) written.push_back({"Time", fmt::format("{:.3f} s, {} bars", result.seconds, grouped(result.bars))});
  if (!written.empty()) console.print("\n" + align_table({{"", false}, {"", false}}, written));
  console.print_json(extend_summary(record, Json{{"files", files}, {"seconds", result.seconds}}.dump()));

  if (facts.error) {
    console.print_error_lines(*facts.error);
    return facts.error->exit_status();
  }
  if (result.end == algorithm::RunEnd::Interrupted) {
    console.warn("interrupted: the results are those of the sessions before");
    return kInterruptedStatus;
  }
  return 0;
}

int make_report(Invocation& invocation, const fs::path& folder, const fs::path& page) {
  const RunRecord record = read_record(folder);
  const fs::path to = page.empty() ? folder / "report.html" : page;
  prepare_page(to);
  write_page(record, to, folder);
  invocation.console.print(fmt::format("Report  {}\n", to.string()));
  invocation.console.print_json(Json{{"report", fs::absolute(to).lexically_normal().string()}}.dump(2));
  return 0;
}

}  // namespace rustybt::cli

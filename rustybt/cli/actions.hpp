#pragma once
// What the commands do, apart from reading their words (commands.cpp). Each returns the exit status or throws Error.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rustybt/cli/commands.hpp"
#include "rustybt/cli/console.hpp"
#include "rustybt/utils/security.hpp"

namespace rustybt::cli {

/// One call of the command line.
struct Invocation {
  int argc;
  char** argv;
  const CliEnvironment& environment;
  Console& console;
};

/// Print the traceback of a failure in the user's code, `file`, and return it as an error.
[[nodiscard]] Error explain_failure(Invocation& invocation, const std::exception_ptr& failure, const std::string& file);

// --- runs (run.cpp, demo.cpp)
// -----------------------------------------------------------------------------------------

/// Where results go; empty = not wanted. A report without a folder puts its tables into NAME_tables beside it.
struct RunOutputs {
  std::filesystem::path folder;
  std::filesystem::path report;
};

struct RunCommand {
  std::filesystem::path strategy;
  std::string bundle;  ///< empty: the only or most recent one
  std::string start, end, capital, preset, benchmark, benchmark_file, calendar, capital_changes, metrics_set;
  std::string frequency = "daily";
  std::string emission_rate = "daily";
  std::string base_currency;             ///< empty: all money counts as one currency
  std::vector<std::string> policies;     ///< "name=value"
  bool no_benchmark = false;             ///< as without a benchmark
  std::vector<std::string> definitions;  ///< "name=expression", put into the script before it runs
  std::vector<std::filesystem::path> extensions;
  RunOutputs outputs;
};
int run_strategy(Invocation& invocation, const RunCommand& command);

/// The options of `rustybt run` without the strategy: for those who have it already (the magics of notebooks).
struct RunWords {
  RunCommand command;
  std::string help;  ///< what --help shows, when it was asked for
};
/// @throws Error{InvalidArgument}
[[nodiscard]] RunWords parse_run_words(std::vector<std::string> words, const std::string& name);

/// Run, write, print: what `run` and `demo` share. `settings.observer` and `settings.log` are set here.
struct RunFacts;
int execute_run(Invocation& invocation, algorithm::Strategy& strategy, const data::Bundle& bundle,
                algorithm::RunSettings settings, RunFacts facts, const RunOutputs& outputs);

int run_demo(Invocation& invocation, const RunOutputs& outputs);

/// `strategy check` (strategy_check.cpp): does the strategy see the future, repeat itself, need time to warm up?
struct StrategyCheckCommand {
  RunCommand run;
  int cuts = 8;                                ///< dates after which the future is changed
  std::vector<int> later;                      ///< starts later by so many sessions; empty: chosen by the run's length
  std::vector<std::filesystem::path> trusted;  ///< files whose later rows are known beforehand (calendars)
  bool skip_warm_up = false;
};
int check_strategy(Invocation& invocation, const StrategyCheckCommand& command);

/// One run of the check, in a process of its own (strategy_probe.cpp).
struct ProbeCommand {
  RunCommand run;
  std::filesystem::path folder;  ///< where its tables go
  std::string future;      ///< of data::FutureView, or "ends:DATE": only ends of assets are hidden; empty: as it is
  std::string stop_after;  ///< last session to run; empty: all
};
int probe_strategy(Invocation& invocation, const ProbeCommand& command);

/// Make the page of a kept run again.
int make_report(Invocation& invocation, const std::filesystem::path& folder, const std::filesystem::path& page);

// --- data (bundle.cpp)
// ------------------------------------------------------------------------------------------------

struct IngestCommand {
  std::string source;  ///< a registered source, an adapter, or a path
  std::filesystem::path path;
  std::string name;                               ///< of the bundle; default: the source's or the file's
  std::map<std::string, std::string> settings;    ///< of the adapter
  std::filesystem::path fx_rates;                 ///< CSV of exchange rates; empty = none
  bool dry_run = false;                           ///< show how the files are understood, and stop
  std::vector<std::filesystem::path> extensions;  ///< Python files that register bundles
  bool append = false;                            ///< add to the bundle instead of replacing it
  std::string on_conflict = "refuse";             ///< refuse, replace
};
int ingest(Invocation& invocation, const IngestCommand& command);
int list_bundles(Invocation& invocation);

struct DataListCommand {
  std::string bundle;  ///< empty: the bundles themselves
  std::string symbol;  ///< empty: all
};
int list_data(Invocation& invocation, const DataListCommand& command);
int describe_data(Invocation& invocation, const std::string& bundle);

struct CacheCommand {
  bool clear = false;
  std::string limit;  ///< "10GB"; empty: as it is
};
int show_cache(Invocation& invocation, const CacheCommand& command);

/// data check (data_check.cpp)
struct CheckCommand {
  std::string what;                   ///< a bundle, a file or a folder
  std::string asset_class, calendar;  ///< empty: told from the data
  std::filesystem::path fix;          ///< where the repaired copy goes; empty: none
  bool fill = false;                  ///< of --fix: missing prices between their neighbours
  bool all = false;                   ///< every finding, however many
};
int check_data(Invocation& invocation, const CheckCommand& command);

/// data convert, data synth (data_convert.cpp)
struct ConvertCommand {
  std::string source;  ///< bundle
  std::filesystem::path target;
  std::string format;                        ///< csv, parquet, csvdir; empty: by the target's name
  std::string frequency = "daily";           ///< daily, minute
  std::string to;                            ///< longer bars ("1h", "1w") made of these; empty: as they are
  bool label_start = false;                  ///< of longer bars: name them by their start
  std::vector<std::string> symbols, fields;  ///< empty: all
  std::string start, end;
};
int convert_data(Invocation& invocation, const ConvertCommand& command);

struct SynthCommand {
  std::filesystem::path target;
  std::string format;
  std::string frequency = "daily";
  std::string start, end;
  std::uint64_t seed = 1;
  int assets = 20;
};
int synthesize_data(Invocation& invocation, const SynthCommand& command);

struct CleanCommand {
  std::string bundle;
  std::optional<int> keep_last;
  std::string before, after;
};
int clean(Invocation& invocation, const CleanCommand& command);

struct MigrateCommand {
  std::filesystem::path folder;  ///< of Zipline's bundle; with `rollback` it may be our bundle's name
  std::string name;              ///< of our bundle; default: Zipline's
  std::vector<std::filesystem::path> tables;
  bool dry_run = false;
  bool rollback = false;
  bool leave_out_bad_bars = false;
};
int migrate(Invocation& invocation, const MigrateCommand& command);  // data_migrate.cpp

// --- keys (keys.cpp)
// ------------------------------------------------------------------------------------------------
int set_key(Invocation& invocation, const std::string& name);
int list_keys(Invocation& invocation);
int remove_key(Invocation& invocation, const std::string& name);
/// RUSTYBT_PASSPHRASE, RUSTYBT_KEY_FILE, else asked for at the terminal, once.
[[nodiscard]] utils::PassphraseSource terminal_passphrase();
/// The environment variable of that name, else the store's key.
[[nodiscard]] std::optional<utils::Secret> find_key(const std::string& name, const utils::PassphraseSource& passphrase);

// --- facts
// ------------------------------------------------------------------------------------------------------------
int list_calendars(Invocation& invocation);
int show_version(Invocation& invocation);

}  // namespace rustybt::cli

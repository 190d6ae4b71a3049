#pragma once
// The command line: one tree of commands for the native executable and for `python -m rustybt`.

#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rustybt/algorithm/run.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::cli {

/// A strategy that an embedding language made from a script.
struct LoadedScript {
  std::unique_ptr<algorithm::Strategy> strategy;
  /// The script imported `zipline`: without --preset it then runs under the preset `zipline`.
  bool imported_zipline = false;
};

/// What it is made from.
struct Script {
  std::filesystem::path file;
  std::string metrics_set;                        ///< name of the set of metrics, empty for the default one
  std::vector<std::string> definitions;           ///< "name=expression", evaluated in this order before the script runs
  std::vector<std::filesystem::path> extensions;  ///< run before it, after the default one
};

/// What an exception of the embedding language says.
struct ScriptFailure {
  /// The language's own traceback, ending in a line break; printed as it is.
  std::string traceback;
  /// The error of ours that was raised inside the script, if it was one: its code, message and hint are kept.
  /// Absent: the command line reports StrategyFailed with `message`.
  std::optional<Error> error;
  /// Type and text of the exception ("ValueError: no such thing").
  std::string message;
};

/// What the process around the command line provides. The native executable uses the default (nothing).
struct CliEnvironment {
  /// Load a .py strategy: run the module's top level, return its functions as a Strategy. It may throw anything;
  /// describe_exception explains it. Empty: a .py strategy is handed over to `python -m rustybt` (exec).
  std::function<LoadedScript(const Script& script)> load_script;
  /// Explain an exception thrown by load_script, register_sources or by the strategy; nothing when it is not of the
  /// embedding language.
  std::function<std::optional<ScriptFailure>(const std::exception_ptr&)> describe_exception;
  /// Flush what the embedding language has buffered for standard output (called before our own output and at the end).
  std::function<void()> flush_output;
  /// Run the extensions (the default one, then those named with --extension) and add the bundles that they register.
  /// It may throw anything; describe_exception explains it. Empty: a bundle that only an extension can make is handed
  /// over to `python -m rustybt` (exec).
  std::function<void(data::BundleRegistry&, const std::vector<std::filesystem::path>& extensions)> register_sources;
  /// Names of the adapters that the embedding language brings. Empty: an unknown source is handed over to
  /// `python -m rustybt` (exec).
  std::function<std::vector<std::string>()> adapter_names;
  /// Make a bundle with one of them. It may throw anything; describe_exception explains it.
  std::function<void(const std::string& adapter, const std::string& bundle,
                     const std::map<std::string, std::string>& settings)>
      ingest_with_adapter;
};

/// Run one command; errors are printed to standard error.
///
/// With --json standard output holds the result and nothing else: whatever a strategy prints goes to standard error.
/// @returns the exit status: 0, Error::exit_status(), 130 after Ctrl-C
int run_cli(int argc, char** argv, const CliEnvironment& environment);
int run_cli(int argc, char** argv);

}  // namespace rustybt::cli

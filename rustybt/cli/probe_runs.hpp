#pragma once
// The runs of `rustybt strategy check`: each a process of its own, so that nothing a strategy keeps in globals, caches
// or the interpreter reaches the next one.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rustybt/cli/actions.hpp"

namespace rustybt::cli {

/// What one run may know and how it is watched.
struct ProbeRun {
  std::string future = {};                               ///< of the bundle (ProbeCommand), empty = as it is
  std::string file_future = {};                          ///< of files and bundles that a script opens itself
  std::optional<std::vector<std::string>> sources = {};  ///< only these of them; absent = all
  std::string stop_after = {};
  std::string start = {};             ///< another first day
  bool seeded = true;                 ///< unseeded generators of random numbers are seeded
  int hash_seed = 0;                  ///< PYTHONHASHSEED
  std::filesystem::path folder = {};  ///< where it left its tables
};

/// Starts runs, as many at a time as there are processors, and keeps their folders until its end.
class ProbeRuns {
 public:
  ProbeRuns(Invocation& invocation, const StrategyCheckCommand& command);
  ProbeRuns(const ProbeRuns&) = delete;
  ProbeRuns& operator=(const ProbeRuns&) = delete;
  ~ProbeRuns();

  /// Do them all; folders are filled in. @throws Error{Interrupted} after Ctrl-C, Error{StrategyFailed} with what a
  /// process wrote when it left no tables
  void run(std::vector<ProbeRun*> runs);
  [[nodiscard]] bool is_script() const { return is_script_; }
  [[nodiscard]] int count() const { return count_; }
  /// The exit status of the first process that could not even start its run, and what it wrote.
  struct NotStarted {
    int exit_status;
    std::string said;
  };
  /// Chosen once the first run knows it.
  void use_bundle(std::string bundle) { bundle_ = std::move(bundle); }

 private:
  [[nodiscard]] std::vector<std::string> words(const ProbeRun& run) const;
  int start(const ProbeRun& run) const;

  Invocation& invocation_;
  const StrategyCheckCommand& command_;
  std::vector<std::string> program_;
  std::filesystem::path folder_;
  std::string bundle_;
  bool is_script_ = false;
  int count_ = 0;
};

}  // namespace rustybt::cli

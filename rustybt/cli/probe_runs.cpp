#include "rustybt/cli/probe_runs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "rustybt/cli/progress.hpp"
#include "rustybt/cli/python_handover.hpp"
#include "rustybt/cli/strategy_loader.hpp"
#include "rustybt/storage/files.hpp"

extern char** environ;

namespace rustybt::cli {

namespace fs = std::filesystem;

ProbeRuns::ProbeRuns(Invocation& invocation, const StrategyCheckCommand& command)
    : invocation_(invocation), command_(command), bundle_(command.run.bundle) {
  is_script_ = strategy_kind(command.run.strategy) == StrategyKind::Python;
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  if (is_script_ || invocation.environment.load_script)
    program_ = {invocation.environment.load_script ? self : find_python(), "-m", "rustybt"};
  else
    program_ = {self};
  std::string pattern = (fs::temp_directory_path() / "rustybt-check-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw Error(ErrorCode::FileNotWritable, "cannot make a folder in " + fs::temp_directory_path().string());
  folder_ = pattern;
}

ProbeRuns::~ProbeRuns() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::vector<std::string> ProbeRuns::words(const ProbeRun& run) const {
  const RunCommand& c = command_.run;
  std::vector<std::string> all = program_;
  const auto add = [&all](const char* option, const std::string& value) {
    if (!value.empty()) all.insert(all.end(), {option, value});
  };
  all.insert(all.end(), {"strategy", "probe", c.strategy.string(), run.folder.string()});
  add("--bundle", bundle_);
  add("--start", run.start.empty() ? c.start : run.start);
  add("--end", c.end);
  add("--capital", c.capital);
  add("--preset", c.preset);
  for (const std::string& policy : c.policies) add("--set", policy);
  add("--data-frequency", c.frequency);
  add("--emission-rate", c.emission_rate);
  add("--base-currency", c.base_currency);
  add("--benchmark", c.benchmark);
  add("--benchmark-file", c.benchmark_file);
  add("--calendar", c.calendar);
  add("--capital-changes", c.capital_changes);
  add("--metrics-set", c.metrics_set);
  for (const std::string& definition : c.definitions) add("--define", definition);
  for (const fs::path& extension : c.extensions) add("--extension", extension.string());
  add("--future", run.future);
  add("--stop-after", run.stop_after);
  return all;
}

int ProbeRuns::start(const ProbeRun& run) const {
  std::vector<std::string> all = words(run), variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("PYTHONHASHSEED=") && !text.starts_with("RUSTYBT_CHECK=")) variables.emplace_back(text);
  }
  if (is_script_) {
    nlohmann::json wanted = {{"trace", (run.folder / "trace").string()},
                             {"seed", run.seeded},
                             {"future", run.file_future},
                             {"sources", nullptr},
                             {"trust", nlohmann::json::array()}};
    if (run.sources) wanted["sources"] = *run.sources;
    for (const fs::path& path : command_.trusted) wanted["trust"].push_back(fs::absolute(path).string());
    variables.push_back("RUSTYBT_CHECK=" + wanted.dump());
    variables.push_back(fmt::format("PYTHONHASHSEED={}", run.hash_seed));
  }
  std::vector<char*> arguments, environment;
  for (std::string& word : all) arguments.push_back(word.data());
  for (std::string& variable : variables) environment.push_back(variable.data());
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string said = (run.folder / "stderr").string();
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int failed =
      posix_spawn(&child, program_.front().c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw Error(ErrorCode::MissingDependency, "cannot start " + program_.front());
  return child;
}

void ProbeRuns::run(std::vector<ProbeRun*> runs) {
  const std::size_t at_once = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
  const InterruptGuard guard;
  std::map<int, ProbeRun*> running;
  std::optional<NotStarted> problem;
  std::size_t next = 0, done = 0;
  while (done < runs.size() && (next < runs.size() || !running.empty())) {
    const bool goes_on = !problem && !InterruptGuard::is_requested();
    if (goes_on && next < runs.size() && running.size() < at_once) {
      ProbeRun& run = *runs[next++];
      run.folder = folder_ / std::to_string(++count_);
      fs::create_directories(run.folder);
      running[start(run)] = &run;
      if (invocation_.console.error_is_terminal())
        invocation_.console.show_progress(
            fmt::format("run {}: {}", count_, run.future.empty() ? "as it is" : run.future));
      continue;
    }
    if (running.empty()) break;
    int status = 0;
    const int child = ::waitpid(running.begin()->first, &status, 0);
    if (child < 0) continue;  // a signal
    const ProbeRun& run = *running.at(child);
    running.erase(child);
    ++done;
    if (!fs::exists(run.folder / "summary.json") && !problem)
      problem = NotStarted{WIFEXITED(status) ? WEXITSTATUS(status) : 70, storage::read_file(run.folder / "stderr")};
  }
  invocation_.console.clear_progress();
  if (InterruptGuard::is_requested()) throw Error(ErrorCode::Interrupted, "interrupted");
  if (problem) throw *problem;
}

}  // namespace rustybt::cli

#include "rustybt/cli/python_handover.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "rustybt/core/error.hpp"

extern char** environ;

namespace rustybt::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* kMark = "RUSTYBT_HANDED_OVER";  // keeps two broken installations from calling each other for ever

/// Does this interpreter find the package? It is looked for, not imported.
bool has_rustybt(const fs::path& python) {
  if (::access(python.c_str(), X_OK) != 0) return false;
  const std::string program = python.string();
  const char* code = "import importlib.util as u, sys; sys.exit(0 if u.find_spec('rustybt') else 3)";
  char* const arguments[] = {const_cast<char*>(program.c_str()), const_cast<char*>("-c"), const_cast<char*>(code),
                             nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return false;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::string find_python() {
  if (std::getenv(kMark) != nullptr) {
    throw Error(ErrorCode::MissingDependency, "`python -m rustybt` cannot load .py strategies",
                "install rustybt for this Python again");
  }
  if (const char* chosen = std::getenv("RUSTYBT_PYTHON"); chosen != nullptr && *chosen != '\0') return chosen;
  std::vector<std::string> tried;
  const auto try_one = [&tried](const fs::path& python) {
    if (!fs::exists(python)) return false;
    for (const std::string& earlier : tried) {
      if (earlier == python.string()) return false;
    }
    tried.push_back(python.string());
    return has_rustybt(python);
  };
  std::error_code none;
  if (const fs::path own = fs::read_symlink("/proc/self/exe", none); !none && try_one(own.parent_path() / "python3"))
    return tried.back();
  std::string_view path = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "";
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    if (try_one(fs::path(path.substr(0, colon)) / "python3")) return tried.back();
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
  }
  throw Error(
      ErrorCode::MissingDependency,
      fmt::format("a .py strategy needs a Python that has rustybt; {}",
                  tried.empty() ? "no python3 was found" : fmt::format("these have not: {}", fmt::join(tried, ", "))),
      "activate the environment that has rustybt, or set RUSTYBT_PYTHON to its interpreter");
}

void hand_over_to_python(const std::string& python, int argc, char** argv) {
  ::setenv(kMark, "1", 1);
  std::vector<char*> arguments = {const_cast<char*>(python.c_str()), const_cast<char*>("-m"),
                                  const_cast<char*>("rustybt")};
  for (int i = 1; i < argc; ++i) arguments.push_back(argv[i]);
  arguments.push_back(nullptr);
  ::execvp(python.c_str(), arguments.data());
  throw Error(ErrorCode::MissingDependency,
              fmt::format("cannot start {}: {}", python, std::generic_category().message(errno)),
              "set RUSTYBT_PYTHON to an interpreter that has rustybt");
}

}  // namespace rustybt::cli

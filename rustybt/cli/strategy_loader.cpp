#include "rustybt/cli/strategy_loader.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/version.hpp"

extern char** environ;

namespace rustybt::cli {

namespace fs = std::filesystem;

namespace {

/// Same code as the library's (cmake/Toolchain.cmake), so that a strategy computes the same numbers everywhere.
const std::vector<std::string> kFlags = {"-std=c++20",        "-O2",   "-march=x86-64-v2",
                                         "-ffp-contract=off", "-fPIC", "-shared"};

/// Where librustybt.so and its headers lie (docs/adr/0001, one layout).
struct Installation {
  fs::path library;
  fs::path include;
};

Installation find_installation() {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<const void*>(&find_installation), &info) == 0 || info.dli_fname == nullptr) {
    throw Error(ErrorCode::MissingDependency, "the place of librustybt.so is unknown");
  }
  Installation found{fs::canonical(info.dli_fname), {}};
  const fs::path folder = found.library.parent_path();
  for (const fs::path& include : {folder / "include", folder.parent_path() / "include"}) {
    if (fs::exists(include / "rustybt" / "algorithm" / "strategy.hpp")) found.include = include;
  }
  if (found.include.empty()) {
    throw Error(ErrorCode::MissingDependency,
                fmt::format("no headers of rustybt in include/ beside or above {}", folder.string()),
                "install rustybt with its headers, or pass a compiled strategy (.so)");
  }
  return found;
}

/// The compiler's words, found on PATH.
std::vector<std::string> find_compiler() {
  std::vector<std::string> candidates = {"c++", "g++"};
  if (const char* cxx = std::getenv("CXX"); cxx != nullptr && *cxx != '\0') candidates = {cxx};
  for (const std::string& candidate : candidates) {
    std::vector<std::string> words;  // CXX may be "ccache g++"
    for (std::size_t at = 0; at < candidate.size();) {
      const std::size_t end = std::min(candidate.find(' ', at), candidate.size());
      if (end > at) words.push_back(candidate.substr(at, end - at));
      at = end + 1;
    }
    if (words.empty()) continue;
    if (words[0].find('/') != std::string::npos) {
      if (::access(words[0].c_str(), X_OK) == 0) return words;
      continue;
    }
    std::string_view path = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "/usr/bin:/bin";
    while (true) {
      const std::size_t colon = path.find(':');
      if (::access((fs::path(path.substr(0, colon)) / words[0]).c_str(), X_OK) == 0) return words;
      if (colon == std::string_view::npos) break;
      path.remove_prefix(colon + 1);
    }
  }
  throw Error(ErrorCode::MissingDependency,
              fmt::format("no C++ compiler: {} not found", fmt::join(candidates, " and ")),
              "install one (Debian: apt-get install g++) or set CXX");
}

/// The source and, with them, the files it includes in quotes that lie beside it.
void append_source(const fs::path& file, std::set<fs::path>& seen, std::string& all) {
  if (!seen.insert(file).second) return;
  const std::string text = storage::read_file(file);
  all += fmt::format("{} {}\n", file.string(), text.size());
  all += text;
  for (std::size_t at = text.find("#include"); at != std::string::npos; at = text.find("#include", at + 1)) {
    const std::size_t open = text.find_first_of("\"<\n", at);
    if (open == std::string::npos || text[open] != '"') continue;
    const std::size_t close = text.find_first_of("\"\n", open + 1);
    if (close == std::string::npos || text[close] != '"') continue;
    const fs::path included = (file.parent_path() / text.substr(open + 1, close - open - 1)).lexically_normal();
    if (fs::is_regular_file(included)) append_source(included, seen, all);
  }
}

int run_command(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return 127;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

StrategyKind strategy_kind(const fs::path& file) {
  if (!fs::is_regular_file(file)) {
    throw Error(
        ErrorCode::StrategyNotFound,
        fmt::format("{} {}", file.string(), fs::is_directory(file) ? "is a folder, not a strategy" : "does not exist"));
  }
  const std::string ending = file.extension().string();
  if (ending == ".py") return StrategyKind::Python;
  if (ending == ".cpp" || ending == ".cc" || ending == ".cxx") return StrategyKind::Source;
  if (ending == ".so") return StrategyKind::Library;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{}: a strategy is a file that ends in .py, .cpp or .so", file.string()),
              "rename the file or pass another one");
}

fs::path compile_strategy(const fs::path& source, const fs::path& cache,
                          const std::function<void(std::string_view)>& on_compile) {
  const Installation installation = find_installation();
  std::vector<std::string> command = find_compiler();

  std::string key =
      fmt::format("{} {} {} {} {}\n", kVersion, fmt::join(command, " "), fmt::join(kFlags, " "),
                  installation.library.string(), fs::last_write_time(installation.library).time_since_epoch().count());
  std::set<fs::path> seen;
  append_source(fs::absolute(source).lexically_normal(), seen, key);
  const fs::path library =
      cache / fmt::format("{}-{}.so", source.stem().string(), storage::sha256_hex(key).substr(0, 16));
  if (fs::exists(library)) return library;

  std::error_code failure;
  fs::create_directories(cache, failure);
  if (failure)
    throw Error(ErrorCode::FileNotWritable,
                fmt::format("cannot make the folder {}: {}", cache.string(), failure.message()));
  const fs::path unfinished = fs::path(library).replace_extension(fmt::format(".{}.so", ::getpid()));
  command.insert(command.end(), kFlags.begin(), kFlags.end());
  command.insert(command.end(), {"-I", installation.include.string(), source.string(), "-o", unfinished.string(),
                                 installation.library.string(),
                                 // Arrow is found when the library is opened, by the process that has it loaded
                                 "-Wl,--allow-shlib-undefined"});
  if (on_compile) on_compile(source.string());
  if (const int status = run_command(command); status != 0) {
    fs::remove(unfinished, failure);
    throw Error(ErrorCode::StrategyDoesNotCompile,
                fmt::format("the compiler {} ended with status {}", command[0], status))
        .with("file", source.string());
  }
  fs::rename(unfinished, library);
  return library;
}

std::unique_ptr<algorithm::Strategy> open_strategy(const fs::path& library) {
  void* handle = dlopen(fs::absolute(library).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    throw Error(ErrorCode::FileNotReadable,
                fmt::format("cannot open {}: {}", library.string(), reason != nullptr ? reason : "unknown reason"),
                "compile the strategy again, against this version of rustybt");
  }
  using Version = const char* (*)();
  using Make = algorithm::Strategy* (*)();
  const auto version = reinterpret_cast<Version>(dlsym(handle, "rustybt_strategy_version"));
  const auto make = reinterpret_cast<Make>(dlsym(handle, "rustybt_make_strategy"));
  if (version == nullptr || make == nullptr) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} exports no strategy", library.string()),
                "end the source with RUSTYBT_STRATEGY(YourClass);");
  }
  if (version() != kVersion) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} was compiled for rustybt {}, this is {}", library.string(), version(), kVersion),
                "compile the strategy again, against this version of rustybt");
  }
  try {
    return std::unique_ptr<algorithm::Strategy>(make());
  } catch (const Error&) {
    throw;
  } catch (const std::exception& failure) {
    throw Error(ErrorCode::StrategyFailed,
                fmt::format("the constructor of {} threw: {}", library.stem().string(), failure.what()),
                "the exception comes from the strategy's own code: correct it there");
  }
}

}  // namespace rustybt::cli

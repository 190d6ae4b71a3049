#pragma once
// What every fuzz target needs: the first bytes choose, the rest is the input; only our errors may come out.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "rustybt/core/error.hpp"

namespace rustybt::fuzzing {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Run a parser. Anything but an Error, and an error that blames rustybt itself, is a finding.
template <class Parse>
void expect_only_errors(Parse parse) {
  try {
    parse();
  } catch (const Error& e) {
    if (e.code() == ErrorCode::InvariantViolation) throw;
  }
}

/// A file in memory with the input in it, for parsers that take a path.
class InputFile {
 public:
  explicit InputFile(std::string_view bytes) : path_(folder() / "input") {
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// One folder a process; a killed one leaves it to the next boot.
  static const std::filesystem::path& folder() {
    static const std::filesystem::path made = [] {
      const bool in_memory = std::filesystem::is_directory("/dev/shm");
      const std::filesystem::path base = in_memory ? "/dev/shm" : std::filesystem::temp_directory_path();
      std::filesystem::path path = base / ("rustybt-fuzz-" + std::to_string(::getpid()));
      std::filesystem::create_directories(path);
      std::atexit([] { std::filesystem::remove_all(folder()); });
      return path;
    }();
    return made;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace rustybt::fuzzing

#pragma once
// Where tests find files: the sources, and the shared test data.

#include <cstdlib>
#include <filesystem>

namespace rustybt {

/// Folder of the project's sources (generated at configure time, so that test files do not depend on where they lie).
[[nodiscard]] std::filesystem::path source_folder();

/// Folder of the shared test data: RUSTYBT_TEST_DATA, by default beside the sources. It may be absent.
[[nodiscard]] inline std::filesystem::path shared_folder() {
  const char* folder = std::getenv("RUSTYBT_TEST_DATA");
  return folder != nullptr ? std::filesystem::path(folder) : source_folder().parent_path() / "shared";
}

}  // namespace rustybt

#pragma once
// Shared data for this room's tests: ../shared or RUSTYBT_TEST_DATA. Absent: a visible skip, under CI=true a failure.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/core/source_folder_test.hpp"

namespace rustybt::utils {

inline std::filesystem::path shared_data() { return shared_folder() / "data"; }

inline bool is_ci() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

/// Lines of a CSV file split at commas (no quoting), the header left out.
inline std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == ',') {
        cells.emplace_back();
      } else if (c != '\r') {
        cells.back() += c;
      }
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace rustybt::utils

#define RUSTYBT_NEED_SHARED_DATA(path)                                    \
  do {                                                                    \
    if (!std::filesystem::exists(path)) {                                 \
      if (::rustybt::utils::is_ci()) FAIL() << (path) << " is not there"; \
      GTEST_SKIP() << (path) << " is not there: set RUSTYBT_TEST_DATA";   \
    }                                                                     \
  } while (false)

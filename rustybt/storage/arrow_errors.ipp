#pragma once
// Failures of Arrow and Parquet as ours, with the file's name. For the .cpp files of this room that use Arrow.

#include <arrow/result.h>
#include <arrow/status.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <parquet/exception.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rustybt/core/error.hpp"

namespace rustybt::storage {

namespace fs = std::filesystem;

/// Arrow's failures as ours, with the file's name.
class FileErrors {
 public:
  FileErrors(fs::path path, ErrorCode code) : path_(std::move(path)), code_(code) {}

  [[noreturn]] void fail(std::string_view what) const {
    const std::string_view action = code_ == ErrorCode::FileNotWritable ? "write" : "read";
    throw Error(code_, fmt::format("cannot {} {}: {}", action, path_.string(), what)).with("file", path_.string());
  }
  void check(const arrow::Status& status) const {
    if (!status.ok()) fail(status.message());
  }
  template <class T>
  T take(arrow::Result<T> result) const {
    check(result.status());
    return std::move(result).MoveValueUnsafe();
  }
  /// Run `body`; what Parquet throws from below Arrow's interface becomes an Error too.
  template <class Body>
  auto guard(const Body& body) const {
    try {
      return body();
    } catch (const parquet::ParquetException& e) {
      fail(e.what());
    }
  }

 private:
  fs::path path_;
  ErrorCode code_;
};

[[noreturn]] inline void throw_missing_column(std::string_view name, std::string_view where,
                                       const std::vector<std::string>& there) {
  throw Error(ErrorCode::MissingColumn, fmt::format("no column {}{}{}; there are: {}", name,
                                                    where.empty() ? "" : " in ", where, fmt::join(there, ", ")))
      .with("column", std::string(name));
}

inline void require_file(const fs::path& path) {
  if (!fs::exists(path))
    throw Error(ErrorCode::FileNotFound, fmt::format("no file {}", path.string())).with("file", path.string());
}

}  // namespace rustybt::storage

#pragma once
// The sources that can be named, and which of them a path is for.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/data/adapters/base.hpp"

namespace rustybt::data::adapters {

/// Names to factories; the composition root owns one.
class AdapterRegistry {
 public:
  using Factory = std::function<std::unique_ptr<DataAdapter>()>;
  void add(std::string name, Factory factory);  ///< @throws Error{InvalidArgument} when the name is taken
  /// @throws Error{InvalidArgument} with the names there are
  [[nodiscard]] std::unique_ptr<DataAdapter> make(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Entry {
    std::string name;
    Factory factory;
  };
  std::vector<Entry> entries_;
};

/// csv, parquet, csvdir, synthetic, and the web sources.
[[nodiscard]] AdapterRegistry default_adapters();

/// "csvdir" for a folder with daily/ or minute/ in it, "parquet" for a Parquet file, else "csv". @throws
/// Error{FileNotFound}
[[nodiscard]] std::string guess_adapter(const std::filesystem::path& path);

}  // namespace rustybt::data::adapters

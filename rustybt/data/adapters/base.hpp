#pragma once
// A source of bars as seen from outside: a name, what it would read, and the content for one bundle.

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/data/bundles/core.hpp"
#include "rustybt/utils/security.hpp"

namespace rustybt::data::adapters {

/// What to read, and how, as words: settings come from a command line or a configuration.
struct DataRequest {
  std::filesystem::path path;                   ///< file or folder; empty for sources without one
  std::map<std::string, std::string> settings;  ///< the adapter's settings() lists the names
  /// The key of that name, for sources that need one. Empty: the environment, then the store of the ingest's root.
  std::function<std::optional<utils::Secret>(const std::string& name)> find_key = {};
};

/// A setting of an adapter, for --help.
struct SettingHelp {
  std::string name;
  std::string help;
};

/// A source. Adapters hold no state between calls.
class DataAdapter {
 public:
  virtual ~DataAdapter() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::string_view description() const = 0;
  [[nodiscard]] virtual std::vector<SettingHelp> settings() const = 0;
  /// How the request is understood, in lines for a person, before anything is ingested (columns, dates, symbols).
  [[nodiscard]] virtual std::string describe(const DataRequest& request) const = 0;
  /// Read everything. @throws Error of the source: 2xxx for what is wrong with data, 6xxx for files
  [[nodiscard]] virtual BundleContent fetch(const DataRequest& request, const IngestOptions& options) const = 0;
  /// Hand out the same in parts, for BundleWriter: what is larger than memory comes file by file.
  virtual void deliver(const DataRequest& request, const IngestOptions& options,
                       const std::function<void(BundleContent)>& take) const {
    take(fetch(request, options));
  }
};

/// The request's settings, checked. @throws Error{InvalidArgument} for a name the adapter does not have
class Settings {
 public:
  Settings(const DataAdapter& adapter, const DataRequest& request);
  /// nullptr when not given.
  [[nodiscard]] const std::string* find(const std::string& name) const;
  [[nodiscard]] std::string text(const std::string& name, std::string fallback) const;
  [[nodiscard]] std::int64_t integer(const std::string& name,
                                     std::int64_t fallback) const;        ///< @throws Error{InvalidArgument}
  [[nodiscard]] bool flag(const std::string& name, bool fallback) const;  ///< true/false, yes/no, 1/0
  [[nodiscard]] Date date(const std::string& name, Date fallback) const;  ///< @throws Error{InvalidDate}
  /// One of the words; index into them. @throws Error{InvalidArgument}
  [[nodiscard]] int choice(const std::string& name, const std::vector<std::string>& words, int fallback) const;

 private:
  const std::map<std::string, std::string>& values_;
};

}  // namespace rustybt::data::adapters

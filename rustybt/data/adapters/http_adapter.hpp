#pragma once
// What all web sources share: settings, keys, dates, one symbol after another, answers kept as long as they are fresh.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/data/adapters/base.hpp"
#include "rustybt/data/adapters/http_session.hpp"
#include "rustybt/data/adapters/source_bars.hpp"

namespace rustybt::data::adapters {

/// A key that a source needs: the setting that gives it, and the name under which it is looked up without.
struct KeyNeed {
  std::string setting;  ///< "api_key"
  std::string name;     ///< "POLYGON_API_KEY"
};

/// What is particular to a source.
struct SourceFacts {
  std::string_view name;
  std::string_view description;
  std::string_view base_url;
  double requests_per_minute = 60;
  int burst = 1;
  std::vector<KeyNeed> keys;
  std::vector<SettingHelp> settings;  ///< further ones
};

/// A source on the web. Bars come as traded and are stamped and checked in one way, for one symbol or many.
class HttpAdapter : public DataAdapter {
 public:
  explicit HttpAdapter(HttpTools tools) : tools_(std::move(tools)) {}
  [[nodiscard]] std::string_view name() const override { return facts().name; }
  [[nodiscard]] std::string_view description() const override { return facts().description; }
  [[nodiscard]] std::vector<SettingHelp> settings() const override;
  [[nodiscard]] std::string describe(const DataRequest& request) const override;
  /// Symbols without a bar are warned of. @throws Error{EmptyData} when there is none at all, Error{MissingKey}, Error
  /// of HttpSession and read_bars
  [[nodiscard]] BundleContent fetch(const DataRequest& request, const IngestOptions& options) const override;

 protected:
  /// One fetch, as fetch_symbol sees it.
  struct Fetch {
    HttpSession& session;
    const BarRequest& request;
    const std::map<std::string, utils::Secret>& keys;  ///< by setting
    const std::string& base_url;                       ///< without a slash at the end
    const Settings& settings;
    const Log& log;
  };

  [[nodiscard]] virtual const SourceFacts& facts() const = 0;
  [[nodiscard]] virtual SourceBars fetch_symbol(const Fetch& fetch, const std::string& symbol) const = 0;
  /// What a person should know before the fetch, in lines; may be empty.
  [[nodiscard]] virtual std::string notes(const BarRequest&) const { return {}; }

 private:
  [[nodiscard]] BarRequest bar_request(const Settings& settings, Timestamp now) const;
  [[nodiscard]] std::map<std::string, utils::Secret> keys_of(const Settings& settings, const DataRequest& request,
                                                             const std::filesystem::path& root) const;

  HttpTools tools_;
};

}  // namespace rustybt::data::adapters

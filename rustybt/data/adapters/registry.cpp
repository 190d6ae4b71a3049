#include "rustybt/data/adapters/registry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/data/adapters/alpaca_adapter.hpp"
#include "rustybt/data/adapters/alphavantage_adapter.hpp"
#include "rustybt/data/adapters/csv_adapter.hpp"
#include "rustybt/data/adapters/polygon_adapter.hpp"
#include "rustybt/data/adapters/yfinance_adapter.hpp"
#include "rustybt/data/bundles/csvdir.hpp"
#include "rustybt/data/synthetic.hpp"

namespace rustybt::data::adapters {

namespace fs = std::filesystem;

namespace {

class CsvdirAdapter final : public DataAdapter {
 public:
  [[nodiscard]] std::string_view name() const override { return "csvdir"; }
  [[nodiscard]] std::string_view description() const override {
    return "Zipline's folder of daily/SYMBOL.csv and minute/SYMBOL.csv";
  }
  [[nodiscard]] std::vector<SettingHelp> settings() const override {
    return {{"calendar", "trading calendar (default XNYS)"}, {"country", "country of the exchange (default US)"}};
  }
  [[nodiscard]] std::string describe(const DataRequest& request) const override {
    return fmt::format("{}: csvdir, calendar {}\n", request.path.empty() ? "$CSVDIR" : request.path.string(),
                       options_of(request).calendar);
  }
  [[nodiscard]] BundleContent fetch(const DataRequest& request, const IngestOptions& options) const override {
    return read_csvdir(options_of(request), options);
  }

 private:
  [[nodiscard]] CsvdirOptions options_of(const DataRequest& request) const {
    const Settings settings(*this, request);
    CsvdirOptions out;
    out.folder = request.path;
    out.calendar = settings.text("calendar", out.calendar);
    out.country_code = settings.text("country", out.country_code);
    return out;
  }
};

class SyntheticAdapter final : public DataAdapter {
 public:
  [[nodiscard]] std::string_view name() const override { return "synthetic"; }
  [[nodiscard]] std::string_view description() const override {
    return "an invented stock market, the same for the same seed";
  }
  [[nodiscard]] std::vector<SettingHelp> settings() const override {
    return {{"seed", "number (default 1)"},
            {"assets", "number of stocks (default 20)"},
            {"first", "first day (default 2019-01-01)"},
            {"last", "last day (default 2023-12-31)"},
            {"frequency", "daily (default), minute or both"},
            {"calendar", "trading calendar (default XNYS)"}};
  }
  [[nodiscard]] std::string describe(const DataRequest& request) const override {
    const SyntheticSpec spec = spec_of(request);
    return fmt::format("synthetic market: seed {}, {} stocks and MARKET, {} to {}, calendar {}\n", spec.seed,
                       spec.assets, spec.first.to_string(), spec.last.to_string(), spec.calendar);
  }
  [[nodiscard]] BundleContent fetch(const DataRequest& request, const IngestOptions&) const override {
    return make_synthetic(spec_of(request));
  }

 private:
  [[nodiscard]] SyntheticSpec spec_of(const DataRequest& request) const {
    const Settings settings(*this, request);
    SyntheticSpec spec;
    spec.seed = static_cast<std::uint64_t>(settings.integer("seed", 1));
    spec.assets = static_cast<int>(std::clamp<std::int64_t>(settings.integer("assets", spec.assets), 0, 1'000'000));
    spec.first = settings.date("first", spec.first);
    spec.last = settings.date("last", spec.last);
    const int frequency = settings.choice("frequency", {"daily", "minute", "both"}, 0);
    spec.daily = frequency != 1;
    spec.minute = frequency != 0;
    spec.calendar = settings.text("calendar", spec.calendar);
    return spec;
  }
};

}  // namespace

void AdapterRegistry::add(std::string name, Factory factory) {
  if (std::ranges::find(entries_, name, &Entry::name) != entries_.end())
    throw Error(ErrorCode::InvalidArgument, fmt::format("an adapter named \"{}\" is registered already", name));
  entries_.push_back({std::move(name), std::move(factory)});
}

std::unique_ptr<DataAdapter> AdapterRegistry::make(std::string_view name) const {
  const auto entry = std::ranges::find(entries_, name, &Entry::name);
  if (entry == entries_.end())
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("no adapter named \"{}\"; there are {}", name, fmt::join(names(), ", ")));
  return entry->factory();
}

std::vector<std::string> AdapterRegistry::names() const {
  std::vector<std::string> names;
  for (const Entry& e : entries_) names.push_back(e.name);
  return names;
}

AdapterRegistry default_adapters() {
  AdapterRegistry registry;
  registry.add("csv", [] {
    return std::make_unique<FileAdapter>("csv", "CSV and other delimited files, also gzipped, or a folder of them");
  });
  registry.add("parquet",
               [] { return std::make_unique<FileAdapter>("parquet", "Parquet files, or a folder of them"); });
  registry.add("csvdir", [] { return std::make_unique<CsvdirAdapter>(); });
  registry.add("synthetic", [] { return std::make_unique<SyntheticAdapter>(); });
  registry.add("yfinance", [] { return std::make_unique<YfinanceAdapter>(); });
  registry.add("polygon", [] { return std::make_unique<PolygonAdapter>(); });
  registry.add("alpaca", [] { return std::make_unique<AlpacaAdapter>(); });
  registry.add("alphavantage", [] { return std::make_unique<AlphavantageAdapter>(); });
  return registry;
}

std::string guess_adapter(const fs::path& path) {
  if (!fs::exists(path)) throw Error(ErrorCode::FileNotFound, fmt::format("{} does not exist", path.string()));
  if (fs::is_directory(path / "daily") || fs::is_directory(path / "minute")) return "csvdir";
  return path.extension() == ".parquet" || path.extension() == ".pq" ? "parquet" : "csv";
}

}  // namespace rustybt::data::adapters

// The sources of bars that the core has: their names, and fetches with them.

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "bundles.hpp"
#include "rustybt/data/adapters/registry.hpp"
#include "table.hpp"

namespace rustybt::python {
namespace {

using Settings = std::map<std::string, std::string>;

data::adapters::DataRequest request_of(const std::string& path, Settings settings) {
  data::adapters::DataRequest request;
  request.path = path;
  request.settings = std::move(settings);
  return request;
}

data::IngestOptions options_of(const std::optional<std::string>& root, const ClockSource& clock) {
  data::IngestOptions options;
  options.root = root ? std::filesystem::path(*root) : data::default_root();
  options.clock = &clock;
  options.log = Log([](LogLevel level, std::string_view text) {
    if (level < LogLevel::Warning) return;
    const nb::gil_scoped_acquire locked;
    nb::module_::import_("warnings").attr("warn")(std::string(text), nb::arg("stacklevel") = 4);
  });
  return options;
}

/// (name, description, settings as (name, help)) of each.
nb::list adapters() {
  nb::list found;
  const data::adapters::AdapterRegistry registry = data::adapters::default_adapters();
  for (const std::string& name : registry.names()) {
    const auto adapter = registry.make(name);
    nb::list settings;
    for (const data::adapters::SettingHelp& setting : adapter->settings())
      settings.append(nb::make_tuple(setting.name, setting.help));
    found.append(nb::make_tuple(name, std::string(adapter->description()), settings));
  }
  return found;
}

nb::dict ingest(const std::string& bundle, const std::string& adapter, const std::string& path, Settings settings,
                const std::optional<std::string>& root) {
  const WallClock clock;
  const data::IngestOptions options = options_of(root, clock);
  return bundle_info([&] {
    const nb::gil_scoped_release unlocked;
    const auto source = data::adapters::default_adapters().make(adapter);
    return data::write_bundle(bundle, source->fetch(request_of(path, std::move(settings)), options), options);
  }());
}

PyTable bars_table(const std::string& symbol, const data::BarSeries& series, bool is_daily) {
  static constexpr const char* kNames[data::kFieldCount] = {"open", "high", "low", "close", "volume"};
  PyTable table;
  table.name = symbol;
  if (is_daily) {
    storage::Dates days;
    for (const std::int64_t day : series.times) days.values.push_back(static_cast<std::int32_t>(day));
    table.table.columns.push_back({"date", std::move(days)});
  } else {
    table.table.columns.push_back({"dt", storage::Timestamps{series.times}});
  }
  for (int f = 0; f < data::kFieldCount; ++f) {
    storage::Decimals values{series.columns[f], f < 4 ? series.price_scale : series.volume_scale};
    std::vector<std::uint8_t> validity;
    for (std::int64_t& value : values.values) {
      validity.push_back(value != data::kMissing);
      if (value == data::kMissing) value = 0;
    }
    table.table.columns.push_back({kNames[f], std::move(values), std::move(validity)});
  }
  return table;
}

/// {symbol: bars} of the daily or the minute bars, then rows of splits and of dividends.
nb::tuple fetch(const std::string& adapter, const std::string& path, Settings settings,
                const std::optional<std::string>& root) {
  const WallClock clock;
  const data::IngestOptions options = options_of(root, clock);
  const data::BundleContent content = [&] {
    const nb::gil_scoped_release unlocked;
    return data::adapters::default_adapters().make(adapter)->fetch(request_of(path, std::move(settings)), options);
  }();
  nb::dict bars;
  for (const data::BundleContent::Item& item : content.items) {
    const bool is_daily = !item.daily.times.empty();
    bars[item.asset.symbol.c_str()] = bars_table(item.asset.symbol, is_daily ? item.daily : item.minute, is_daily);
  }
  const auto symbol_of = [&](AssetIndex asset) {
    return content.items[static_cast<std::size_t>(asset.value)].asset.symbol;
  };
  nb::list splits, dividends;
  for (const data::Split& split : content.actions.by_item.splits) {
    nb::dict row;
    row["symbol"] = symbol_of(split.asset);
    row["effective_date"] = split.effective_date.to_string();
    row["ratio"] = split.ratio;
    splits.append(row);
  }
  for (const data::CashDividend& dividend : content.actions.by_item.cash_dividends) {
    nb::dict row;
    row["symbol"] = symbol_of(dividend.asset);
    row["ex_date"] = dividend.ex_date.to_string();
    row["amount"] = dividend.amount.to_string();
    dividends.append(row);
  }
  return nb::make_tuple(bars, splits, dividends);
}

}  // namespace

void bind_adapters(nb::module_& m) {
  m.def("adapters", &adapters);
  m.def("adapter_ingest", &ingest, nb::arg("bundle"), nb::arg("adapter"), nb::arg("path"), nb::arg("settings"),
        nb::arg("root").none() = nb::none());
  m.def("adapter_fetch", &fetch, nb::arg("adapter"), nb::arg("path"), nb::arg("settings"),
        nb::arg("root").none() = nb::none());
}

}  // namespace rustybt::python

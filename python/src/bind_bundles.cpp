// Bundles: written from rows that Python gives, opened for runs.

#include "bundles.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>

#include "bar_frames.hpp"
#include "rustybt/data/bundles/csvdir.hpp"

namespace rustybt::python {
namespace {

using data::BundleContent;

data::BarSeries bar_series(nb::handle given) {
  return given.is_none() ? data::BarSeries{} : nb::cast<const PyBarSeries&>(given).series;
}

std::optional<Date> optional_day(nb::handle value) {
  return value.is_none() ? std::nullopt : std::optional<Date>(Date{nb::cast<int>(value)});
}

/// Terms by asset type; absent ones keep the type's default.
void read_terms(const nb::dict& d, assets::Asset& asset) {
  const auto number = [&](const char* key, Decimal& value) {
    if (!d[key].is_none()) value = to_decimal(d[key]);
  };
  const auto text = [&](const char* key, std::string& value) {
    if (!d[key].is_none()) value = nb::cast<std::string>(d[key]);
  };
  number("tick_size", asset.tick_size);
  number("multiplier", asset.price_multiplier);
  number("quantity_step", asset.quantity_step);
  number("minimum_notional", asset.minimum_notional);
  text("root_symbol", asset.root_symbol);
  text("base_currency", asset.base_currency);
  text("quote_currency", asset.quote_currency);
  text("calendar_name", asset.calendar_name);
  asset.notice_date = optional_day(d["notice_date"]);
  asset.expiration_date = optional_day(d["expiration_date"]);
}

BundleContent::Item item_of(nb::handle given) {
  const auto d = nb::cast<nb::dict>(given);
  BundleContent::Item item;
  item.asset = assets::make_asset(assets::parse_asset_type(nb::cast<std::string>(d["asset_type"])));
  item.asset.sid = Sid{nb::cast<std::int64_t>(d["sid"])};
  item.asset.symbol = nb::cast<std::string>(d["symbol"]);
  item.asset.asset_name = nb::cast<std::string>(d["asset_name"]);
  item.asset.exchange = nb::cast<std::string>(d["exchange"]);
  if (const auto start = optional_day(d["start_date"])) item.asset.start_date = *start;
  if (const auto end = optional_day(d["end_date"])) item.asset.end_date = *end;
  item.asset.first_traded = optional_day(d["first_traded"]);
  item.asset.auto_close_date = optional_day(d["auto_close_date"]);
  read_terms(d, item.asset);
  item.daily = bar_series(d["daily"]);
  item.minute = bar_series(d["minute"]);
  return item;
}

/// Rows of (item, day, ratio).
std::vector<data::PriceRatio> price_ratios(nb::handle rows) {
  std::vector<data::PriceRatio> found;
  for (const nb::handle row : nb::cast<nb::list>(rows))
    found.push_back({AssetIndex{nb::cast<int>(row[0])}, Date{nb::cast<int>(row[1])}, nb::cast<double>(row[2])});
  return found;
}

data::Adjustments adjustments_of(nb::dict given) {
  data::Adjustments a;
  for (const data::PriceRatio& r : price_ratios(given["splits"])) {
    data::Split split{
        .asset = r.asset, .effective_date = r.effective_date, .ratio = r.ratio, .numerator = 1, .denominator = 1};
    data::set_exact_ratio(split);
    a.splits.push_back(split);
  }
  a.mergers = price_ratios(given["mergers"]);
  a.dividends = price_ratios(given["dividend_ratios"]);
  for (const nb::handle row : nb::cast<nb::list>(given["dividends"])) {  // item, ex, declared, record, pay, amount
    const Decimal amount = to_decimal(row[5]);
    a.cash_dividends.push_back({AssetIndex{nb::cast<int>(row[0])}, Date{nb::cast<int>(row[1])}, optional_day(row[2]),
                                optional_day(row[3]), optional_day(row[4]), amount, amount.to_double()});
  }
  for (const nb::handle row : nb::cast<nb::list>(given["stock_dividends"])) {  // the same, then payment item, ratio
    const Decimal ratio = to_decimal(row[6]);
    a.stock_dividends.push_back({AssetIndex{nb::cast<int>(row[0])}, Date{nb::cast<int>(row[1])}, optional_day(row[2]),
                                 optional_day(row[3]), optional_day(row[4]), AssetIndex{nb::cast<int>(row[5])},
                                 ratio.to_double(), ratio});
  }
  return a;
}

nb::dict info_of(const data::BundleInfo& info) {
  nb::dict d;
  d["name"] = info.name;
  d["version_id"] = info.version_id;
  d["calendar_name"] = info.calendar_name;
  d["source"] = info.source;
  d["ingested_at"] = info.ingested_at;
  d["data_hash"] = info.data_hash;
  d["first_session"] = info.first_session.to_string();
  d["last_session"] = info.last_session.to_string();
  d["assets"] = info.assets;
  d["daily_rows"] = info.daily_rows;
  d["minute_rows"] = info.minute_rows;
  d["splits"] = info.splits;
  d["dividends"] = info.dividends;
  return d;
}

std::filesystem::path root_of(const std::optional<std::string>& root) {
  return root ? std::filesystem::path(*root) : data::default_root();
}

nb::dict write_bundle(const std::string& name, const std::optional<std::string>& root, const std::string& calendar,
                      const std::string& source, nb::list items,
                      const std::vector<std::tuple<std::string, std::string, std::string>>& exchanges, nb::dict actions,
                      bool compute_dividend_ratios, nb::list roots, nb::list symbols, nb::list values,
                      std::optional<std::int64_t> now_ns) {
  BundleContent content;
  for (const nb::handle item : items) content.items.push_back(item_of(item));
  for (const auto& [exchange, canonical, country] : exchanges)
    content.exchanges.push_back({exchange, canonical, country});
  for (const nb::handle r : roots) {  // root_symbol, root_symbol_id, sector, description, exchange
    content.roots.push_back({nb::cast<std::string>(r[0]), nb::cast<std::optional<std::int64_t>>(r[1]),
                             nb::cast<std::string>(r[2]), nb::cast<std::string>(r[3]), nb::cast<std::string>(r[4])});
  }
  for (const nb::handle r : symbols)  // item, symbol, start, end
    content.symbol_mappings.push_back({Sid{nb::cast<std::int64_t>(r[0])}, nb::cast<std::string>(r[1]),
                                       Date{nb::cast<int>(r[2])}, Date{nb::cast<int>(r[3])}});
  for (const nb::handle r : values) {  // item, field, value, start, end
    content.supplementary_mappings.push_back({Sid{nb::cast<std::int64_t>(r[0])}, nb::cast<std::string>(r[1]),
                                              nb::cast<std::string>(r[2]), Date{nb::cast<int>(r[3])},
                                              Date{nb::cast<int>(r[4])}});
  }
  content.actions.by_item = adjustments_of(actions);
  content.actions.compute_dividend_ratios = compute_dividend_ratios;
  content.calendar_name = calendar;
  content.source = source;
  const ManualClock clock(now_ns ? Timestamp{*now_ns} : WallClock{}.now());
  data::IngestOptions options;
  options.root = root_of(root);
  options.clock = &clock;
  return info_of([&] {
    const nb::gil_scoped_release unlocked;
    return data::write_bundle(name, std::move(content), options);
  }());
}

/// What a csvdir folder holds, as tables for Zipline's writers; sids are positions.
nb::dict read_csvdir(const std::string& folder, const std::string& calendar) {
  const data::BundleContent content = [&] {
    const nb::gil_scoped_release unlocked;
    return data::read_csvdir({folder, calendar, "US"}, {});
  }();
  const auto day = [](Date d) { return d.to_string(); };
  nb::list assets, daily, minute, splits, dividends;
  for (std::size_t i = 0; i < content.items.size(); ++i) {
    const BundleContent::Item& item = content.items[i];
    nb::dict asset;
    asset["sid"] = i;
    asset["symbol"] = item.asset.symbol;
    asset["start_date"] = day(item.asset.start_date);
    asset["end_date"] = day(item.asset.end_date);
    if (item.asset.auto_close_date) asset["auto_close_date"] = day(*item.asset.auto_close_date);
    asset["exchange"] = item.asset.exchange;
    assets.append(asset);
    if (!item.daily.times.empty()) daily.append(nb::make_tuple(i, PyBarSeries{item.daily}));
    if (!item.minute.times.empty()) minute.append(nb::make_tuple(i, PyBarSeries{item.minute}));
  }
  for (const data::Split& split : content.actions.by_item.splits) {
    nb::dict row;
    row["sid"] = split.asset.value;
    row["effective_date"] = day(split.effective_date);
    row["ratio"] = split.ratio;
    splits.append(row);
  }
  for (const data::CashDividend& dividend : content.actions.by_item.cash_dividends) {
    nb::dict row;
    row["sid"] = dividend.asset.value;
    row["ex_date"] = day(dividend.ex_date);
    row["amount"] = dividend.amount.to_string();
    dividends.append(row);
  }
  nb::dict out;
  out["assets"] = assets;
  out["daily"] = daily;
  out["minute"] = minute;
  out["splits"] = splits;
  out["dividends"] = dividends;
  return out;
}

PyBundle load_bundle(const std::string& name, const std::optional<std::string>& root,
                     std::optional<std::int64_t> as_of_ns) {
  std::optional<Timestamp> as_of;
  if (as_of_ns) as_of = Timestamp{*as_of_ns};
  data::Bundle bundle = data::load_bundle(root_of(root), name, as_of);
  auto assets = std::make_shared<AssetTable>(bundle.finder);
  return {std::move(bundle), std::move(assets)};
}

}  // namespace

void bind_bundles(nb::module_& m) {
  nb::class_<PyBundle>(m, "Bundle", "An open bundle: prices, assets and corporate actions of one version.")
      .def_prop_ro("name", [](const PyBundle& b) { return b.bundle.info.name; })
      .def_prop_ro("info", [](const PyBundle& b) { return info_of(b.bundle.info); })
      .def_prop_ro("calendar_name", [](const PyBundle& b) { return b.bundle.calendar->name(); })
      .def_prop_ro("asset_finder", [](const PyBundle& b) { return make_finder(b.assets); })
      .def("__repr__", [](const PyBundle& b) {
        return "<Bundle " + b.bundle.info.name + ": " + std::to_string(b.bundle.info.assets) + " assets, " +
               b.bundle.info.first_session.to_string() + " to " + b.bundle.info.last_session.to_string() + ">";
      });
  m.def("write_bundle", &write_bundle, nb::arg("name"), nb::arg("root").none(), nb::arg("calendar"), nb::arg("source"),
        nb::arg("items"), nb::arg("exchanges"), nb::arg("actions"), nb::arg("compute_dividend_ratios"),
        nb::arg("roots"), nb::arg("symbol_mappings"), nb::arg("supplementary_mappings"),
        nb::arg("now_ns").none() = nb::none());
  m.def("read_csvdir", &read_csvdir, nb::arg("folder"), nb::arg("calendar"));
  m.def("load_bundle", &load_bundle, nb::arg("name"), nb::arg("root").none() = nb::none(),
        nb::arg("as_of_ns").none() = nb::none());
  m.def(
      "list_bundles",
      [](const std::optional<std::string>& root) {
        nb::list infos;
        for (const data::BundleInfo& info : data::list_bundles(root_of(root))) infos.append(info_of(info));
        return infos;
      },
      nb::arg("root").none() = nb::none());
  m.def(
      "clean_bundle",
      [](const std::string& name, const std::optional<std::string>& root, std::optional<int> keep_last,
         std::optional<std::int64_t> before_ns, std::optional<std::int64_t> after_ns) {
        const auto time = [](std::optional<std::int64_t> ns) {
          return ns ? std::optional(Timestamp{*ns}) : std::nullopt;
        };
        return data::clean_bundle(root_of(root), name, keep_last, time(before_ns), time(after_ns));
      },
      nb::arg("name"), nb::arg("root").none() = nb::none(), nb::arg("keep_last").none() = nb::none(),
      nb::arg("before_ns").none() = nb::none(), nb::arg("after_ns").none() = nb::none());
  m.def("default_root", [] { return data::default_root().string(); });
}

}  // namespace rustybt::python

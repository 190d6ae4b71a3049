// Bundles: written from rows that Python gives, opened for runs.

#include "bundles.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "asset_rows.hpp"
#include "bar_frames.hpp"
#include "rustybt/data/bundles/bundle_future.hpp"
#include "rustybt/data/bundles/csvdir.hpp"
#include "rustybt/data/bundles/zipline_root.hpp"

namespace rustybt::python {
namespace {

using data::BundleContent;

data::BarSeries bar_series(nb::handle given) {
  return given.is_none() ? data::BarSeries{} : nb::cast<const PyBarSeries&>(given).series;
}

std::optional<Date> optional_day(nb::handle value) {
  return value.is_none() ? std::nullopt : std::optional<Date>(Date{nb::cast<int>(value)});
}

BundleContent::Item item_of(nb::handle given) {
  const auto d = nb::cast<nb::dict>(given);
  BundleContent::Item item;
  item.asset = asset_of_row(given);
  item.daily = bar_series(d["daily"]);
  item.minute = bar_series(d["minute"]);
  return item;
}

/// Rows of (asset, day, ratio).
std::vector<data::PriceRatio> price_ratios(nb::handle rows, const std::function<AssetIndex(std::int64_t)>& asset_of) {
  std::vector<data::PriceRatio> found;
  for (const nb::handle row : nb::cast<nb::list>(rows))
    found.push_back({asset_of(nb::cast<std::int64_t>(row[0])), Date{nb::cast<int>(row[1])}, nb::cast<double>(row[2])});
  return found;
}

}  // namespace

data::Adjustments adjustments_of(nb::dict given, const std::function<AssetIndex(std::int64_t)>& asset_of) {
  data::Adjustments a;
  const auto asset = [&](nb::handle number) { return asset_of(nb::cast<std::int64_t>(number)); };
  for (const data::PriceRatio& r : price_ratios(given["splits"], asset_of)) {
    data::Split split{
        .asset = r.asset, .effective_date = r.effective_date, .ratio = r.ratio, .numerator = 1, .denominator = 1};
    data::set_exact_ratio(split);
    a.splits.push_back(split);
  }
  a.mergers = price_ratios(given["mergers"], asset_of);
  a.dividends = price_ratios(given["dividend_ratios"], asset_of);
  for (const nb::handle row : nb::cast<nb::list>(given["dividends"])) {  // asset, ex, declared, record, pay, amount
    const Decimal amount = to_decimal(row[5]);
    a.cash_dividends.push_back({asset(row[0]), Date{nb::cast<int>(row[1])}, optional_day(row[2]), optional_day(row[3]),
                                optional_day(row[4]), amount, amount.to_double()});
  }
  for (const nb::handle row : nb::cast<nb::list>(given["stock_dividends"])) {  // the same, then payment asset, ratio
    const Decimal ratio = to_decimal(row[6]);
    a.stock_dividends.push_back({asset(row[0]), Date{nb::cast<int>(row[1])}, optional_day(row[2]), optional_day(row[3]),
                                 optional_day(row[4]), asset(row[5]), ratio.to_double(), ratio});
  }
  return a;
}

namespace {

std::filesystem::path root_of(const std::optional<std::string>& root) {
  return root ? std::filesystem::path(*root) : data::default_root();
}

nb::dict write_bundle(const std::string& name, const std::optional<std::string>& root, const std::string& calendar,
                      const std::string& source, nb::list items, nb::list exchanges, nb::dict actions,
                      bool compute_dividend_ratios, nb::list roots, nb::list symbols, nb::list values,
                      std::optional<std::int64_t> now_ns, bool append, bool replace_on_conflict, bool accept_bad_bars) {
  BundleContent content;
  for (const nb::handle item : items) content.items.push_back(item_of(item));
  content.exchanges = exchanges_of_rows(exchanges);
  content.roots = roots_of_rows(roots);
  content.symbol_mappings = symbol_mappings_of_rows(symbols);
  content.supplementary_mappings = supplementary_mappings_of_rows(values);
  content.actions.by_item =
      adjustments_of(actions, [](std::int64_t item) { return AssetIndex{static_cast<std::int32_t>(item)}; });
  for (const nb::handle row : nb::cast<nb::list>(actions["fx_rates"]))
    content.fx_rates.push_back({nb::cast<std::string>(row[0]), nb::cast<std::string>(row[1]),
                                nb::cast<std::string>(row[2]), Date{nb::cast<int>(row[3])}, to_decimal(row[4])});
  content.actions.compute_dividend_ratios = compute_dividend_ratios;
  content.calendar_name = calendar;
  content.source = source;
  const ManualClock clock(now_ns ? Timestamp{*now_ns} : WallClock{}.now());
  data::IngestOptions options;
  options.root = root_of(root);
  options.clock = &clock;
  options.append = append;
  options.accept_bad_bars = accept_bad_bars;
  options.on_conflict = replace_on_conflict ? data::OnConflict::Replace : data::OnConflict::Refuse;
  return bundle_info([&] {
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
                     std::optional<std::int64_t> as_of_ns, const nb::object& log,
                     const std::optional<std::string>& zipline) {
  std::optional<Timestamp> as_of;
  if (as_of_ns) as_of = Timestamp{*as_of_ns};
  data::Bundle bundle = data::open_bundle(root_of(root), name, as_of, log_to(log),
                                          zipline ? std::filesystem::path(*zipline) : data::zipline_root());
  auto assets = std::make_shared<AssetTable>(bundle.finder);
  return {std::move(bundle), std::move(assets)};
}

/// Under Zipline's names; None where the bundle has no such bars.
nb::object reader_of(nb::handle bundle, const char* frequency) {
  return nb::module_::import_("rustybt.data.bar_reader").attr("reader_of")(bundle, frequency);
}

/// (sid, effective day, ratio) of "splits", "mergers" and "dividends", in the order of the bundle.
nb::dict actions_of(const PyBundle& self) {
  const data::Adjustments& actions = *self.bundle.adjustments;
  const auto rows = [&](const auto& of) {
    nb::list found;
    for (const auto& row : of)
      found.append(nb::make_tuple((*self.bundle.finder)[row.asset].sid.value, row.effective_date.days, row.ratio));
    return found;
  };
  nb::dict tables;
  tables["splits"] = rows(actions.splits);
  tables["mergers"] = rows(actions.mergers);
  tables["dividends"] = rows(actions.dividends);
  return tables;
}

}  // namespace

nb::dict bundle_info(const data::BundleInfo& info) {
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
  nb::dict rows;
  rows["read"] = info.rows.read;
  rows["added"] = info.rows.added;
  rows["replacing"] = info.rows.replacing;
  rows["repeated"] = info.rows.repeated;
  rows["superseded"] = info.rows.superseded;
  rows["left_out"] = info.rows.rows_left_out();
  d["rows"] = rows;
  d["restatements"] = info.restatements;
  return d;
}

void bind_bundles(nb::module_& m) {
  nb::class_<PyBundle>(m, "Bundle", "An open bundle: prices, assets and corporate actions of one version.")
      .def_prop_ro("name", [](const PyBundle& b) { return b.bundle.info.name; })
      .def_prop_ro("info", [](const PyBundle& b) { return bundle_info(b.bundle.info); })
      .def_prop_ro("calendar_name", [](const PyBundle& b) { return b.bundle.calendar->name(); })
      .def_prop_ro("equity_daily_bar_reader", [](nb::handle b) { return reader_of(b, "daily"); })
      .def_prop_ro("equity_minute_bar_reader", [](nb::handle b) { return reader_of(b, "minute"); })
      .def_prop_ro("fx_rates", [](const PyBundle& b) { return PyFxRates{b.bundle.fx_rates}; })
      .def_prop_ro("asset_finder", [](const PyBundle& b) { return make_finder(b.assets); })
      .def_prop_ro(
          "adjustment_reader",
          [](nb::handle b) {
            return nb::module_::import_("rustybt.data.adjustments").attr("BundleAdjustmentReader")(b);
          },
          "Splits, mergers and dividends as factors of prices and volumes.")
      .def("_price_ratios", &actions_of)
      .def("__enter__", [](nb::handle b) { return nb::borrow(b); })
      .def("__exit__", [](nb::handle, const nb::args&) {})
      .def("__repr__", [](const PyBundle& b) {
        return "<Bundle " + b.bundle.info.name + ": " + std::to_string(b.bundle.info.assets) + " assets, " +
               b.bundle.info.first_session.to_string() + " to " + b.bundle.info.last_session.to_string() + ">";
      });
  m.def("write_bundle", &write_bundle, nb::arg("name"), nb::arg("root").none(), nb::arg("calendar"), nb::arg("source"),
        nb::arg("items"), nb::arg("exchanges"), nb::arg("actions"), nb::arg("compute_dividend_ratios"),
        nb::arg("roots"), nb::arg("symbol_mappings"), nb::arg("supplementary_mappings"),
        nb::arg("now_ns").none() = nb::none(), nb::arg("append") = false, nb::arg("replace_on_conflict") = false,
        nb::arg("accept_bad_bars") = false);
  m.def("read_csvdir", &read_csvdir, nb::arg("folder"), nb::arg("calendar"));
  m.def("load_bundle", &load_bundle, nb::arg("name"), nb::arg("root").none() = nb::none(),
        nb::arg("as_of_ns").none() = nb::none(), nb::arg("log").none() = nb::none(),
        nb::arg("zipline_root").none() = nb::none());
  m.def(
      "list_bundles",
      [](const std::optional<std::string>& root) {
        nb::list infos;
        for (const data::BundleInfo& info : data::list_bundles(root_of(root))) infos.append(bundle_info(info));
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
  m.def(
      "with_future",
      [](const PyBundle& bundle, const std::string& view) {
        PyBundle other = bundle;
        const data::FutureView future = data::FutureView::parse(view);
        other.bundle = data::with_future(bundle.bundle, future, future.last_session);
        return other;
      },
      nb::arg("bundle"), nb::arg("view"));
  m.def("default_root", [] { return data::default_root().string(); });
}

}  // namespace rustybt::python

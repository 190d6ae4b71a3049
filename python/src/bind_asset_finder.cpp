// The finder and the writer of asset databases; rustybt.assets.asset_finder and asset_writer are their face.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <filesystem>

#include "asset_rows.hpp"
#include "objects.hpp"
#include "rustybt/assets/asset_writer.hpp"
#include "rustybt/assets/map_files.hpp"

namespace rustybt::python {
namespace {

using assets::AssetType;

std::string join(const std::vector<std::int64_t>& sids) {
  std::string text;
  for (const std::int64_t sid : sids) text += (text.empty() ? "" : ", ") + std::to_string(sid);
  return text;
}

/// All of `sids`, which must be of the type if one is given. @throws Error{code} that names every sid that is not there
nb::list retrieve(PyFinder& f, const std::vector<std::int64_t>& sids, bool default_none, std::optional<AssetType> type,
                  ErrorCode code, std::string_view one, std::string_view many) {
  const assets::AssetFinder& finder = f.table->finder();
  nb::list found;
  std::vector<std::int64_t> missing;
  for (const std::int64_t sid : sids) {
    const auto index = finder.find_sid(Sid{sid});
    if (index && (!type || finder[*index].type == *type)) {
      found.append(f.table->object(*index));
    } else {
      missing.push_back(sid);
      found.append(nb::none());
    }
  }
  if (!missing.empty() && !default_none) {
    std::string message = "No ";
    if (missing.size() == 1) {
      message.append(one).append(" found for sid: ").append(std::to_string(missing.front()));
    } else {
      message.append(many).append(" found for sids: [").append(join(missing)).append("]");
    }
    throw Error(code, message + ".").with("sids", join(missing));
  }
  return found;
}

nb::tuple sids_of(PyFinder& f, std::optional<AssetType> type) {
  nb::list sids;
  for (const assets::Asset& a : f.table->finder().assets())
    if (!type || a.type == *type) sids.append(a.sid.value);
  return nb::tuple(sids);
}

nb::object lookup_symbol(PyFinder& f, nb::handle symbol, nb::handle as_of, bool fuzzy,
                         std::optional<std::string> country) {
  if (symbol.is_none())
    throw Error(ErrorCode::WrongType,
                "Cannot lookup asset for symbol of None for as of date " + nb::cast<std::string>(nb::str(as_of)) + ".");
  const auto text = nb::cast<std::string>(symbol);
  const assets::AssetFinder& finder = f.table->finder();
  return nb::borrow(f.table->object(fuzzy ? finder.lookup_symbol_fuzzy(text, day_of(as_of), std::move(country))
                                          : finder.lookup_symbol(text, day_of(as_of), std::move(country))));
}

/// (sids, bytes of 0 and 1, a row per day)
nb::tuple lifetimes(PyFinder& f, const std::vector<std::int32_t>& days, bool include_start_date,
                    const std::vector<std::string>& countries) {
  std::vector<Date> dates;
  dates.reserve(days.size());
  for (const std::int32_t d : days) dates.push_back(Date{d});
  const assets::Lifetimes found = f.table->finder().lifetimes(dates, include_start_date, countries);
  nb::list sids;
  for (const AssetIndex i : found.assets) sids.append(f.table->finder()[i].sid.value);
  return nb::make_tuple(sids, nb::bytes(reinterpret_cast<const char*>(found.alive.data()), found.alive.size()));
}

nb::object create_continuous_future(PyFinder& f, const std::string& root, int offset, const std::string& style,
                                    std::optional<std::string> adjustment) {
  const assets::RollAdjustment how = assets::parse_roll_adjustment(adjustment.value_or(""));
  return nb::cast(PyContinuousFuture{
      assets::make_continuous_future(f.table->finder(), root, offset, assets::parse_roll_style(style), how)});
}

/// Let continuous futures of these roots use the contracts that a predicate is true of; those of other roots all.
void set_chains(assets::AssetFinder& finder, AssetTable& table, nb::dict predicates) {
  for (const assets::FutureRoot& root : finder.roots()) {
    std::vector<AssetIndex> kept = finder.contracts_of(root.root_symbol);
    const nb::str name(root.root_symbol.c_str());
    if (predicates.contains(name)) {
      const nb::object predicate = predicates[name];
      std::erase_if(kept, [&](AssetIndex i) { return !nb::cast<bool>(nb::bool_(predicate(table.object(i)))); });
    }
    finder.set_chain(root.root_symbol, std::move(kept));
  }
}

/// (field, market, value, sid, start, end or None for ever)
nb::list rows_of(const PyFinder& f, const std::vector<assets::OwnershipPeriod>& periods) {
  nb::list rows;
  for (const assets::OwnershipPeriod& p : periods)
    rows.append(nb::make_tuple(p.field, p.market, p.value, f.table->finder()[p.asset].sid.value, day_object(p.start),
                               day_object(p.end)));
  return rows;
}

/// Add tables to a database (made when it is not there), whole or not at all.
void write_assets(const std::string& path, nb::list exchanges, nb::list rows, nb::list roots, nb::list symbols,
                  nb::list values) {
  assets::AssetTables tables;
  if (std::filesystem::exists(path)) tables = assets::read_assets(path);
  const auto add = [](auto& to, auto more) { to.insert(to.end(), more.begin(), more.end()); };
  add(tables.exchanges, exchanges_of_rows(exchanges));
  for (const nb::handle row : rows) tables.assets.push_back(asset_of_row(row));
  add(tables.roots, roots_of_rows(roots));
  add(tables.symbol_mappings, symbol_mappings_of_rows(symbols));
  add(tables.supplementary_mappings, supplementary_mappings_of_rows(values));
  const std::string fresh = path + ".new";
  assets::write_assets(fresh, tables);
  std::filesystem::rename(fresh, path);
}

/// (company, ticker, first day, last day) of a map file, or of every one in a folder.
nb::list read_map_files(const std::string& path) {
  const auto maps =
      std::filesystem::is_directory(path) ? assets::read_map_folder(path) : std::vector{assets::read_map_file(path)};
  nb::list rows;
  for (const assets::MapFile& map : maps)
    for (const assets::MapFile::Ticker& t : map.tickers)
      rows.append(nb::make_tuple(map.name, t.symbol, day_object(t.start), day_object(t.end)));
  return rows;
}

}  // namespace

void bind_asset_finder(nb::module_& m) {
  nb::class_<PyFinder>(m, "AssetFinder", "Finds the assets of a bundle by sid, or by symbol as of a day.")
      .def(nb::init<const PyFinder&>())
      .def(
          "__init__",
          [](PyFinder* self, const std::string& path, std::optional<nb::dict> chain_predicates) {
            auto finder = std::make_shared<assets::AssetFinder>(path);
            auto table = std::make_shared<AssetTable>(finder);
            if (chain_predicates) set_chains(*finder, *table, *chain_predicates);
            new (self) PyFinder{std::move(table)};
          },
          nb::arg("path"), nb::arg("chain_predicates") = nb::none())
      .def(
          "retrieve_asset",
          [](PyFinder& f, std::int64_t sid, bool default_none) {
            return nb::object(retrieve(f, {sid}, default_none, {}, ErrorCode::SidsNotFound, "asset", "assets")[0]);
          },
          nb::arg("sid"), nb::arg("default_none") = false)
      .def(
          "retrieve_all",
          [](PyFinder& f, const std::vector<std::int64_t>& sids, bool default_none) {
            return retrieve(f, sids, default_none, {}, ErrorCode::SidsNotFound, "asset", "assets");
          },
          nb::arg("sids"), nb::arg("default_none") = false)
      .def("_equities",
           [](PyFinder& f, const std::vector<std::int64_t>& sids) {
             return retrieve(f, sids, false, AssetType::Equity, ErrorCode::EquitiesNotFound, "equity", "equities");
           })
      .def("_futures",
           [](PyFinder& f, const std::vector<std::int64_t>& sids) {
             return retrieve(f, sids, false, AssetType::Future, ErrorCode::FutureContractsNotFound, "future contract",
                             "future contracts");
           })
      .def("lookup_symbol", &lookup_symbol, nb::arg("symbol").none(), nb::arg("as_of_date").none() = nb::none(),
           nb::arg("fuzzy") = false, nb::arg("country_code").none() = nb::none())
      .def(
          "lookup_future_symbol",
          [](PyFinder& f, const std::string& symbol) {
            return nb::borrow(f.table->object(f.table->finder().lookup_future_symbol(symbol)));
          },
          nb::arg("symbol"))
      .def(
          "lookup_by_supplementary_field",
          [](PyFinder& f, const std::string& field, nb::handle value, nb::handle as_of) {
            return nb::borrow(f.table->object(f.table->finder().lookup_by_supplementary_field(
                field, nb::cast<std::string>(nb::str(value)), day_of(as_of))));
          },
          nb::arg("field_name"), nb::arg("value"), nb::arg("as_of_date").none())
      .def(
          "get_supplementary_field",
          [](PyFinder& f, std::int64_t sid, const std::string& field, nb::handle as_of) {
            return f.table->finder().get_supplementary_field(Sid{sid}, field, day_of(as_of));
          },
          nb::arg("sid"), nb::arg("field_name"), nb::arg("as_of_date").none())
      .def("_type_of",
           [](PyFinder& f, std::int64_t sid) -> std::optional<std::string> {
             const auto index = f.table->finder().find_sid(Sid{sid});
             return index ? std::optional(std::string(assets::to_string(f.table->finder()[*index].type)))
                          : std::nullopt;
           })
      .def("_lifetimes", &lifetimes)
      .def("create_continuous_future", &create_continuous_future, nb::arg("root_symbol"), nb::arg("offset"),
           nb::arg("roll_style"), nb::arg("adjustment").none())
      .def("_chain",
           [](PyFinder& f, const std::string& root) {
             nb::list contracts;
             for (const AssetIndex i : f.table->finder().chain_of(root)) contracts.append(f.table->object(i));
             return contracts;
           })
      .def("_symbol_periods", [](PyFinder& f) { return rows_of(f, f.table->finder().symbol_periods()); })
      .def("_supplementary_periods",
           [](PyFinder& f, bool by_sid) { return rows_of(f, f.table->finder().supplementary_periods(by_sid)); })
      .def_prop_ro("_exchanges",
                   [](PyFinder& f) {
                     nb::list rows;
                     for (const assets::Exchange& e : f.table->finder().exchanges())
                       rows.append(nb::make_tuple(e.exchange, e.canonical_name, e.country_code));
                     return rows;
                   })
      .def_prop_ro("country_codes", [](PyFinder& f) { return nb::tuple(nb::cast(f.table->finder().country_codes())); })
      .def_prop_ro("sids", [](PyFinder& f) { return sids_of(f, {}); })
      .def_prop_ro("equities_sids", [](PyFinder& f) { return sids_of(f, AssetType::Equity); })
      .def_prop_ro("futures_sids", [](PyFinder& f) { return sids_of(f, AssetType::Future); })
      .def_prop_ro("cryptocurrencies_sids", [](PyFinder& f) { return sids_of(f, AssetType::Cryptocurrency); })
      .def_prop_ro("fx_pairs_sids", [](PyFinder& f) { return sids_of(f, AssetType::FxPair); });
  m.def("read_map_files", &read_map_files, nb::arg("path"));
  m.def("write_assets", &write_assets, nb::arg("path"), nb::arg("exchanges"), nb::arg("assets"), nb::arg("roots"),
        nb::arg("symbol_mappings"), nb::arg("supplementary_mappings"));
}

nb::object make_finder(std::shared_ptr<AssetTable> table) {
  return nb::module_::import_("rustybt.assets.asset_finder").attr("AssetFinder")(nb::cast(PyFinder{std::move(table)}));
}

}  // namespace rustybt::python

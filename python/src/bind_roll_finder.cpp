// Chains of contracts and when they roll; rustybt.assets.continuous_futures and roll_finder are their face.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <unordered_map>

#include "objects.hpp"
#include "rustybt/assets/roll_finder.hpp"

namespace rustybt::python {
namespace {

/// A chain of whatever contracts Python gave; AssetIndex{i} is the i-th of them.
struct PyOrderedContracts {
  std::vector<nb::object> given;
  assets::OrderedContracts chain;
  std::unordered_map<std::int64_t, int> places;  ///< by sid

  [[nodiscard]] int place(std::int64_t sid) const {
    if (const auto found = places.find(sid); found != places.end()) return found->second;
    throw nb::key_error(std::to_string(sid).c_str());
  }
  [[nodiscard]] nb::object contract(AssetIndex index) const { return given[static_cast<std::size_t>(index.value)]; }
  [[nodiscard]] std::int64_t sid(AssetIndex index) const { return as_asset(contract(index).ptr())->value().sid.value; }
  [[nodiscard]] std::int64_t sid(int place) const { return sid(chain[place].asset); }
};

PyOrderedContracts make_chain(const std::string& root_symbol, std::vector<nb::object> given) {
  std::vector<assets::OrderedContracts::Contract> contracts;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const PyAsset* asset = as_asset(given[i].ptr());
    if (asset == nullptr) throw Error(ErrorCode::WrongType, "a chain of contracts is made of futures");
    const assets::Asset& a = asset->value();
    contracts.push_back(
        {AssetIndex{static_cast<std::int32_t>(i)}, a.start_date, a.end_date, a.auto_close_date.value_or(a.end_date)});
  }
  PyOrderedContracts made{std::move(given), assets::OrderedContracts(root_symbol, contracts), {}};
  for (int place = 0; place < made.chain.size(); ++place) made.places[made.sid(place)] = place;
  return made;
}

/// A roll finder over what Python objects answer: the volumes, the last session of data, and a rule of the user's.
struct PyRollFinder {
  utils::CalendarPtr calendar;
  assets::RollStyle style;
  assets::RollOptions options;
  nb::object volume, last_session, rule;

  [[nodiscard]] assets::RollFinder over(const PyOrderedContracts& oc) const {
    if (!rule.is_none()) {
      const auto active = [this, &oc](const assets::OrderedContracts&, int front, int back, Date day) {
        return oc.place(nb::cast<std::int64_t>(rule(oc.sid(front), oc.sid(back), day_object(day))));
      };
      return {assets::ActiveContract(active), calendar, options};
    }
    if (style == assets::RollStyle::Calendar) return {style, calendar, {}, options};
    const auto volume_of = [this, &oc](AssetIndex contract, Date session) {
      return nb::cast<double>(volume(oc.sid(contract), day_object(session)));
    };
    return {style, calendar, {volume_of, day_of(last_session()).value()}, options};
  }
};

void bind_ordered_contracts(nb::module_& m) {
  using Self = const PyOrderedContracts&;
  nb::class_<PyOrderedContracts>(m, "OrderedContracts", "Contracts of a root, one after another.")
      .def(
          "__init__",
          [](PyOrderedContracts* self, const std::string& root_symbol, std::vector<nb::object> contracts) {
            new (self) PyOrderedContracts{make_chain(root_symbol, std::move(contracts))};
          },
          nb::arg("root_symbol"), nb::arg("contracts"))
      .def_prop_ro("root_symbol", [](Self c) { return c.chain.root_symbol(); })
      .def_prop_ro("start_date", [](Self c) { return day_object(c.chain.start_date()); })
      .def_prop_ro("end_date", [](Self c) { return day_object(c.chain.end_date()); })
      .def_prop_ro("contracts",
                   [](Self c) {
                     nb::list found;
                     for (const auto& contract : c.chain.contracts()) found.append(c.contract(contract.asset));
                     return found;
                   })
      .def(
          "contract_before_auto_close",
          [](Self c, std::int64_t dt_value) {
            return c.sid(c.chain.contract_before_auto_close(Timestamp{dt_value}.date()));
          },
          nb::arg("dt_value"), "Sid of the contract that closes next after a moment (nanoseconds).")
      .def(
          "contract_at_offset",
          [](Self c, std::int64_t sid, int offset, std::int64_t start_cap) -> std::optional<std::int64_t> {
            const auto at = c.chain.contract_at_offset(c.place(sid), offset, Timestamp{start_cap}.date());
            return at ? std::optional(c.sid(*at)) : std::nullopt;
          },
          nb::arg("sid"), nb::arg("offset"), nb::arg("start_cap"),
          "Sid of the contract that many places after another; None unless it starts by a moment (nanoseconds).")
      .def(
          "active_chain",
          [](Self c, std::int64_t starting_sid, std::int64_t dt_value) {
            std::vector<std::int64_t> sids;
            for (const AssetIndex i : c.chain.active_chain(c.place(starting_sid), Timestamp{dt_value}.date()))
              sids.push_back(c.sid(i));
            return sids;
          },
          nb::arg("starting_sid"), nb::arg("dt_value"),
          "Sids of the contracts from one on that have started by a moment (nanoseconds).");
}

}  // namespace

void bind_roll_finder(nb::module_& m) {
  bind_ordered_contracts(m);
  using Self = const PyRollFinder&;
  nb::class_<PyRollFinder>(m, "RollFinder", "Finds the rolls of one style.")
      .def(
          "__init__",
          [](PyRollFinder* self, const std::string& calendar, const std::string& style, bool offset_follows_active,
             nb::object volume, nb::object last_session, nb::object rule) {
            new (self) PyRollFinder{utils::get_calendar(calendar),
                                    assets::parse_roll_style(style),
                                    {.offset_follows_active = offset_follows_active},
                                    std::move(volume),
                                    std::move(last_session),
                                    std::move(rule)};
          },
          nb::arg("calendar"), nb::arg("style"), nb::arg("offset_follows_active"), nb::arg("volume").none(),
          nb::arg("last_session").none(), nb::arg("rule").none())
      .def("get_contract_center",
           [](Self f, const PyOrderedContracts& oc, nb::handle session, int offset) -> std::optional<std::int64_t> {
             const auto contract = f.over(oc).get_contract_center(oc.chain, day_of(session).value(), offset);
             return contract ? std::optional(oc.sid(*contract)) : std::nullopt;
           })
      .def("get_rolls",
           [](Self f, const PyOrderedContracts& oc, nb::handle start, nb::handle end, int offset) {
             nb::list rolls;
             for (const assets::Roll& roll :
                  f.over(oc).get_rolls(oc.chain, day_of(start).value(), day_of(end).value(), offset))
               rolls.append(nb::make_tuple(oc.sid(roll.contract), day_object(roll.session)));
             return rolls;
           })
      .def("active_contract",
           [](Self f, const PyOrderedContracts& oc, std::int64_t front, std::int64_t back, nb::handle day) {
             return oc.sid(f.over(oc).active_contract(oc.chain, oc.place(front), oc.place(back), day_of(day).value()));
           });
}

}  // namespace rustybt::python

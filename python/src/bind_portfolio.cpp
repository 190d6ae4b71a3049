// context.portfolio, context.account, positions: live, read-only views of the ledger (zipline_semantics 1.2, 4.6).

#include <nanobind/make_iterator.h>
#include <nanobind/stl/string.h>

#include <limits>

#include "objects.hpp"

namespace rustybt::python {
namespace {

using algorithm::Account;
using algorithm::Portfolio;

struct PyPortfolio {
  std::shared_ptr<RunState> state;
};
struct PyAccount {
  std::shared_ptr<RunState> state;
};
struct PyPositions {
  std::shared_ptr<RunState> state;
};
struct PyPosition {
  std::shared_ptr<RunState> state;
  AssetIndex asset;
  [[nodiscard]] algorithm::Position now() const { return state->running().position(asset); }
  [[nodiscard]] nb::object amount() const {
    algorithm::TradingAlgorithm& core = state->running();
    return amount_object(core.position_amount(asset), core.simulation().context()[asset].quantity_digits == 0);
  }
};

finance::DecimalLedger& ledger_now(const RunState& state) {
  algorithm::TradingAlgorithm& core = state.running();
  core.simulation().sync_prices();
  core.ledger().refresh();
  return core.ledger();
}

/// A money figure of the ledger, as double or exactly.
template <Money (*figure)(finance::DecimalLedger&)>
double as_double(const PyPortfolio& p) {
  finance::DecimalLedger& ledger = ledger_now(*p.state);
  return ledger.context().money().to_double(figure(ledger));
}
template <Money (*figure)(finance::DecimalLedger&)>
nb::object as_decimal(const PyPortfolio& p) {
  finance::DecimalLedger& ledger = ledger_now(*p.state);
  return decimal_object(ledger.context().money().to_decimal(figure(ledger)));
}
Money cash(finance::DecimalLedger& l) { return l.cash(); }
Money cash_flow(finance::DecimalLedger& l) { return l.cash_flow(); }
Money starting_cash(finance::DecimalLedger& l) { return l.capital(); }
Money portfolio_value(finance::DecimalLedger& l) { return l.portfolio_value(); }
Money positions_value(finance::DecimalLedger& l) { return l.positions_value(); }
Money pnl(finance::DecimalLedger& l) { return l.pnl(); }

template <double Portfolio::* field>
double portfolio_field(const PyPortfolio& p) {
  return p.state->running().portfolio().*field;
}
template <double Account::* field>
double account_field(const PyAccount& a) {
  return a.state->running().account().*field;
}
double no_limit(const PyAccount&) { return std::numeric_limits<double>::infinity(); }
double zero(const PyAccount&) { return 0.0; }

nb::list held_assets(const PyPositions& p) {
  nb::list assets;
  for (const finance::DecimalPosition& held : p.state->running().ledger().positions())
    assets.append(p.state->assets->object(held.asset));
  return assets;
}

/// What is held under a sid: an asset equals its sid, so a dict of positions knows both.
std::optional<AssetIndex> held_sid(const PyPositions& p, nb::handle key) {
  std::int64_t sid = 0;
  if (!PyLong_Check(key.ptr()) || !nb::try_cast(key, sid)) return std::nullopt;
  for (const finance::DecimalPosition& held : p.state->running().ledger().positions())
    if (p.state->assets->finder()[held.asset].sid.value == sid) return held.asset;
  return std::nullopt;
}

bool holds(const PyPositions& p, nb::handle key) {
  const PyAsset* asset = as_asset(key.ptr());
  if (asset == nullptr) return held_sid(p, key).has_value();
  return p.state->running().ledger().find_position(p.state->assets->index_of(*asset)) != nullptr;
}

nb::object get_item(const PyPositions& p, nb::handle key) {
  const PyAsset* asset = as_asset(key.ptr());
  if (asset == nullptr) {
    if (const std::optional<AssetIndex> held = held_sid(p, key)) return p.state->position(*held, p.state);
    throw nb::value_error(("Position lookup expected a value of type Asset but got " +
                           std::string(Py_TYPE(key.ptr())->tp_name) + " instead")
                              .c_str());
  }
  return p.state->position(p.state->assets->index_of(*asset), p.state);
}

nb::list items(const PyPositions& p) {
  nb::list pairs;
  for (const nb::handle asset : held_assets(p)) pairs.append(nb::make_tuple(asset, get_item(p, asset)));
  return pairs;
}

nb::list values(const PyPositions& p) {
  nb::list found;
  for (const nb::handle asset : held_assets(p)) found.append(get_item(p, asset));
  return found;
}

nb::dict as_dict(const PyPositions& p) {
  nb::dict held;
  for (const nb::handle asset : held_assets(p)) held[asset] = get_item(p, asset);
  return held;
}

void bind_positions(nb::module_& m) {
  nb::class_<PyPosition>(m, "Position", "What is held of one asset, now.")
      .def_prop_ro("asset", [](const PyPosition& p) { return nb::borrow(p.state->assets->object(p.asset)); })
      .def_prop_ro("sid", [](const PyPosition& p) { return nb::borrow(p.state->assets->object(p.asset)); })
      .def_prop_ro("amount", &PyPosition::amount, "Units held; negative when short.")
      .def_prop_ro(
          "cost_basis", [](const PyPosition& p) { return p.now().cost_basis; }, "Average price paid per unit.")
      .def_prop_ro("last_sale_price", [](const PyPosition& p) { return p.now().last_sale_price; })
      .def_prop_ro(
          "_rate", [](const PyPosition& p) { return p.state->running().simulation().context().rate(p.asset); },
          "From the asset's currency to that of the books.")
      .def_prop_ro("last_sale_date",
                   [](const PyPosition& p) {
                     const std::optional<Timestamp> time = p.now().last_sale_date;
                     return time ? utc_timestamp(time->ns) : nb::none();
                   })
      .def_prop_ro(
          "cost_basis_exact",
          [](const PyPosition& p) {
            finance::DecimalLedger& ledger = p.state->running().ledger();
            const finance::DecimalPosition* held = ledger.find_position(p.asset);
            return decimal_object(held ? ledger.cost_basis(*held) : Decimal());
          },
          "Average price paid per unit as decimal.Decimal, 12 digits.")
      .def("__repr__", [](nb::handle self) {
        std::string text = "Position({";
        for (const char* name : {"asset", "amount", "cost_basis", "last_sale_price", "last_sale_date"})
          text += (text.back() == '{' ? "'" : ", '") + std::string(name) +
                  "': " + nb::cast<std::string>(nb::repr(self.attr(name)));
        return text + "})";
      });

  nb::class_<PyPositions>(m, "Positions", "Held positions by asset; an asset that is not held gives an empty position.")
      .def("__getitem__", &get_item, nb::arg("asset").none())
      .def("__contains__", &holds, nb::arg("asset").none())
      .def("__len__", [](const PyPositions& p) { return p.state->running().ledger().positions().size(); })
      .def("__iter__", [](const PyPositions& p) { return nb::iter(held_assets(p)); })
      .def("keys", &held_assets)
      .def("values", &values)
      .def("items", &items)
      .def(
          "get",
          [](const PyPositions& p, nb::handle key, nb::handle fallback) {
            return holds(p, key) ? get_item(p, key) : nb::borrow(fallback);
          },
          nb::arg("key").none(), nb::arg("default").none() = nb::none())
      .def(
          "__eq__",
          [](const PyPositions& p, nb::handle other) {
            return nb::isinstance<PyPositions>(other) ? &nb::cast<const PyPositions&>(other) == &p
                                                      : as_dict(p).equal(other);
          },
          nb::arg("other").none())
      .def("__repr__", [](const PyPositions& p) { return nb::cast<std::string>(nb::repr(as_dict(p))); });
}

}  // namespace

nb::object make_portfolio(std::shared_ptr<RunState> state) { return nb::cast(PyPortfolio{std::move(state)}); }

nb::object make_account(std::shared_ptr<RunState> state) { return nb::cast(PyAccount{std::move(state)}); }

nb::object make_position(std::shared_ptr<RunState> state, AssetIndex asset) {
  return nb::cast(PyPosition{std::move(state), asset});
}

void bind_portfolio(nb::module_& m) {
  bind_positions(m);
  nb::class_<PyPortfolio>(m, "Portfolio",
                          "Cash, value and positions, now. Figures are floats; those named _exact are decimal.Decimal.")
      .def_prop_ro("cash", &as_double<cash>)
      .def_prop_ro("cash_flow", &portfolio_field<&Portfolio::cash_flow>)
      .def_prop_ro("capital_used", &portfolio_field<&Portfolio::cash_flow>)
      .def_prop_ro("starting_cash", &as_double<starting_cash>)
      .def_prop_ro("portfolio_value", &as_double<portfolio_value>)
      .def_prop_ro("positions_value", &as_double<positions_value>)
      .def_prop_ro("pnl", &portfolio_field<&Portfolio::pnl>)
      .def_prop_ro("returns", &portfolio_field<&Portfolio::returns>)
      .def_prop_ro("positions_exposure", &portfolio_field<&Portfolio::positions_exposure>)
      .def_prop_ro("cash_exact", &as_decimal<cash>)
      .def_prop_ro("cash_flow_exact", &as_decimal<cash_flow>)
      .def_prop_ro("portfolio_value_exact", &as_decimal<portfolio_value>)
      .def_prop_ro("positions_value_exact", &as_decimal<positions_value>)
      .def_prop_ro("pnl_exact", &as_decimal<pnl>)
      .def_prop_ro("positions",
                   [](const PyPortfolio& p) {
                     static_cast<void>(ledger_now(*p.state));
                     if (!p.state->positions_view.is_valid()) p.state->positions_view = nb::cast(PyPositions{p.state});
                     return p.state->positions_view;
                   })
      .def_prop_ro("start_date",
                   [](const PyPortfolio& p) {
                     return naive_timestamp(p.state->running().simulation().clock().sessions().front().label_ns);
                   })
      .def_prop_ro("current_portfolio_weights",
                   [](nb::handle self) { return nb::module_::import_("rustybt._shapes").attr("weights")(self); });

  nb::class_<PyAccount>(m, "Account", "The account as a broker would state it (zipline's names).")
      .def_prop_ro("settled_cash", &account_field<&Account::settled_cash>)
      .def_prop_ro("accrued_interest", &zero)
      .def_prop_ro("buying_power", &account_field<&Account::buying_power>)
      .def_prop_ro("equity_with_loan", &account_field<&Account::equity_with_loan>)
      .def_prop_ro("total_positions_value", &account_field<&Account::total_positions_value>)
      .def_prop_ro("total_positions_exposure", &account_field<&Account::total_positions_exposure>)
      .def_prop_ro("regt_equity", &account_field<&Account::regt_equity>)
      .def_prop_ro("regt_margin", &account_field<&Account::regt_margin>)
      .def_prop_ro("initial_margin_requirement", &account_field<&Account::initial_margin_requirement>)
      .def_prop_ro("maintenance_margin_requirement", &account_field<&Account::maintenance_margin_requirement>)
      .def_prop_ro("available_funds", &account_field<&Account::available_funds>)
      .def_prop_ro("excess_liquidity", &account_field<&Account::excess_liquidity>)
      .def_prop_ro("cushion", &account_field<&Account::cushion>)
      .def_prop_ro("day_trades_remaining", &no_limit)
      .def_prop_ro("leverage", &account_field<&Account::leverage>)
      .def_prop_ro("net_leverage", &account_field<&Account::net_leverage>)
      .def_prop_ro("net_liquidation", &account_field<&Account::net_liquidation>);
}

}  // namespace rustybt::python

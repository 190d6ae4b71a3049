// The ledger without a run, for rustybt.finance.ledger and .position: the native books, whose assets come one by one.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <unordered_map>

#include "models.hpp"
#include "objects.hpp"
#include "rustybt/finance/decimal/ledger.hpp"
#include "rustybt/finance/zipline_books.hpp"

namespace rustybt::python {
namespace {

using finance::DecimalPosition;

/// A position that has a price but no time of it.
constexpr std::int64_t kNoTime = finance::kNeverSold + 1;

double as_double(nb::handle value) { return nb::cast<double>(nb::float_(nb::borrow(value))); }

class LoneBooks {
 public:
  explicit LoneBooks(nb::handle capital)
      : policies_(policies_now()),
        context_({}, {}, {},
                 policies_.preset == finance::Preset::Zipline ? finance::MultiplierPrecision::Float32
                                                              : finance::MultiplierPrecision::Exact),
        ledger_(context_, policies_, money(capital)),
        doubles_(context_, as_double(capital)) {
    if (finance::ZiplineBooks::follow(policies_, context_)) ledger_.set_zipline_books(&doubles_);
  }

  // --- positions
  [[nodiscard]] nb::object amount(nb::handle asset) {
    const DecimalPosition* p = find(asset);
    if (p == nullptr) return nb::int_(0);
    return amount_object(context_.amount_to_double(p->asset, p->amount), context_[p->asset].quantity_digits == 0);
  }
  [[nodiscard]] double cost_basis(nb::handle asset) {
    const DecimalPosition* p = find(asset);
    return p == nullptr ? 0.0 : ledger_.cost_basis(*p).to_double();
  }
  [[nodiscard]] double last_sale_price(nb::handle asset) {
    const DecimalPosition* p = find(asset);
    return p == nullptr ? 0.0 : context_.price_to_double(p->asset, p->last_sale_price);
  }
  [[nodiscard]] std::optional<std::int64_t> last_sale_ns(nb::handle asset) {
    const DecimalPosition* p = find(asset);
    if (p == nullptr || p->last_sale_ns <= kNoTime) return std::nullopt;
    return p->last_sale_ns;
  }
  /// What is None stays.
  void set_position(nb::handle asset, nb::handle amount, std::optional<double> cost_basis,
                    std::optional<double> last_sale_price, std::optional<std::int64_t> last_sale_ns) {
    const AssetIndex a = index(asset, std::max(cost_basis.value_or(0), last_sale_price.value_or(0)));
    const finance::AssetScale& scale = context_[a];
    const DecimalPosition* held = ledger_.find_position(a);
    DecimalPosition p = held ? *held : DecimalPosition{a, 0, {}, 0, finance::kNeverSold};
    const double basis = cost_basis.value_or(held ? ledger_.cost_basis(*held).to_double() : 0.0);
    if (!amount.is_none()) p.amount = units_of(amount, scale);
    p.cost = context_.value(a, double_to_mantissa(basis, scale.fill_scale), p.amount);
    if (last_sale_price) {
      p.last_sale_price = double_to_mantissa(*last_sale_price, scale.fill_scale);
      doubles_.set_price(a, *last_sale_price);
      if (p.last_sale_ns == finance::kNeverSold) p.last_sale_ns = kNoTime;
    }
    if (last_sale_ns) p.last_sale_ns = *last_sale_ns;
    ledger_.set_position(p);
  }
  void set_last_price(nb::handle asset, double price, std::int64_t ns) {
    const AssetIndex a = index(asset, price);
    for (std::size_t i = 0; i < ledger_.positions().size(); ++i)
      if (ledger_.positions()[i].asset == a)
        ledger_.set_last_price(i, double_to_mantissa(price, context_[a].fill_scale), ns);
    doubles_.set_price(a, price);
  }

  // --- postings
  void transact(nb::handle asset, nb::handle amount, double price, std::optional<std::int64_t> ns) {
    const AssetIndex a = index(asset, price);
    ledger_.process_transaction({a,
                                 units_of(amount, context_[a]),
                                 double_to_mantissa(price, context_[a].fill_scale),
                                 ns.value_or(kNoTime),
                                 {},
                                 price});
  }
  void commission(nb::handle asset, nb::handle cost) {
    ledger_.process_commission(index(asset, 0), money(cost));
    const double in_double = as_double(cost);
    if (in_double > 0)
      doubles_.commission(in_double);
    else
      doubles_.receive(-in_double);
  }
  double split(nb::handle asset, double ratio) {
    const Decimal exact = Decimal::from_double_shortest(ratio);
    const Money cash = ledger_.process_split(index(asset, 0), ratio, finance::checked_int64(exact.coefficient()),
                                             finance::checked_int64(power_of_ten(exact.scale())));
    const double in_double = context_.money().to_double(cash);
    doubles_.splits(in_double);
    return in_double;
  }
  [[nodiscard]] nb::object shares_owed(nb::handle asset, nb::handle payment_asset, double ratio) {
    const AssetIndex paid = index(payment_asset, 0);
    const auto owed = ledger_.owed_shares(index(asset, 0), paid, ratio, Decimal::from_double_shortest(ratio));
    return amount_object(context_.amount_to_double(paid, owed.amount), context_[paid].quantity_digits == 0);
  }
  void receive_shares(nb::handle asset, nb::handle amount) {
    const AssetIndex a = index(asset, 0);
    ledger_.receive_shares(a, units_of(amount, context_[a]), 0);
  }
  void receive_dividend(nb::handle cash) {
    ledger_.receive_dividend(money(cash));
    doubles_.receive(as_double(cash));
  }
  void capital_change(nb::handle amount) {
    ledger_.capital_change(money(amount));
    doubles_.capital_change(false, as_double(amount));
  }

  // --- figures
  [[nodiscard]] nb::dict figures() {
    ledger_.refresh();
    const auto plain = [this](Money m) { return context_.money().to_double(m); };
    nb::dict d;
    d["cash"] = plain(ledger_.cash());
    d["cash_flow"] = ledger_.zipline_books() ? doubles_.cash_flow() : plain(ledger_.cash_flow());
    d["portfolio_value"] = plain(ledger_.portfolio_value());
    d["pnl"] = ledger_.zipline_books() ? doubles_.pnl() : plain(ledger_.pnl());
    d["returns"] = ledger_.returns();
    d["gross_leverage"] = ledger_.gross_leverage();
    d["net_leverage"] = ledger_.net_leverage();
    add_position_sums(ledger_, d);
    return d;
  }
  [[nodiscard]] double exposure(nb::handle asset) {
    const DecimalPosition* p = find(asset);
    return p == nullptr ? 0.0 : exposure_of(context_, *p);
  }

 private:
  [[nodiscard]] Money money(nb::handle amount) const {
    const Decimal exact = to_decimal(amount);
    const int spare = context_.money().digits - exact.scale();
    if (spare < 0) return context_.money().from_decimal(exact);
    return {
        checked_multiply(exact.coefficient(), power_of_ten(spare))};  // up to 1.7e20, more than a Decimal of 18 digits
  }
  [[nodiscard]] const DecimalPosition* find(nb::handle asset) { return ledger_.find_position(index(asset, 0)); }
  /// @param price  the first one decides how many digits the asset's prices have: room for a thousandfold of it
  AssetIndex index(nb::handle object, double price) {
    const PyAsset* asset = as_asset(object.ptr());
    if (asset == nullptr)
      throw Error(ErrorCode::WrongType, "expected an asset, found " + nb::cast<std::string>(nb::repr(object)));
    const auto known = assets_.find(asset->value().sid.value);
    if (known != assets_.end()) return known->second;
    constexpr double kLeast = 100'000;
    const double largest = std::max(kLeast, std::isfinite(price) ? std::fabs(price) * 100 : 0);
    const AssetIndex added = context_.add(asset->value(), 0, double_to_mantissa(std::ceil(largest), 0));
    ledger_.add_asset();
    doubles_.add_asset();
    assets_.emplace(asset->value().sid.value, added);
    return added;
  }

  finance::Policies policies_;
  finance::DecimalContext context_;
  finance::DecimalLedger ledger_;
  finance::ZiplineBooks doubles_;
  std::unordered_map<std::int64_t, AssetIndex> assets_;  ///< by sid
};

}  // namespace

void add_position_sums(finance::DecimalLedger& ledger, nb::dict& to) {
  const finance::PositionStats& stats = ledger.stats();
  const auto add = [&](const char* name, Money m) { to[name] = ledger.context().money().to_double(m); };
  add("long_value", stats.long_value);
  add("short_value", stats.short_value);
  add("net_value", stats.net_value());
  add("gross_value", stats.long_value - stats.short_value);
  add("long_exposure", stats.long_exposure);
  add("short_exposure", stats.short_exposure);
  add("net_exposure", stats.net_exposure());
  add("gross_exposure", stats.gross_exposure());
  to["longs_count"] = stats.longs_count;
  to["shorts_count"] = stats.shorts_count;
}

double exposure_of(const finance::DecimalContext& context, const DecimalPosition& position) {
  return context.money().to_double(context.base_value(position.asset, position.last_sale_price, position.amount));
}

void bind_lone_books(nb::module_& m) {
  nb::class_<LoneBooks>(m, "Books", "The ledger without a run.")
      .def(nb::init<nb::handle>(), nb::arg("capital"))
      .def("amount", &LoneBooks::amount, nb::arg("asset"))
      .def("cost_basis", &LoneBooks::cost_basis, nb::arg("asset"))
      .def("last_sale_price", &LoneBooks::last_sale_price, nb::arg("asset"))
      .def("last_sale_ns", &LoneBooks::last_sale_ns, nb::arg("asset"))
      .def("set_position", &LoneBooks::set_position, nb::arg("asset"), nb::arg("amount").none() = nb::none(),
           nb::arg("cost_basis").none() = nb::none(), nb::arg("last_sale_price").none() = nb::none(),
           nb::arg("last_sale_ns").none() = nb::none())
      .def("set_last_price", &LoneBooks::set_last_price, nb::arg("asset"), nb::arg("price"), nb::arg("ns"))
      .def("transact", &LoneBooks::transact, nb::arg("asset"), nb::arg("amount"), nb::arg("price"),
           nb::arg("ns").none() = nb::none())
      .def("commission", &LoneBooks::commission, nb::arg("asset"), nb::arg("cost"))
      .def("split", &LoneBooks::split, nb::arg("asset"), nb::arg("ratio"), "Returns the cash for a fraction.")
      .def("shares_owed", &LoneBooks::shares_owed, nb::arg("asset"), nb::arg("payment_asset"), nb::arg("ratio"))
      .def("receive_shares", &LoneBooks::receive_shares, nb::arg("asset"), nb::arg("amount"))
      .def("receive_dividend", &LoneBooks::receive_dividend, nb::arg("cash"))
      .def("capital_change", &LoneBooks::capital_change, nb::arg("amount"))
      .def("figures", &LoneBooks::figures, "Portfolio and exposures, under Zipline's names.")
      .def("exposure", &LoneBooks::exposure, nb::arg("asset"));
}

}  // namespace rustybt::python

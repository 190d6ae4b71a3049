// One order on one bar: what rustybt.finance.order, .slippage and .commission ask of the native code when they are
// called from Python, without a run or from inside a user's model.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>

#include "models.hpp"
#include "objects.hpp"
#include "running.hpp"
#include "rustybt/finance/decimal/blotter.hpp"
#include "rustybt/finance/volatility.hpp"

namespace rustybt::python {
namespace {

using finance::DecimalBlotter;
using finance::DecimalContext;
using finance::Order;
using finance::Policies;

constexpr AssetIndex kAsset{0};  // the only one of its context

std::optional<double> number(nb::handle order, const char* name) {
  const nb::object value = order.attr(name);
  if (value.is_none()) return std::nullopt;
  return nb::cast<double>(nb::float_(value));
}

/// A context of the order's asset alone, with room for these prices.
DecimalContext context_of(nb::handle order, const Policies& policies, std::initializer_list<double> prices) {
  const nb::object object = order.attr("asset");
  const PyAsset* asset = as_asset(object.ptr());
  if (asset == nullptr)
    throw Error(ErrorCode::WrongType, "expected an asset, found " + nb::cast<std::string>(nb::repr(object)));
  double largest = 1;
  for (const double price : prices)
    if (std::isfinite(price)) largest = std::max(largest, std::fabs(price));
  DecimalContext context({}, {}, {},
                         policies.preset == finance::Preset::Zipline ? finance::MultiplierPrecision::Float32
                                                                     : finance::MultiplierPrecision::Exact);
  context.add(asset->value(), 0, double_to_mantissa(std::ceil(largest), 0));
  return context;
}

void write_fields(nb::handle from, Order& order, const DecimalContext& context) {
  const finance::AssetScale& scale = context[kAsset];
  order.asset = kAsset;
  order.amount = units_of(from.attr("amount"), scale);
  order.filled = units_of(from.attr("filled"), scale);
  if (const auto limit = number(from, "limit")) {
    order.decision_limit = *limit;
    order.limit = double_to_mantissa(*limit, scale.fill_scale);
  }
  if (const auto stop = number(from, "stop")) {
    order.decision_stop = *stop;
    order.stop = double_to_mantissa(*stop, scale.fill_scale);
  }
  order.stop_reached = nb::cast<bool>(nb::bool_(from.attr("stop_reached")));
  order.limit_reached = nb::cast<bool>(nb::bool_(from.attr("limit_reached")));
  order.commission = context.money().from_decimal(to_decimal(from.attr("commission")));
}

class NeverFills final : public finance::CustomSlippage {
 public:
  Decision process_order(const Order&, const finance::BarView&, double) override { return {}; }
  [[nodiscard]] std::string describe() const override { return "NeverFills()"; }
};

/// The native matcher with this one order.
struct LoneBlotter {
  LoneBlotter(nb::handle given, Policies policies, double price)
      : context(context_of(given, policies,
                           {price, number(given, "limit").value_or(0), number(given, "stop").value_or(0)})),
        blotter(context, closes_only(policies)) {
    blotter.set_slippage(&never_fills);
    blotter.set_futures_slippage(&never_fills);
    Order fields;
    write_fields(given, fields, context);
    blotter.place(kAsset, fields.amount, {}, 0);
    fields.id = order().id;
    blotter.mutable_order(0) = fields;
  }
  [[nodiscard]] const Order& order() const { return blotter.order_at(0); }

  DecimalContext context;
  DecimalBlotter blotter;
  NeverFills never_fills;

 private:
  /// A call gives one price, and asks for one answer.
  static Policies closes_only(Policies policies) {
    policies.trigger_price = finance::TriggerPrice::Close;
    policies.fill = finance::FillPolicy::NextClose;
    policies.limit_check = finance::LimitCheck::TriggerOnly;
    return policies;
  }
};

/// (stop reached, limit reached, has the stop of a stop-limit order been reached?) at a price.
nb::tuple order_triggers(nb::handle order, double price) {
  LoneBlotter lone(order, policies_now(), price);
  const bool had_stop = lone.order().has_stop();
  finance::BarView bar;
  bar.price = double_to_mantissa(price, lone.context[kAsset].fill_scale);
  bar.price_double = price;
  bar.volume = 1;
  bar.volume_double = 1;
  std::vector<finance::Fill> fills;
  lone.blotter.match(kAsset, bar, 0, fills);
  const Order& o = lone.order();
  return nb::make_tuple(o.stop_reached, o.limit_reached, had_stop && !o.has_stop());
}

/// (amount, filled, limit, stop) after a split.
nb::tuple split_order(nb::handle order, double ratio) {
  const Policies policies = policies_now();
  LoneBlotter lone(order, policies, 0);
  const Decimal exact = Decimal::from_double_shortest(ratio);
  lone.blotter.handle_split(kAsset, ratio, finance::checked_int64(exact.coefficient()),
                            finance::checked_int64(power_of_ten(exact.scale())));
  const Order& o = lone.order();
  const bool whole = lone.context[kAsset].quantity_digits == 0;
  const auto amount = [&](std::int64_t units) {
    return amount_object(lone.context.amount_to_double(kAsset, units), whole);
  };
  const auto price = [&](std::int64_t level, double decision) -> nb::object {
    if (level == finance::kNoPrice) return nb::none();
    const bool ieee = policies.decision_arithmetic == finance::DecisionArithmetic::IeeeDouble;
    return nb::float_(ieee ? decision : lone.context.price_to_double(kAsset, level));
  };
  return nb::make_tuple(amount(o.amount), amount(o.filled), price(o.limit, o.decision_limit),
                        price(o.stop, o.decision_stop));
}

/// The market of one call: what Python has looked up.
class GivenMarket final : public finance::MarketView {
 public:
  GivenMarket(std::optional<Range> range, std::vector<double> closes, std::vector<double> volumes)
      : range_(range), closes_(std::move(closes)), volumes_(std::move(volumes)) {}
  [[nodiscard]] std::optional<Range> range() const override { return range_; }
  bool sessions_before_today(std::span<double> closes, std::span<double> volumes) const override {
    if (closes_.size() < closes.size() || volumes_.size() < volumes.size()) return false;
    std::copy(closes_.end() - static_cast<std::ptrdiff_t>(closes.size()), closes_.end(), closes.begin());
    std::copy(volumes_.end() - static_cast<std::ptrdiff_t>(volumes.size()), volumes_.end(), volumes.begin());
    return true;
  }

 private:
  std::optional<Range> range_;
  std::vector<double> closes_, volumes_;
};

/// What a built-in model fills of an order: (price, amount), or (None, None).
/// @param range   (high, low) of the bar, or None
/// @param window  (closes, volumes) of the sessions before, or None
nb::tuple fill_order(const nb::object& model, nb::handle order, double close, double volume, nb::handle volume_for_bar,
                     const nb::object& range, const nb::object& window) {
  const Policies policies = policies_now();
  const std::optional<double> limit = number(order, "limit");
  const DecimalContext context = context_of(order, policies, {close, limit.value_or(0)});
  const finance::AssetScale& scale = context[kAsset];
  Order native;
  write_fields(order, native, context);
  finance::BarView bar;
  bar.price = double_to_mantissa(close, scale.fill_scale);
  bar.price_double = close;
  bar.volume = double_to_mantissa(volume, scale.quantity_digits);
  bar.volume_double = volume;
  std::optional<finance::MarketView::Range> high_low;
  if (!range.is_none()) {
    const auto high = nb::cast<double>(nb::float_(range[0])), low = nb::cast<double>(nb::float_(range[1]));
    if (!std::isnan(high) && !std::isnan(low))
      high_low = {double_to_mantissa(high, scale.fill_scale), double_to_mantissa(low, scale.fill_scale), high, low};
  }
  std::vector<double> closes, volumes;
  if (!window.is_none()) {
    closes = nb::cast<std::vector<double>>(window[0]);
    volumes = nb::cast<std::vector<double>>(window[1]);
  }
  const GivenMarket market(high_low, std::move(closes), std::move(volumes));
  bar.market = &market;
  const finance::SlippageFill fill =
      finance::apply_slippage(built_in_slippage(model), native, bar, units_of(volume_for_bar, scale), scale, policies);
  if (fill.kind == finance::SlippageFill::Kind::LiquidityExceeded) {
    PyErr_SetNone(nb::module_::import_("rustybt.errors").attr("LiquidityExceeded").ptr());
    throw nb::python_error();
  }
  if (fill.kind == finance::SlippageFill::Kind::None) return nb::make_tuple(nb::none(), nb::none());
  const bool ieee = policies.decision_arithmetic == finance::DecisionArithmetic::IeeeDouble;
  return nb::make_tuple(ieee ? fill.price_double : context.price_to_double(kAsset, fill.price),
                        amount_object(context.amount_to_double(kAsset, fill.amount), scale.quantity_digits == 0));
}

/// What a built-in model charges for a fill of an order.
double commission_of(const nb::object& model, nb::handle order, nb::handle transaction) {
  const Policies policies = policies_now();
  const auto price = nb::cast<double>(nb::float_(transaction.attr("price")));
  const DecimalContext context = context_of(order, policies, {price});
  Order native;
  write_fields(order, native, context);
  const nb::object shares = transaction.attr("amount");
  const finance::CommissionModel built_in = built_in_commission(model);
  if (policies.decision_arithmetic == finance::DecisionArithmetic::IeeeDouble)
    return finance::commission_in_doubles(built_in, native, nb::cast<double>(nb::float_(shares)), price,
                                          number(order, "commission").value_or(0), {}, context);
  return context.money().to_double(finance::commission_for(built_in, native, units_of(shares, context[kAsset]),
                                                           double_to_mantissa(price, context[kAsset].fill_scale),
                                                           context));
}

nb::tuple trailing_market_of(const std::vector<double>& closes, const std::vector<double>& volumes) {
  const GivenMarket market(std::nullopt, closes, volumes);
  const finance::TrailingMarket usual = finance::trailing_market(market, static_cast<int>(closes.size()));
  return nb::make_tuple(usual.mean_volume, usual.volatility);
}

}  // namespace

finance::Policies policies_now() {
  if (PyObject* context = running_context())
    if (const auto* core = nb::inst_ptr<PyAlgorithm>(context)->state->core) return core->policies();
  return Policies::named(nb::cast<std::string>(nb::module_::import_("rustybt._preset").attr("default")));
}

std::int64_t units_of(nb::handle amount, const finance::AssetScale& scale) {
  if (PyLong_Check(amount.ptr()) && scale.quantity_digits == 0) return nb::cast<std::int64_t>(amount);
  return double_to_mantissa(nb::cast<double>(nb::float_(nb::borrow(amount))), scale.quantity_digits);
}

void bind_lone_orders(nb::module_& m) {
  m.def("order_triggers", &order_triggers, nb::arg("order"), nb::arg("price"),
        "What a price makes of an order: (stop reached, limit reached, has a stop-limit order's stop been reached?).");
  m.def("split_order", &split_order, nb::arg("order"), nb::arg("ratio"),
        "(amount, filled, limit, stop) after a split.");
  m.def("fill_order", &fill_order, nb::arg("model"), nb::arg("order"), nb::arg("close"), nb::arg("volume"),
        nb::arg("volume_for_bar"), nb::arg("range").none() = nb::none(), nb::arg("window").none() = nb::none(),
        "(price, amount) that a built-in slippage model fills of an order, or (None, None).");
  m.def("commission_of", &commission_of, nb::arg("model"), nb::arg("order"), nb::arg("transaction"),
        "What a built-in commission model charges for a fill.");
  m.def("trailing_market", &trailing_market_of, nb::arg("closes"), nb::arg("volumes"),
        "(mean volume, annual volatility) of sessions.");
}

}  // namespace rustybt::python

// Trading controls, account controls and asset restrictions given by Python.

#include <nanobind/stl/string.h>

#include <cmath>

#include "objects.hpp"

namespace rustybt::python {
namespace {

using finance::ProposedOrder;

nb::object amount_of(const RunState& state, const ProposedOrder& order) {
  const finance::DecimalContext& context = state.running().simulation().context();
  return amount_object(context.amount_to_double(order.index, order.amount), order.digits == 0);
}

/// control.validate of a class of one's own.
finance::CustomTradingControl callback(RunState& state, nb::object control) {
  return {[&state, control = std::move(control)](const ProposedOrder& order) {
    control.attr("validate")(nb::borrow(state.assets->object(order.index)), amount_of(state, order),
                             state.context.attr("portfolio"), state.now(), state.bar_data);
  }};
}

/// None and what is no limit (infinity, NaN) as nothing.
std::optional<Decimal> limit_of(nb::handle value) {
  if (value.is_none()) return std::nullopt;
  if (PyFloat_Check(value.ptr()) && !std::isfinite(PyFloat_AS_DOUBLE(value.ptr()))) return std::nullopt;
  return to_decimal(value);
}

/// A restriction on an asset (or its sid, which equals it) that this run does not know never matters.
std::optional<AssetIndex> find_asset(RunState& state, nb::handle object) {
  const PyAsset* asset = as_asset(object.ptr());
  std::int64_t sid = 0;
  if (asset == nullptr && !(PyLong_Check(object.ptr()) && nb::try_cast(object, sid))) return std::nullopt;
  try {
    return asset ? state.assets->index_of(*asset) : state.assets->finder().retrieve({sid});
  } catch (const Error& e) {
    if (e.code() != ErrorCode::SidsNotFound) throw;
    return std::nullopt;
  }
}

void collect(RunState& state, nb::handle restrictions, finance::AssetRestrictions& out) {
  const nb::object parts = nb::getattr(restrictions, "sub_restrictions", nb::none());
  if (!parts.is_none()) {
    for (nb::handle part : parts) collect(state, part, out);
    return;
  }
  const nb::object entries = nb::getattr(restrictions, "_core_entries", nb::none());
  if (entries.is_none()) {
    out.add([&state, rule = nb::borrow(restrictions)](AssetIndex asset, std::int64_t now_ns) {
      return nb::cast<bool>(
          nb::bool_(rule.attr("is_restricted")(nb::borrow(state.assets->object(asset)), utc_timestamp(now_ns))));
    });
    return;
  }
  std::vector<finance::RestrictionEntry> list;
  for (nb::handle entry : entries) {  // (asset, nanoseconds or None for always, frozen?)
    const std::optional<AssetIndex> asset = find_asset(state, entry[0]);
    const nb::object since = entry[1];
    if (asset)
      list.push_back({*asset, since.is_none() ? INT64_MIN : nb::cast<std::int64_t>(since), nb::cast<bool>(entry[2])});
  }
  if (!list.empty()) out.add(std::move(list));
}

/// Nothing for a size control that has no limit on any asset of this run.
std::optional<finance::SizeLimits> size_limits(RunState& state, const nb::object& p) {
  finance::SizeLimits limits{std::nullopt, limit_of(p[2]), limit_of(p[3])};
  const nb::object asset = p[1];
  if (!asset.is_none() && !(limits.asset = find_asset(state, asset))) return std::nullopt;
  if (!limits.max_shares && !limits.max_notional) return std::nullopt;
  return limits;
}

std::optional<finance::TradingControl> to_trading_control(RunState& state, nb::handle control) {
  const nb::object p = control.attr("_core_parameters")();  // None for a class with a validate of its own
  if (p.is_none()) return callback(state, nb::borrow(control));
  const auto name = nb::cast<std::string>(p[0]);
  if (name == "MaxOrderCount") return finance::MaxOrderCount{nb::cast<double>(p[1])};
  if (name == "LongOnly") return finance::LongOnly{};
  if (name == "RestrictedListOrder") {
    finance::RestrictedListOrder list;
    collect(state, nb::object(p[1]), list.restrictions);
    return list;
  }
  const std::optional<finance::SizeLimits> limits = size_limits(state, p);
  if (!limits) return std::nullopt;
  if (name == "MaxOrderSize") return finance::MaxOrderSize{*limits};
  return finance::MaxPositionSize{*limits};
}

}  // namespace

void register_trading_control(RunState& state, nb::handle control) {
  std::optional<finance::TradingControl> core = to_trading_control(state, control);
  if (!core) return;
  state.running().register_trading_control(
      std::move(*core), [&state, control = nb::borrow(control)](const ProposedOrder& order) {
        control.attr("handle_violation")(nb::borrow(state.assets->object(order.index)), amount_of(state, order),
                                         state.now());
      });
}

void register_account_control(RunState& state, nb::handle control) {
  const nb::object p = control.attr("_core_parameters")();
  finance::AccountControl core = finance::CustomAccountControl{[&state, control = nb::borrow(control)] {
    control.attr("validate")(state.context.attr("portfolio"), state.context.attr("account"), state.now(),
                             state.bar_data);
  }};
  if (!p.is_none() && nb::cast<std::string>(p[0]) == "MaxLeverage")
    core = finance::MaxLeverage{nb::cast<double>(p[1])};
  else if (!p.is_none())
    core = finance::MinLeverage{nb::cast<double>(p[1]), nb::cast<std::int64_t>(p[2])};
  state.running().register_account_control(std::move(core),
                                           [control = nb::borrow(control)](double) { control.attr("fail")(); });
}

void add_restrictions(RunState& state, nb::handle restrictions) {
  finance::AssetRestrictions list;
  collect(state, restrictions, list);
  if (!list.empty()) state.running().add_restrictions(list);
}

}  // namespace rustybt::python

#include "rustybt/finance/margin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

/// rate x value, rounded up.
Money part_of(const Decimal& rate, Money value) {
  return {multiply_divide(value.units, rate.coefficient(), power_of_ten(rate.scale()), Rounding::Ceiling)};
}

Money absolute(Money m) { return m.units < 0 ? -m : m; }

}  // namespace

MarginModel MarginModel::cash_account() {
  MarginModel model;
  model.name = "CashAccount";
  model.longs = {Decimal(1, 0), Decimal(0, 0)};
  model.allows_shorts = false;
  return model;
}

void MarginModel::check() const {
  const auto require = [](bool ok, const std::string& what) {
    if (!ok)
      throw Error(ErrorCode::InvalidArgument, "margin: " + what,
                  "give parts of a position's value (0.5) or money per contract, the initial one not below the other");
  };
  const auto is_valid = [](const auto& r) { return r.maintenance.sign() >= 0 && r.initial >= r.maintenance; };
  require(is_valid(longs) && longs.initial.sign() > 0, "the rates of longs are not valid");
  require(is_valid(shorts), "the rates of shorts are not valid");
  require(is_valid(other_futures), "the rates of futures are not valid");
  for (const auto& [root, money] : futures) require(is_valid(money), "the margin of " + root + " is not valid");
}

std::string describe(const MarginModel& model) {
  const auto text = [](const auto& r) {
    return fmt::format("{}/{}", r.initial.to_string(), r.maintenance.to_string());
  };
  std::string out = fmt::format("{}(longs={}, shorts={}", model.name, text(model.longs),
                                model.allows_shorts ? text(model.shorts) : "none");
  for (const auto& [root, money] : model.futures) out += fmt::format(", {}={}", root, text(money));
  return out +
         fmt::format(", futures={}, on_call={})", text(model.other_futures), model.liquidates ? "liquidate" : "warn");
}

Margin::Margin(MarginModel model, const DecimalContext& context) : model_(std::move(model)), context_(context) {
  model_.check();
}

MarginRequirement Margin::of(AssetIndex asset, std::int64_t price, std::int64_t amount) const {
  if (amount == 0) return {};
  const AssetScale& scale = context_[asset];
  if (scale.is_future) {
    if (const auto known = model_.futures.find(scale.root_symbol); known != model_.futures.end()) {
      const auto money = [&](const Decimal& per_contract) {
        const Money one = context_.money().from_decimal(per_contract);
        return context_.to_base(asset, {multiply_divide(one.units, std::llabs(amount),
                                                        power_of_ten(scale.quantity_digits), Rounding::Ceiling)});
      };
      return {money(known->second.initial), money(known->second.maintenance)};
    }
  }
  const Money value = absolute(context_.base_value(asset, price, amount));
  const MarginModel::Rates& rates = scale.is_future ? model_.other_futures : amount > 0 ? model_.longs : model_.shorts;
  return {part_of(rates.initial, value), part_of(rates.maintenance, value)};
}

MarginRequirement Margin::of(std::span<const DecimalPosition> positions) const {
  MarginRequirement sum;
  for (const DecimalPosition& p : positions) {
    const MarginRequirement one = of(p.asset, p.last_sale_price, p.amount);
    sum.initial += one.initial;
    sum.maintenance += one.maintenance;
  }
  return sum;
}

Margin::Verdict Margin::judge(AssetIndex asset, std::int64_t amount, DecimalLedger& ledger,
                              const DecimalBlotter& blotter,
                              const std::function<std::int64_t(AssetIndex)>& price_of) const {
  Verdict verdict;
  verdict.equity = ledger.portfolio_value();
  const auto add = [&](AssetIndex a) {
    std::int64_t buys = 0, sells = 0;
    for (const std::int32_t slot : blotter.open_orders(a)) {
      const std::int64_t open = blotter.order_at(slot).open_amount();
      (open > 0 ? buys : sells) += open;
    }
    const std::int64_t held = ledger.amount(a), price = price_of(a);
    const auto larger = [&](std::int64_t most, std::int64_t least) {
      return std::max(of(a, price, most).initial, of(a, price, least).initial);
    };
    const Money before = larger(held + buys, held + sells);
    verdict.in_use += before;
    if (a != asset) {
      verdict.needed += before;
      return;
    }
    (amount > 0 ? buys : sells) += amount;
    verdict.needed += larger(held + buys, held + sells);
    verdict.is_short = amount < 0 && held + sells < 0 && !model_.allows_shorts && !context_[a].is_future;
  };
  const std::span<const AssetIndex> active = blotter.active_assets();
  for (const AssetIndex a : active) add(a);
  for (const DecimalPosition& p : ledger.positions())
    if (std::ranges::find(active, p.asset) == active.end()) add(p.asset);
  if (!ledger.find_position(asset) && std::ranges::find(active, asset) == active.end()) add(asset);
  // what does not ask for more than before is always allowed
  verdict.is_allowed = !verdict.is_short && (verdict.needed <= verdict.equity || verdict.needed <= verdict.in_use);
  return verdict;
}

std::vector<Margin::Closing> Margin::closings(std::span<const DecimalPosition> positions, Money equity) const {
  struct Held {
    const DecimalPosition* position;
    Money maintenance;
  };
  std::vector<Held> held;
  Money missing = -equity;
  for (const DecimalPosition& p : positions) {
    held.push_back({&p, of(p.asset, p.last_sale_price, p.amount).maintenance});
    missing += held.back().maintenance;
  }
  std::ranges::stable_sort(held, std::greater{}, &Held::maintenance);
  std::vector<Closing> out;
  for (const Held& h : held) {
    if (missing <= Money{} || h.maintenance <= Money{}) break;
    const std::int64_t size = std::llabs(h.position->amount), step = context_[h.position->asset].quantity_step;
    std::int64_t units = size;
    if (missing < h.maintenance) {
      units = checked_int64(multiply_divide(size, missing.units, h.maintenance.units, Rounding::Ceiling));
      units = std::min(size, (units + step - 1) / step * step);
    }
    out.push_back({h.position->asset, h.position->amount > 0 ? -units : units});
    missing -= h.maintenance;
  }
  return out;
}

}  // namespace rustybt::finance

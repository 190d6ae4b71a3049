// Margin of a run: orders that the account cannot carry are not placed, and calls are reported or answered.

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "rustybt/algorithm/algorithm.hpp"
#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {

void TradingAlgorithm::set_margin(finance::MarginModel model) {
  if (initialized_)
    throw Error(ErrorCode::InvalidArgument, "set_margin can only be called in initialize",
                "choose the margin before the run begins");
  margin_ = std::make_unique<finance::Margin>(std::move(model), simulation_.context());
  acts_after_bar_ = checks_orders_ = true;
}

std::string TradingAlgorithm::money_text(Money amount) const {
  return simulation_.context().money().to_decimal(amount).normalized().to_string();
}

bool TradingAlgorithm::margin_allows(AssetIndex index, std::int64_t units) {
  simulation_.sync_prices();
  const auto price_of = [&](AssetIndex a) -> std::int64_t {
    const finance::AssetScale& scale = simulation_.context()[a];
    const std::int64_t close = portal_.bar_mantissa(a, data::Field::Close);
    if (close != data::kMissing) return close * scale.price_to_fill;
    const double last = portal_.current_price(a);
    return std::isnan(last) ? 0 : double_to_mantissa(last, scale.fill_scale);
  };
  const finance::Margin::Verdict v = margin_->judge(index, units, ledger(), simulation_.blotter(), price_of);
  if (v.is_allowed) return true;
  const double amount = simulation_.context().amount_to_double(index, units);
  log_.warning(v.is_short ? fmt::format("No order of {} for {}: {} sells nothing short.", asset(index).symbol, amount,
                                        margin_->model().name)
                          : fmt::format("No order of {} for {}: with it positions and open orders need a margin of {}, "
                                        "the account is worth {} ({} are in use).",
                                        asset(index).symbol, amount, money_text(v.needed), money_text(v.equity),
                                        money_text(v.in_use)));
  return false;
}

void TradingAlgorithm::watch_margin() {
  simulation_.sync_prices();
  const Money equity = ledger().portfolio_value();
  const Money required = margin_->of(ledger().positions()).maintenance;
  if (required <= equity) {
    margin_->is_called = false;
    return;
  }
  if (!std::exchange(margin_->is_called, true)) {
    margin_->calls.push_back({simulation_.now_ns(), equity, required});
    log_.warning(fmt::format("Margin call: positions need {}, the account is worth {}{}.", money_text(required),
                             money_text(equity), margin_->model().liquidates ? "; positions are closed" : ""));
  }
  if (!margin_->model().liquidates) return;
  finance::DecimalBlotter& blotter = simulation_.blotter();
  const std::vector<AssetIndex> active(blotter.active_assets().begin(), blotter.active_assets().end());
  for (const AssetIndex a : active) blotter.cancel_all(a, simulation_.now_ns());
  for (const finance::Margin::Closing& c : margin_->closings(ledger().positions(), equity))
    blotter.place(c.asset, c.amount, finance::kMarketOrder, simulation_.now_ns());
}

}  // namespace rustybt::algorithm

// Fills limited by the bar's volume, and the time that their rests have.

#include <utility>

#include "rustybt/core/error.hpp"
#include "rustybt/finance/decimal/blotter.hpp"

namespace rustybt::finance {

void DecimalBlotter::set_partial_fill(PartialFillModel model) {
  model.check();
  require_invariant(orders_.size() == 0, "partial fills are chosen before the first order");
  partial_fills_ = std::make_unique<PartialFills>(PartialFills{std::move(model), {}});
}

SlippageFill DecimalBlotter::fill_of(const Order& order, const BarView& bar, std::int64_t volume_for_bar,
                                     const AssetScale& scale) const {
  const SlippageModel& slippage = scale.is_future ? futures_slippage_ : slippage_;
  return partial_fills_
             ? apply_partial_fill(partial_fills_->model, slippage, order, bar, volume_for_bar, scale, policies_)
             : apply_slippage(slippage, order, bar, volume_for_bar, scale, policies_);
}

void DecimalBlotter::note_rest(const Order& order, const SlippageFill& fill) {
  const std::optional<int>& bars = partial_fills_->model.timeout_bars;
  if (!bars || order.filled != fill.amount) return;  // not its first fill
  const auto terms = terms_.find(static_cast<std::int32_t>(order.id.value - 1));
  if (terms != terms_.end() && terms->second.is_exit) return;  // it protects a position
  partial_fills_->rests.push_back({order.id, *bars + 1});
}

void DecimalBlotter::end_rests(std::int64_t now_ns) {
  std::erase_if(partial_fills_->rests, [&](PartialFills::Rest& rest) {
    if (!find(rest.order)->is_open()) return true;
    if (--rest.bars_left > 0) return false;
    close(static_cast<std::int32_t>(rest.order.value - 1), OrderStatus::Expired, now_ns, true);
    return true;
  });
}

}  // namespace rustybt::finance

#include "rustybt/finance/decimal/blotter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "rustybt/core/error.hpp"
#include "rustybt/finance/zipline_books.hpp"

namespace rustybt::finance {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

DecimalBlotter::DecimalBlotter(const DecimalContext& context, const Policies& policies)
    : context_(context),
      policies_(policies),
      slippage_(FixedBasisPointsSlippage{}),
      futures_slippage_(VolatilityVolumeShare{}),
      commission_(PerShare{}),
      futures_commission_(PerContract{}),
      books_(static_cast<std::size_t>(context.asset_count())),
      walks_bars_(policies.trigger_price == TriggerPrice::BarRange ||
                  (policies.fill != FillPolicy::NextClose && policies.fill != FillPolicy::ThisClose)) {
  if (walks_bars_ && policies.trigger_price == TriggerPrice::Close) {
    throw Error(ErrorCode::InvalidArgument, "a fill within the bar cannot wait for its close: trigger_price=close",
                "use trigger_price=bar_range, or fill=next_close");
  }
}

CommissionModel DecimalBlotter::with_book(CommissionModel model) {
  if (auto* schedule = std::get_if<FeeSchedule>(&model)) {
    if (!fee_run_) fee_run_ = std::make_shared<FeeRun>(now_ns_);
    schedule->book = std::make_shared<FeeBook>(fee_run_);
  }
  return model;
}

OrderId DecimalBlotter::place(AssetIndex asset, std::int64_t amount, const ExecutionStyle& style, std::int64_t now_ns) {
  const auto slot = static_cast<std::int32_t>(orders_.size());
  const bool is_market = !style.limit_price && !style.stop_price;
  Order* order = nullptr;
  if (is_market) {
    order = &orders_.add_default();
    order->amount = amount;
  } else {
    Order styled;
    styled.amount = amount;
    apply_style(styled, style, context_[asset], policies_);
    order = &orders_.add(styled);
  }
  order->id = {slot + 1};
  order->asset = asset;
  order->created_ns = order->dt_ns = now_ns;
  if (fee_run_ && style.limit_price && !style.stop_price) [[unlikely]]
    fee_run_->limit_acts(*order, style.reference_price.value_or(std::numeric_limits<double>::quiet_NaN()));
  Book& b = book(asset);
  if (is_market) b.always = true;
  b.band_is_valid = is_market;
  b.slots.push_back(slot);
  if (!b.listed) {
    b.listed = true;
    active_.push_back(asset);
  }
  new_orders_.push_back(slot);
  if (style.has_terms() || latency_) [[unlikely]]
    add_terms(slot, style);
  return {slot + 1};
}

const Order* DecimalBlotter::find(OrderId id) const {
  return id.value >= 1 && id.value <= static_cast<std::int64_t>(orders_.size())
             ? &orders_[static_cast<std::size_t>(id.value - 1)]
             : nullptr;
}

std::span<const std::int32_t> DecimalBlotter::open_orders(AssetIndex asset) const {
  return books_[static_cast<std::size_t>(asset.value)].slots;
}

void DecimalBlotter::remove_from_book(std::int32_t slot) {
  Book& b = book(order_at(slot).asset);
  std::erase(b.slots, slot);
  b.band_is_valid = false;
}

void DecimalBlotter::close(std::int32_t slot, OrderStatus status, std::int64_t now_ns, bool relay) {
  remove_from_book(slot);
  std::erase(new_orders_, slot);
  Order& o = mutable_order(slot);
  o.transition(status);
  o.dt_ns = now_ns;
  if (relay) new_orders_.push_back(slot);
  if (!terms_.empty()) [[unlikely]]
    close_children(slot, now_ns);
}

bool DecimalBlotter::cancel(OrderId id, std::int64_t now_ns, bool relay) {
  const Order* o = find(id);
  if (!o || !o->is_open()) return false;
  close(static_cast<std::int32_t>(id.value - 1), OrderStatus::Cancelled, now_ns, relay);
  return true;
}

bool DecimalBlotter::reject(OrderId id, std::int64_t now_ns) {
  const Order* o = find(id);
  if (!o || !o->is_open()) return false;
  close(static_cast<std::int32_t>(id.value - 1), OrderStatus::Rejected, now_ns, true);
  return true;
}

bool DecimalBlotter::hold(OrderId id, std::int64_t now_ns) {
  const Order* o = find(id);
  if (!o || !o->is_open()) return false;
  const auto slot = static_cast<std::int32_t>(id.value - 1);
  Order& order = mutable_order(slot);
  if (order.status != OrderStatus::Held) order.transition(OrderStatus::Held);
  order.dt_ns = now_ns;
  std::erase(new_orders_, slot);
  new_orders_.push_back(slot);
  return true;
}

void DecimalBlotter::cancel_all(AssetIndex asset, std::int64_t now_ns, bool relay) {
  const std::vector<std::int32_t> slots = book(asset).slots;
  for (std::int32_t slot : slots) cancel(order_at(slot).id, now_ns, relay);
}

// The band: a resting order is concerned only when the price reaches its stop, or its limit once no stop is left.
void DecimalBlotter::compute_band(Book& b) const {
  b.low = INT64_MIN;
  b.high = INT64_MAX;
  b.low_double = -kInfinity;
  b.high_double = kInfinity;
  b.always = false;
  for (std::int32_t slot : b.slots) {
    const Order& o = order_at(slot);
    if (o.is_triggered()) {
      b.always = true;
      continue;
    }
    // a pending stop comes first; a stop-limit's limit counts only after it
    const bool by_stop = o.has_stop() && !o.stop_reached;
    const std::int64_t level = by_stop ? o.stop : o.limit;
    const double level_double = by_stop ? o.decision_stop : o.decision_limit;
    const bool from_below = by_stop == (o.amount > 0);  // concerned at price >= level: buy stops and sell limits
    if (from_below) {
      b.high = std::min(b.high, level);
      b.high_double = std::min(b.high_double, level_double);
    } else {
      b.low = std::max(b.low, level);
      b.low_double = std::max(b.low_double, level_double);
    }
  }
  b.band_is_valid = true;
}

bool DecimalBlotter::stays_in_band(AssetIndex asset, const BarView& bar) {
  Book& b = book(asset);
  if (!b.band_is_valid) compute_band(b);
  if (b.always || !bar.market) return false;
  const auto range = bar.market->range();
  const auto open = bar.market->open();
  if (!range || !open) return false;
  // a bar's open and close are not always within its range
  const auto [low, high] = std::minmax({*open, range->low, range->high, bar.price});
  const double open_double = mantissa_to_double(*open, context_[asset].fill_scale);
  const auto [low_double, high_double] =
      std::minmax({open_double, range->low_double, range->high_double, bar.price_double});
  return low > b.low && high < b.high && low_double > b.low_double && high_double < b.high_double;
}

void DecimalBlotter::check_triggers(Order& o, const BarView& bar, std::int64_t now_ns) const {
  if (o.is_triggered()) return;
  const bool ieee = policies_.decision_arithmetic == DecisionArithmetic::IeeeDouble;
  const auto reaches = [&](std::int64_t level, double level_double, bool at_or_above) {
    if (ieee) return at_or_above ? bar.price_double >= level_double : bar.price_double <= level_double;
    return at_or_above ? bar.price >= level : bar.price <= level;
  };
  const bool is_buy = o.amount > 0;
  bool changed = false;
  if (o.has_stop() && !o.stop_reached) {
    if (!reaches(o.stop, o.decision_stop, is_buy)) return;
    if (o.has_limit()) {  // a stop-limit order becomes a limit order
      o.stop = kNoPrice;
      o.decision_stop = std::numeric_limits<double>::quiet_NaN();
      if (fee_run_) fee_run_->limit_acts(o, bar.price_double);
    } else {
      o.stop_reached = true;
      changed = true;
    }
  }
  if (o.has_limit() && !o.limit_reached && reaches(o.limit, o.decision_limit, !is_buy)) {
    o.limit_reached = true;
    changed = true;
  }
  if (changed) {
    o.dt_ns = now_ns;
    if (o.status == OrderStatus::Open) o.transition(OrderStatus::Triggered);
  }
}

void DecimalBlotter::match(AssetIndex asset, const BarView& bar, std::int64_t now_ns, std::vector<Fill>& fills) {
  Book& b = book(asset);
  if (b.slots.empty()) return;
  if (walks_bars_ || b.has_terms) [[unlikely]] {
    if (b.has_terms || !stays_in_band(asset, bar)) walk(asset, bar, now_ns, fills);
    return;
  }
  if (!b.band_is_valid) compute_band(b);
  if (!b.always) {
    const bool ieee = policies_.decision_arithmetic == DecisionArithmetic::IeeeDouble;
    if (ieee ? (bar.price_double > b.low_double && bar.price_double < b.high_double)
             : (bar.price > b.low && bar.price < b.high))
      return;
  }
  b.band_is_valid = false;

  const AssetScale& scale = context_[asset];
  const SlippageModel& slippage = scale.is_future ? futures_slippage_ : slippage_;
  const CommissionModel& commission_model = scale.is_future ? futures_commission_ : commission_;
  const bool forget_limit = policies_.limit_check == LimitCheck::NeverWorse;
  std::int64_t volume_for_bar = 0;
  bool any_closed = false;
  for (std::int32_t slot : b.slots) {
    Order& o = mutable_order(slot);
    if (!o.is_triggered()) {
      check_triggers(o, bar, now_ns);
      if (!o.is_triggered()) continue;
    }
    const SlippageFill f = partial_fills_ ? fill_of(o, bar, volume_for_bar, scale)
                                          : apply_slippage(slippage, o, bar, volume_for_bar, scale, policies_);
    // under never_worse a limit is a condition of every bar, not a state (quirk Q5)
    if (forget_limit && o.has_limit() && std::llabs(f.amount) != std::llabs(o.open_amount())) {
      o.limit_reached = false;
      if (o.status == OrderStatus::Triggered) o.transition(OrderStatus::Open);
    }
    if (f.kind == SlippageFill::Kind::LiquidityExceeded) break;
    if (f.kind == SlippageFill::Kind::None) continue;
    volume_for_bar += std::llabs(f.amount);
    const Money commission = commission_for(commission_model, o, f.amount, f.price, context_);
    double commission_double = 0;
    if (zipline_books_) [[unlikely]]
      commission_double = zipline_books_->commission_of(commission_model, o, f, commission, scale);
    o.filled += f.amount;
    o.commission += commission;
    o.dt_ns = now_ns;
    const bool done = o.filled == o.amount;
    o.transition(done ? OrderStatus::Filled : OrderStatus::PartiallyFilled);
    if (done)
      any_closed = true;
    else if (partial_fills_)
      note_rest(o, f);
    fills.push_back({o.id, asset, f.amount, f.price, commission, f.price_double, commission_double});
  }
  if (any_closed) {
    std::size_t kept = 0;
    for (const std::int32_t slot : b.slots) {
      if (order_at(slot).is_open()) b.slots[kept++] = slot;
    }
    b.slots.resize(kept);
  }
}

void DecimalBlotter::prune() {
  std::size_t kept = 0;
  for (const AssetIndex a : active_) {
    Book& b = book(a);
    if (b.slots.empty())
      b.listed = b.has_terms = false;
    else
      active_[kept++] = a;
  }
  active_.resize(kept);
}

void DecimalBlotter::take_cancelled(std::vector<std::int32_t>& out) {
  out.clear();
  std::erase_if(new_orders_, [&](std::int32_t slot) {
    if (order_at(slot).status != OrderStatus::Cancelled) return false;
    out.push_back(slot);
    return true;
  });
}

void DecimalBlotter::handle_split(AssetIndex asset, double ratio, std::int64_t numerator, std::int64_t denominator) {
  Book& b = book(asset);
  if (!terms_.empty()) split_terms(asset, numerator, denominator);
  if (b.slots.empty()) return;
  const AssetScale& scale = context_[asset];
  const bool ieee = policies_.decision_arithmetic == DecisionArithmetic::IeeeDouble;
  const auto split_amount = [&](std::int64_t amount) {
    if (ieee && scale.quantity_digits == 0) return static_cast<std::int64_t>(static_cast<double>(amount) / ratio);
    return checked_int64(multiply_divide(amount, denominator, numerator, Rounding::Down));
  };
  const auto split_price = [&](std::int64_t& mantissa, double& decision) {
    if (mantissa == kNoPrice) return;
    if (policies_.split_price_rounding == SplitPriceRounding::PythonRound2) {
      decision = python_round(decision * ratio, 2);
      mantissa = double_to_mantissa(decision, scale.fill_scale);
    } else {
      // to the nearest tick of the asset
      const int128 tick = scale.tick.mantissa_at(scale.fill_scale);
      const int128 ticks =
          multiply_divide(mantissa, numerator, checked_multiply(denominator, tick), Rounding::HalfEven);
      mantissa = checked_int64(checked_multiply(ticks, tick));
      decision = mantissa_to_double(mantissa, scale.fill_scale);
    }
  };
  std::erase_if(b.slots, [&](std::int32_t slot) {
    Order& o = mutable_order(slot);
    const std::int64_t remaining = split_amount(o.open_amount());
    o.filled = split_amount(o.filled);
    o.amount = o.filled + remaining;
    split_price(o.limit, o.decision_limit);
    split_price(o.stop, o.decision_stop);
    if (remaining != 0) return false;
    // nothing left to trade: the order leaves the book, and is not reported (3.2.1)
    o.transition(OrderStatus::Filled);
    std::erase(new_orders_, slot);
    return true;
  });
  b.band_is_valid = false;
}

void DecimalBlotter::end_of_session(bool daily_mode, std::int64_t now_ns, std::vector<std::int32_t>& cancelled) {
  cancelled.clear();
  if (!terms_.empty()) expire_at_end_of_session(daily_mode, now_ns);
  if (cancel_policy_.kind == CancelPolicy::Kind::Never) return;
  if (cancel_policy_.kind == CancelPolicy::Kind::Custom && !cancel_policy_.should_cancel()) return;
  const bool first_of_several = daily_mode && policies_.eod_cancel_daily == EodCancelDaily::FirstOfSeveral;
  const std::vector<AssetIndex> assets = active_;
  for (AssetIndex a : assets) {
    const std::vector<std::int32_t> slots = book(a).slots;
    if (first_of_several) {  // quirk Q6
      if (slots.size() > 1) {
        cancel(order_at(slots[0]).id, now_ns, true);
        cancelled.push_back(slots[0]);
      }
      continue;
    }
    for (std::int32_t slot : slots) {
      // the session's own orders show it; relayed, they would be reported once more in the next session
      cancel(order_at(slot).id, now_ns, false);
      cancelled.push_back(slot);
    }
  }
  if (!first_of_several) prune();
}

}  // namespace rustybt::finance

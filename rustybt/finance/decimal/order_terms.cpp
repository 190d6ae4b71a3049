// Orders with terms: trailing stops, time in force, post-only, and the groups bracket, one-cancels-other and
// one-triggers-other.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "rustybt/core/error.hpp"
#include "rustybt/finance/decimal/blotter.hpp"

namespace rustybt::finance {
namespace {

constexpr int kPercentDigits = 12;

[[noreturn]] void bad_order(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::BadOrderParameters, message, hint);
}

void check_terms(const ExecutionStyle& style) {
  if (style.kind == OrderKind::TrailingStop) {
    if (style.trail_amount.has_value() == style.trail_percent.has_value())
      bad_order("a trailing stop has either an amount or a percent", "give trail_amount or trail_percent");
    if (style.trail_amount && !(std::isfinite(*style.trail_amount) && *style.trail_amount > 0))
      bad_order(fmt::format("a trailing stop needs an amount above 0, found {}", *style.trail_amount),
                "the amount is a distance in the asset's currency");
    if (style.trail_percent && !(*style.trail_percent > 0 && *style.trail_percent < 1))
      bad_order(fmt::format("a trailing stop needs a percent between 0 and 1, found {}", *style.trail_percent),
                "0.05 is five percent");
  }
  if (style.time_in_force == TimeInForce::Gtd && style.good_till_ns == 0)
    bad_order("an order good till a date needs the date", "give good_till");
  if (style.post_only && !style.limit_price)
    bad_order("only orders with a limit can be post-only", "give a limit price");
}

}  // namespace

void DecimalBlotter::add_terms(std::int32_t slot, const ExecutionStyle& style) {
  check_terms(style);
  Order& o = mutable_order(slot);
  const AssetScale& scale = context_[o.asset];
  Terms& t = terms_[slot];
  t.style = style;
  book(o.asset).has_terms = true;
  send(slot);
  if (style.trail_amount) t.trail = double_to_mantissa(*style.trail_amount, scale.fill_scale);
  if (style.trail_percent)
    t.trail =
        static_cast<std::int64_t>(Decimal::from_double_shortest(*style.trail_percent).mantissa_at(kPercentDigits));
  if (t.arrives_ns > o.created_ns) {  // the price of now is not that of its arrival
    t.posts_on_arrival = style.post_only;
    return;
  }
  if (!style.reference_price || !std::isfinite(*style.reference_price)) return;
  const std::int64_t reference = double_to_mantissa(*style.reference_price, scale.fill_scale);
  if (style.kind == OrderKind::TrailingStop) follow_price(slot, t, reference);
  if (style.post_only && (o.amount > 0 ? reference <= o.limit : reference >= o.limit)) reject(o.id, o.created_ns);
}

/// Move a trailing stop after a better price.
void DecimalBlotter::follow_price(std::int32_t slot, Terms& t, std::int64_t price) {
  Order& o = mutable_order(slot);
  const bool is_buy = o.amount > 0;
  if (t.watermark != kNoPrice && (is_buy ? price >= t.watermark : price <= t.watermark)) return;
  t.watermark = price;
  const int128 distance = t.style.trail_amount
                              ? int128{t.trail}
                              : multiply_divide(price, t.trail, power_of_ten(kPercentDigits), Rounding::HalfEven);
  o.stop = checked_int64(is_buy ? price + distance : price - distance);
  o.decision_stop = mantissa_to_double(o.stop, context_[o.asset].fill_scale);
}

std::int32_t DecimalBlotter::add_waiting(AssetIndex asset, std::int64_t amount, const ExecutionStyle& style,
                                         std::int32_t parent, std::int64_t now_ns) {
  check_terms(style);
  const auto slot = static_cast<std::int32_t>(orders_.size());
  Order order;
  order.id = {slot + 1};
  order.asset = asset;
  order.status = OrderStatus::Pending;
  order.amount = amount;
  order.created_ns = order.dt_ns = now_ns;
  apply_style(order, style, context_[asset], policies_);
  orders_.add(order);
  Terms& t = terms_[slot];
  t.style = style;
  t.parent = parent;
  terms_[parent].children.push_back(slot);
  new_orders_.push_back(slot);
  return slot;
}

std::vector<OrderId> DecimalBlotter::place_bracket(AssetIndex asset, std::int64_t amount, const ExecutionStyle& entry,
                                                   const ExecutionStyle& stop_loss, const ExecutionStyle& take_profit,
                                                   std::int64_t now_ns) {
  check_terms(stop_loss);
  check_terms(take_profit);
  const OrderId id = place(asset, amount, entry, now_ns);
  const auto parent = static_cast<std::int32_t>(id.value - 1);
  terms_[parent].style = entry;
  book(asset).has_terms = true;
  const std::int32_t stop = add_waiting(asset, -amount, stop_loss, parent, now_ns);
  const std::int32_t target = add_waiting(asset, -amount, take_profit, parent, now_ns);
  terms_[stop].siblings = {target};
  terms_[target].siblings = {stop};
  terms_[stop].is_exit = terms_[target].is_exit = true;
  send(parent);
  if (!order_at(parent).is_open()) close_children(parent, now_ns);
  return {id, {stop + 1}, {target + 1}};
}

std::vector<OrderId> DecimalBlotter::place_oco(AssetIndex asset, std::int64_t amount, const ExecutionStyle& first,
                                               const ExecutionStyle& second, std::int64_t now_ns) {
  check_terms(second);
  const OrderId a = place(asset, amount, first, now_ns);
  const OrderId b = place(asset, amount, second, now_ns);
  const auto slot_a = static_cast<std::int32_t>(a.value - 1), slot_b = static_cast<std::int32_t>(b.value - 1);
  terms_[slot_a].style = first;
  terms_[slot_b].style = second;
  terms_[slot_a].siblings = {slot_b};
  terms_[slot_b].siblings = {slot_a};
  book(asset).has_terms = true;
  send(slot_a);
  send(slot_b);
  return {a, b};
}

std::vector<OrderId> DecimalBlotter::place_oto(AssetIndex asset, std::int64_t amount, const ExecutionStyle& first,
                                               std::int64_t second_amount, const ExecutionStyle& second,
                                               std::int64_t now_ns) {
  check_terms(second);
  const OrderId id = place(asset, amount, first, now_ns);
  const auto parent = static_cast<std::int32_t>(id.value - 1);
  terms_[parent].style = first;
  book(asset).has_terms = true;
  const std::int32_t child = add_waiting(asset, second_amount, second, parent, now_ns);
  send(parent);
  if (!order_at(parent).is_open()) close_children(parent, now_ns);
  return {id, {child + 1}};
}

std::optional<Order> DecimalBlotter::changed_order(OrderId id, const Change& change) const {
  const Order* found = find(id);
  if (!found || !found->is_open()) return std::nullopt;
  const auto slot = static_cast<std::int32_t>(id.value - 1);
  Order changed = *found;
  if ((change.limit_price && !changed.has_limit()) || (change.stop_price && !changed.has_stop()))
    bad_order(fmt::format("order {} has no {} price to change", id.value, change.limit_price ? "limit" : "stop"),
              "cancel it and place an order of the other kind");
  if (change.amount) {
    const auto terms = terms_.find(slot);
    if (terms != terms_.end() && terms->second.is_exit)
      bad_order(fmt::format("the amount of order {} follows its entry", id.value), "change the entry");
    if ((*change.amount > 0) != (changed.amount > 0) || std::llabs(*change.amount) < std::llabs(changed.filled))
      bad_order(fmt::format("order {} cannot be changed to {}: it is for {}, of which {} are filled", id.value,
                            *change.amount, changed.amount, changed.filled),
                "keep the side, and at least what is filled");
    changed.amount = *change.amount;
  }
  ExecutionStyle style;
  style.limit_price = change.limit_price;
  style.stop_price = change.stop_price;
  apply_style(changed, style, context_[changed.asset], policies_);
  if (change.limit_price) changed.limit_reached = false;
  if (change.stop_price) changed.stop_reached = false;
  if (changed.status == OrderStatus::Triggered) changed.transition(OrderStatus::Open);
  return changed;
}

bool DecimalBlotter::modify(OrderId id, const Change& change, std::int64_t now_ns) {
  const std::optional<Order> wanted = changed_order(id, change);
  if (!wanted) return false;
  Order changed = *wanted;
  const auto slot = static_cast<std::int32_t>(id.value - 1);
  changed.dt_ns = now_ns;
  mutable_order(slot) = changed;
  if (fee_run_ && change.limit_price && !changed.has_stop() && changed.status != OrderStatus::Pending)
    fee_run_->limit_acts(changed, change.reference_price.value_or(std::numeric_limits<double>::quiet_NaN()));
  book(changed.asset).band_is_valid = false;
  std::erase(new_orders_, slot);
  new_orders_.push_back(slot);
  if (changed.open_amount() == 0) {
    remove_from_book(slot);
    mutable_order(slot).transition(OrderStatus::Filled);
    std::vector<std::int32_t> activated;
    if (terms_.contains(slot)) after_fill(slot, now_ns, activated);
  }
  return true;
}

/// A waiting order enters the book.
void DecimalBlotter::activate(std::int32_t slot, std::int64_t now_ns) {
  Order& o = mutable_order(slot);
  o.transition(OrderStatus::Open);
  o.dt_ns = now_ns;
  Book& b = book(o.asset);
  b.slots.push_back(slot);
  b.has_terms = true;
  b.band_is_valid = false;
  std::erase(new_orders_, slot);
  new_orders_.push_back(slot);
}

/// What a fill does to the other orders of its group.
void DecimalBlotter::after_fill(std::int32_t slot, std::int64_t now_ns, std::vector<std::int32_t>& activated) {
  const Terms& t = terms_.at(slot);
  for (const std::int32_t other : t.siblings) cancel(order_at(other).id, now_ns);
  if (t.is_exit) cancel(order_at(t.parent).id, now_ns);
  const Order& o = order_at(slot);
  for (const std::int32_t child : t.children) {
    Order& c = mutable_order(child);
    if (!c.is_open()) continue;
    if (terms_.at(child).is_exit)
      c.amount = -o.filled;
    else if (o.status != OrderStatus::Filled)
      continue;
    if (c.status != OrderStatus::Pending) continue;
    activate(child, now_ns);
    activated.push_back(child);
  }
}

/// An ended order takes along what still waits for it.
void DecimalBlotter::close_children(std::int32_t slot, std::int64_t now_ns) {
  const auto found = terms_.find(slot);
  if (found == terms_.end()) return;
  for (const std::int32_t child : found->second.children) {
    if (order_at(child).status == OrderStatus::Pending) cancel(order_at(child).id, now_ns);
  }
}

void DecimalBlotter::split_terms(AssetIndex asset, std::int64_t numerator, std::int64_t denominator) {
  const auto scaled = [](std::int64_t value, std::int64_t n, std::int64_t d, Rounding rounding) {
    return checked_int64(multiply_divide(value, n, d, rounding));
  };
  for (auto& [slot, t] : terms_) {
    Order& o = mutable_order(slot);
    if (o.asset != asset || !o.is_open()) continue;
    if (t.watermark != kNoPrice) t.watermark = scaled(t.watermark, numerator, denominator, Rounding::HalfEven);
    if (t.style.trail_amount) t.trail = scaled(t.trail, numerator, denominator, Rounding::HalfEven);
    if (o.status != OrderStatus::Pending) continue;
    o.amount = scaled(o.amount, denominator, numerator, Rounding::Down);
    for (auto [price, decision] : {std::pair{&o.limit, &o.decision_limit}, std::pair{&o.stop, &o.decision_stop}}) {
      if (*price == kNoPrice) continue;
      *price = scaled(*price, numerator, denominator, Rounding::HalfEven);
      *decision = mantissa_to_double(*price, context_[asset].fill_scale);
    }
  }
}

void DecimalBlotter::expire_without_trade(AssetIndex asset, std::int64_t now_ns) {
  const std::vector<std::int32_t> slots = book(asset).slots;
  for (const std::int32_t slot : slots) {
    const auto found = terms_.find(slot);
    if (found == terms_.end() || now_ns < found->second.arrives_ns || !order_at(slot).is_open()) continue;
    const ExecutionStyle& style = found->second.style;
    if (style.is_immediate() || (style.time_in_force == TimeInForce::Gtd && now_ns > style.good_till_ns))
      close(slot, OrderStatus::Expired, now_ns, true);
  }
}

void DecimalBlotter::expire_at_end_of_session(bool daily_mode, std::int64_t now_ns) {
  const std::vector<AssetIndex> assets = active_;
  for (const AssetIndex a : assets) {
    if (!book(a).has_terms) continue;
    const std::vector<std::int32_t> slots = book(a).slots;
    for (const std::int32_t slot : slots) {
      const auto found = terms_.find(slot);
      if (found == terms_.end() || !order_at(slot).is_open()) continue;
      const ExecutionStyle& style = found->second.style;
      // a daily bar's strategy runs at the close: the day of an order placed then is the next session
      const bool has_had_its_day =
          !daily_mode || order_at(slot).created_ns < now_ns || policies_.fill == FillPolicy::ThisClose;
      if ((style.time_in_force == TimeInForce::Day && has_had_its_day) ||
          (style.time_in_force == TimeInForce::Gtd && now_ns >= style.good_till_ns))
        close(slot, OrderStatus::Expired, now_ns, true);
    }
  }
}

}  // namespace rustybt::finance

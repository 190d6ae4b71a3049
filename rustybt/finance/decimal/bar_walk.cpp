// A walk along one bar's prices on which orders trigger and fill one after the other: for orders with terms, and for
// the fill policies that look into the bar.

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "rustybt/finance/decimal/blotter.hpp"
#include "rustybt/finance/zipline_books.hpp"

namespace rustybt::finance {
namespace {

bool is_touched_kind(OrderKind kind) { return kind == OrderKind::MarketIfTouched || kind == OrderKind::LimitIfTouched; }

}  // namespace

/// One bar of one asset: the order in which its prices are assumed to have come, and what the orders do on the way.
class DecimalBlotter::BarWalk {
 public:
  BarWalk(DecimalBlotter& blotter, AssetIndex asset, const BarView& bar, std::int64_t now_ns, std::vector<Fill>& fills)
      : blotter_(blotter),
        asset_(asset),
        bar_(bar),
        now_ns_(now_ns),
        fills_(fills),
        scale_(blotter.context_[asset]),
        fill_(blotter.policies_.fill) {
    close_ = {bar.price, bar.price_double};
    const auto range = bar.market ? bar.market->range() : std::nullopt;
    const auto open = bar.market ? bar.market->open() : std::nullopt;
    has_range_ = range && open;
    high_ = range ? Point{range->high, range->high_double} : close_;
    low_ = range ? Point{range->low, range->low_double} : close_;
    open_ = open ? Point{*open, mantissa_to_double(*open, scale_.fill_scale)} : close_;
  }

  void run() {
    start();
    if (bar_.opens_session) segment(open_, open_, Which::OnOpen);
    if (!has_range_ || fill_ == FillPolicy::NextClose || fill_ == FillPolicy::ThisClose) {
      tests_range_ = has_range_ && blotter_.policies_.trigger_price == TriggerPrice::BarRange;
      segment(close_, close_, Which::All);
    } else if (fill_ == FillPolicy::OhlcPath) {
      // the nearer extreme is assumed to have come first, the high where both are equally near
      const bool high_first = high_.price - open_.price <= open_.price - low_.price;
      segment(open_, high_first ? high_ : low_, Which::All);
      segment(high_first ? high_ : low_, high_first ? low_ : high_, Which::All);
      segment(high_first ? low_ : high_, close_, Which::All);
    } else {
      // nothing is known about the way: stops come before limits
      is_worst_ = fill_ == FillPolicy::WorstCase;
      segment(open_, open_, is_worst_ ? Which::Stops : Which::All);
      children_wait_ = true;
      segment(open_, high_, Which::Stops);
      segment(open_, low_, Which::Stops);
      segment(open_, high_, Which::Limits);
      segment(open_, low_, Which::Limits);
    }
    is_worst_ = tests_range_ = false;
    if (bar_.closes_session) segment(close_, close_, Which::OnClose);
    finish();
  }

 private:
  struct Point {
    std::int64_t price;
    double value;
  };
  enum class Which : std::uint8_t { All, Stops, Limits, OnOpen, OnClose };

  static bool contains(const std::vector<std::int32_t>& slots, std::int32_t slot) {
    return std::ranges::find(slots, slot) != slots.end();
  }
  [[nodiscard]] Terms* terms(std::int32_t slot) const {
    const auto found = blotter_.terms_.find(slot);
    return found == blotter_.terms_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] OrderKind kind(std::int32_t slot) const {
    const Terms* t = terms(slot);
    return t ? t->style.kind : OrderKind::Standard;
  }
  [[nodiscard]] bool is_on_its_way(const Terms* t) const { return t && now_ns_ < t->arrives_ns; }
  [[nodiscard]] static bool waits_for_stop(const Order& o) { return o.has_stop() && !o.stop_reached; }
  [[nodiscard]] Point at(std::int64_t price) const { return {price, mantissa_to_double(price, scale_.fill_scale)}; }

  void start() {
    const std::vector<std::int32_t> slots = blotter_.book(asset_).slots;
    for (const std::int32_t slot : slots) {
      Terms* t = terms(slot);
      if (!t) continue;
      const ExecutionStyle& style = t->style;
      if (style.time_in_force == TimeInForce::Gtd && now_ns_ > style.good_till_ns) {
        blotter_.close(slot, OrderStatus::Expired, now_ns_, true);
        continue;
      }
      if (is_on_its_way(t)) continue;
      const Point first = fill_ == FillPolicy::NextClose || fill_ == FillPolicy::ThisClose ? close_ : open_;
      if (std::exchange(t->posts_on_arrival, false)) {
        const Order& o = blotter_.order_at(slot);
        if (reached(first, o.limit, o.decision_limit, o.amount < 0)) {
          blotter_.reject(o.id, now_ns_);
          continue;
        }
      }
      if (style.is_immediate() || (style.kind == OrderKind::MarketOnOpen && bar_.opens_session) ||
          (style.kind == OrderKind::MarketOnClose && bar_.closes_session))
        ends_with_bar_.push_back(slot);
      if (style.kind == OrderKind::TrailingStop && t->watermark == kNoPrice)
        blotter_.follow_price(slot, *t, first.price);
    }
  }

  void finish() {
    Book& b = blotter_.book(asset_);
    b.band_is_valid = false;
    const bool never_worse = blotter_.policies_.limit_check == LimitCheck::NeverWorse;
    const bool close_only = !has_range_ || fill_ == FillPolicy::NextClose || fill_ == FillPolicy::ThisClose;
    for (const std::int32_t slot : b.slots) {
      Order& o = blotter_.mutable_order(slot);
      Terms* const t = terms(slot);
      if (is_on_its_way(t)) continue;
      if (t && t->style.kind == OrderKind::TrailingStop && !o.stop_reached)
        blotter_.follow_price(slot, *t, close_only ? close_.price : o.amount > 0 ? low_.price : high_.price);
      // under never_worse a limit is a condition of every bar, not a state (quirk Q5)
      if (never_worse && o.has_limit() && o.limit_reached) {
        o.limit_reached = false;
        if (o.status == OrderStatus::Triggered) o.transition(OrderStatus::Open);
      }
    }
    for (const std::int32_t slot : ends_with_bar_) {
      if (blotter_.order_at(slot).is_open()) blotter_.close(slot, OrderStatus::Expired, now_ns_, true);
    }
  }

  [[nodiscard]] bool takes_part(std::int32_t slot, Which which) const {
    if (contains(done_, slot) || contains(passed_, slot) || is_on_its_way(terms(slot))) return false;
    const OrderKind k = kind(slot);
    if (k == OrderKind::MarketOnOpen || which == Which::OnOpen)
      return k == OrderKind::MarketOnOpen && which == Which::OnOpen;
    if (k == OrderKind::MarketOnClose || which == Which::OnClose)
      return k == OrderKind::MarketOnClose && which == Which::OnClose;
    const Order& o = blotter_.order_at(slot);
    if (o.status == OrderStatus::Held) return false;
    const bool is_limit = o.has_limit() && !waits_for_stop(o);
    return which == Which::All || (which == Which::Limits) == is_limit;
  }

  [[nodiscard]] bool reached(Point point, std::int64_t level, double level_double, bool above) const {
    if (tests_range_) point = above ? high_ : low_;
    if (blotter_.policies_.decision_arithmetic == DecisionArithmetic::IeeeDouble)
      return above ? point.value >= level_double : point.value <= level_double;
    return above ? point.price >= level : point.price <= level;
  }

  /// The first price on the way at which the order triggers or may fill.
  [[nodiscard]] std::optional<Point> acts_at(std::int32_t slot, Point from, Point to) const {
    const Order& o = blotter_.order_at(slot);
    const bool is_buy = o.amount > 0;
    std::int64_t level = 0;
    double level_double = 0;
    bool above = false;
    if (waits_for_stop(o)) {
      level = o.stop;
      level_double = o.decision_stop;
      above = is_buy != is_touched_kind(kind(slot));
    } else if (o.has_limit() && !o.limit_reached) {
      level = o.limit;
      level_double = o.decision_limit;
      above = !is_buy;
      // in the worst case a limit is only filled when the price goes through it, and at the limit
      if (is_worst_) {
        const bool goes_through = above ? to.price > level : to.price < level;
        return goes_through ? std::optional(at(level)) : std::nullopt;
      }
    } else {
      return from;
    }
    if (reached(from, level, level_double, above)) return from;
    if (reached(to, level, level_double, above)) return at(level);
    return std::nullopt;
  }

  void segment(Point from, Point to, Which which) {
    passed_.clear();
    const std::int64_t sign = to.price >= from.price ? 1 : -1;
    for (;;) {
      std::int32_t next = -1;
      Point point{};
      for (const std::int32_t slot : blotter_.book(asset_).slots) {
        if (!takes_part(slot, which)) continue;
        const std::optional<Point> p = acts_at(slot, from, to);
        if (!p || (next >= 0 && (p->price - point.price) * sign >= 0)) continue;
        next = slot;
        point = *p;
      }
      if (next < 0) break;
      if (!is_worst_) from = point;
      act(next, point, to);
    }
    for (const std::int32_t slot : blotter_.book(asset_).slots) {
      Terms* t = terms(slot);
      if (fill_ == FillPolicy::OhlcPath && t && t->style.kind == OrderKind::TrailingStop && which == Which::All &&
          !is_on_its_way(t) && waits_for_stop(blotter_.order_at(slot)))
        blotter_.follow_price(slot, *t, to.price);
    }
  }

  void act(std::int32_t slot, Point point, Point to) {
    Order& o = blotter_.mutable_order(slot);
    if (waits_for_stop(o)) {
      o.dt_ns = now_ns_;
      if (o.has_limit()) {  // a stop-limit order becomes a limit order
        o.stop = kNoPrice;
        o.decision_stop = std::numeric_limits<double>::quiet_NaN();
        if (blotter_.fee_run_) blotter_.fee_run_->limit_acts(o, point.value);
      } else {
        o.stop_reached = true;
        if (o.status == OrderStatus::Open) o.transition(OrderStatus::Triggered);
      }
      return;
    }
    if (o.has_limit() && !o.limit_reached) {
      o.limit_reached = true;
      o.dt_ns = now_ns_;
      if (o.status == OrderStatus::Open) o.transition(OrderStatus::Triggered);
    }
    if (!try_fill(slot, point, to)) passed_.push_back(slot);
  }

  /// The fill that the slippage model makes at a price of the bar.
  [[nodiscard]] SlippageFill fill_at(const Order& order, Point point) const {
    BarView bar = bar_;
    if (is_worst_ && !order.has_limit()) point = order.amount > 0 ? high_ : low_;
    bar.price = point.price;
    bar.price_double = point.value;
    return blotter_.fill_of(order, bar, used_, scale_);
  }

  /// @returns whether the order is through with this stretch of the bar by a fill
  bool try_fill(std::int32_t slot, Point point, Point to) {
    if (is_exhausted_) return false;
    Order wanted = blotter_.order_at(slot);
    Terms* t = terms(slot);
    if (t && t->style.reduce_only) {
      const std::int64_t left = reducible(wanted);
      if (left == 0) {
        blotter_.reject(wanted.id, now_ns_);
        return true;
      }
      wanted.amount =
          wanted.filled + wanted.direction() * std::min<std::int64_t>(left, std::llabs(wanted.open_amount()));
    }
    SlippageFill f = fill_at(wanted, point);
    if (f.kind == SlippageFill::Kind::None && wanted.has_limit() && to.price != point.price) {
      // moved by slippage the price is beyond the limit, further on the way it is not: the limit is reached between
      f = fill_at(wanted, to);
      if (f.kind == SlippageFill::Kind::Fill) {
        f.price = wanted.limit;
        f.price_double = wanted.decision_limit;
      }
    }
    if (f.kind == SlippageFill::Kind::LiquidityExceeded) is_exhausted_ = true;
    if (f.kind != SlippageFill::Kind::Fill) return false;
    if (t && t->style.time_in_force == TimeInForce::Fok &&
        std::llabs(f.amount) < std::llabs(blotter_.order_at(slot).open_amount()))
      return false;
    commit(slot, f);
    return true;
  }

  /// How much of the position a reduce-only order may still close, counting the bar's fills.
  [[nodiscard]] std::int64_t reducible(const Order& order) const {
    std::int64_t position = blotter_.position_of_ ? blotter_.position_of_(asset_) : 0;
    for (const Fill& f : fills_) {
      if (f.asset == asset_) position += f.amount;
    }
    return order.amount > 0 ? std::max<std::int64_t>(0, -position) : std::max<std::int64_t>(0, position);
  }

  void commit(std::int32_t slot, const SlippageFill& f) {
    Order& o = blotter_.mutable_order(slot);
    used_ += std::llabs(f.amount);
    const CommissionModel& model = scale_.is_future ? blotter_.futures_commission_ : blotter_.commission_;
    const Money commission = commission_for(model, o, f.amount, f.price, blotter_.context_);
    const double commission_double =
        blotter_.zipline_books_ ? blotter_.zipline_books_->commission_of(model, o, f, commission, scale_) : 0;
    o.filled += f.amount;
    o.commission += commission;
    o.dt_ns = now_ns_;
    const bool is_complete = o.filled == o.amount;
    o.transition(is_complete ? OrderStatus::Filled : OrderStatus::PartiallyFilled);
    fills_.push_back({o.id, asset_, f.amount, f.price, commission, f.price_double, commission_double});
    done_.push_back(slot);
    if (is_complete)
      std::erase(blotter_.book(asset_).slots, slot);
    else if (blotter_.partial_fills_)
      blotter_.note_rest(o, f);
    if (!terms(slot)) return;
    std::vector<std::int32_t> activated;
    blotter_.after_fill(slot, now_ns_, activated);
    if (fill_ == FillPolicy::OhlcPath ||
        (has_range_ && !children_wait_ && fill_ != FillPolicy::NextClose && fill_ != FillPolicy::ThisClose)) {
      for (const std::int32_t child : activated) {
        Terms& c = blotter_.terms_.at(child);
        if (c.style.kind == OrderKind::TrailingStop) blotter_.follow_price(child, c, f.price);
      }
      return;
    }
    done_.insert(done_.end(), activated.begin(), activated.end());  // from the next bar on
  }

  DecimalBlotter& blotter_;
  AssetIndex asset_;
  const BarView& bar_;
  std::int64_t now_ns_;
  std::vector<Fill>& fills_;
  const AssetScale& scale_;
  FillPolicy fill_;
  Point open_{}, high_{}, low_{}, close_{};
  bool has_range_ = false;
  bool tests_range_ = false;  ///< limits and stops look at the whole bar, fills come at the close
  bool is_worst_ = false;
  bool children_wait_ = false;  ///< orders that start now are tried from the next bar on
  bool is_exhausted_ = false;   ///< no volume is left
  std::int64_t used_ = 0;
  std::vector<std::int32_t> done_;           ///< for this bar
  std::vector<std::int32_t> passed_;         ///< for this stretch
  std::vector<std::int32_t> ends_with_bar_;  ///< what is left of them expires
};

void DecimalBlotter::walk(AssetIndex asset, const BarView& bar, std::int64_t now_ns, std::vector<Fill>& fills) {
  BarWalk(*this, asset, bar, now_ns, fills).run();
}

}  // namespace rustybt::finance

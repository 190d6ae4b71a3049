#pragma once
// The book of open orders and the matcher: orders live in a slab, each asset has a list of its open orders and a
// trigger band, so a bar costs the same with 1 or 100 resting orders (architecture, section 4).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "rustybt/core/ids.hpp"
#include "rustybt/finance/bar_view.hpp"
#include "rustybt/finance/cancel_policy.hpp"
#include "rustybt/finance/commission.hpp"
#include "rustybt/finance/decimal/context.hpp"
#include "rustybt/finance/execution.hpp"
#include "rustybt/finance/latency.hpp"
#include "rustybt/finance/order.hpp"
#include "rustybt/finance/partial_fill.hpp"
#include "rustybt/finance/policies.hpp"
#include "rustybt/finance/result_tables.hpp"
#include "rustybt/finance/slippage.hpp"

namespace rustybt::finance {

/// One fill as the matcher makes it; the order already counts it.
struct Fill {
  OrderId order;
  AssetIndex asset;
  std::int64_t amount = 0;
  std::int64_t price = 0;
  Money commission;
  double price_double = 0, commission_double = 0;  ///< for Zipline's books in doubles, where they run
};

class ZiplineBooks;

class DecimalBlotter {
 public:
  DecimalBlotter(const DecimalContext& context, const Policies& policies);

  /// Models of everything but futures, and of futures.
  void set_slippage(SlippageModel model) { slippage_ = std::move(model); }
  void set_commission(CommissionModel model) { commission_ = with_book(std::move(model)); }
  void set_futures_slippage(SlippageModel model) { futures_slippage_ = std::move(model); }
  void set_futures_commission(CommissionModel model) { futures_commission_ = with_book(std::move(model)); }
  /// The time, for fees by the volume of a month; set before models.
  void set_clock(const std::int64_t* now_ns) { now_ns_ = now_ns; }
  /// Do fees depend on whether a limit order rests? Then its style needs the reference price.
  [[nodiscard]] bool tells_makers() const { return fee_run_ != nullptr; }
  /// Does the asset's commission model pay rebates (a commission below 0)?
  [[nodiscard]] bool pays_rebates(AssetIndex asset) const {
    return std::holds_alternative<FeeSchedule>(context_[asset].is_future ? futures_commission_ : commission_);
  }
  /// From now on orders, cancels and changes of orders arrive only after a time; before the first order. @throws
  /// Error{BadOrderParameters}
  void set_latency(LatencyModel model);
  [[nodiscard]] const LatencyModel* latency() const { return latency_ ? &latency_->model : nullptr; }
  /// From now on fills are limited by the bar's volume and move its price, whatever the slippage model; before the
  /// first order. @throws Error{InvalidArgument}
  void set_partial_fill(PartialFillModel model);
  [[nodiscard]] const PartialFillModel* partial_fill() const {
    return partial_fills_ ? &partial_fills_->model : nullptr;
  }
  void set_cancel_policy(CancelPolicy policy) { cancel_policy_ = std::move(policy); }
  [[nodiscard]] const SlippageModel& slippage() const { return slippage_; }
  [[nodiscard]] const CommissionModel& commission() const { return commission_; }
  [[nodiscard]] const SlippageModel& futures_slippage() const { return futures_slippage_; }
  [[nodiscard]] const CommissionModel& futures_commission() const { return futures_commission_; }
  [[nodiscard]] const CancelPolicy& cancel_policy() const { return cancel_policy_; }

  /// Place an order: amount != 0, already rounded. It can fill from the next bar on. @throws Error{BadOrderParameters}
  OrderId place(AssetIndex asset, std::int64_t amount, const ExecutionStyle& style, std::int64_t now_ns);
  /// An entry and its exits, each for the opposite of what the entry has filled. Exits wait for the entry's first fill
  /// and grow with it; the first fill of an exit cancels the other one and what is left of the entry.
  std::vector<OrderId> place_bracket(AssetIndex asset, std::int64_t amount, const ExecutionStyle& entry,
                                     const ExecutionStyle& stop_loss, const ExecutionStyle& take_profit,
                                     std::int64_t now_ns);
  /// One cancels the other: the first fill of either cancels the other one.
  std::vector<OrderId> place_oco(AssetIndex asset, std::int64_t amount, const ExecutionStyle& first,
                                 const ExecutionStyle& second, std::int64_t now_ns);
  /// One triggers the other: the second order starts when the first one is filled completely.
  std::vector<OrderId> place_oto(AssetIndex asset, std::int64_t amount, const ExecutionStyle& first,
                                 std::int64_t second_amount, const ExecutionStyle& second, std::int64_t now_ns);
  /// New values of an open order; what is absent stays. An amount equal to what is filled ends the order.
  struct Change {
    std::optional<std::int64_t> amount;
    std::optional<double> limit_price, stop_price;
    std::optional<double> reference_price = std::nullopt;  ///< the market's price, where fees tell makers
  };
  /// @returns whether the order was open. @throws Error{BadOrderParameters} for an amount of the other side or below
  /// what is filled, and for a price that the order does not have
  bool modify(OrderId id, const Change& change, std::int64_t now_ns);
  /// Where reduce-only orders look up positions.
  void set_position_source(std::function<std::int64_t(AssetIndex)> source) { position_of_ = std::move(source); }
  /// Who hears of every fill in doubles too (preset zipline); nullptr: nobody.
  void set_zipline_books(ZiplineBooks* books) { zipline_books_ = books; }
  /// Cancel if open. `relay` puts it among the orders reported at the end of the bar. @returns whether it was open
  bool cancel(OrderId id, std::int64_t now_ns, bool relay = true);
  bool reject(OrderId id, std::int64_t now_ns);
  bool hold(OrderId id, std::int64_t now_ns);
  void cancel_all(AssetIndex asset, std::int64_t now_ns, bool relay = true);

  [[nodiscard]] bool has_open_orders() const { return !active_.empty(); }
  /// Assets that have (or had, until the next match) open orders, in the order of their first one.
  [[nodiscard]] std::span<const AssetIndex> active_assets() const { return active_; }
  [[nodiscard]] std::span<const std::int32_t> open_orders(AssetIndex asset) const;  ///< slots, oldest first
  [[nodiscard]] const Order& order_at(std::int32_t slot) const { return orders_[static_cast<std::size_t>(slot)]; }
  [[nodiscard]] const Order* find(OrderId id) const;
  [[nodiscard]] std::span<const Order> orders() const { return orders_.rows(); }

  /// Try the asset's open orders on a bar that has volume; append what filled. Oldest order first.
  void match(AssetIndex asset, const BarView& bar, std::int64_t now_ns, std::vector<Fill>& fills);
  /// The asset does not trade on this bar: orders that do not wait (IOC, FOK) end, and those whose date is over.
  void pass(AssetIndex asset, std::int64_t now_ns) {
    if (book(asset).has_terms) [[unlikely]]
      expire_without_trade(asset, now_ns);
  }
  /// Cancel or change an order when the wish arrives: at once without latency, else by deliver().
  /// @returns whether the order was still open when asked
  bool request_cancel(OrderId id, std::int64_t now_ns);
  bool request_modify(OrderId id, const Change& change, std::int64_t now_ns);
  [[nodiscard]] bool has_requests() const { return latency_ && !latency_->requests.empty(); }
  /// Carry out what has arrived; before the matches of a bar.
  void deliver(std::int64_t now_ns);

  [[nodiscard]] bool has_rests() const { return partial_fills_ && !partial_fills_->rests.empty(); }
  /// Let rests expire whose bars are over; after all matches of a bar.
  void end_rests(std::int64_t now_ns);
  /// Forget assets without open orders; after all matches of a bar.
  void prune();
  [[nodiscard]] bool has_new_orders() const { return !new_orders_.empty(); }
  /// Orders placed or cancelled since the list was cleared, in order of arrival (slots).
  [[nodiscard]] std::span<const std::int32_t> new_orders() const { return new_orders_; }
  void clear_new_orders() { new_orders_.clear(); }

  /// Adjust open orders for a split: ratio = new price / old price (zipline_semantics 3.1).
  void handle_split(AssetIndex asset, double ratio, std::int64_t numerator, std::int64_t denominator);
  /// The cancel policy at the end of a session; fills `cancelled` with slots for the warnings.
  void end_of_session(bool daily_mode, std::int64_t now_ns, std::vector<std::int32_t>& cancelled);
  /// Remove cancelled orders from the pending report and return them (automatic close at a session's end).
  void take_cancelled(std::vector<std::int32_t>& out);

  [[nodiscard]] Order& mutable_order(std::int32_t slot) { return orders_[static_cast<std::size_t>(slot)]; }

 private:
  /// What an order has beyond the Order row; most orders have none.
  struct Terms {
    ExecutionStyle style;
    std::int64_t arrives_ns = INT64_MIN;  ///< nothing happens to it before; with latency only
    std::int64_t trail = 0;               ///< TrailingStop: distance at the fill scale, or the part with 12 digits
    std::int64_t watermark = kNoPrice;
    std::int32_t parent = -1;            ///< the entry of an exit, the first of one-triggers-other
    bool is_exit = false;                ///< amount follows the parent's fills
    bool posts_on_arrival = false;       ///< post-only, to be judged by the first price after its arrival
    std::vector<std::int32_t> children;  ///< wait for this order's fills
    std::vector<std::int32_t> siblings;  ///< cancelled by this order's first fill
  };
  /// Open orders of one asset, and the prices between which none of them is concerned.
  struct Book {
    std::vector<std::int32_t> slots;
    bool listed = false;  ///< in active_
    bool band_is_valid = false;
    bool has_terms = false;          ///< some order has terms: the bar is walked
    bool always = false;             ///< some order needs every bar
    std::int64_t low = 0, high = 0;  ///< exact band: nothing happens for low < price < high
    double low_double = 0, high_double = 0;
  };
  /// What is on its way to the matcher.
  struct Latency {
    struct Request {
      OrderId order;
      std::int64_t arrives_ns = 0;
      std::optional<Change> change;  ///< none: cancel
    };
    LatencyModel model;
    std::vector<Request> requests;  ///< in order of arrival
  };
  /// Orders filled in part, where a model limits their time.
  struct PartialFills {
    struct Rest {
      OrderId order;
      int bars_left = 0;  ///< the bar of its first fill included
    };
    PartialFillModel model;
    std::vector<Rest> rests;  ///< oldest first
  };
  [[nodiscard]] SlippageFill fill_of(const Order& order, const BarView& bar, std::int64_t volume_for_bar,
                                     const AssetScale& scale) const;
  /// The order has filled in part.
  void note_rest(const Order& order, const SlippageFill& fill);
  [[nodiscard]] std::int64_t arrival(std::int32_t slot, LatencyPurpose purpose, std::int64_t now_ns) const;
  /// When the order reaches the matcher; again once its group is known.
  void send(std::int32_t slot);
  void request(Latency::Request request);
  [[nodiscard]] Book& book(AssetIndex a) { return books_[static_cast<std::size_t>(a.value)]; }
  void remove_from_book(std::int32_t slot);
  void close(std::int32_t slot, OrderStatus status, std::int64_t now_ns, bool relay);
  void compute_band(Book& book) const;
  /// Do all prices of the bar lie where none of the asset's orders is concerned?
  [[nodiscard]] bool stays_in_band(AssetIndex asset, const BarView& bar);
  void check_triggers(Order& order, const BarView& bar, std::int64_t now_ns) const;
  [[nodiscard]] CommissionModel with_book(CommissionModel model);

  /// The order as a change would leave it; none when it has ended. @throws Error{BadOrderParameters}
  [[nodiscard]] std::optional<Order> changed_order(OrderId id, const Change& change) const;

  // orders with terms, and bars with a path (bar_walk.cpp)
  class BarWalk;
  std::int32_t add_waiting(AssetIndex asset, std::int64_t amount, const ExecutionStyle& style, std::int32_t parent,
                           std::int64_t now_ns);
  void add_terms(std::int32_t slot, const ExecutionStyle& style);
  void activate(std::int32_t slot, std::int64_t now_ns);
  void after_fill(std::int32_t slot, std::int64_t now_ns, std::vector<std::int32_t>& activated);
  void follow_price(std::int32_t slot, Terms& terms, std::int64_t price);
  void close_children(std::int32_t slot, std::int64_t now_ns);
  void split_terms(AssetIndex asset, std::int64_t numerator, std::int64_t denominator);
  void expire_without_trade(AssetIndex asset, std::int64_t now_ns);
  void expire_at_end_of_session(bool daily_mode, std::int64_t now_ns);
  void walk(AssetIndex asset, const BarView& bar, std::int64_t now_ns, std::vector<Fill>& fills);

  const DecimalContext& context_;
  Policies policies_;
  SlippageModel slippage_, futures_slippage_;
  CommissionModel commission_, futures_commission_;
  const std::int64_t* now_ns_ = nullptr;
  std::shared_ptr<FeeRun> fee_run_;  ///< with fee schedules only
  CancelPolicy cancel_policy_;
  Table<Order> orders_;  ///< slot i is order id i + 1
  std::vector<Book> books_;
  std::vector<AssetIndex> active_;
  std::vector<std::int32_t> new_orders_;
  bool walks_bars_;  ///< the policies ask for more than the close
  std::unordered_map<std::int32_t, Terms> terms_;
  std::unique_ptr<Latency> latency_;
  std::unique_ptr<PartialFills> partial_fills_;
  std::function<std::int64_t(AssetIndex)> position_of_;
  ZiplineBooks* zipline_books_ = nullptr;
};

}  // namespace rustybt::finance

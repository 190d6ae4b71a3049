// Orders with terms, groups of orders and the fill policies that look into the bar. Expected numbers are worked by hand
// beside each case; slippage is none unless the case is about it, so a fill's price is a price of the bar.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/decimal/blotter.hpp"

namespace rustybt::finance {
namespace {

using test::kA;
using test::price;

constexpr std::int64_t kPlaced = 1000;

class FixedMarket final : public MarketView {
 public:
  Range bar{};
  std::int64_t first = 0;
  [[nodiscard]] std::optional<Range> range() const override { return bar; }
  [[nodiscard]] std::optional<std::int64_t> open() const override { return first; }
  bool sessions_before_today(std::span<double>, std::span<double>) const override { return false; }
};

struct Filled {
  std::int64_t order, amount;
  std::string price;
  friend bool operator==(const Filled&, const Filled&) = default;
};
std::ostream& operator<<(std::ostream& out, const Filled& f) {
  return out << "order " << f.order << ": " << f.amount << " at " << f.price;
}
using Fills = std::vector<Filled>;

class Orders : public testing::Test {
 protected:
  explicit Orders(std::string_view fill = "next_close") {
    policies_.set("fill", fill);
    start();
  }
  void start() {
    blotter_.emplace(context_, policies_);
    blotter_->set_slippage(NoSlippage{});
    blotter_->set_commission(NoCommission{});
    blotter_->set_position_source([this](AssetIndex) { return position_; });
  }
  OrderId place(std::int64_t amount, const ExecutionStyle& style) {
    return blotter_->place(kA, amount, style, kPlaced);
  }
  Fills bar(std::string_view open, std::string_view high, std::string_view low, std::string_view close,
            std::int64_t volume = 1'000'000) {
    FixedMarket market;
    market.first = price(context_, open);
    market.bar = {price(context_, high), price(context_, low), Decimal::parse(high).to_double(),
                  Decimal::parse(low).to_double()};
    BarView view = test::bar(context_, close, volume);
    view.market = &market;
    std::vector<Fill> fills;
    blotter_->match(kA, view, ++now_, fills);
    blotter_->prune();
    Fills out;
    for (const Fill& f : fills) {
      out.push_back({f.order.value, f.amount, Decimal(f.price, context_[kA].fill_scale).normalized().to_string()});
      position_ += f.amount;
    }
    return out;
  }
  Fills close(std::string_view at, std::int64_t volume = 1'000'000) { return bar(at, at, at, at, volume); }
  [[nodiscard]] OrderStatus status(OrderId id) const { return blotter_->find(id)->status; }
  [[nodiscard]] const Order& order(OrderId id) const { return *blotter_->find(id); }
  std::vector<std::int32_t> end_of_session() {
    std::vector<std::int32_t> cancelled;
    blotter_->end_of_session(true, ++now_, cancelled);
    return cancelled;
  }

  DecimalContext context_ = test::make_context();
  Policies policies_ = test::rustybt();
  std::optional<DecimalBlotter> blotter_;
  std::int64_t now_ = kPlaced;
  std::int64_t position_ = 0;
};

ExecutionStyle trailing_amount(double amount, double reference) {
  ExecutionStyle s;
  s.kind = OrderKind::TrailingStop;
  s.trail_amount = amount;
  s.reference_price = reference;
  return s;
}
ExecutionStyle with(ExecutionStyle style, TimeInForce time_in_force) {
  style.time_in_force = time_in_force;
  return style;
}
ExecutionStyle of_kind(ExecutionStyle style, OrderKind kind) {
  style.kind = kind;
  return style;
}

// --- kinds

TEST_F(Orders, TrailingStopFollowsTheBestCloseAndSellsBelowIt) {
  const OrderId id = place(-10, trailing_amount(2, 100));  // stop 98
  EXPECT_EQ(close("99"), Fills{});
  EXPECT_EQ(close("105"), Fills{});  // stop 103
  EXPECT_EQ(close("103.5"), Fills{});
  EXPECT_EQ(order(id).stop, price(context_, "103"));
  EXPECT_EQ(close("103"), (Fills{{id.value, -10, "103"}}));
}

TEST_F(Orders, TrailingStopOfABuyInPercent) {
  ExecutionStyle s;
  s.kind = OrderKind::TrailingStop;
  s.trail_percent = 0.1;
  const OrderId id = place(10, s);   // no price yet: the first bar's
  EXPECT_EQ(close("100"), Fills{});  // stop 110
  EXPECT_EQ(close("90"), Fills{});   // stop 99
  EXPECT_EQ(close("98.99"), Fills{});
  EXPECT_EQ(close("99"), (Fills{{id.value, 10, "99"}}));
}

TEST_F(Orders, MarketIfTouchedBuysWhenThePriceFalls) {
  const OrderId id = place(10, of_kind(ExecutionStyle::stop(95), OrderKind::MarketIfTouched));
  EXPECT_EQ(close("96"), Fills{});
  EXPECT_EQ(close("94"), (Fills{{id.value, 10, "94"}}));
}

TEST_F(Orders, LimitIfTouchedIsALimitOrderOnceTouched) {
  const OrderId id = place(10, of_kind(ExecutionStyle::stop_limit(93, 95), OrderKind::LimitIfTouched));
  EXPECT_EQ(close("94"), Fills{});  // touched, above the limit
  EXPECT_EQ(close("96"), Fills{});
  EXPECT_EQ(close("93"), (Fills{{id.value, 10, "93"}}));
}

TEST_F(Orders, MarketOnOpenFillsAtTheOpenAndOnCloseAtTheClose) {
  const OrderId on_open = place(10, of_kind({}, OrderKind::MarketOnOpen));
  const OrderId on_close = place(5, of_kind({}, OrderKind::MarketOnClose));
  EXPECT_EQ(bar("101", "110", "99", "104"), (Fills{{on_open.value, 10, "101"}, {on_close.value, 5, "104"}}));
}

TEST_F(Orders, WhatAnAuctionDoesNotFillExpires) {
  blotter_->set_slippage(FixedBasisPointsSlippage{Decimal(0, 0), Decimal(1, 1)});
  const OrderId id = place(10, of_kind({}, OrderKind::MarketOnOpen));
  EXPECT_EQ(bar("101", "110", "99", "104", 40), (Fills{{id.value, 4, "101"}}));  // 10 % of 40
  EXPECT_EQ(status(id), OrderStatus::Expired);
}

// --- time in force

TEST_F(Orders, ImmediateOrCancelKeepsItsPartAndFillOrKillTakesAllOrNothing) {
  blotter_->set_slippage(FixedBasisPointsSlippage{Decimal(0, 0), Decimal(1, 1)});
  const OrderId kill = place(10, with({}, TimeInForce::Fok));
  const OrderId part = place(10, with({}, TimeInForce::Ioc));
  EXPECT_EQ(close("100", 60), (Fills{{part.value, 6, "100"}}));
  EXPECT_EQ(status(kill), OrderStatus::Expired);
  EXPECT_EQ(status(part), OrderStatus::Expired);
  EXPECT_EQ(order(part).filled, 6);
  const OrderId whole = place(10, with({}, TimeInForce::Fok));
  EXPECT_EQ(close("100", 100), (Fills{{whole.value, 10, "100"}}));
}

TEST_F(Orders, WhatDoesNotWaitEndsOnABarWithoutTrade) {
  const OrderId kill = place(10, with({}, TimeInForce::Fok));
  const OrderId part = place(10, with({}, TimeInForce::Ioc));
  const OrderId waits = place(10, with({}, TimeInForce::Day));
  ExecutionStyle s = with({}, TimeInForce::Gtd);
  s.good_till_ns = kPlaced + 1;
  const OrderId till = place(10, s);
  blotter_->pass(kA, ++now_);
  EXPECT_EQ(status(kill), OrderStatus::Expired);
  EXPECT_EQ(status(part), OrderStatus::Expired);
  EXPECT_EQ(status(till), OrderStatus::Open);
  blotter_->pass(kA, ++now_);
  EXPECT_EQ(status(till), OrderStatus::Expired);
  EXPECT_EQ(close("100"), (Fills{{waits.value, 10, "100"}}));
}

TEST_F(Orders, WithLatencyABarWithoutTradeBeforeTheArrivalEndsNothing) {
  blotter_->set_latency({{FixedLatency{2e-6}}});  // bars are 1 ns apart
  const OrderId id = blotter_->place(kA, 10, with({}, TimeInForce::Ioc), now_);
  blotter_->pass(kA, ++now_);
  EXPECT_EQ(status(id), OrderStatus::Open);
  EXPECT_EQ(close("100"), (Fills{{id.value, 10, "100"}}));
}

TEST_F(Orders, ADayOrderLivesThroughTheSessionAfterItsPlacing) {
  const OrderId id = blotter_->place(kA, 10, with(ExecutionStyle::limit(90), TimeInForce::Day), now_ + 1);
  end_of_session();  // of the bar that placed it
  EXPECT_EQ(status(id), OrderStatus::Open);
  EXPECT_EQ(close("91"), Fills{});
  end_of_session();
  EXPECT_EQ(status(id), OrderStatus::Expired);
  EXPECT_EQ(close("80"), Fills{});
}

TEST_F(Orders, GoodTillDateIsNotTriedAfterIt) {
  ExecutionStyle s = with(ExecutionStyle::limit(90), TimeInForce::Gtd);
  s.good_till_ns = kPlaced + 2;
  const OrderId id = place(10, s);
  close("91");  // kPlaced + 1
  close("91");
  EXPECT_EQ(status(id), OrderStatus::Open);
  EXPECT_EQ(close("80"), Fills{});
  EXPECT_EQ(status(id), OrderStatus::Expired);
}

TEST_F(Orders, PostOnlyIsRejectedWhereItWouldTake) {
  ExecutionStyle s = ExecutionStyle::limit(100);
  s.post_only = true;
  s.reference_price = 100;
  EXPECT_EQ(status(place(10, s)), OrderStatus::Rejected);
  s.reference_price = 100.01;
  EXPECT_EQ(status(place(10, s)), OrderStatus::Open);
  EXPECT_EQ(status(place(-10, s)), OrderStatus::Rejected);
}

TEST_F(Orders, ReduceOnlyFillsNoMoreThanThePosition) {
  position_ = 6;
  ExecutionStyle s;
  s.reduce_only = true;
  const OrderId first = place(-4, s), second = place(-4, s), third = place(-4, s);
  EXPECT_EQ(close("100"), (Fills{{first.value, -4, "100"}, {second.value, -2, "100"}}));
  EXPECT_EQ(status(third), OrderStatus::Rejected);
  EXPECT_EQ(order(second).open_amount(), -2);
}

// --- modify

TEST_F(Orders, ModifiedOrdersGoByTheirNewTerms) {
  const OrderId id = place(10, ExecutionStyle::limit(90));
  EXPECT_EQ(close("95"), Fills{});
  EXPECT_TRUE(blotter_->modify(id, {.amount = 4, .limit_price = 95, .stop_price = {}}, now_));
  EXPECT_EQ(close("95"), (Fills{{id.value, 4, "95"}}));
  EXPECT_FALSE(blotter_->modify(id, {.amount = 5, .limit_price = {}, .stop_price = {}}, now_));
}

TEST_F(Orders, ModifyRefusesTheOtherSideAndPricesThatAreNotThere) {
  const OrderId id = place(10, ExecutionStyle::limit(90));
  const auto code = [&](const DecimalBlotter::Change& c) {
    return test::error_of([&] { blotter_->modify(id, c, now_); });
  };
  EXPECT_EQ(code({.amount = -10, .limit_price = {}, .stop_price = {}}), ErrorCode::BadOrderParameters);
  EXPECT_EQ(code({.amount = {}, .limit_price = {}, .stop_price = 80}), ErrorCode::BadOrderParameters);
  EXPECT_EQ(order(id).amount, 10);
}

// --- groups

// the bars of these tests are 1 ns apart
constexpr double kNanosecond = 1e-6;

TEST_F(Orders, WithLatencyAnOrderFillsFromItsArrivalOn) {
  blotter_->set_latency({{FixedLatency{2 * kNanosecond, 0, 1 * kNanosecond}}});
  const OrderId id = blotter_->place(kA, 10, ExecutionStyle::limit(95), now_);
  EXPECT_EQ(close("90"), Fills{});
  EXPECT_EQ(close("90"), Fills{});
  EXPECT_EQ(status(id), OrderStatus::Open);
  EXPECT_EQ(close("96"), Fills{});  // here it is, and what it missed does not count
  EXPECT_EQ(close("94").size(), 1U);
}

TEST_F(Orders, WithLatencyACancelMayComeTooLate) {
  blotter_->set_latency({{FixedLatency{2 * kNanosecond}}});
  const auto bar_with_requests = [&](std::string_view at) {
    if (blotter_->has_requests()) blotter_->deliver(now_ + 1);
    return close(at);
  };
  const OrderId late = blotter_->place(kA, 10, ExecutionStyle::limit(95), now_);
  const OrderId in_time = blotter_->place(kA, 10, ExecutionStyle::limit(80), now_);
  bar_with_requests("100");
  bar_with_requests("100");
  EXPECT_TRUE(blotter_->request_cancel(late, now_));
  EXPECT_TRUE(blotter_->request_cancel(in_time, now_));
  EXPECT_EQ(bar_with_requests("94").size(), 1U);
  EXPECT_EQ(bar_with_requests("79"), Fills{});
  EXPECT_EQ(status(late), OrderStatus::Filled);
  EXPECT_EQ(status(in_time), OrderStatus::Cancelled);
  EXPECT_FALSE(blotter_->request_cancel(late, now_));
}

TEST_F(Orders, WithLatencyAChangeArrivesLaterAndKeepsWhatIsFilled) {
  blotter_->set_slippage(FixedBasisPointsSlippage{Decimal(0, 0), Decimal(1, 1)});
  blotter_->set_latency({{FixedLatency{1 * kNanosecond}}});
  const OrderId id = blotter_->place(kA, 100, ExecutionStyle::limit(95), now_);
  EXPECT_EQ(close("96"), Fills{});
  EXPECT_EQ(test::error_of([&] { blotter_->request_modify(id, {-5, std::nullopt, std::nullopt}, now_); }),
            ErrorCode::BadOrderParameters);
  EXPECT_TRUE(blotter_->request_modify(id, {20, std::nullopt, std::nullopt}, now_));
  EXPECT_EQ(order(id).amount, 100);
  EXPECT_EQ(close("94", 300).size(), 1U);  // 10 % of the volume: 30, before the change is delivered
  blotter_->deliver(now_);
  EXPECT_EQ(order(id).amount, 30);
  EXPECT_EQ(status(id), OrderStatus::Filled);
}

TEST_F(Orders, TheFirstFillOfAPairCancelsTheOther) {
  const auto ids = blotter_->place_oco(kA, -10, ExecutionStyle::limit(110), ExecutionStyle::stop(95), kPlaced);
  EXPECT_EQ(close("100"), Fills{});
  EXPECT_EQ(close("94"), (Fills{{ids[1].value, -10, "94"}}));
  EXPECT_EQ(status(ids[0]), OrderStatus::Cancelled);
  EXPECT_EQ(close("120"), Fills{});
}

TEST_F(Orders, BracketExitsGrowWithTheEntryAndOnlyOneFills) {
  blotter_->set_slippage(FixedBasisPointsSlippage{Decimal(0, 0), Decimal(1, 1)});
  const auto ids = blotter_->place_bracket(kA, 10, {}, ExecutionStyle::stop(95), ExecutionStyle::limit(110), kPlaced);
  EXPECT_EQ(status(ids[1]), OrderStatus::Pending);
  EXPECT_EQ(close("100", 40), (Fills{{ids[0].value, 4, "100"}}));
  EXPECT_EQ(order(ids[1]).amount, -4);
  EXPECT_EQ(order(ids[2]).amount, -4);
  EXPECT_EQ(close("101", 30), (Fills{{ids[0].value, 3, "101"}}));
  EXPECT_EQ(order(ids[1]).amount, -7);
  // 3 of the entry are open and older than the exits: 10 % of 30 are theirs, then the stop finds no volume
  EXPECT_EQ(close("94", 30), (Fills{{ids[0].value, 3, "94"}}));
  EXPECT_EQ(close("94", 1000), (Fills{{ids[1].value, -10, "94"}}));
  EXPECT_EQ(status(ids[2]), OrderStatus::Cancelled);
  EXPECT_EQ(position_, 0);
}

TEST_F(Orders, AnExitEndsWhatIsLeftOfItsEntry) {
  blotter_->set_slippage(FixedBasisPointsSlippage{Decimal(0, 0), Decimal(1, 1)});
  const auto ids = blotter_->place_bracket(kA, 10, ExecutionStyle::limit(100), ExecutionStyle::stop(95),
                                           ExecutionStyle::limit(110), kPlaced);
  EXPECT_EQ(close("100", 40), (Fills{{ids[0].value, 4, "100"}}));
  EXPECT_EQ(close("111", 1000), (Fills{{ids[2].value, -4, "111"}}));
  EXPECT_EQ(status(ids[0]), OrderStatus::Cancelled);
  EXPECT_EQ(status(ids[1]), OrderStatus::Cancelled);
  EXPECT_EQ(position_, 0);
}

TEST_F(Orders, ACancelledEntryTakesItsExitsAlong) {
  const auto ids = blotter_->place_bracket(kA, 10, ExecutionStyle::limit(90), ExecutionStyle::stop(85),
                                           ExecutionStyle::limit(110), kPlaced);
  blotter_->cancel(ids[0], now_);
  EXPECT_EQ(status(ids[1]), OrderStatus::Cancelled);
  EXPECT_EQ(status(ids[2]), OrderStatus::Cancelled);
}

TEST_F(Orders, OneTriggersTheOther) {
  const auto ids = blotter_->place_oto(kA, 10, ExecutionStyle::limit(100), -5, ExecutionStyle::limit(105), kPlaced);
  EXPECT_EQ(close("106"), Fills{});
  EXPECT_EQ(close("99"), (Fills{{ids[0].value, 10, "99"}}));
  EXPECT_EQ(close("106"), (Fills{{ids[1].value, -5, "106"}}));
}

// --- fill policies: open 100, high 104, low 97, close 102 unless said otherwise

class OhlcPath : public Orders {
 protected:
  OhlcPath() : Orders("ohlc_path") {}
};
class NextOpen : public Orders {
 protected:
  NextOpen() : Orders("next_open") {}
};
class WorstCase : public Orders {
 protected:
  WorstCase() : Orders("worst_case") {}
};

TEST_F(OhlcPath, MarketAtTheOpenStopsAndLimitsAtTheirPrices) {
  const OrderId market = place(1, {});
  const OrderId stop = place(2, ExecutionStyle::stop(103));
  const OrderId limit = place(3, ExecutionStyle::limit(98));
  // the low (3 away) is nearer than the high (4): open, low, high, close
  EXPECT_EQ(bar("100", "104", "97", "102"),
            (Fills{{market.value, 1, "100"}, {limit.value, 3, "98"}, {stop.value, 2, "103"}}));
}

TEST_F(OhlcPath, GapsFillAtTheOpen) {
  const OrderId stop = place(-2, ExecutionStyle::stop(105));
  const OrderId limit = place(3, ExecutionStyle::limit(101));
  EXPECT_EQ(bar("100", "104", "97", "102"), (Fills{{stop.value, -2, "100"}, {limit.value, 3, "100"}}));
}

TEST_F(OhlcPath, TheNearerExtremeDecidesWhichExitFills) {
  for (const bool high_first : {true, false}) {
    start();
    position_ = 0;
    const auto ids = blotter_->place_bracket(kA, 10, {}, ExecutionStyle::stop(98), ExecutionStyle::limit(103), kPlaced);
    const Fills fills = high_first ? bar("101", "104", "97", "100") : bar("100", "104", "97", "102");
    ASSERT_EQ(fills.size(), 2u);
    EXPECT_EQ(fills[1], (high_first ? Filled{ids[2].value, -10, "103"} : Filled{ids[1].value, -10, "98"}));
    EXPECT_EQ(status(ids[high_first ? 1 : 2]), OrderStatus::Cancelled);
    EXPECT_EQ(position_, 0);
  }
}

TEST_F(OhlcPath, TrailingStopsFollowTheHighWithinTheBar) {
  const OrderId id = place(-10, trailing_amount(3, 100));
  // open 100, high 102 (2 away; the low is 4 away): stop 99, hit on the way to 96
  EXPECT_EQ(bar("100", "102", "96", "97"), (Fills{{id.value, -10, "99"}}));
}

TEST_F(OhlcPath, ALimitFillsOnlyWhereSlippageLeavesItWithinTheLimit) {
  blotter_->set_slippage(FixedBasisPointsSlippage{Decimal(100, 0), Decimal(1, 0)});  // 1 %
  const OrderId id = place(10, ExecutionStyle::limit(98));
  EXPECT_EQ(bar("100", "104", "97.5", "102"), Fills{});                      // 97.5 x 1.01 = 98.475
  EXPECT_EQ(bar("100", "104", "97", "102"), (Fills{{id.value, 10, "98"}}));  // 97 x 1.01 = 97.97
}

TEST_F(OhlcPath, AllOrdersOfABarShareItsVolume) {
  blotter_->set_slippage(FixedBasisPointsSlippage{Decimal(0, 0), Decimal(1, 1)});
  const OrderId market = place(6, {});
  const OrderId limit = place(6, ExecutionStyle::limit(98));
  EXPECT_EQ(bar("100", "104", "97", "102", 100), (Fills{{market.value, 6, "100"}, {limit.value, 4, "98"}}));
}

TEST_F(NextOpen, StopsComeBeforeLimitsWhateverTheBarLooksLike) {
  const auto ids = blotter_->place_bracket(kA, 10, {}, ExecutionStyle::stop(98), ExecutionStyle::limit(103), kPlaced);
  EXPECT_EQ(bar("101", "104", "97", "100"), (Fills{{ids[0].value, 10, "101"}, {ids[1].value, -10, "98"}}));
}

TEST_F(NextOpen, ExitsOfAnEntryWithinTheBarWaitForTheNext) {
  const auto ids = blotter_->place_bracket(kA, 10, ExecutionStyle::limit(98), ExecutionStyle::stop(97.5),
                                           ExecutionStyle::limit(103), kPlaced);
  EXPECT_EQ(bar("100", "104", "97", "102"), (Fills{{ids[0].value, 10, "98"}}));
  EXPECT_EQ(bar("102", "105", "99", "100"), (Fills{{ids[2].value, -10, "103"}}));
}

TEST_F(WorstCase, BuysAtTheHighSellsAtTheLow) {
  const OrderId buy = place(1, {}), sell = place(-2, {});
  const OrderId stop = place(-3, ExecutionStyle::stop(99));
  EXPECT_EQ(bar("100", "104", "97", "102"),
            (Fills{{buy.value, 1, "104"}, {sell.value, -2, "97"}, {stop.value, -3, "97"}}));
}

TEST_F(WorstCase, LimitsFillAtTheLimitWhenThePriceGoesThrough) {
  const OrderId touched = place(1, ExecutionStyle::limit(97));
  const OrderId through = place(2, ExecutionStyle::limit(99));
  EXPECT_EQ(bar("100", "104", "97", "102"), (Fills{{through.value, 2, "99"}}));
  EXPECT_EQ(status(touched), OrderStatus::Open);
}

TEST_F(Orders, StopsMayLookAtTheWholeBarAndFillAtItsClose) {
  policies_.set("trigger_price", "bar_range");
  start();
  const OrderId stop = place(5, ExecutionStyle::stop(104));
  EXPECT_EQ(bar("100", "103.99", "97", "102"), Fills{});
  EXPECT_EQ(bar("100", "104", "97", "102"), (Fills{{stop.value, 5, "102"}}));
}

}  // namespace
}  // namespace rustybt::finance

#include "rustybt/finance/decimal/blotter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "rustybt/finance/books_test.hpp"

namespace rustybt::finance {
namespace {

using test::kA;
using test::kB;
using test::kC;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kNow = 1000, kLater = 2000;

class Blotter : public testing::TestWithParam<Preset> {
 protected:
  Blotter() : Blotter(Policies::of(GetParam())) {}
  explicit Blotter(const Policies& policies) : policies_(policies), blotter_(context_, policies_) {}

  OrderId place(std::int64_t amount, const ExecutionStyle& style = {}, AssetIndex asset = kA) {
    return blotter_.place(asset, amount, style, kNow);
  }
  std::vector<Fill> match(std::string_view close, std::int64_t volume = 1'000'000, AssetIndex asset = kA) {
    std::vector<Fill> fills;
    blotter_.match(asset, test::bar(context_, close, volume, asset), kLater, fills);
    return fills;
  }
  [[nodiscard]] const Order& order(OrderId id) const { return *blotter_.find(id); }
  [[nodiscard]] std::vector<std::int64_t> open_ids(AssetIndex asset = kA) const {
    std::vector<std::int64_t> ids;
    for (const std::int32_t slot : blotter_.open_orders(asset)) ids.push_back(blotter_.order_at(slot).id.value);
    return ids;
  }
  std::vector<std::int64_t> taken() {
    std::vector<std::int64_t> ids;
    for (const std::int32_t slot : blotter_.new_orders()) ids.push_back(blotter_.order_at(slot).id.value);
    blotter_.clear_new_orders();
    return ids;
  }
  [[nodiscard]] std::vector<std::int32_t> active() const {
    std::vector<std::int32_t> out;
    for (const AssetIndex a : blotter_.active_assets()) out.push_back(a.value);
    return out;
  }
  [[nodiscard]] bool is_zipline() const { return policies_.preset == Preset::Zipline; }

  DecimalContext context_ = test::make_context();
  Policies policies_;
  DecimalBlotter blotter_;
};

INSTANTIATE_TEST_SUITE_P(Presets, Blotter, testing::Values(Preset::Zipline, Preset::Rustybt),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

// --- lists of orders
// ---------------------------------------------------------------------------------------------------------

TEST_P(Blotter, OrdersAreNumberedFromOneAndFoundByNumber) {
  EXPECT_EQ(place(10).value, 1);
  EXPECT_EQ(place(-5, {}, kB).value, 2);
  EXPECT_EQ(order({2}).asset, kB);
  EXPECT_EQ(order({1}).created_ns, kNow);
  EXPECT_EQ(order({1}).status, OrderStatus::Open);
  EXPECT_EQ(blotter_.find({0}), nullptr);
  EXPECT_EQ(blotter_.find({3}), nullptr);
}

TEST_P(Blotter, AssetsKeepTheOrderOfTheirFirstOpenOrder) {
  place(1, {}, kC);
  place(1, {}, kA);
  const OrderId b = place(1, {}, kB);
  place(1, {}, kC);
  EXPECT_THAT(active(), ElementsAre(2, 0, 1));
  EXPECT_THAT(open_ids(kC), ElementsAre(1, 4));
  blotter_.cancel(b, kLater);
  place(1, {}, kB);  // before the next bar the asset keeps its place
  EXPECT_THAT(active(), ElementsAre(2, 0, 1));
  match("10", 1000, kC);
  blotter_.prune();
  EXPECT_THAT(active(), ElementsAre(0, 1));
  place(1, {}, kC);  // after it, it comes last
  EXPECT_THAT(active(), ElementsAre(0, 1, 2));
}

TEST_P(Blotter, NewOrdersAreHandedOverOnceInOrderOfArrival) {
  const OrderId first = place(1), second = place(2), third = place(3);
  EXPECT_THAT(taken(), ElementsAre(1, 2, 3));
  EXPECT_THAT(taken(), IsEmpty());
  blotter_.cancel(second, kLater);
  blotter_.hold(first, kLater);
  EXPECT_THAT(taken(), ElementsAre(2, 1));
  EXPECT_EQ(order(third).status, OrderStatus::Open);
}

TEST_P(Blotter, AnOrderCancelledOnTheBarThatPlacedItIsReportedOnce) {
  const OrderId id = place(1);
  place(2);
  blotter_.cancel(id, kLater);
  EXPECT_THAT(taken(), ElementsAre(2, 1));
}

// --- cancel, reject, hold
// ----------------------------------------------------------------------------------------------------

TEST_P(Blotter, CancelClosesAnOpenOrderOnly) {
  const OrderId id = place(10);
  EXPECT_TRUE(blotter_.cancel(id, kLater));
  EXPECT_EQ(order(id).status, OrderStatus::Cancelled);
  EXPECT_EQ(order(id).dt_ns, kLater);
  EXPECT_THAT(open_ids(), IsEmpty());
  EXPECT_FALSE(blotter_.cancel(id, kLater));
  EXPECT_FALSE(blotter_.cancel({99}, kLater));
  EXPECT_THAT(match("10"), IsEmpty());
  const OrderId filled = place(1);
  match("10");
  EXPECT_FALSE(blotter_.cancel(filled, kLater));
  EXPECT_EQ(order(filled).status, OrderStatus::Filled);
}

TEST_P(Blotter, CancelWithoutRelayIsNotReported) {
  const OrderId id = place(10);
  blotter_.cancel(id, kLater, false);
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_P(Blotter, RejectEndsAnOrderAndReportsIt) {
  const OrderId id = place(10);
  taken();
  EXPECT_TRUE(blotter_.reject(id, kLater));
  EXPECT_EQ(order(id).status, OrderStatus::Rejected);
  EXPECT_THAT(open_ids(), IsEmpty());
  EXPECT_THAT(taken(), ElementsAre(1));
  EXPECT_FALSE(blotter_.reject(id, kLater));
}

TEST_P(Blotter, AHeldOrderStaysInTheBookAndAFillReleasesIt) {
  const OrderId id = place(30);
  EXPECT_TRUE(blotter_.hold(id, kNow));
  EXPECT_TRUE(blotter_.hold(id, kLater));
  EXPECT_EQ(order(id).status, OrderStatus::Held);
  EXPECT_EQ(order(id).dt_ns, kLater);
  EXPECT_THAT(open_ids(), ElementsAre(1));
  EXPECT_EQ(match("10", 100).size(), 1u);
  EXPECT_EQ(order(id).status, OrderStatus::PartiallyFilled);
}

TEST_P(Blotter, CancelAllEmptiesOneAsset) {
  place(1);
  place(2);
  place(3, {}, kB);
  blotter_.cancel_all(kA, kLater);
  EXPECT_THAT(open_ids(kA), IsEmpty());
  EXPECT_THAT(open_ids(kB), ElementsAre(3));
  EXPECT_THAT(taken(), ElementsAre(3, 1, 2));
}

TEST_P(Blotter, TakeCancelledLeavesTheOthersForTheNextBar) {
  place(1);
  const OrderId cancelled = place(2);
  blotter_.cancel(cancelled, kLater);
  std::vector<std::int32_t> slots;
  blotter_.take_cancelled(slots);
  EXPECT_THAT(slots, ElementsAre(1));
  EXPECT_THAT(taken(), ElementsAre(1));
}

// --- fills
// -------------------------------------------------------------------------------------------------------------------

TEST_P(Blotter, AnOrderFillsOverSeveralBarsAndPaysForEach) {
  const OrderId id = place(130);  // golden 2
  std::vector<Fill> fills = match("100.5", 1000);
  ASSERT_EQ(fills.size(), 1u);
  EXPECT_EQ(fills[0].amount, 100);
  EXPECT_EQ(fills[0].price, test::price(context_, "100.55025"));
  EXPECT_EQ(fills[0].commission, test::money(context_, "0.1"));
  EXPECT_EQ(order(id).status, OrderStatus::PartiallyFilled);
  EXPECT_EQ(order(id).open_amount(), 30);
  EXPECT_EQ(order(id).dt_ns, kLater);
  fills = match("100.75", 1000);
  ASSERT_EQ(fills.size(), 1u);
  EXPECT_EQ(fills[0].amount, 30);
  EXPECT_EQ(fills[0].price, test::price(context_, "100.800375"));
  EXPECT_EQ(order(id).status, OrderStatus::Filled);
  EXPECT_EQ(order(id).commission, test::money(context_, "0.13"));
  EXPECT_THAT(open_ids(), IsEmpty());
}

TEST_P(Blotter, OrdersOfABarShareItsVolumeOldestFirst) {
  place(60);
  place(-30);
  place(50);
  const std::vector<Fill> fills = match("10", 1000);
  ASSERT_EQ(fills.size(), 3u);
  EXPECT_EQ(fills[0].amount, 60);
  EXPECT_EQ(fills[1].amount, -30);
  EXPECT_EQ(fills[2].amount, 10);
  EXPECT_THAT(open_ids(), ElementsAre(3));
}

// --- conditions
// ----------------------------------------------------------------------------------------------------------------

TEST_P(Blotter, LimitsAndStopsWaitForTheirPrice) {
  const OrderId buy_limit = place(1, ExecutionStyle::limit(9));
  const OrderId sell_limit = place(-1, ExecutionStyle::limit(11));
  const OrderId buy_stop = place(1, ExecutionStyle::stop(11.5));
  const OrderId sell_stop = place(-1, ExecutionStyle::stop(8.5));
  blotter_.set_slippage(NoSlippage{});
  EXPECT_THAT(match("10"), IsEmpty());
  EXPECT_THAT(match("10.99"), IsEmpty());
  EXPECT_THAT(match("9.01"), IsEmpty());
  ASSERT_EQ(match("9").size(), 1u);
  EXPECT_EQ(order(buy_limit).status, OrderStatus::Filled);
  EXPECT_TRUE(order(buy_limit).limit_reached);
  ASSERT_EQ(match("11").size(), 1u);
  EXPECT_EQ(order(sell_limit).status, OrderStatus::Filled);
  ASSERT_EQ(match("11.5").size(), 1u);
  EXPECT_EQ(order(buy_stop).status, OrderStatus::Filled);
  ASSERT_EQ(match("8.5").size(), 1u);
  EXPECT_EQ(order(sell_stop).status, OrderStatus::Filled);
}

TEST_P(Blotter, AStopLimitBecomesALimitOrderWhenItsStopIsHit) {
  const OrderId id = place(10, ExecutionStyle::stop_limit(9.5, 11));
  blotter_.set_slippage(NoSlippage{});
  EXPECT_THAT(match("9"), IsEmpty());  // the limit alone does nothing
  EXPECT_TRUE(order(id).has_stop());
  EXPECT_THAT(match("11"), IsEmpty());
  EXPECT_FALSE(order(id).has_stop());
  EXPECT_FALSE(order(id).limit_reached);
  EXPECT_EQ(order(id).dt_ns, kNow);  // 3.1: the time changes with the flags only
  ASSERT_EQ(match("9.5").size(), 1u);
  EXPECT_EQ(order(id).status, OrderStatus::Filled);
}

TEST_P(Blotter, AStopLimitCanTriggerAndFillOnOneBar) {
  const OrderId id = place(-10, ExecutionStyle::stop_limit(9, 10));
  blotter_.set_slippage(NoSlippage{});
  ASSERT_EQ(match("9.5").size(), 1u);
  EXPECT_EQ(order(id).status, OrderStatus::Filled);
}

// quirk Q5: golden 2's order to buy 30 BBB at a limit of 49.2
TEST_P(Blotter, ATriggeredLimitStaysTriggeredUnderZiplineOnly) {
  const OrderId id = place(30, ExecutionStyle::limit(49.2));
  const std::vector<Fill> first = match("49.2", 100);
  if (is_zipline()) {
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].price, test::price(context_, "49.2246"));
    EXPECT_EQ(match("60", 100).size(), 1u);  // any price from now on
    return;
  }
  EXPECT_THAT(first, IsEmpty());
  EXPECT_EQ(order(id).status, OrderStatus::Open);
  EXPECT_FALSE(order(id).limit_reached);
  EXPECT_EQ(match("49.1", 100).size(), 1u);  // 49.12455
  EXPECT_EQ(order(id).status, OrderStatus::PartiallyFilled);
  EXPECT_THAT(match("60", 100), IsEmpty());
  EXPECT_EQ(match("49.1", 1000).size(), 1u);
  EXPECT_TRUE(order(id).limit_reached);
}

TEST_P(Blotter, AStopOnceHitStaysHit) {
  const OrderId id = place(30, ExecutionStyle::stop(11));
  EXPECT_EQ(match("11", 100).size(), 1u);
  EXPECT_EQ(match("9", 100).size(), 1u);
  EXPECT_TRUE(order(id).stop_reached);
}

TEST_P(Blotter, PennyTicksAreComparedAsThePresetSays) {
  // quirk Q28: the limit of a sell at 3.01 is 3.0100000000000002 in Zipline, and a price of 3.01 is below it
  place(-1, ExecutionStyle::limit(3.01));
  blotter_.set_slippage(NoSlippage{});
  EXPECT_EQ(match("3.01").size(), is_zipline() ? 0u : 1u);
  EXPECT_EQ(match("3.011").size(), is_zipline() ? 1u : 0u);
}

// --- splits (zipline_semantics 3.1)
// ---------------------------------------------------------------------------------------------

TEST_P(Blotter, ASplitScalesOpenAndFilledPartsSeparately) {
  const OrderId id = place(130);
  match("100.5", 1000);
  blotter_.handle_split(kA, 3.0, 3, 1);  // reverse: 100 filled -> 33, 30 open -> 10
  EXPECT_EQ(order(id).filled, 33);
  EXPECT_EQ(order(id).amount, 43);
  blotter_.handle_split(kA, 1.0 / 7.0, 1, 7);
  EXPECT_EQ(order(id).filled, 231);
  EXPECT_EQ(order(id).amount, 301);
}

TEST_P(Blotter, ASplitMovesLimitAndStop) {
  const OrderId id = place(-5, ExecutionStyle::stop_limit(98.5, 99));  // golden 2's stop: -15 at 33
  blotter_.handle_split(kA, 1.0 / 3.0, 1, 3);
  EXPECT_EQ(order(id).amount, -15);
  EXPECT_EQ(order(id).stop, test::price(context_, "33"));
  EXPECT_EQ(order(id).limit, test::price(context_, "32.83"));
  EXPECT_EQ(order(id).decision_limit, 32.83);
  EXPECT_EQ(match("33.01").size(), 0u);
  EXPECT_FALSE(order(id).stop_reached);
  match("33");
  EXPECT_FALSE(order(id).has_stop());
}

TEST_P(Blotter, ASplitOfSellsRoundsTowardZero) {
  const OrderId id = place(-7);
  blotter_.handle_split(kA, 3.0, 3, 1);
  EXPECT_EQ(order(id).amount, -2);
}

TEST_P(Blotter, AnOrderEmptiedByAReverseSplitIsDroppedUnreported) {
  place(2);
  const OrderId other = place(9);
  blotter_.handle_split(kA, 3.0, 3, 1);
  EXPECT_THAT(open_ids(), ElementsAre(other.value));
  EXPECT_THAT(taken(), ElementsAre(other.value));
  EXPECT_FALSE(order({1}).is_open());
  ASSERT_EQ(match("10").size(), 1u);
}

// --- end of the session (quirk Q6)
// ------------------------------------------------------------------------------------------------

TEST_P(Blotter, NeverCancelLeavesOrdersOpen) {
  place(1);
  place(2);
  std::vector<std::int32_t> cancelled = {7};
  blotter_.end_of_session(true, kLater, cancelled);
  EXPECT_THAT(cancelled, IsEmpty());
  EXPECT_THAT(open_ids(), ElementsAre(1, 2));
}

TEST_P(Blotter, DailyEndOfDayCancelsTheFirstOfSeveralUnderZiplineElseAll) {
  place(1);
  place(2);
  place(3);
  place(4, {}, kB);
  taken();
  blotter_.set_cancel_policy(CancelPolicy::end_of_day());
  std::vector<std::int32_t> cancelled;
  blotter_.end_of_session(true, kLater, cancelled);
  if (is_zipline()) {
    EXPECT_THAT(cancelled, ElementsAre(0));
    EXPECT_THAT(open_ids(kA), ElementsAre(2, 3));
    EXPECT_THAT(open_ids(kB), ElementsAre(4));
    EXPECT_THAT(taken(), ElementsAre(1));  // reported with the next bar
  } else {
    EXPECT_THAT(cancelled, ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(open_ids(kA), IsEmpty());
    EXPECT_THAT(open_ids(kB), IsEmpty());
  }
}

TEST_P(Blotter, APolicyOfOnesOwnIsAskedAtTheEndOfEachSession) {
  place(1);
  int asked = 0;
  blotter_.set_cancel_policy(CancelPolicy::custom([&] { return ++asked == 2; }, false));
  std::vector<std::int32_t> cancelled;
  blotter_.end_of_session(false, kLater, cancelled);
  EXPECT_THAT(open_ids(), ElementsAre(1));
  blotter_.end_of_session(false, kLater, cancelled);
  EXPECT_THAT(open_ids(), IsEmpty());
  EXPECT_EQ(asked, 2);
}

TEST_P(Blotter, MinuteEndOfDayCancelsAllWithoutRelay) {
  place(1);
  place(2);
  place(3, {}, kB);
  taken();
  blotter_.set_cancel_policy(CancelPolicy::end_of_day());
  std::vector<std::int32_t> cancelled;
  blotter_.end_of_session(false, kLater, cancelled);
  EXPECT_THAT(cancelled, ElementsAre(0, 1, 2));
  EXPECT_THAT(taken(), IsEmpty());
  EXPECT_FALSE(blotter_.has_open_orders());
  EXPECT_EQ(order({3}).status, OrderStatus::Cancelled);
}

TEST_P(Blotter, ARefusedStyleLeavesNoTrace) {
  EXPECT_EQ(test::error_of([&] { place(1, ExecutionStyle::limit(-1)); }), ErrorCode::BadOrderParameters);
  EXPECT_FALSE(blotter_.has_open_orders());
  EXPECT_THAT(taken(), IsEmpty());
  EXPECT_EQ(place(1).value, 1);
}

}  // namespace
}  // namespace rustybt::finance

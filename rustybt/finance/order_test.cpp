#include "rustybt/finance/order.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

#include "rustybt/finance/books_test.hpp"

namespace rustybt::finance {
namespace {

using enum OrderStatus;

constexpr std::array kAll = {New,    Pending,   Open,     Held,   Triggered, PartiallyFilled,
                             Filled, Cancelled, Rejected, Expired};

// every pair of states: open orders may be held, trigger, fill in parts and end; ended orders stay ended
TEST(Order, TransitionsFollowTheTable) {
  const std::map<OrderStatus, std::set<OrderStatus>> legal = {
      {New, {Pending, Open, Rejected, Cancelled}},
      {Pending, {Open, PartiallyFilled, Filled, Cancelled, Rejected, Expired}},
      {Open, {Held, Triggered, PartiallyFilled, Filled, Cancelled, Rejected, Expired}},
      {Held, {Open, PartiallyFilled, Filled, Cancelled, Rejected, Expired}},
      {Triggered, {Open, Held, PartiallyFilled, Filled, Cancelled, Rejected, Expired}},
      {PartiallyFilled, {Held, PartiallyFilled, Filled, Cancelled, Rejected, Expired}},
      {Filled, {}},
      {Cancelled, {}},
      {Rejected, {}},
      {Expired, {}}};
  for (const OrderStatus from : kAll) {
    for (const OrderStatus to : kAll) {
      EXPECT_EQ(is_legal_transition(from, to), legal.at(from).contains(to))
          << to_string(from) << " to " << to_string(to);
    }
  }
}

TEST(Order, AnIllegalTransitionIsAnErrorAndChangesNothing) {
  Order order;
  order.transition(Filled);
  EXPECT_EQ(test::error_of([&] { order.transition(Cancelled); }), ErrorCode::IllegalOrderTransition);
  EXPECT_EQ(order.status, Filled);
}

TEST(Order, ZiplineKnowsFiveStates) {
  // zipline_semantics 3.1: OPEN 0, FILLED 1, CANCELLED 2, REJECTED 3, HELD 4
  const std::map<OrderStatus, int> expected = {
      {New, 0},    {Pending, 0},   {Open, 0},     {Triggered, 0}, {PartiallyFilled, 0},
      {Filled, 1}, {Cancelled, 2}, {Rejected, 3}, {Held, 4},      {Expired, 2}};
  for (const OrderStatus s : kAll) EXPECT_EQ(zipline_status(s), expected.at(s)) << to_string(s);
}

TEST(Order, IsOpenUntilItEnds) {
  const std::set<OrderStatus> ended = {Filled, Cancelled, Rejected, Expired};
  for (const OrderStatus s : kAll) {
    Order order;
    order.status = s;
    EXPECT_EQ(order.is_open(), !ended.contains(s)) << to_string(s);
  }
}

TEST(Order, IsTriggeredWhenNoConditionIsLeft) {
  Order market;
  EXPECT_TRUE(market.is_triggered());
  Order limit;
  limit.limit = 0;  // 0 is a price
  EXPECT_TRUE(limit.has_limit());
  EXPECT_FALSE(limit.is_triggered());
  limit.limit_reached = true;
  EXPECT_TRUE(limit.is_triggered());
  Order both;
  both.limit = 1;
  both.stop = 1;
  both.limit_reached = true;
  EXPECT_FALSE(both.is_triggered());
  both.stop_reached = true;
  EXPECT_TRUE(both.is_triggered());
}

TEST(Order, AmountsAreSigned) {
  Order sell;
  sell.amount = -30;
  sell.filled = -10;
  EXPECT_EQ(sell.direction(), -1);
  EXPECT_EQ(sell.open_amount(), -20);
}

}  // namespace
}  // namespace rustybt::finance

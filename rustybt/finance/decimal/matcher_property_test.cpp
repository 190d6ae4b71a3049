// The blotter's lists and trigger bands against a matcher without either: every order is looked at on every bar, as
// zipline's Order.check_triggers and FixedBasisPointsSlippage are written. Random orders, cancels and bars.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/decimal/blotter.hpp"
#include "rustybt/finance/property_test.hpp"

namespace rustybt::finance {
namespace {

constexpr std::int64_t kCent = 10'000'000'000;  // at 12 digits

/// One order as Zipline keeps it: prices in double, or exact in cents.
struct NaiveOrder {
  std::int64_t id = 0;
  int asset = 0;
  std::int64_t amount = 0, filled = 0;
  std::optional<double> limit, stop;
  std::optional<int> limit_cents, stop_cents;
  bool stop_reached = false, limit_reached = false, is_open = true;
};

struct NaiveFill {
  std::int64_t order, amount, price;
  friend bool operator==(const NaiveFill&, const NaiveFill&) = default;
};
std::ostream& operator<<(std::ostream& out, const NaiveFill& f) {
  return out << "order " << f.order << ": " << f.amount << " at " << f.price;
}

class NaiveMatcher {
 public:
  explicit NaiveMatcher(const Policies& policies)
      : is_exact_(policies.decision_arithmetic == DecisionArithmetic::Exact),
        never_worse_(policies.limit_check == LimitCheck::NeverWorse) {}

  std::vector<NaiveOrder> orders;

  std::vector<NaiveFill> match(int asset, int close_cents, std::int64_t volume) {
    std::vector<NaiveFill> fills;
    std::int64_t left = is_exact_ ? volume / 10 : static_cast<std::int64_t>(0.1 * static_cast<double>(volume));
    for (NaiveOrder& o : orders) {
      if (o.asset != asset || !o.is_open) continue;
      check_triggers(o, close_cents);
      if ((o.stop && !o.stop_reached) || (o.limit && !o.limit_reached)) continue;
      const std::int64_t shares = std::min(std::abs(o.amount - o.filled), left);
      const int direction = o.amount > 0 ? 1 : -1;
      const std::int64_t price = close_cents * kCent + direction * (close_cents * kCent / 10'000 * 5);
      const bool is_too_bad = never_worse_ && o.limit && is_worse(o, price, direction);
      if (shares > 0 && !is_too_bad) {
        o.filled += direction * shares;
        left -= shares;
        fills.push_back({o.id, direction * shares, price});
        o.is_open = o.filled != o.amount;
      }
      if (never_worse_ && o.is_open) o.limit_reached = false;
      if (shares == 0) break;
    }
    return fills;
  }

 private:
  // zipline/finance/order.py, check_order_triggers
  void check_triggers(NaiveOrder& o, int cents) const {
    if ((!o.stop || o.stop_reached) && (!o.limit || o.limit_reached)) return;
    const double price = cents / 100.0;
    const auto at_least = [&](std::optional<double> level, std::optional<int> exact) {
      return is_exact_ ? cents >= *exact : price >= *level;
    };
    const auto at_most = [&](std::optional<double> level, std::optional<int> exact) {
      return is_exact_ ? cents <= *exact : price <= *level;
    };
    const bool is_buy = o.amount > 0;
    const auto limit_holds = [&] {
      return is_buy ? at_most(o.limit, o.limit_cents) : at_least(o.limit, o.limit_cents);
    };
    const auto stop_holds = [&] { return is_buy ? at_least(o.stop, o.stop_cents) : at_most(o.stop, o.stop_cents); };
    if (o.stop && o.limit) {
      if (!stop_holds()) return;
      o.limit_reached = limit_holds();
      o.stop.reset();
    } else if (o.stop) {
      o.stop_reached = stop_holds();
    } else {
      o.limit_reached = limit_holds();
    }
  }
  [[nodiscard]] bool is_worse(const NaiveOrder& o, std::int64_t price, int direction) const {
    if (is_exact_) return direction > 0 ? price > *o.limit_cents * kCent : price < *o.limit_cents * kCent;
    const double p = static_cast<double>(price) / 1e12;
    return direction > 0 ? p > *o.limit : p < *o.limit;
  }
  bool is_exact_;
  bool never_worse_;
};

using Step = std::tuple<int, int, int, int, int>;  // what, asset, size, price 1, price 2

class MatcherProperty : public testing::TestWithParam<std::tuple<DecisionArithmetic, LimitCheck>> {
 protected:
  static void run(const std::vector<Step>& steps, const Policies& policies) {
    const DecimalContext context = test::make_context(2);
    DecimalBlotter blotter(context, policies);
    NaiveMatcher naive(policies);
    std::map<std::int64_t, std::int64_t> filled;
    std::vector<Fill> fills;
    for (const auto& [what, asset, size, first, second] : steps) {
      const AssetIndex a{asset};
      if (what < 5) {
        place(blotter, naive, a, what, size, first, second);
      } else if (what == 5 && !naive.orders.empty()) {
        NaiveOrder& o = naive.orders[static_cast<std::size_t>(first) % naive.orders.size()];
        RC_ASSERT(blotter.cancel({o.id}, 1) == o.is_open);
        o.is_open = false;
      } else {
        const std::int64_t volume = size < 0 ? 3 : size * 7;
        if (volume == 0) continue;
        BarView bar{first * kCent, volume, first / 100.0, static_cast<double>(volume)};
        fills.clear();
        blotter.match(a, bar, 2, fills);
        blotter.prune();
        std::vector<NaiveFill> ours;
        std::int64_t traded = 0;
        for (const Fill& f : fills) {
          ours.push_back({f.order.value, f.amount, f.price});
          filled[f.order.value] += f.amount;
          traded += std::abs(f.amount);
          if (policies.limit_check == LimitCheck::NeverWorse) check_price(*blotter.find(f.order), f.price);
        }
        RC_ASSERT(ours == naive.match(asset, first, volume));
        RC_ASSERT(traded <= volume / 10);
      }
    }
    for (const NaiveOrder& expected : naive.orders) {
      const Order& o = *blotter.find({expected.id});
      RC_ASSERT(o.filled == expected.filled);
      RC_ASSERT(o.filled == filled[expected.id]);
      RC_ASSERT(o.open_amount() * o.direction() >= 0);
      RC_ASSERT(o.filled * o.direction() >= 0);
      RC_ASSERT(o.is_open() == expected.is_open);
      RC_ASSERT(o.has_stop() == expected.stop.has_value());
      RC_ASSERT(o.stop_reached == expected.stop_reached);
      RC_ASSERT(o.limit_reached == expected.limit_reached);
    }
    for (int asset = 0; asset < 2; ++asset) check_book(blotter, naive, asset);
  }

 private:
  static void place(DecimalBlotter& blotter, NaiveMatcher& naive, AssetIndex a, int kind, int size, int first,
                    int second) {
    if (size == 0) return;
    ExecutionStyle style;
    if (kind == 1 || kind == 3 || kind == 4) style.limit_price = first / 100.0;
    if (kind == 2 || kind == 3) style.stop_price = second / 100.0;
    NaiveOrder o;
    o.id = blotter.place(a, size, style, 0).value;
    o.asset = a.value;
    o.amount = size;
    if (style.limit_price) {
      o.limit_cents = first;
      o.limit = blotter.find({o.id})->decision_limit;  // rounding has its own test
    }
    if (style.stop_price) {
      o.stop_cents = second;
      o.stop = blotter.find({o.id})->decision_stop;
    }
    naive.orders.push_back(o);
  }
  static void check_price(const Order& o, std::int64_t price) {
    const bool is_within = !o.has_limit() || (o.direction() > 0 ? price <= o.limit : price >= o.limit);
    RC_ASSERT(is_within);
  }
  static void check_book(const DecimalBlotter& blotter, const NaiveMatcher& naive, int asset) {
    std::vector<std::int64_t> ours, expected;
    for (const std::int32_t slot : blotter.open_orders({asset})) ours.push_back(blotter.order_at(slot).id.value);
    for (const NaiveOrder& o : naive.orders) {
      if (o.is_open && o.asset == asset) expected.push_back(o.id);
    }
    RC_ASSERT(ours == expected);
  }
};

INSTANTIATE_TEST_SUITE_P(Policies, MatcherProperty,
                         testing::Combine(testing::Values(DecisionArithmetic::IeeeDouble, DecisionArithmetic::Exact),
                                          testing::Values(LimitCheck::TriggerOnly, LimitCheck::NeverWorse)),
                         [](const auto& p) {
                           return std::string(std::get<0>(p.param) == DecisionArithmetic::Exact ? "exact" : "ieee") +
                                  (std::get<1>(p.param) == LimitCheck::NeverWorse ? "_never_worse" : "_trigger_only");
                         });

TEST_P(MatcherProperty, BandsAndListsChangeNothing) {
  Policies policies = std::get<0>(GetParam()) == DecisionArithmetic::Exact ? test::rustybt() : test::zipline();
  policies.limit_check = std::get<1>(GetParam());
  const bool holds = rc::check("fills equal those of a matcher that looks at every order", [policies] {
    // prices in a narrow range so that limits and stops are often met exactly
    const auto price = rc::gen::inRange(990, 1015);
    run(*rc::gen::container<std::vector<Step>>(
            rc::gen::tuple(rc::gen::inRange(0, 12), rc::gen::inRange(0, 2), rc::gen::inRange(-40, 41), price, price)),
        policies);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace rustybt::finance

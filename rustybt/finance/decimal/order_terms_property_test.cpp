// Properties of orders with terms, on random orders, cancels and bars under every fill policy.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/decimal/blotter.hpp"
#include "rustybt/finance/property_test.hpp"

namespace rustybt::finance {
namespace {

constexpr std::int64_t kCent = 10'000'000'000;  // at 12 digits

class AnyBar final : public MarketView {
 public:
  Range bar{};
  std::int64_t first = 0;
  [[nodiscard]] std::optional<Range> range() const override { return bar; }
  [[nodiscard]] std::optional<std::int64_t> open() const override { return first; }
  bool sessions_before_today(std::span<double>, std::span<double>) const override { return false; }
};

using Step = std::tuple<int, int, int, int, int, int, int>;

class OrderTermsProperty : public testing::TestWithParam<const char*> {
 protected:
  /// Run the steps, check each bar, and give all fills as text.
  static std::string run(const std::vector<Step>& steps, std::string_view fill, const LatencyModel* latency = nullptr,
                         const PartialFillModel* partial = nullptr) {
    const DecimalContext context = test::make_context(1);
    Policies policies = test::rustybt();
    policies.set("fill", fill);
    DecimalBlotter blotter(context, policies);
    if (latency) blotter.set_latency(*latency);
    if (partial) blotter.set_partial_fill(*partial);
    const int cap = partial ? 20 : 10;  // a part of the volume: of conservative(), of the default slippage model
    std::map<std::int64_t, std::int64_t> filled, placed_at;
    std::vector<std::pair<std::int64_t, std::int64_t>> exits;
    std::int64_t position = 0, now = 0;
    blotter.set_position_source([&](AssetIndex) { return position; });
    std::string log;
    for (const auto& [what, amount, volume, p1, p2, p3, p4] : steps) {
      ++now;
      const std::size_t before = blotter.orders().size();
      if (what < 9 && amount != 0) {
        place(blotter, what, amount, p1, p2, p3, exits, now);
      } else if (what == 9 && before != 0) {
        blotter.request_cancel({1 + p1 % static_cast<std::int64_t>(before)}, now);
      } else {
        std::vector<Fill> fills;
        if (blotter.has_requests()) blotter.deliver(now);
        match(blotter, volume, {p1, p2, p3, p4}, now, fills);
        std::int64_t traded = 0;
        for (const Fill& f : fills) {
          const Order& o = *blotter.find(f.order);
          RC_ASSERT(placed_at.at(f.order.value) < now);
          if (latency && !is_exit(exits, f.order)) {
            const auto id = static_cast<std::uint64_t>(f.order.value);
            RC_ASSERT(placed_at.at(f.order.value) + latency_ns(*latency, {.order = id}) <= now);
          }
          const bool is_within = !o.has_limit() || (o.amount > 0 ? f.price <= o.limit : f.price >= o.limit);
          RC_ASSERT(is_within);
          filled[f.order.value] += f.amount;
          position += f.amount;
          traded += std::abs(f.amount);
          log += std::to_string(f.order.value) + ":" + std::to_string(f.amount) + "@" + std::to_string(f.price) + "\n";
        }
        RC_ASSERT(traded <= volume / cap);
      }
      for (std::size_t i = before; i < blotter.orders().size(); ++i) placed_at[static_cast<std::int64_t>(i) + 1] = now;
    }
    for (const Order& o : blotter.orders()) {
      RC_ASSERT(o.filled == filled[o.id.value]);
      RC_ASSERT(o.open_amount() * o.direction() >= 0);  // filled + (open or cancelled) = ordered
      RC_ASSERT(o.filled * o.direction() >= 0);
      RC_ASSERT((o.status == OrderStatus::Filled) == (o.open_amount() == 0));
    }
    for (const auto& [stop, target] : exits) {
      const bool both = filled[stop] != 0 && filled[target] != 0;
      RC_ASSERT(!both);
    }
    return log;
  }

 private:
  /// Exits wait at the venue and have no way to go; both legs of a pair have, but tell the same.
  static bool is_exit(const std::vector<std::pair<std::int64_t, std::int64_t>>& exits, OrderId id) {
    return std::ranges::any_of(exits, [&](const auto& e) { return e.first == id.value || e.second == id.value; });
  }
  static void place(DecimalBlotter& blotter, int what, int amount, int p1, int p2, int p3,
                    std::vector<std::pair<std::int64_t, std::int64_t>>& exits, std::int64_t now) {
    const AssetIndex a = test::kA;
    const bool is_buy = amount > 0;
    const auto price = [](int cents) { return cents / 100.0; };
    ExecutionStyle style;
    if (what == 1 || what == 3) style.limit_price = price(p1);
    if (what == 2 || what == 3) style.stop_price = price(p2);
    if (p3 % 3 == 0) style.time_in_force = static_cast<TimeInForce>(p3 % 2 == 0 ? 3 : 4);
    style.reduce_only = p3 % 7 == 0;
    if (what == 4) {
      style.kind = OrderKind::TrailingStop;
      style.trail_amount = 0.05;
    }
    if (what == 5) {
      style.kind = OrderKind::MarketIfTouched;
      style.stop_price = price(p2);
    }
    if (what < 6) {
      blotter.place(a, amount, style, now);
      return;
    }
    const int near = std::min(p1, p2), far = std::max(p1, p2);
    const ExecutionStyle stop = ExecutionStyle::stop(price(is_buy == (what != 8) ? near : far));
    const ExecutionStyle target = ExecutionStyle::limit(price(is_buy == (what != 8) ? far : near));
    if (what == 8) {
      const auto ids = blotter.place_oco(a, amount, stop, target, now);
      exits.emplace_back(ids[0].value, ids[1].value);
    } else {
      const auto ids = blotter.place_bracket(a, amount, what == 6 ? ExecutionStyle{} : ExecutionStyle::limit(price(p3)),
                                             stop, target, now);
      exits.emplace_back(ids[1].value, ids[2].value);
      RC_ASSERT(blotter.find(ids[1])->status != OrderStatus::Open);
    }
  }
  static void match(DecimalBlotter& blotter, int volume, std::vector<int> prices, std::int64_t now,
                    std::vector<Fill>& fills) {
    if (volume == 0) return;
    AnyBar market;
    const auto [low, high] = std::ranges::minmax(prices);
    market.first = prices[0] * kCent;
    market.bar = {high * kCent, low * kCent, high / 100.0, low / 100.0};
    BarView bar{prices[3] * kCent, volume, prices[3] / 100.0, static_cast<double>(volume)};
    bar.market = &market;
    blotter.match(test::kA, bar, now, fills);
    if (blotter.has_rests()) blotter.end_rests(now);
    blotter.prune();
  }
};

INSTANTIATE_TEST_SUITE_P(Fills, OrderTermsProperty,
                         testing::Values("next_close", "this_close", "next_open", "ohlc_path", "worst_case"),
                         [](const auto& p) { return std::string(p.param); });

TEST_P(OrderTermsProperty, NoOrderFillsTooMuchTooEarlyOrBeyondItsLimit) {
  const bool holds = rc::check("orders with terms keep their terms", [fill = std::string(GetParam())] {
    const auto price = rc::gen::inRange(990, 1015);
    const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::tuple(
        rc::gen::inRange(0, 18), rc::gen::inRange(-40, 41), rc::gen::inRange(0, 900), price, price, price, price));
    RC_ASSERT(run(steps, fill) == run(steps, fill));  // same input, same bytes
  });
  EXPECT_TRUE(holds);
}

TEST_P(OrderTermsProperty, NoOrderFillsBeforeItHasArrived) {
  const bool holds = rc::check("orders, cancels and terms with latency", [fill = std::string(GetParam())] {
    const auto price = rc::gen::inRange(990, 1015);
    const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::tuple(
        rc::gen::inRange(0, 18), rc::gen::inRange(-40, 41), rc::gen::inRange(0, 900), price, price, price, price));
    const LatencyModel latency{{RandomLatency{{0, 6e-6}, {}, {}}}, *rc::gen::arbitrary<std::uint64_t>()};  // to 6 ns
    RC_ASSERT(run(steps, fill, &latency) == run(steps, fill, &latency));
  });
  EXPECT_TRUE(holds);
}

TEST_P(OrderTermsProperty, NoBarFillsMoreThanAPartialFillModelAllows) {
  const bool holds = rc::check("orders, cancels and terms with partial fills", [fill = std::string(GetParam())] {
    const auto price = rc::gen::inRange(990, 1015);
    const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::tuple(
        rc::gen::inRange(0, 18), rc::gen::inRange(-40, 41), rc::gen::inRange(0, 900), price, price, price, price));
    PartialFillModel model = PartialFillModel::conservative();
    model.timeout_bars = *rc::gen::inRange(1, 4);
    RC_ASSERT(run(steps, fill, nullptr, &model) == run(steps, fill, nullptr, &model));
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace rustybt::finance

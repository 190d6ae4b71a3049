// Random postings: cash, basis and value digit for digit against a replay in Decimal (whose oracle is CPython's
// decimal), and the double entry after every one.

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/decimal/ledger.hpp"
#include "rustybt/finance/property_test.hpp"

namespace rustybt::finance {
namespace {

constexpr int kAssets = 3;
using Step = std::tuple<int, int, int, std::int64_t>;  // what, asset, amount, price in 10^-12

struct Replay {
  Decimal cash = Decimal::parse("100000");
  Decimal dividends = Decimal(0, 0);
  std::int64_t amounts[kAssets] = {};
  Decimal prices[kAssets] = {Decimal(0, 0), Decimal(0, 0), Decimal(0, 0)};
  struct Payment {
    int day;
    Decimal amount;
  };
  std::vector<Payment> owed;

  [[nodiscard]] Decimal value() const {
    Decimal sum = cash;
    for (int i = 0; i < kAssets; ++i) sum = sum + Decimal::from_int(amounts[i]) * prices[i];
    return sum;
  }
};

void run(const std::vector<Step>& steps, const Policies& policies) {
  const DecimalContext context = test::make_context(kAssets);
  DecimalLedger ledger(context, policies, test::money(context, "100000"));
  Replay replay;
  int day = 0;
  for (const auto& [what, asset, amount, mantissa] : steps) {
    const AssetIndex a{asset};
    const Decimal price(mantissa, 12);
    if (what < 5 && amount != 0) {
      const std::int64_t before = replay.amounts[asset];
      ledger.process_transaction({a, amount, mantissa, ++day, {1}});
      replay.cash = replay.cash - Decimal::from_int(amount) * price;
      replay.amounts[asset] += amount;
      replay.prices[asset] = price;
      // opened, or through zero
      const bool starts = replay.amounts[asset] != 0 && (before > 0) != (replay.amounts[asset] > 0);
      if (before == 0 || starts) RC_ASSERT(ledger.cost_basis(*ledger.find_position(a)) == price);
    } else if (what < 7) {
      ledger.process_commission(a, {int128{mantissa} * 1'000'000});
      replay.cash = replay.cash - price;
    } else if (what == 7) {
      const Decimal per_share = price.quantize(3, Rounding::Down);
      ledger.earn_cash_dividend(a, per_share, day + 2);
      replay.owed.push_back({day + 2, Decimal::from_int(replay.amounts[asset]) * per_share});
    } else if (what == 8) {
      ++day;
      ledger.pay_dividends(day);
      for (Replay::Payment& p : replay.owed) {
        if (p.day != day) continue;
        replay.cash = replay.cash + p.amount;
        replay.dividends = replay.dividends + p.amount;
        p.day = -1;
      }
    } else {
      for (std::size_t i = 0; i < ledger.positions().size(); ++i) {
        if (ledger.positions()[i].asset == a) {
          ledger.set_last_price(i, mantissa, ++day);
          replay.prices[asset] = price;
        }
      }
    }
    ledger.check_identity();
    RC_ASSERT(ledger.amount(a) == replay.amounts[asset]);
  }
  const MoneyScale scale = context.money();
  RC_ASSERT(scale.to_decimal(ledger.cash()) == replay.cash);
  RC_ASSERT(scale.to_decimal(ledger.dividends_paid()) == replay.dividends);
  RC_ASSERT(scale.to_decimal(ledger.portfolio_value()) == replay.value());
  RC_ASSERT(scale.to_decimal(ledger.pnl()) == replay.value() - Decimal::parse("100000"));
  // closing everything at its last price turns all income into realised profit
  for (int i = 0; i < kAssets; ++i) {
    const DecimalPosition* p = ledger.find_position({i});
    if (p != nullptr) ledger.process_transaction({{i}, -p->amount, p->last_sale_price, ++day, {1}});
  }
  RC_ASSERT(ledger.positions().empty());
  RC_ASSERT(scale.to_decimal(ledger.realised_pnl() + ledger.dividends_paid()) ==
            replay.value() - Decimal::parse("100000"));
}

class LedgerProperty : public testing::TestWithParam<Preset> {};

INSTANTIATE_TEST_SUITE_P(Presets, LedgerProperty, testing::Values(Preset::Zipline, Preset::Rustybt),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

TEST_P(LedgerProperty, CashEqualsAnExactReplay) {
  const Policies policies = Policies::of(GetParam());
  EXPECT_TRUE(rc::check("cash, value and profit equal the replay to the last digit", [policies] {
    run(*rc::gen::container<std::vector<Step>>(rc::gen::tuple(rc::gen::inRange(0, 11), rc::gen::inRange(0, kAssets),
                                                              rc::gen::inRange(-500, 501),
                                                              rc::gen::inRange<std::int64_t>(1, 900'000'000'000'000))),
        policies);
  }));
}

TEST_P(LedgerProperty, SplitsLoseNothing) {
  const Policies policies = Policies::of(GetParam());
  EXPECT_TRUE(rc::check("a split changes shares and cash in lieu, the double entry holds", [policies] {
    const DecimalContext context = test::make_context(1);
    DecimalLedger ledger(context, policies, test::money(context, "100000"));
    const auto amount =
        *rc::gen::suchThat(rc::gen::inRange<std::int64_t>(-5000, 5001), [](std::int64_t n) { return n != 0; });
    const auto price = *rc::gen::inRange<std::int64_t>(1'000'000'000'000, 900'000'000'000'000);
    const auto numerator = *rc::gen::inRange<std::int64_t>(1, 30);
    const auto denominator = *rc::gen::inRange<std::int64_t>(1, 30);
    ledger.process_transaction({test::kA, amount, price, 1, {1}});
    const Money cost = ledger.find_position(test::kA)->cost;
    const Money cash = ledger.cash();
    ledger.process_split(test::kA, static_cast<double>(numerator) / static_cast<double>(denominator), numerator,
                         denominator);
    ledger.check_identity();
    if (policies.preset == Preset::Zipline) return;  // its rounding to cents has worked values
    RC_ASSERT(ledger.amount(test::kA) == amount * denominator / numerator);
    const DecimalPosition* p = ledger.find_position(test::kA);
    const Money left = p != nullptr ? p->cost : Money{};
    RC_ASSERT((left + (ledger.cash() - cash)).units == cost.units);  // no profit from a split
    RC_ASSERT(ledger.realised_pnl().units == 0);
  }));
}

}  // namespace
}  // namespace rustybt::finance

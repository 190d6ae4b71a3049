#include "rustybt/finance/lots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/decimal/ledger.hpp"
#include "rustybt/finance/property_test.hpp"

namespace rustybt::finance {
namespace {

using test::kA;
using testing::ElementsAre;

/// Books of 100,000 that close lots by one method.
class Books {
 public:
  explicit Books(LotMethod method) {
    Policies policies = test::rustybt();
    policies.lots = method;
    ledger_.emplace(context_, policies, test::money(context_, "100000"));
    if (method != LotMethod::Average) ledger_->keep_lots(closed_);
  }
  void trade(std::int64_t amount, std::string_view price) {
    ledger_->process_transaction({kA, amount, test::price(context_, price), ++now_, {}});
    ledger_->check_identity();
  }
  void commission(std::string_view cost) {
    ledger_->process_commission(kA, test::money(context_, cost));
    ledger_->check_identity();
  }
  void split(std::int64_t numerator, std::int64_t denominator) {
    const double ratio = static_cast<double>(numerator) / static_cast<double>(denominator);
    ledger_->process_split(kA, ratio, numerator, denominator);
    ledger_->check_identity();
  }
  [[nodiscard]] std::string realised() const { return text(ledger_->realised_pnl()); }
  [[nodiscard]] std::string cost() const { return text(ledger_->find_position(kA)->cost); }
  /// "opened-closed amount cost proceeds" of every closed lot.
  [[nodiscard]] std::vector<std::string> closed() const {
    std::vector<std::string> out;
    for (const ClosedLotRow& r : closed_.rows())
      out.push_back(std::to_string(r.opened_ns) + "-" + std::to_string(r.closed_ns) + " " + std::to_string(r.amount) +
                    " " + text(r.cost) + " " + text(r.proceeds));
    return out;
  }
  [[nodiscard]] Money closed_profit() const {
    Money sum;
    for (const ClosedLotRow& r : closed_.rows()) sum += r.proceeds - r.cost;
    return sum;
  }
  DecimalLedger& ledger() { return *ledger_; }

 private:
  [[nodiscard]] std::string text(Money m) const { return context_.money().to_decimal(m).normalized().to_string(); }
  DecimalContext context_ = test::make_context();
  Table<ClosedLotRow> closed_;
  std::optional<DecimalLedger> ledger_;
  std::int64_t now_ = 0;
};

/// 100 shares each at 10, 12 and 15, then 150 sold at 20.
Books three_purchases_and_a_sale(LotMethod method) {
  Books books(method);
  books.trade(100, "10");
  books.trade(100, "12");
  books.trade(100, "15");
  books.trade(-150, "20");
  return books;
}

TEST(Lots, FifoSellsTheOldestFirst) {
  const Books books = three_purchases_and_a_sale(LotMethod::Fifo);
  EXPECT_EQ(books.realised(), "1400");  // 100 x 10 + 50 x 8
  EXPECT_EQ(books.cost(), "2100");      // 50 x 12 + 100 x 15
  EXPECT_THAT(books.closed(), ElementsAre("1-4 100 1000 2000", "2-4 50 600 1000"));
}

TEST(Lots, LifoSellsTheNewestFirst) {
  const Books books = three_purchases_and_a_sale(LotMethod::Lifo);
  EXPECT_EQ(books.realised(), "900");  // 100 x 5 + 50 x 8
  EXPECT_EQ(books.cost(), "1600");     // 100 x 10 + 50 x 12
  EXPECT_THAT(books.closed(), ElementsAre("3-4 100 1500 2000", "2-4 50 600 1000"));
}

TEST(Lots, TheAverageSellsAPartOfAll) {
  const Books books = three_purchases_and_a_sale(LotMethod::Average);
  EXPECT_EQ(books.realised(), "1150");  // 3,000 - 3,700 / 2
  EXPECT_EQ(books.cost(), "1850");
  EXPECT_THAT(books.closed(), ElementsAre());
}

TEST(Lots, AClosedPositionHasMadeTheSameByEveryMethod) {
  for (const LotMethod method : {LotMethod::Average, LotMethod::Fifo, LotMethod::Lifo}) {
    Books books = three_purchases_and_a_sale(method);
    books.commission("1.5");
    books.trade(-150, "21");
    EXPECT_EQ(books.realised(), "2448.5");  // 3,000 + 3,150 - 3,700 - 1.5
  }
}

TEST(Lots, ATurnThroughZeroClosesAllAndOpensTheRest) {
  Books books(LotMethod::Fifo);
  books.trade(100, "10");
  books.trade(-160, "12");
  EXPECT_EQ(books.realised(), "200");
  EXPECT_EQ(books.cost(), "-720");
  books.trade(60, "11");
  EXPECT_EQ(books.realised(), "260");
  EXPECT_THAT(books.closed(), ElementsAre("1-2 100 1000 1200", "2-3 -60 -720 -660"));
}

TEST(Lots, ACommissionBelongsToTheNewestLot) {
  Books books(LotMethod::Fifo);
  books.trade(100, "10");
  books.commission("1");
  books.trade(100, "12");
  books.commission("2");
  books.trade(-100, "15");
  EXPECT_THAT(books.closed(), ElementsAre("1-3 100 1001 1500"));
  books.trade(-100, "15");
  EXPECT_THAT(books.closed(), ElementsAre("1-3 100 1001 1500", "2-4 100 1202 1500"));
}

TEST(Lots, ASplitKeepsLotsAndTheirCosts) {
  Books books(LotMethod::Lifo);
  books.trade(100, "10");
  books.trade(51, "12");
  books.split(1, 2);
  books.trade(-102, "6.5");
  EXPECT_THAT(books.closed(), ElementsAre("2-3 102 612 663"));
  EXPECT_EQ(books.cost(), "1000");
}

TEST(Lots, AReverseSplitPaysTheFractionAndDropsEmptyLots) {
  Books books(LotMethod::Fifo);
  books.trade(1, "10");
  books.trade(30, "12");
  books.trade(1, "12");
  books.split(10, 1);  // 32 shares become 3.2: two tenths of a share, 382 / 16 = 23.875 of the cost, are paid in cash
  EXPECT_EQ(books.cost(), "358.125");
  books.trade(-3, "130");
  EXPECT_EQ(books.realised(), "31.875");  // 390 - 358.125
  EXPECT_EQ(books.closed().size(), 1U);
}

TEST(Lots, AStockDividendIsALotOfItsOwn) {
  Books books(LotMethod::Lifo);
  books.trade(100, "10");
  books.ledger().earn_stock_dividend(kA, kA, 0.1, Decimal(1, 1), 7);
  books.ledger().pay_dividends(7);
  books.trade(-10, "12");  // the ten new shares, at the cost per share that the position had
  EXPECT_EQ(books.closed().back().substr(books.closed().back().find(' ')), " 10 100 120");
  EXPECT_EQ(books.cost(), "1000");
}

/// Share by share: what each one has cost, in money units.
struct NaiveShares {
  bool oldest_first;
  std::deque<int128> costs;
  int sign = 0;
  int128 realised = 0;

  void trade(std::int64_t amount, int128 price) {
    const int side = amount > 0 ? 1 : -1;
    for (std::int64_t i = 0; i < std::llabs(amount); ++i) {
      if (costs.empty()) sign = side;
      if (side == sign) {
        costs.push_back(price);
        continue;
      }
      const int128 cost = oldest_first ? costs.front() : costs.back();
      oldest_first ? costs.pop_front() : costs.pop_back();
      realised += sign * (price - cost);
    }
  }
  void split_in_two() {
    std::deque<int128> halves;
    for (const int128 cost : costs) halves.insert(halves.end(), 2, cost / 2);
    costs = halves;
  }
};

RC_GTEST_PROP(LotsProperty, AgreeWithSharesCountedOneByOne, ()) {
  const bool fifo = *rc::gen::arbitrary<bool>();
  Books books(fifo ? LotMethod::Fifo : LotMethod::Lifo), average(LotMethod::Average);
  NaiveShares naive{fifo, {}, 0, 0};
  const auto steps = *rc::gen::inRange(1, 25);
  int splits = 0;
  std::int64_t held = 0;
  for (int i = 0; i < steps; ++i) {
    if (splits < 4 && held != 0 && *rc::gen::inRange(0, 6) == 0) {
      ++splits;
      books.split(1, 2);
      average.split(1, 2);
      naive.split_in_two();
      held *= 2;
      continue;
    }
    std::int64_t amount = *rc::gen::inRange<std::int64_t>(-60, 60);
    if (i + 1 == steps) amount = -held;
    if (amount == 0) continue;
    const std::string price = Decimal(*rc::gen::inRange(1, 90'000), 3).to_string();
    books.trade(amount, price);
    average.trade(amount, price);
    naive.trade(amount, Decimal::parse(price).mantissa_at(18));
    held += amount;
    RC_ASSERT(books.ledger().realised_pnl().units == naive.realised);
    RC_ASSERT(books.closed_profit().units == naive.realised);
  }
  if (held == 0) RC_ASSERT(books.realised() == average.realised());
}

}  // namespace
}  // namespace rustybt::finance

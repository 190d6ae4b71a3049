// Expected figures: printed by the real zipline-reloaded 3.2.1 (finance.ledger.Ledger and finance.commission, given the
// same postings), to the last bit.
#include "rustybt/finance/zipline_books.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <optional>
#include <utility>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/finance/decimal/blotter.hpp"
#include "rustybt/finance/decimal/ledger.hpp"
#include "rustybt/finance/metrics/tracker.hpp"

namespace rustybt::finance {
namespace {

using test::kA, test::kB;

/// A is an equity, B a future of VX with 1,000 a point.
DecimalContext make_context() {
  std::vector<assets::Asset> assets{test::equity(1, "A"), test::equity(2, "VXH11")};
  assets[1].type = assets::AssetType::Future;
  assets[1].root_symbol = "VX";
  assets[1].price_multiplier = Decimal(1000, 0);
  return DecimalContext(assets, std::vector<int>{3, 3}, std::vector<std::int64_t>{99'999'999, 99'999'999});
}

class BooksInDoubles : public testing::Test {
 protected:
  void open(double capital) {
    books_.emplace(context_, capital);
    ledger_.emplace(context_, test::zipline(), context_.money().from_decimal(Decimal::from_double_shortest(capital)));
    ledger_->set_zipline_books(&*books_);
  }
  void trade(AssetIndex asset, std::int64_t amount, double price, std::int64_t dt_ns) {
    const std::int64_t mantissa = double_to_mantissa(price, context_[asset].fill_scale);
    ledger_->process_transaction({asset, amount, mantissa, dt_ns, {}, price});
  }
  void mark(double price, std::int64_t dt_ns) {
    const AssetIndex asset = ledger_->positions()[0].asset;
    ledger_->set_last_price(0, double_to_mantissa(price, context_[asset].fill_scale), dt_ns);
    books_->set_price(asset, price);
  }
  void expect(double cash_flow, double pnl, double returns, double gross_leverage, double net_leverage) {
    EXPECT_EQ(ledger_->returns(), returns);
    EXPECT_EQ(books_->cash_flow(), cash_flow);
    EXPECT_EQ(books_->pnl(), pnl);
    EXPECT_EQ(ledger_->gross_leverage(), gross_leverage);
    EXPECT_EQ(ledger_->net_leverage(), net_leverage);
  }

  DecimalContext context_ = make_context();
  std::optional<ZiplineBooks> books_;
  std::optional<DecimalLedger> ledger_;
};

TEST_F(BooksInDoubles, EquitiesMoveCashByEachFillAndCommission) {
  open(1e5);
  trade(kA, -330, 12.759999999914832, 1);
  mark(12760 * 0.001, 1);
  expect(4210.799999971895, -2.8114300221204758e-08, -2.8110846983508964e-13, 0.04210800000001184,
         -0.04210800000001184);
  trade(kA, 100, 12.61 + 12.61 * 0.0005, 2);
  books_->commission(100 * 0.001);
  mark(12610 * 0.001, 2);
  expect(2949.069499971895, 48.76949997188058, 0.0004876949997187907, 0.028988862276820054, -0.028988862276820054);
  trade(kA, 230, 12.7, 3);
  expect(28.069499971894857, 28.069499971883488, 0.0002806949997189445, 0, 0);
}

TEST_F(BooksInDoubles, CapitalChangesAreNeitherProfitNorReturn) {
  open(1e5);
  trade(kA, 7, 12.7, 1);
  const double before = ledger_->returns();
  ledger_->capital_change(test::money(context_, "1234.56"));
  books_->capital_change(false, 1234.56);
  EXPECT_EQ(books_->cash_flow(), -88.89999999999999);
  EXPECT_EQ(books_->pnl(), 0);
  EXPECT_EQ(ledger_->returns(), before);
  books_->capital_change(true, 50'000);  // of a value of 101,234.56
  EXPECT_EQ(ledger_->gross_leverage(), 7 * 12.7 / 50'000);
}

TEST_F(BooksInDoubles, FuturesSettleBeforeEachFillAndAtEachLook) {
  open(1e6);
  trade(kB, 3, 19.85 + 0.025, 1);
  books_->commission(3 * 0.85 + 1.5);
  mark(19970 * 0.001, 1);
  expect(280.9499999999966, 280.94999999995343, 0.00028095000000005754, 0.05989317301304199, 0.05989317301304199);
  trade(kB, -5, 20.1 - 0.025, 2);
  mark(20130 * 0.001, 2);
  expect(485.95000000001613, 485.94999999995343, 0.00048595000000006827, 0.0402404451556766, -0.0402404451556766);
  trade(kB, 2, 20.3, 3);
  expect(145.95000000001272, 145.94999999995343, 0.0001459500000000613, 0, 0);
  trade(kB, 1, 30.3, 4);  // the old settlement price is forgotten
  EXPECT_EQ(ledger_->returns(), 0.0001459500000000613);
}

TEST_F(BooksInDoubles, DividendsOfADayComeAsOneSum) {
  open(1e5);
  trade(kA, 7, 12.7, 1);
  expect(-88.89999999999999, 0, 0, 0.0008889999999999999, 0.0008889999999999999);
  for (const Decimal& per_share : {Decimal(1, 1), Decimal(7, 1)}) {
    ledger_->earn_cash_dividend(kA, per_share, 9);
    books_->earn_dividend(kA, 7, per_share, 9);
  }
  ledger_->pay_dividends(9);
  books_->pay_dividends(9);
  expect(-83.3, 5.600000000005821, 5.6000000000056005e-05, 0.0008889502187877478, 0.0008889502187877478);
}

TEST_F(BooksInDoubles, CommissionsCountWhatAnOrderHasPaidInDoubles) {
  open(1e5);
  const auto check = [&](const CommissionModel& model, AssetIndex asset, double price,
                         std::initializer_list<std::pair<std::int64_t, double>> fills) {
    Order order;
    order.id = {order.id.value + 1};
    order.asset = asset;
    for (const auto& [amount, cost] : fills) order.amount += amount;
    for (const auto& [amount, cost] : fills) {
      const SlippageFill fill{SlippageFill::Kind::Fill, amount, 0, price};
      EXPECT_EQ(books_->commission_of(model, order, fill, {}, context_[asset]), cost)
          << describe(model) << ", " << amount;
      order.filled += amount;
    }
  };
  check(PerShare{Decimal(75, 4), Decimal(13, 1)}, kA, 20.1, {{101, 1.3}, {70, 0}, {203, 1.5049999999999997}});
  check(PerTrade{Decimal(23, 1)}, kA, 20.1, {{101, 2.3}, {70, 0}, {203, 0}});
  check(PerDollar{Decimal(137, 5)}, kA, 20.1, {{101, 2.781237}, {70, 1.92759}, {203, 5.590011}});
  check(PerContract{Decimal(85, 2), CostByRoot::Costs{{"VX", Decimal(147, 2)}}, Decimal(33, 1)}, kB, 20,
        {{1, 3.3}, {2, 0.7199999999999998}, {4, 3.3999999999999995}});
}

TEST_F(BooksInDoubles, OnlyThePresetThatRoundsSoIsFollowed) {
  EXPECT_TRUE(ZiplineBooks::follow(test::zipline(), context_));
  EXPECT_FALSE(ZiplineBooks::follow(test::rustybt(), context_));
  Policies mixed = test::zipline();
  mixed.set("decision_arithmetic", "exact");
  EXPECT_FALSE(ZiplineBooks::follow(mixed, context_));
}

// Two returns, 0 and x, have a Sharpe ratio of -sqrt(252 / 2) however small x is: the row of random strategy 135.
TEST_F(BooksInDoubles, StatisticsSeeTheRounding) {
  open(1e5);
  ResultTables tables;
  MetricsTracker tracker(*ledger_, test::zipline(), tables, {});
  for (int session = 0; session < 2; ++session) {
    tracker.start_of_session_before_dividends();
    tracker.start_of_session_after_dividends();
    if (session == 1) {
      trade(kA, -330, 12.759999999914832, 1);
      mark(12760 * 0.001, 1);
    }
    tracker.end_of_session(session, 0, 0);
  }
  const PerformanceRow& row = tables.performance.rows()[1];
  EXPECT_EQ(row.returns, -2.8110846983508964e-13);
  EXPECT_NEAR(row.sharpe, -11.224972160321826, 1e-13);
  EXPECT_NEAR(row.sortino, -11.224972160321824, 1e-13);
  EXPECT_EQ(tables.zipline_figures[1].pnl, -2.8114300221204758e-08);
  EXPECT_EQ(tables.zipline_figures[1].capital_used, 4210.799999971895);
  EXPECT_EQ(context_.money().to_decimal(row.capital_used).to_string().substr(0, 17), "4210.799999971950");
}

// A value that grows by a hundredth each session returns 0.01 up to rounding: the deviation is made of nothing else,
// and empyrical takes it in two passes over the returns, in order.
TEST_F(BooksInDoubles, ADeviationOfRoundingIsTakenInTwoPasses) {
  open(1e4);
  ResultTables tables;
  MetricsTracker tracker(*ledger_, test::zipline(), tables, {});
  double price = 100;
  for (int session = 0; session < 12; ++session) {
    tracker.start_of_session_before_dividends();
    tracker.start_of_session_after_dividends();
    if (session == 0) trade(kA, 100, price, 1);
    mark(price *= 1.01, 2 + session);
    tracker.end_of_session(session, 0, 0);
    double sum = 0, squares = 0;
    const auto rows = tables.performance.rows();
    for (const PerformanceRow& row : rows) sum += row.returns;
    const double mean = sum / static_cast<double>(rows.size());
    for (const PerformanceRow& row : rows) squares += (row.returns - mean) * (row.returns - mean);
    if (squares == 0) continue;
    const double deviation = std::sqrt(squares / static_cast<double>(rows.size() - 1));
    EXPECT_LT(deviation, 1e-14);
    EXPECT_DOUBLE_EQ(rows.back().sharpe, mean / deviation * std::sqrt(252.0)) << session;
    EXPECT_DOUBLE_EQ(rows.back().algo_volatility, deviation * std::sqrt(252.0)) << session;
  }
}

}  // namespace
}  // namespace rustybt::finance

#include "rustybt/gens/tradesimulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

#include "rustybt/core/error.hpp"
#include "rustybt/gens/market_test.hpp"

namespace rustybt::gens {
namespace {

using finance::ExecutionStyle;
using finance::NoCommission;
using finance::NoSlippage;
using finance::OrderStatus;
using finance::Policies;
using finance::Preset;
using test::d;
using test::day;
using test::Market;
using testing::ElementsAre;

/// Writes down every call with its simulated time; acts by session.
class Recorder : public StrategyHooks {
 public:
  void on_initialize() override {
    note("initialize");
    if (initialize) initialize();
  }
  void on_before_trading_start() override {
    note("before");
    if (before) before(simulation->session());
  }
  void on_bar(std::int64_t now_ns) override {
    EXPECT_EQ(now_ns, simulation->now_ns());
    note("bar");
    if (bar) bar(simulation->session());
  }
  void on_session_end(int session) override { note("end " + std::to_string(session)); }
  [[nodiscard]] bool has_before_trading_start() const override { return wants_before; }

  TradeSimulation* simulation = nullptr;
  bool wants_before = true;
  std::function<void()> initialize;
  std::function<void(int)> before, bar;
  std::vector<std::string> calls;

 private:
  void note(const std::string& what) {
    const std::string now = Timestamp{simulation->now_ns()}.to_string();
    calls.push_back(what + " " + now.substr(5, 11));
  }
};

/// One run over a market; models without slippage and cost, so that prices are the bars'.
class Backtest {
 public:
  Backtest(const Market& market, std::string_view first, std::string_view last, const Policies& policies,
           data::DataFrequency frequency = data::DataFrequency::Daily)
      : portal(market.store(), market.finder(), market.adjustments(), market.calendar(), {frequency, {}, {}, false}),
        simulation({market.session(first), market.session(last), d("100000"), frequency}, policies, portal,
                   market.calendar(), strategy,
                   Log([this](LogLevel, std::string_view text) { warnings.emplace_back(text); })) {
    strategy.simulation = &simulation;
    simulation.blotter().set_slippage(NoSlippage{});
    simulation.blotter().set_commission(NoCommission{});
  }
  void run(RunObserver* observer = nullptr) { end = simulation.run(observer); }
  OrderId order(AssetIndex asset, std::int64_t amount, const ExecutionStyle& style = {}) {
    return simulation.blotter().place(asset, amount, style, simulation.now_ns());
  }
  [[nodiscard]] Decimal shown(Money m) const { return simulation.context().money().to_decimal(m); }
  [[nodiscard]] Decimal price(const finance::TransactionRow& row) const {
    return Decimal(row.price, simulation.context()[row.asset].fill_scale);
  }
  /// "session: asset amount @ price" of every transaction.
  [[nodiscard]] std::vector<std::string> trades() {
    std::vector<std::string> out;
    for (const finance::TransactionRow& t : simulation.tables().transactions.rows()) {
      out.push_back(std::to_string(t.session) + ": " + portal.finder()[t.asset].symbol + " " +
                    std::to_string(t.amount) + " @ " + price(t).normalized().to_string());
    }
    return out;
  }
  [[nodiscard]] std::vector<Decimal> cash() {
    std::vector<Decimal> out;
    for (const auto& row : simulation.tables().performance.rows()) out.push_back(shown(row.ending_cash));
    return out;
  }
  /// Numbers of the orders in the session's report.
  [[nodiscard]] std::vector<std::int64_t> reported(int session) {
    std::vector<std::int64_t> ids;
    for (const auto& row : simulation.tables().orders.rows()) {
      if (row.session == session) ids.push_back(row.order.id.value);
    }
    return ids;
  }

  std::vector<std::string> warnings;
  data::DataPortal portal;
  Recorder strategy;
  TradeSimulation simulation;
  TradeSimulation::End end = TradeSimulation::End::Interrupted;
};

class Simulation : public testing::TestWithParam<Preset> {
 protected:
  [[nodiscard]] bool is_zipline() const { return GetParam() == Preset::Zipline; }
  Policies policies_ = Policies::of(GetParam());
  Market market_ = Market::new_york();
  static std::int64_t ten(int) { return 10'000; }
};

INSTANTIATE_TEST_SUITE_P(Presets, Simulation, testing::Values(Preset::Zipline, Preset::Rustybt),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

// --- order of events (zipline_semantics 2)
// -------------------------------------------------------------------------------------

TEST_P(Simulation, HooksAreCalledInOrderAtTheirTimes) {
  market_.add_daily("A", "2019-12-02", 40, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-03", policies_);
  run.run();
  EXPECT_THAT(run.strategy.calls,
              ElementsAre("initialize 01-02T00:00", "before 01-02T13:45", "bar 01-02T21:00", "end 0 01-02T21:00",
                          "before 01-03T13:45", "bar 01-03T21:00", "end 1 01-03T21:00"));
  EXPECT_EQ(run.end, TradeSimulation::End::Completed);
  EXPECT_EQ(run.simulation.bars(), 2);
}

TEST_P(Simulation, BeforeTradingStartIsLeftOutWhenNotWanted) {
  market_.add_daily("A", "2019-12-02", 40, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-02", policies_);
  run.strategy.wants_before = false;
  run.run();
  EXPECT_THAT(run.strategy.calls, ElementsAre("initialize 01-02T00:00", "bar 01-02T21:00", "end 0 01-02T21:00"));
}

TEST_P(Simulation, AnOrderFillsOnTheNextBar) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 40, [](int i) { return 10'000 + i; }, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-06", policies_);
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100);
    EXPECT_EQ(run.simulation.ledger().amount(a), session == 0 ? 0 : 100);
  };
  run.run();
  EXPECT_THAT(run.trades(), ElementsAre("1: A 100 @ 10.022"));
  EXPECT_THAT(run.cash(), ElementsAre(d("100000"), d("98997.8"), d("98997.8")));
  const auto rows = run.simulation.tables().transactions.rows();
  EXPECT_EQ(Timestamp{rows[0].dt_ns}.to_string(), "2020-01-03T21:00:00Z");
  EXPECT_EQ(rows[0].order.value, 1);
}

TEST_P(Simulation, ABarWithoutTradeFillsNothingAndThePriceIsCarried) {
  const AssetIndex a =
      market_.add_daily("A", "2019-12-02", 40, [](int i) { return i == 23 || i == 25 ? 0 : 10'000 + i; }, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-07", policies_);  // the first is bar 21
  run.strategy.bar = [&](int session) {
    if (session == 1) run.order(a, 10);
    if (session == 2) run.order(a, 1);
  };
  run.run();
  EXPECT_THAT(run.trades(), ElementsAre("3: A 10 @ 10.024", "3: A 1 @ 10.024"));
  EXPECT_EQ(run.simulation.tables().performance.rows()[3].longs_count, 1);
  EXPECT_EQ(run.shown(run.simulation.tables().performance.rows()[3].ending_value), d("110.264"));
}

TEST_P(Simulation, CommissionsComeAfterAllTransactionsOfTheBar) {
  // two fills of one asset: the first one's commission is spread over both (cost basis 10.2 = 20 shares at 10 + 2 * 2)
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 40, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-03", policies_);
  run.simulation.blotter().set_commission(finance::PerTrade{d("2")});
  run.strategy.bar = [&](int session) {
    if (session != 0) return;
    run.order(a, 30);
    run.order(a, -10);
  };
  run.run();
  EXPECT_EQ(run.simulation.ledger().cost_basis(*run.simulation.ledger().find_position(a)), d("10.2"));
  EXPECT_EQ(run.cash().back(), d("99796"));
}

// --- what a strategy sees, and when
// -----------------------------------------------------------------------------------------------

// quirk Q1
TEST_P(Simulation, BeforeTradingStartSeesTheDaysCloseUnderZiplineOnly) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 40, [](int i) { return 10'000 + 1000 * i; }, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-06", policies_);
  std::vector<double> prices, values;
  run.strategy.before = [&](int) {
    prices.push_back(run.portal.current_price(a));
    run.simulation.sync_prices();
    values.push_back(run.simulation.context().money().to_double(run.simulation.ledger().portfolio_value()));
  };
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100);
  };
  run.run();
  if (is_zipline()) {
    EXPECT_THAT(prices, ElementsAre(31, 32, 33));
    EXPECT_THAT(values, ElementsAre(100'000, 100'000, 100'100));
  } else {
    EXPECT_THAT(prices, ElementsAre(30, 31, 32));
    EXPECT_THAT(values, ElementsAre(100'000, 100'000, 100'000));
  }
}

TEST_P(Simulation, BeforeTradingStartSeesPricesSplitAsOfTheDay) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 40, [](int i) { return i < 22 ? 30'000 : 10'200; }, 1000);
  market_.split(a, "2020-01-03", 1, 3);
  Backtest run(market_, "2020-01-02", "2020-01-03", policies_);
  std::vector<double> prices;
  run.strategy.before = [&](int) { prices.push_back(run.portal.current_price(a)); };
  run.run();
  EXPECT_THAT(prices, ElementsAre(30.0, testing::DoubleNear(is_zipline() ? 10.2 : 10.0, 1e-12)));
}

TEST_P(Simulation, BooksBeforeTheOpenStandAtThePreviousCloseUnderRustybt) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 40, [](int i) { return i < 23 ? 10'000 : 9'500; }, 1000);
  market_.actions.dividends.push_back({a, day("2020-01-06"), 0.95});  // prices of earlier days seen from the ex-date
  Backtest run(market_, "2020-01-02", "2020-01-06", policies_);
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100);
  };
  Decimal value;
  run.strategy.before = [&](int) {
    run.simulation.sync_prices();
    value = run.shown(run.simulation.ledger().portfolio_value());
  };
  run.run();
  EXPECT_EQ(value, is_zipline() ? d("99950") : d("100000"));
}

// quirk Q2: s21_calendars of the golden data, run always: fills at the bar of the day before, positions at the day's
// own
TEST_P(Simulation, OnlyWhatAStrategyReadsLagsBehindTheSessionOn247) {
  Market market(utils::restrict_calendar(*utils::get_calendar("24/7"), day("2019-12-02"), day("2020-03-31")));
  const AssetIndex a = market.add_daily("A", "2020-01-01", 20, [](int i) { return 10'000 + 1000 * i; }, 1000);
  Backtest run(market, "2020-01-03", "2020-01-05", policies_);
  std::vector<double> prices, values;
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100);
    prices.push_back(run.portal.current_price(a));
    run.simulation.sync_prices();
    values.push_back(run.simulation.context().money().to_double(run.simulation.ledger().portfolio_value()));
  };
  run.run();
  const auto rows = run.simulation.tables().performance.rows();
  if (is_zipline()) {
    EXPECT_THAT(prices, ElementsAre(11, 12, 13));
    EXPECT_THAT(run.trades(), ElementsAre("1: A 100 @ 12"));
    EXPECT_THAT(values, ElementsAre(100'000, 100'100, 100'200));
    EXPECT_EQ(run.shown(rows[2].ending_value), d("1400"));
  } else {
    EXPECT_THAT(prices, ElementsAre(12, 13, 14));
    EXPECT_THAT(run.trades(), ElementsAre("1: A 100 @ 13"));
    EXPECT_THAT(values, ElementsAre(100'000, 100'000, 100'100));
  }
}

TEST_P(Simulation, InitializeSeesNoFutureUnderRustybt) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 40, [](int i) { return 10'000 + 1000 * i; }, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-02", policies_);
  double price = 0;
  run.strategy.initialize = [&] { price = run.portal.current_price(a); };
  run.run();
  EXPECT_EQ(price, is_zipline() ? 31.0 : 30.0);
}

// --- dividends
// -----------------------------------------------------------------------------------------------------------------------

TEST_P(Simulation, DividendsAreEarnedOnTheExDateAndPaidOnThePayDate) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  market_.dividend(a, "2020-01-03", "2020-01-03", "0.5");   // held from the 3rd's close on: too late
  market_.dividend(a, "2020-01-06", "2020-01-08", "0.25");  // earned although sold on the ex-date
  market_.dividend(a, "2020-01-07", "2020-01-07", "1");     // sold
  Backtest run(market_, "2020-01-02", "2020-01-08", policies_);
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100);
    if (session == 1) run.order(a, -100);
  };
  run.run();
  EXPECT_THAT(run.cash(), ElementsAre(d("100000"), d("99000"), d("100000"), d("100000"), d("100025")));
}

TEST_P(Simulation, ADividendPaidOnItsExDateIsPaidAtOnce) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  market_.dividend(a, "2020-01-06", "2020-01-06", "0.5");
  Backtest run(market_, "2020-01-02", "2020-01-06", policies_);
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100);
    if (session == 2) {
      EXPECT_EQ(run.shown(run.simulation.ledger().cash()), d("99050"));
    }
  };
  run.run();
}

// quirk Q4
TEST_P(Simulation, PayDatesThatAreNoSessionsAreLostUnderZiplineOnly) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  const AssetIndex b = market_.add_daily("B", "2019-12-02", 60, ten, 1000);
  market_.dividend(a, "2020-01-15", "2020-01-18", "0.5");  // Saturday; Monday is a holiday
  market_.dividend(a, "2020-01-16", std::nullopt, "0.1");  // none: paid on the ex-date
  market_.dividend(b, "2020-01-15", "2020-01-19", "1");    // a short owes it
  Backtest run(market_, "2020-01-13", "2020-01-21", policies_);
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100), run.order(b, -20);
  };
  run.run();
  const Decimal before = d("99200");
  const Decimal after_ex = is_zipline() ? before : before + d("10");
  const Decimal after_pay = is_zipline() ? before : after_ex + d("50") - d("20");
  EXPECT_THAT(run.cash(), ElementsAre(d("100000"), before, before, after_ex, after_ex, after_pay));
  EXPECT_EQ(run.warnings.size(), is_zipline() ? 0u : 1u);
}

// --- splits
// ------------------------------------------------------------------------------------------------------------------------------

TEST_P(Simulation, ASplitMovesOrdersAndPositionsAfterTheDividendsOfTheDay) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, [](int i) { return i < 24 ? 30'000 : 10'000; }, 1000);
  market_.split(a, "2020-01-07", 1, 3);
  market_.dividend(a, "2020-01-07", "2020-01-07", "1");  // for 100 shares, not 300
  Backtest run(market_, "2020-01-02", "2020-01-08", policies_);
  OrderId stop;
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100), stop = run.order(a, -50, ExecutionStyle::stop(9));
  };
  run.run();
  const finance::Order& o = *run.simulation.blotter().find(stop);
  EXPECT_EQ(o.amount, -150);
  EXPECT_EQ(o.decision_stop, 3.0);
  EXPECT_EQ(run.simulation.ledger().amount(a), 300);
  EXPECT_THAT(run.cash(), ElementsAre(d("100000"), d("97000"), d("97000"), d("97100"), d("97100")));
  EXPECT_EQ(run.shown(run.simulation.tables().performance.rows()[3].portfolio_value), d("100100"));
}

TEST_P(Simulation, AnOrderEmptiedByAReverseSplitIsGone) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  market_.split(a, "2020-01-03", 10, 1);
  Backtest run(market_, "2020-01-02", "2020-01-06", policies_);
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 9), run.order(a, 25);
  };
  run.run();
  EXPECT_THAT(run.trades(), ElementsAre("1: A 2 @ 10"));
  EXPECT_THAT(run.reported(0), ElementsAre(1, 2));
  EXPECT_THAT(run.reported(1), ElementsAre(2));
}

// --- the session's end
// ----------------------------------------------------------------------------------------------------------------------

TEST_P(Simulation, ExpiredAssetsAreClosedAtTheirLastPriceAndTheirOrdersCancelled) {
  const AssetIndex a =
      market_.add_daily("A", "2019-12-02", 24, [](int i) { return 10'000 + i; }, 1000);  // to 2020-01-06
  const AssetIndex b = market_.add_daily("B", "2019-12-02", 60, ten, 1000);
  market_.assets[0].auto_close_date = day("2020-01-08");
  Backtest run(market_, "2020-01-02", "2020-01-09", policies_);
  run.simulation.blotter().set_commission(finance::PerTrade{d("1")});
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, -100), run.order(b, 10), run.order(a, 5, ExecutionStyle::limit(1));
  };
  run.run();
  EXPECT_THAT(run.trades(), ElementsAre("1: A -100 @ 10.022", "1: B 10 @ 10", "4: A 100 @ 10.023"));
  EXPECT_EQ(run.simulation.tables().transactions.rows()[2].order.value, 0);
  EXPECT_EQ(run.simulation.ledger().find_position(a), nullptr);
  EXPECT_EQ(run.cash().back(), d("99897.9"));  // -2 commission, -0.1 from the short, -100 for B; none for the close
  EXPECT_EQ(run.simulation.blotter().find({3})->status, OrderStatus::Cancelled);
  EXPECT_THAT(run.reported(4), ElementsAre(3));  // the day it happened
  EXPECT_THAT(run.reported(5), ElementsAre());
}

TEST_P(Simulation, AnAssetThatClosesOnItsLastDayGetsThatDaysPrice) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 24, [](int i) { return 20'000 + i; }, 1000);
  market_.assets[0].auto_close_date = day("2020-01-06");
  Backtest run(market_, "2020-01-02", "2020-01-07", policies_);
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100);
  };
  run.run();
  EXPECT_THAT(run.trades(), ElementsAre("1: A 100 @ 20.022", "2: A -100 @ 20.023"));
}

TEST_P(Simulation, OrdersAreReportedByTheirLastTouchAsTheyStandAtTheClose) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-06", policies_);
  run.simulation.blotter().set_slippage(finance::FixedBasisPointsSlippage{});  // 100 shares a bar
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 150), run.order(a, 10, ExecutionStyle::limit(1)), run.order(a, 20);
    if (session == 1) run.simulation.blotter().cancel({2}, run.simulation.now_ns()), run.order(a, 5);
  };
  run.run();
  EXPECT_THAT(run.reported(0), ElementsAre(1, 2, 3));
  EXPECT_THAT(run.reported(1), ElementsAre(1, 2, 4));
  EXPECT_THAT(run.reported(2), ElementsAre(1, 3, 4));
  for (const auto& row : run.simulation.tables().orders.rows()) {
    if (row.session == 1 && row.order.id.value == 1) {
      EXPECT_EQ(row.order.filled, 100);
    }
    if (row.session == 1 && row.order.id.value == 2) {
      EXPECT_EQ(row.order.status, OrderStatus::Cancelled);
    }
  }
}

TEST_P(Simulation, AnOrderTouchedTwiceInASessionIsReportedOnceAtItsLastTouch) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-03", policies_);
  run.simulation.blotter().set_slippage(finance::FixedBasisPointsSlippage{});
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 150);
    if (session == 1) run.order(a, 5), run.simulation.blotter().cancel({1}, run.simulation.now_ns());
  };
  run.run();
  EXPECT_THAT(run.reported(1), ElementsAre(2, 1));  // 1 filled in part, then was cancelled
}

// quirk Q6
TEST_P(Simulation, EndOfDayCancelIsReportedWithTheNextBarByZipline) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-03", policies_);
  run.simulation.blotter().set_cancel_policy(finance::CancelPolicy::end_of_day());
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 1), run.order(a, 2);
  };
  run.run();
  const std::size_t cancelled = is_zipline() ? 1 : 2;
  EXPECT_EQ(run.warnings.size(), cancelled);
  EXPECT_EQ(run.reported(1).size(), is_zipline() ? 2u : 0u);  // its own session has shown it
  EXPECT_EQ(run.simulation.blotter().find({1})->status, OrderStatus::Cancelled);
  EXPECT_EQ(Timestamp{run.simulation.blotter().find({1})->dt_ns}.to_string(), "2020-01-02T21:00:00Z");
  EXPECT_EQ(run.simulation.blotter().find({2})->status, is_zipline() ? OrderStatus::Filled : OrderStatus::Cancelled);
  for (const auto& row : run.simulation.tables().orders.rows()) {
    if (row.session == 0 && row.order.id.value == 1) {
      EXPECT_EQ(row.order.status, OrderStatus::Cancelled);
    }
  }
}

TEST_P(Simulation, PositionsAreReportedInOrderOfOpening) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  const AssetIndex b = market_.add_daily("B", "2019-12-02", 60, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-03", policies_);
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(b, -7), run.order(a, 3);
  };
  run.run();
  const auto rows = run.simulation.tables().positions.rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].asset, b);
  EXPECT_EQ(rows[0].amount, -7);
  EXPECT_EQ(run.shown(rows[0].cost), d("-70"));
  EXPECT_EQ(rows[1].asset, a);
  EXPECT_EQ(rows[1].session, 1);
}

// --- stopping, failing
// -------------------------------------------------------------------------------------------------------------------------

struct StopAfter : RunObserver {
  explicit StopAfter(int count) : sessions(count) {}
  bool on_progress(const Progress& p) override {
    seen.push_back(p);
    return p.sessions_done < sessions;
  }
  int sessions;
  std::vector<Progress> seen;
};

TEST_P(Simulation, AnObserverSeesProgressAndCanStopTheRun) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-08", policies_);
  run.strategy.bar = [&](int session) {
    if (session == 0) run.order(a, 100);
  };
  StopAfter observer(2);
  run.run(&observer);
  EXPECT_EQ(run.end, TradeSimulation::End::Interrupted);
  EXPECT_EQ(run.simulation.tables().performance.size(), 2u);
  ASSERT_EQ(observer.seen.size(), 2u);
  EXPECT_EQ(observer.seen[1].sessions_total, 5);
  EXPECT_EQ(observer.seen[1].session_days, day("2020-01-03").days);
  EXPECT_EQ(observer.seen[1].bars, 2);
  EXPECT_EQ(observer.seen[1].orders, 1);
  EXPECT_EQ(observer.seen[1].transactions, 1);
  EXPECT_EQ(observer.seen[1].portfolio_value, 100'000.0);
}

TEST_P(Simulation, WhatTheStrategyThrowsPassesAndWholeSessionsStay) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-08", policies_);
  run.strategy.bar = [&](int session) {
    run.order(a, 10);
    if (session == 2) throw std::runtime_error("strategy");
  };
  EXPECT_THROW(run.run(), std::runtime_error);
  EXPECT_EQ(run.simulation.tables().performance.size(), 2u);
  EXPECT_THAT(run.trades(), ElementsAre("1: A 10 @ 10"));  // the fill of the third session is not half a session
  EXPECT_EQ(Timestamp{run.simulation.now_ns()}.to_string(), "2020-01-06T21:00:00Z");
}

// --- minutes
// ---------------------------------------------------------------------------------------------------------------------------------------

TEST_P(Simulation, MinuteBarsRunFromTheFirstMinuteToTheClose) {
  const AssetIndex a = market_.add_minutes("A", "2020-01-02", 2, [](int i) { return 10'000 + i; }, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-03", policies_, data::DataFrequency::Minute);
  run.strategy.bar = [&](int) {
    if (run.simulation.bars() == 1) run.order(a, 100);
  };
  run.run();
  ASSERT_EQ(run.strategy.calls.size(), 1u + 2 * (1 + 390 + 1));
  EXPECT_EQ(run.strategy.calls[1], "before 01-02T13:45");
  EXPECT_EQ(run.strategy.calls[2], "bar 01-02T14:31");
  EXPECT_EQ(run.strategy.calls[3], "bar 01-02T14:32");
  EXPECT_EQ(run.strategy.calls[391], "bar 01-02T21:00");
  EXPECT_EQ(run.strategy.calls[392], "end 0 01-02T21:00");
  EXPECT_EQ(run.strategy.calls[393], "before 01-03T13:45");
  EXPECT_THAT(run.trades(), ElementsAre("0: A 100 @ 10.001"));
  EXPECT_EQ(Timestamp{run.simulation.tables().transactions.rows()[0].dt_ns}.to_string(), "2020-01-02T14:32:00Z");
  EXPECT_EQ(run.shown(run.simulation.tables().performance.rows()[0].ending_value), d("1038.9"));
}

TEST_P(Simulation, MinuteBeforeTradingStartValuesPositionsAtTheSplitPriceOfTheDayBefore) {
  const AssetIndex a = market_.add_minutes("A", "2020-01-02", 2, [](int i) { return i < 390 ? 30'000 : 10'500; }, 1000);
  market_.split(a, "2020-01-03", 1, 3);
  Backtest run(market_, "2020-01-02", "2020-01-03", policies_, data::DataFrequency::Minute);
  run.strategy.bar = [&](int) {
    if (run.simulation.bars() == 1) run.order(a, 100);
  };
  double value = 0;
  run.strategy.before = [&](int session) {
    if (session == 0) return;
    run.simulation.sync_prices();
    value = run.simulation.context().money().to_double(run.simulation.ledger().portfolio_value());
  };
  run.run();
  EXPECT_NEAR(value, 100'000.0, 1e-6);
}

TEST_P(Simulation, MinuteEndOfDayCancelsEverything) {
  const AssetIndex a = market_.add_minutes("A", "2020-01-02", 1, ten, 1000);
  Backtest run(market_, "2020-01-02", "2020-01-02", policies_, data::DataFrequency::Minute);
  run.simulation.blotter().set_cancel_policy(finance::CancelPolicy::end_of_day(false));
  run.strategy.bar = [&](int) {
    if (run.simulation.bars() == 1) run.order(a, 5, ExecutionStyle::limit(1));
  };
  run.run();
  EXPECT_EQ(run.simulation.blotter().find({1})->status, OrderStatus::Cancelled);
  EXPECT_EQ(run.simulation.tables().orders.rows()[0].order.status, OrderStatus::Cancelled);
  EXPECT_TRUE(run.warnings.empty());
}

}  // namespace
}  // namespace rustybt::gens

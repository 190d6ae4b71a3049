#include "rustybt/algorithm/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "rustybt/algorithm/script_test.hpp"
#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {
namespace {

using finance::Policies;
using finance::Preset;
using test::d;
using test::day;
using testing::ElementsAre;

class RunAlgorithm : public testing::Test {
 protected:
  RunAlgorithm() : asset_(market_.add_daily("A", "2019-12-02", 60, [](int) { return 10'000; }, 1000)) {}
  [[nodiscard]] RunSettings settings(std::string_view first = "2020-01-02",
                                     std::string_view last = "2020-01-08") const {
    return test::settings(first, last, Policies::of(Preset::Rustybt));
  }
  ErrorCode refused(const RunSettings& s) {
    try {
      (void)run_algorithm(strategy_, test::bundle_of(market_), s);
    } catch (const Error& e) {
      return e.code();
    }
    return ErrorCode::InvariantViolation;
  }
  test::Market market_ = test::Market::new_york();
  AssetIndex asset_;
  test::Script strategy_;
};

TEST_F(RunAlgorithm, RefusesImpossibleSettings) {
  EXPECT_EQ(refused(settings("2020-01-08", "2020-01-02")), ErrorCode::InvalidDateRange);
  EXPECT_EQ(refused(settings("2020-01-18", "2020-01-20")), ErrorCode::InvalidDateRange);  // a weekend and a holiday
  EXPECT_EQ(refused(settings("2021-01-04", "2021-02-01")), ErrorCode::NoDataOnDate);
  EXPECT_EQ(refused(settings("2018-01-04", "2018-02-01")), ErrorCode::NoDataOnDate);
  RunSettings s = settings();
  s.capital = d("0");
  EXPECT_EQ(refused(s), ErrorCode::ZeroCapitalError);
  s.capital = d("-1");
  EXPECT_EQ(refused(s), ErrorCode::ZeroCapitalError);
  s = settings();
  s.calendar = "NOWHERE";
  EXPECT_EQ(refused(s), ErrorCode::InvalidCalendarName);
  s = settings();
  s.benchmark_symbol = "NONE";
  EXPECT_EQ(refused(s), ErrorCode::SymbolNotFound);
}

TEST_F(RunAlgorithm, DatesMoveInwardToSessions) {
  const RunResult result = test::run(strategy_, market_, settings("2020-01-18", "2020-01-26"));
  EXPECT_EQ(result.sessions.front().label, day("2020-01-21"));
  EXPECT_EQ(result.sessions.back().label, day("2020-01-24"));
  EXPECT_EQ(result.tables.performance.size(), 4u);
}

TEST_F(RunAlgorithm, WithoutDatesTheWholeBundleIsRun) {
  RunSettings s = settings();
  s.start = s.end = std::nullopt;
  const RunResult result = test::run(strategy_, market_, s);
  EXPECT_EQ(result.sessions.front().label, day("2019-12-02"));
  EXPECT_EQ(result.sessions.back().label, day("2020-03-31"));
}

TEST_F(RunAlgorithm, TheResultSaysWhatWasRun) {
  strategy_.bar = [&](Context& context, BarData&, int n) {
    if (n == 0) context.order(asset_, 10);
  };
  bool analyzed = false;
  strategy_.finish = [&](Context&, const RunResult& result) { analyzed = result.tables.performance.size() == 5; };
  RunSettings s = settings();
  s.capital = d("2500.50");
  s.preset_reason = "asked for";
  const RunResult result = test::run(strategy_, market_, s);
  EXPECT_EQ(result.end, RunEnd::Completed);
  EXPECT_TRUE(analyzed);
  EXPECT_EQ(result.bars, 5);
  EXPECT_EQ(result.calendar_name, "XNYS");
  EXPECT_EQ(result.slippage, "FixedBasisPointsSlippage(basis_points=5, volume_limit=0.1)");
  EXPECT_EQ(result.commission, "PerShare(cost=0.001, min_trade_cost=0)");
  EXPECT_TRUE(result.default_slippage);
  EXPECT_TRUE(result.default_commission);
  EXPECT_EQ(result.benchmark, "none");
  EXPECT_EQ(result.capital, d("2500.5"));
  EXPECT_EQ(result.preset_reason, "asked for");
  EXPECT_EQ(test::text(result, test::row_of(result, "2020-01-08").ending_cash), "2400.44");  // - 10 * 10.005 - 0.01
  EXPECT_EQ(result.tables.transactions.size(), 1u);
}

TEST_F(RunAlgorithm, AFailingStrategyKeepsItsFinishedSessions) {
  strategy_.bar = [&](Context& context, BarData&, int n) {
    context.order(asset_, 10);
    if (n == 2) throw std::runtime_error("mine");
  };
  bool analyzed = false;
  strategy_.finish = [&](Context&, const RunResult&) { analyzed = true; };
  const RunResult result = run_algorithm(strategy_, test::bundle_of(market_), settings());
  EXPECT_EQ(result.end, RunEnd::Failed);
  EXPECT_THROW(result.raise(), std::runtime_error);
  EXPECT_EQ(result.error_time->to_string(), "2020-01-06T21:00:00Z");
  EXPECT_EQ(result.tables.performance.size(), 2u);
  EXPECT_THAT(test::trades(result), ElementsAre("2020-01-03 A 10 @ 10.005"));
  EXPECT_FALSE(analyzed);
}

TEST_F(RunAlgorithm, AFailingInitializeLeavesNothing) {
  strategy_.setup = [](Context&) { throw std::runtime_error("mine"); };
  const RunResult result = run_algorithm(strategy_, test::bundle_of(market_), settings());
  EXPECT_EQ(result.end, RunEnd::Failed);
  EXPECT_EQ(result.error_time->to_string(), "2020-01-02T00:00:00Z");
  EXPECT_EQ(result.tables.performance.size(), 0u);
}

TEST_F(RunAlgorithm, AFailingAnalyzeKeepsTheRun) {
  strategy_.finish = [](Context&, const RunResult&) { throw std::runtime_error("mine"); };
  const RunResult result = run_algorithm(strategy_, test::bundle_of(market_), settings());
  EXPECT_EQ(result.end, RunEnd::Failed);
  EXPECT_THROW(result.raise(), std::runtime_error);
  EXPECT_EQ(result.tables.performance.size(), 5u);
}

struct StopAfterTwo : gens::RunObserver {
  bool on_progress(const Progress& p) override { return p.sessions_done < 2; }
};

TEST_F(RunAlgorithm, AStoppedRunIsAnalyzedWithWhatWasDone) {
  StopAfterTwo observer;
  RunSettings s = settings();
  s.observer = &observer;
  std::size_t sessions = 0;
  strategy_.finish = [&](Context&, const RunResult& result) { sessions = result.tables.performance.size(); };
  const RunResult result = run_algorithm(strategy_, test::bundle_of(market_), s);
  EXPECT_EQ(result.end, RunEnd::Interrupted);
  EXPECT_EQ(result.error, nullptr);
  EXPECT_EQ(sessions, 2u);
}

TEST_F(RunAlgorithm, BenchmarkReturnsAreAlignedToTheSessions) {
  RunSettings s = settings();
  s.benchmark_returns = {{day("2020-01-01"), 0.5}, {day("2020-01-03"), 0.01}, {day("2020-01-07"), -0.02}};
  const RunResult result = test::run(strategy_, market_, s);
  EXPECT_THAT(result.benchmark_returns, ElementsAre(0, 0.01, 0, -0.02, 0));
  EXPECT_EQ(result.benchmark, "returns");
  EXPECT_NEAR(test::row_of(result, "2020-01-08").benchmark_period_return, 1.01 * 0.98 - 1, 1e-15);
}

TEST_F(RunAlgorithm, BenchmarkBySymbolUnlessTheStrategyChoosesOne) {
  market_.add_daily("B", "2019-12-02", 60, [](int i) { return 10'000 + 100 * i; }, 1000);
  RunSettings s = settings();
  s.benchmark_symbol = "A";
  EXPECT_EQ(test::run(strategy_, market_, s).benchmark, "A");
  strategy_.setup = [](Context& context) { context.set_benchmark(context.symbol("B")); };
  const RunResult result = test::run(strategy_, market_, s);
  EXPECT_EQ(result.benchmark, "B");
  EXPECT_NEAR(result.benchmark_returns[0], 0.1 / 12.0, 1e-15);  // 12.1 after 12.0
}

TEST_F(RunAlgorithm, TheSameInputGivesTheSameTables) {
  const auto once = [&] {
    test::GoldenMarket market;
    test::Script strategy;
    strategy.bar = [&](Context& context, BarData& data, int n) {
      context.order_target_percent(market.aaa, 0.01 * (n % 7));
      context.order(market.bbb, n % 2 == 0 ? 15 : -12, ExecutionStyle::limit(data.price(market.bbb)));
    };
    return test::run(strategy, market, settings("2020-01-03", "2020-01-28"));
  };
  const RunResult first = once(), second = once();
  EXPECT_EQ(test::trades(first), test::trades(second));
  EXPECT_GT(first.tables.transactions.size(), 10u);
  ASSERT_EQ(first.tables.performance.size(), second.tables.performance.size());
  for (std::size_t i = 0; i < first.tables.performance.size(); ++i) {
    EXPECT_EQ(first.tables.performance.rows()[i].portfolio_value, second.tables.performance.rows()[i].portfolio_value);
    EXPECT_EQ(first.tables.performance.rows()[i].returns, second.tables.performance.rows()[i].returns);
  }
}

}  // namespace
}  // namespace rustybt::algorithm

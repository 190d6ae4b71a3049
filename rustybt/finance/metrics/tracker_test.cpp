#include "rustybt/finance/metrics/tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "rustybt/finance/books_test.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::finance {
namespace {

using test::kA;

double number(const std::string& text) {
  double value = std::nan("");
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

ReturnStatistics over(const std::vector<double>& returns, const std::vector<double>& benchmark = {}) {
  ReturnStatistics s;
  for (std::size_t i = 0; i < returns.size(); ++i) s.add(returns[i], benchmark.empty() ? 0.0 : benchmark[i]);
  return s;
}

// --- values that empyrical's own tests pin (golden/empyrical/pinned_results.json)
// --------------------------------------------

const std::vector<double> kMixed = {0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1};
const std::vector<double> kPositive = {0.01, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01};
const std::vector<double> kNegative = {0.0, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05};
const std::vector<double> kAllNegative = {-0.02, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05};
const std::vector<double> kSimple = {0.0, 0.01, 0.0, 0.01, 0.0, 0.01, 0.0, 0.01, 0.0};

TEST(ReturnStatistics, MaxDrawdown) {
  EXPECT_EQ(over({0.01}).max_drawdown(), 0.0);
  EXPECT_EQ(over(kSimple).max_drawdown(), 0.0);
  EXPECT_NEAR(over(kMixed).max_drawdown(), -0.1, 1e-8);
  EXPECT_NEAR(over(kNegative).max_drawdown(), -0.3659073, 1e-6);
  EXPECT_NEAR(over(kAllNegative).max_drawdown(), -0.378589157, 1e-8);
}

TEST(ReturnStatistics, Volatility) {
  EXPECT_NEAR(over(kMixed).algorithm_volatility(), 0.9136465399704637, 1e-12);
  EXPECT_EQ(over(std::vector<double>(9, 0.01)).algorithm_volatility(), 0.0);
  EXPECT_TRUE(std::isnan(over({0.01}).algorithm_volatility()));
  EXPECT_NEAR(over(std::vector<double>(8, 0.0), kMixed).benchmark_volatility(), 0.9136465399704637, 1e-12);
}

TEST(ReturnStatistics, Sharpe) {
  EXPECT_NEAR(over(kMixed).sharpe(), 1.7238613961706866, 1e-12);
  EXPECT_NEAR(over(kPositive).sharpe(), 52.915026221291804, 1e-10);
  EXPECT_NEAR(over(kNegative).sharpe(), -24.406808633910085, 1e-10);
  EXPECT_TRUE(std::isnan(over({0.01}).sharpe()));
  EXPECT_TRUE(std::isnan(over(std::vector<double>(9, 0.01)).sharpe()));  // infinite: shown as none
}

TEST(ReturnStatistics, Sortino) {
  EXPECT_NEAR(over(kMixed).sortino(), 2.605531251673693, 1e-12);
  EXPECT_NEAR(over(kNegative).sortino(), -13.5327430750434, 1e-10);
  EXPECT_TRUE(std::isnan(over(kPositive).sortino()));  // infinite: shown as none
  EXPECT_TRUE(std::isnan(over({0.01}).sortino()));
}

TEST(ReturnStatistics, AlphaAndBeta) {
  std::vector<double> twice, opposite;
  for (const double r : kMixed) {
    twice.push_back(2 * r);
    opposite.push_back(-r);
  }
  EXPECT_NEAR(over(kMixed, kMixed).beta(), 1.0, 1e-8);
  EXPECT_NEAR(over(twice, kMixed).beta(), 2.0, 1e-8);
  EXPECT_NEAR(over(twice, opposite).beta(), -2.0, 1e-8);
  EXPECT_NEAR(over(kMixed, kMixed).alpha(), 0.0, 1e-8);
  EXPECT_NEAR(over(kMixed, opposite).alpha(), 0.0, 1e-8);
  EXPECT_TRUE(std::isnan(over({0.01}, {0.01}).beta()));
  EXPECT_TRUE(std::isnan(over({0.01}, {0.01}).alpha()));
  EXPECT_TRUE(std::isnan(over(kMixed, std::vector<double>(8, 0.0)).beta()));  // a benchmark that does not move
  EXPECT_TRUE(std::isnan(over(kMixed, std::vector<double>(8, 0.0)).alpha()));
}

// --- every row of recorded runs of zipline-reloaded 3.2.1
// -----------------------------------------------------------------------

using PerfRow = std::map<std::string, std::string>;

std::vector<PerfRow> read_perf(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string header;
  std::getline(in, header);
  std::vector<std::string> names(1);
  for (const char c : header) {
    if (c == ',')
      names.emplace_back();
    else if (c != '\r')
      names.back() += c;
  }
  std::vector<PerfRow> out;
  for (const auto& cells : utils::read_csv(file)) {
    PerfRow row;
    for (std::size_t i = 0; i < cells.size(); ++i) row[names[i]] = cells[i];
    out.push_back(std::move(row));
  }
  return out;
}

class RecordedRun : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Runs, RecordedRun,
                         testing::Values("s01_market_orders", "s16_benchmark/spy_asset", "s16_benchmark/ko_asset_split",
                                         "s16_benchmark/returns_series", "s16_benchmark/no_benchmark"),
                         [](const auto& p) {
                           std::string name = p.param;
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

TEST_P(RecordedRun, StatisticsOfEveryRow) {
  const std::filesystem::path golden = utils::shared_data() / "golden/zipline_reloaded";
  RUSTYBT_NEED_SHARED_DATA(golden);
  const std::vector<PerfRow> rows = read_perf(golden / "expected" / GetParam() / "perf.csv");
  ASSERT_GT(rows.size(), 50u);
  ReturnStatistics s;
  double growth = 1.0;  // the benchmark's daily return from its recorded cumulative one
  for (const PerfRow& row : rows) {
    const double now = 1 + number(row.at("benchmark_period_return"));
    s.add(number(row.at("returns")), now / growth - 1);
    growth = now;
    const auto same = [&](const char* column, double ours) {
      const double expected = number(row.at(column));
      ASSERT_EQ(std::isnan(ours), std::isnan(expected)) << row.at("session") << ' ' << column;
      if (!std::isnan(expected)) {
        ASSERT_NEAR(ours, expected, 1e-6 * std::fabs(expected) + 1e-9) << row.at("session") << ' ' << column;
      }
    };
    same("algo_volatility", s.algorithm_volatility());
    same("benchmark_volatility", s.benchmark_volatility());
    same("sharpe", s.sharpe());
    same("sortino", s.sortino());
    same("max_drawdown", s.max_drawdown());
    same("alpha", s.alpha());
    same("beta", s.beta());
    same("benchmark_period_return", s.benchmark_period_return());
  }
}

// --- rows of the performance frame
// --------------------------------------------------------------------------------------------------

class Tracker : public testing::TestWithParam<Preset> {
 protected:
  Tracker()
      : policies_(Policies::of(GetParam())),
        ledger_(context_, policies_, test::money(context_, "1000")),
        tracker_(ledger_, policies_, tables_, benchmark_) {}

  void trade(std::int64_t amount, std::string_view price) {
    ledger_.process_transaction({kA, amount, test::price(context_, price), 1, {1}});
  }
  void mark(std::string_view price) { ledger_.set_last_price(0, test::price(context_, price), 2); }
  [[nodiscard]] Decimal shown(Money m) const { return context_.money().to_decimal(m); }
  static Decimal d(std::string_view text) { return Decimal::parse(text); }

  DecimalContext context_ = test::make_context();
  Policies policies_;
  ResultTables tables_;
  std::vector<double> benchmark_ = {0.01, -0.02};
  DecimalLedger ledger_;
  MetricsTracker tracker_;
};

INSTANTIATE_TEST_SUITE_P(Presets, Tracker, testing::Values(Preset::Zipline, Preset::Rustybt),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

TEST_P(Tracker, ASessionsRow) {
  tracker_.start_of_session_before_dividends();
  tracker_.start_of_session_after_dividends();
  trade(10, "50");
  ledger_.process_commission(kA, test::money(context_, "1"));
  mark("51");
  tracker_.end_of_session(0, 100, 200);
  ASSERT_EQ(tables_.performance.size(), 1u);
  const PerformanceRow& row = tables_.performance.rows()[0];
  EXPECT_EQ(row.session, 0);
  EXPECT_EQ(row.period_open_ns, 100);
  EXPECT_EQ(row.period_close_ns, 200);
  EXPECT_EQ(shown(row.starting_cash), d("1000"));
  EXPECT_EQ(shown(row.starting_value), d("0"));
  EXPECT_EQ(shown(row.ending_cash), d("499"));
  EXPECT_EQ(shown(row.ending_value), d("510"));
  EXPECT_EQ(shown(row.ending_exposure), d("510"));
  EXPECT_EQ(shown(row.portfolio_value), d("1009"));
  EXPECT_EQ(shown(row.pnl), d("9"));
  EXPECT_EQ(shown(row.capital_used), d("-501"));
  EXPECT_EQ(shown(row.long_value), d("510"));
  EXPECT_EQ(row.longs_count, 1);
  EXPECT_EQ(row.shorts_count, 0);
  EXPECT_EQ(row.trading_days, 1);
  EXPECT_NEAR(row.returns, 0.009, 1e-15);
  EXPECT_NEAR(row.algorithm_period_return, 0.009, 1e-15);
  EXPECT_NEAR(row.benchmark_period_return, 0.01, 1e-15);
  EXPECT_DOUBLE_EQ(row.gross_leverage, 510.0 / 1009.0);
  EXPECT_TRUE(std::isnan(row.algo_volatility));
  EXPECT_TRUE(std::isnan(row.benchmark_volatility));
  EXPECT_TRUE(std::isnan(row.beta));
}

TEST_P(Tracker, EachSessionCountsFromTheOneBefore) {
  tracker_.start_of_session_before_dividends();
  tracker_.start_of_session_after_dividends();
  trade(10, "50");
  mark("50");
  tracker_.end_of_session(0, 1, 2);
  tracker_.start_of_session_before_dividends();
  tracker_.start_of_session_after_dividends();
  trade(-5, "60");
  mark("60");
  tracker_.end_of_session(1, 3, 4);
  const PerformanceRow& row = tables_.performance.rows()[1];
  EXPECT_EQ(shown(row.starting_cash), d("500"));
  EXPECT_EQ(shown(row.starting_value), d("500"));
  EXPECT_EQ(shown(row.pnl), d("100"));
  EXPECT_EQ(shown(row.capital_used), d("300"));
  EXPECT_NEAR(row.returns, 0.1, 1e-15);
  EXPECT_DOUBLE_EQ(row.max_leverage, 0.5);  // of the first session; 300 of 1,100 now
  EXPECT_EQ(row.trading_days, 2);
  EXPECT_NEAR(row.benchmark_period_return, 1.01 * 0.98 - 1, 1e-15);
}

// quirk Q3
TEST_P(Tracker, DividendsAreInReturnsAndInPnlUnderRustybtOnly) {
  tracker_.start_of_session_before_dividends();
  tracker_.start_of_session_after_dividends();
  trade(10, "50");
  mark("50");
  tracker_.end_of_session(0, 1, 2);
  tracker_.start_of_session_before_dividends();
  ledger_.earn_cash_dividend(kA, d("2"), 7);
  ledger_.pay_dividends(7);
  tracker_.start_of_session_after_dividends();
  mark("51");
  tracker_.end_of_session(1, 3, 4);
  const PerformanceRow& row = tables_.performance.rows()[1];
  EXPECT_EQ(shown(row.starting_cash), d("520"));
  EXPECT_EQ(shown(row.pnl), GetParam() == Preset::Zipline ? d("10") : d("30"));
  EXPECT_NEAR(row.returns, 0.03, 1e-15);
  EXPECT_EQ(shown(row.capital_used), d("20"));
}

// Zipline: a benchmark without a price before the run. Alpha, beta and deviation are of the sessions that have a
// return.
TEST_P(Tracker, ASessionWithoutABenchmarkReturn) {
  benchmark_ = {std::nan(""), 0.01, 0.02};
  MetricsTracker tracker(ledger_, policies_, tables_, benchmark_);
  const std::string_view prices[] = {"51", "51.51", "53.0553"};  // returns of 2, 1 and 3 percent
  for (int session = 0; session < 3; ++session) {
    tracker.start_of_session_before_dividends();
    tracker.start_of_session_after_dividends();
    if (session == 0) trade(20, "50");
    mark(prices[session]);
    tracker.end_of_bar(session, 1, 2, 0.005);
    tracker.end_of_session(session, 1, 2);
  }
  const auto rows = tables_.performance.rows();
  for (const PerformanceRow& row : rows) EXPECT_TRUE(std::isnan(row.benchmark_period_return));
  for (int i = 0; i < 2; ++i) {  // one return or none
    EXPECT_TRUE(std::isnan(rows[i].alpha));
    EXPECT_TRUE(std::isnan(rows[i].beta));
    EXPECT_TRUE(std::isnan(rows[i].benchmark_volatility));
  }
  // through (0.01, 0.01) and (0.02, 0.03): slope 2, at zero -0.01
  EXPECT_NEAR(rows[2].beta, 2, 1e-12);
  EXPECT_NEAR(rows[2].alpha, std::pow(0.99, 252) - 1, 1e-12);
  EXPECT_NEAR(rows[2].benchmark_volatility, 0.01 / std::sqrt(2.0) * std::sqrt(252.0), 1e-12);
  const MinutePerformanceRow& minute = tables_.minute_performance.rows()[2];
  EXPECT_TRUE(std::isnan(minute.benchmark_volatility));
  if (GetParam() == Preset::Zipline) {
    EXPECT_NEAR(minute.beta, 2, 1e-12);
    EXPECT_NEAR(minute.alpha, std::pow(0.99, 252) - 1, 1e-12);
  }
}

TEST_P(Tracker, WithoutBenchmarkReturnsTheyAreZero) {
  MetricsTracker tracker(ledger_, policies_, tables_, {});
  for (int session = 0; session < 3; ++session) {
    tracker.start_of_session_before_dividends();
    tracker.start_of_session_after_dividends();
    tracker.end_of_session(session, 0, 0);
  }
  const PerformanceRow& row = tables_.performance.rows()[2];
  EXPECT_EQ(row.benchmark_period_return, 0.0);
  EXPECT_EQ(row.benchmark_volatility, 0.0);
  EXPECT_TRUE(std::isnan(row.alpha));
  EXPECT_TRUE(std::isnan(row.beta));
  EXPECT_TRUE(std::isnan(row.sharpe));
}

}  // namespace
}  // namespace rustybt::finance

#include "rustybt/algorithm/result.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {
namespace {

using finance::RecordedCell;
using finance::RecordedValue;

constexpr std::int64_t kFillOne = 1'000'000'000'000;  // 1.00 at 12 digits

/// Two sessions of one stock, AAA (sid 7), prices with 2 decimals, fills with 12, money with 18.
class ResultTable : public ::testing::Test {
 protected:
  ResultTable() {
    assets::Asset asset;
    asset.sid = {7};
    asset.symbol = "AAA";
    asset.start_date = Date::parse("2020-01-02");
    asset.end_date = Date::parse("2020-12-31");
    const std::vector<assets::Asset> assets = {asset};
    result_.bundle.finder = std::make_shared<const assets::AssetFinder>(assets);
    const int scale = 2;
    const std::int64_t largest = 100'00;
    result_.context =
        std::make_shared<const finance::DecimalContext>(assets, std::span(&scale, 1), std::span(&largest, 1));
    for (const char* day : {"2020-01-02", "2020-01-03"}) {
      gens::SessionTimes times;
      times.label = Date::parse(day);
      result_.sessions.push_back(times);
    }
    result_.capital = Decimal::parse("1000");
  }
  Money money(const char* text) const { return result_.context->money().from_decimal(Decimal::parse(text)); }
  finance::PerformanceRow& add_session(int session, const char* value, double total_return) {
    finance::PerformanceRow row;
    row.session = session;
    row.portfolio_value = money(value);
    row.ending_cash = money("10.5");
    row.algorithm_period_return = total_return;
    row.sharpe = std::nan("");
    row.max_drawdown = -0.25;
    return result_.tables.performance.add(row);
  }
  void add_order(int session, std::int64_t id, const char* commission) {
    finance::OrderRow row;
    row.session = session;
    row.order.id = {id};
    row.order.asset = {0};
    row.order.amount = 100;
    row.order.commission = money(commission);
    row.order.limit = 3 * kFillOne / 2;
    result_.tables.orders.add(row);
  }
  RunResult result_;
};

TEST_F(ResultTable, KeepsMoneyExactAtTheSmallestScaleThatHoldsIt) {
  add_session(0, "1000.125", 0);
  add_session(1, "999.1", 0);
  const auto column = result_table(result_, "performance").column("portfolio_value").as<storage::Decimals>();
  EXPECT_EQ(column.scale, 3);
  EXPECT_EQ(column.values, (std::vector<std::int64_t>{1000125, 999100}));
  const auto cash = result_table(result_, "performance").column("ending_cash").as<storage::Decimals>();
  EXPECT_EQ(cash.scale, 2) << "two digits at least";
  EXPECT_EQ(cash.values.front(), 1050);
}

TEST_F(ResultTable, RoundsMoneyHalfEvenToNineDigitsWhereEighteenAreNotEnough) {
  // Python: Decimal("100000000.0000000005").quantize(Decimal("1e-9")) and ...15: 100000000.000000000,
  // 100000000.000000002
  add_session(0, "100000000.0000000005", 0);
  add_session(1, "100000000.0000000015", 0);
  const auto column = result_table(result_, "performance").column("portfolio_value").as<storage::Decimals>();
  EXPECT_EQ(column.scale, 9);
  EXPECT_EQ(column.values, (std::vector<std::int64_t>{100'000'000'000'000'000, 100'000'000'000'000'002}));
}

TEST_F(ResultTable, RoundsToFewerDigitsWhereTheLargestValueNeedsThem) {
  add_session(0, "1.000000001", 0);
  add_session(1, "1000000000", 0);  // 19 digits with 9 after the point
  const auto column = result_table(result_, "performance").column("portfolio_value").as<storage::Decimals>();
  EXPECT_EQ(column.scale, 8);
  EXPECT_EQ(column.values, (std::vector<std::int64_t>{100'000'000, 100'000'000'000'000'000}));
}

TEST_F(ResultTable, ShowsZiplinesNoneAsMissing) {
  add_session(0, "1000", 0);
  const storage::ColumnTable table = result_table(result_, "performance");
  EXPECT_FALSE(table.column("sharpe").is_valid(0));
  EXPECT_TRUE(table.column("returns").is_valid(0));
  EXPECT_EQ(table.column("period_label").as<storage::Strings>().values.front(), "2020-01");
  EXPECT_EQ(table.column("session").as<storage::Dates>().values.front(), Date::parse("2020-01-02").days);
}

TEST_F(ResultTable, HasTheColumnsOfZiplinesFrame) {
  // zipline_semantics 5
  const storage::ColumnTable table = result_table(result_, "performance");
  for (const char* name : {"period_open",
                           "period_close",
                           "returns",
                           "pnl",
                           "capital_used",
                           "portfolio_value",
                           "ending_cash",
                           "ending_value",
                           "ending_exposure",
                           "starting_cash",
                           "starting_value",
                           "starting_exposure",
                           "longs_count",
                           "shorts_count",
                           "long_value",
                           "short_value",
                           "long_exposure",
                           "short_exposure",
                           "gross_leverage",
                           "net_leverage",
                           "algorithm_period_return",
                           "benchmark_period_return",
                           "benchmark_volatility",
                           "algo_volatility",
                           "sharpe",
                           "sortino",
                           "max_drawdown",
                           "alpha",
                           "beta",
                           "max_leverage",
                           "excess_return",
                           "treasury_period_return",
                           "trading_days",
                           "period_label"}) {
    EXPECT_NE(table.find(name), nullptr) << name;
  }
}

TEST_F(ResultTable, NamesAssetsBySidAndSymbolAndLeavesAbsentPricesOut) {
  add_order(1, 1, "0.1");
  const storage::ColumnTable table = result_table(result_, "orders");
  EXPECT_EQ(table.column("sid").as<storage::Int64s>().values.front(), 7);
  EXPECT_EQ(table.column("symbol").as<storage::Strings>().values.front(), "AAA");
  EXPECT_FALSE(table.column("stop").is_valid(0));
  EXPECT_EQ(table.column("limit").as<storage::Decimals>().values.front(), 150);
  EXPECT_EQ(table.column("amount").as<storage::Int64s>().values.front(), 100);
}

TEST_F(ResultTable, GivesRecordedValuesTheNarrowestKindThatHoldsAll) {
  add_session(0, "1", 0);
  add_session(1, "1", 0);
  result_.tables.recorded_names = {"number", "count", "flag", "word", "mixed", "session"};
  const auto add = [&](int session, int name, RecordedValue value) {
    result_.tables.recorded.push_back({session, name, std::move(value)});
  };
  add(0, 0, 1.5);
  add(1, 0, std::int64_t{2});
  add(1, 1, std::int64_t{3});
  add(0, 2, true);
  add(1, 2, false);
  add(0, 3, std::string("a"));
  add(0, 4, 1.5);
  add(1, 4, std::string("b"));
  add(0, 5, 4.0);
  const storage::ColumnTable table = result_table(result_, "recorded");
  EXPECT_EQ(table.column("number").as<storage::Doubles>().values, (std::vector<double>{1.5, 2.0}));
  EXPECT_EQ(table.column("count").as<storage::Int64s>().values.back(), 3);
  EXPECT_FALSE(table.column("count").is_valid(0)) << "nothing recorded in the first session";
  EXPECT_EQ(table.column("flag").as<storage::Bools>().values, (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(table.column("word").kind(), "string");
  EXPECT_EQ(table.column("mixed").as<storage::Strings>().values, (std::vector<std::string>{"1.5", "b"}));
  EXPECT_EQ(table.column("recorded_session").as<storage::Doubles>().values.front(), 4.0);
}

TEST_F(ResultTable, RefusesAnUnknownName) { EXPECT_THROW((void)result_table(result_, "trades"), Error); }

TEST_F(ResultTable, SummaryCountsEachOrderOnceWithItsLastCommission) {
  add_session(0, "1100", 0.10);
  add_session(1, "1210", 0.21);
  add_order(0, 1, "0.5");
  add_order(1, 1, "1.25");  // the same order, filled further
  add_order(1, 2, "0.1");
  const Summary summary = summarize(result_);
  EXPECT_EQ(summary.orders, 2);
  EXPECT_EQ(summary.commissions.to_string(), "1.35");
  EXPECT_EQ(summary.ending_value.to_string(), "1210");
  EXPECT_EQ(summary.sessions, 2);
  EXPECT_EQ(summary.last_session, Date::parse("2020-01-03"));
  // Python: 1.21 ** (252 / 2) - 1 = 26974702266.757908
  EXPECT_NEAR(summary.annual_return, 26974702266.757908, 1e-3);
  EXPECT_NEAR(summary.calmar, 26974702266.757908 / 0.25, 1e-2);
  EXPECT_TRUE(std::isnan(summary.sharpe));
}

TEST_F(ResultTable, SummaryOfARunWithoutSessionsIsTheCapital) {
  const Summary summary = summarize(result_);
  EXPECT_EQ(summary.sessions, 0);
  EXPECT_EQ(summary.ending_value.to_string(), "1000");
}

}  // namespace
}  // namespace rustybt::algorithm

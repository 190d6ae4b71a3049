#include "rustybt/analytics/reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rustybt/core/error.hpp"

namespace rustybt::analytics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A run of `sessions` days whose value swings.
ReportInput make_input(int sessions) {
  ReportInput input;
  input.title = "dual_moving_average.py";
  input.subtitle = "bundle demo, daily bars";
  input.headline = {{"Total return", "+12.3 %", "benchmark +4.0 %", Tone::Good}};
  input.starting_capital = 100000;
  input.benchmark_name = "MARKET";
  double value = input.starting_capital;
  for (int i = 0; i < sessions; ++i) {
    const double r = 0.01 * std::sin(i * 0.7) + 0.0003;
    value *= 1 + r;
    input.sessions.push_back(Date{3650 + i});
    input.equity.push_back(value);
    input.returns.push_back(r);
    input.benchmark_returns.push_back(r / 2);
  }
  ReportTable table{"Transactions",           {{"Time"}, {"Amount", true}}, {}, {}, 5000,
                    {{"Traded", "1,234.50"}}, "transactions.parquet"};
  for (int i = 0; i < 15; ++i) {
    table.first_rows.push_back({"2019-01-02", "100"});
    table.last_rows.push_back({"2023-12-29", "\u2212100"});
  }
  input.tables = {table};
  input.policies = {{"fill", "next_close"}, {"limit_check", "never_worse"}};
  input.provenance = {{"Data hash", "0123abcd"}, {"Seed", "1"}, {"rustybt", "0.1.0"}};
  input.notes = {"The default slippage model was used."};
  input.command = "rustybt run a.py --bundle 'a & b'";
  return input;
}

TEST(Report, IsUnder500KilobytesForAnyLength) {
  EXPECT_LT(render_report(make_input(10)).size(), 500'000u);
  EXPECT_LT(render_report(make_input(4000)).size(), 500'000u);
  EXPECT_LT(render_report(make_input(12000)).size(), 500'000u);
}

TEST(Report, LoadsNothingFromOutside) {
  const std::string page = render_report(make_input(100));
  for (const char* loader : {"src=", "href=", "url(", "@import", "sourceMappingURL", "<link", "<img", "<iframe"}) {
    EXPECT_THAT(page.substr(0, page.find("<script type=\"application/json\"")), Not(HasSubstr(loader))) << loader;
  }
  EXPECT_THAT(page, Not(HasSubstr("sourceMappingURL")));
  EXPECT_THAT(page, Not(HasSubstr("<script src")));
}

TEST(Report, SaysWhatReproducesTheRun) {
  const std::string page = render_report(make_input(100));
  for (const char* text : {"limit_check", "never_worse", "0123abcd", "Seed", "transactions.parquet", "4,970 more rows",
                           "The default slippage model was used.", "1,234.50", "+12.3 %", "MARKET"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
  EXPECT_THAT(page, HasSubstr("rustybt run a.py --bundle 'a &amp; b'")) << "text is escaped";
}

TEST(Report, KeepsTheLicenceOfTheChartLibrary) {
  const std::string page = render_report(make_input(3));
  EXPECT_THAT(page, HasSubstr("Dan Vanderkam"));
  EXPECT_THAT(page, HasSubstr("Permission is hereby granted"));
}

TEST(Report, TextCannotLeaveItsElement) {
  ReportInput input = make_input(3);
  input.title = "<script>alert(1)</script>";
  input.benchmark_name = "</script><script>alert(1)</script>";
  EXPECT_THAT(render_report(input), Not(HasSubstr("alert(1)</script>")));
}

TEST(Report, LongRunsShowTheExtremesOfGroupsAndSaySo) {
  EXPECT_THAT(render_report(make_input(kMaxChartPoints)), Not(HasSubstr("The charts show")));
  ReportInput input = make_input(9000);
  input.equity[5003] = 7654321.25;  // a spike of one session
  const std::string page = render_report(input);
  EXPECT_THAT(page, HasSubstr("of 9,000 sessions"));
  EXPECT_THAT(page, HasSubstr("7654321.25"));
}

TEST(Report, WorksForARunWithoutSessions) { EXPECT_THAT(render_report(make_input(0)), HasSubstr("Policies in force")); }

TEST(Report, RefusesSeriesOfDifferentLength) {
  ReportInput input = make_input(5);
  input.returns.pop_back();
  EXPECT_THROW((void)render_report(input), Error);
}

TEST(MonthlyReturns, CompoundWithinTheMonth) {
  // 1.1 * 1.1 = 1.21; Python: Decimal('1.1')**2
  const std::vector<Date> days = {Date::parse("2020-01-30"), Date::parse("2020-01-31"), Date::parse("2020-02-03")};
  const auto months = monthly_returns(days, {0.1, 0.1, -0.5});
  ASSERT_EQ(months.size(), 2u);
  EXPECT_EQ(months[0].year, 2020);
  EXPECT_EQ(months[0].month, 1);
  EXPECT_NEAR(months[0].value, 0.21, 1e-15);
  EXPECT_EQ(months[1].month, 2);
  EXPECT_NEAR(months[1].value, -0.5, 1e-15);
}

TEST(Drawdowns, MeasureFromTheHighestValueSoFarAndFromTheStart) {
  const auto falls = drawdowns({-0.1, 0.0, 1.0, -0.5, 0.5});
  const std::vector<double> expected = {-0.1, -0.1, 0.0, -0.5, -0.25};
  ASSERT_EQ(falls.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(falls[i], expected[i], 1e-15);
}

}  // namespace
}  // namespace rustybt::analytics

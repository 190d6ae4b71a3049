// Controls, restrictions and capital changes in whole runs.

#include <gmock/gmock.h>

#include "rustybt/algorithm/result.hpp"
#include "rustybt/algorithm/script_test.hpp"
#include "rustybt/core/caught_error_test.hpp"

namespace rustybt::algorithm {
namespace {

using finance::Policies;
using finance::Preset;
using gens::CapitalChange;
using test::d;
using test::day;
using test::Market;
using test::Script;
using testing::ElementsAre;

Timestamp at(std::string_view text) { return Timestamp::parse(text); }

/// AAA at 10.000, 10.001, ... from 2020-01-02 on; fills without slippage and cost.
class Controls : public testing::TestWithParam<Preset> {
 protected:
  Controls() {
    a_ = market_.add_daily("AAA", "2020-01-02", 20, [](int i) { return 10'000 + i; }, 100'000);
    script_.setup = [this](Context& context) {
      context.set_slippage(finance::NoSlippage{});
      context.set_commission(finance::NoCommission{});
      if (setup) setup(context);
    };
  }
  RunResult run(std::string_view last = "2020-01-10") {
    return run_algorithm(script_, test::bundle_of(market_),
                         test::settings("2020-01-02", last, Policies::of(GetParam())));
  }
  /// The error that ends a run.
  Error failure() {
    const RunResult result = run();
    failed_after_ = static_cast<int>(result.tables.performance.size());
    return error_of([&] { result.raise(); });
  }

  Market market_ = Market::new_york();
  AssetIndex a_;
  Script script_;
  std::function<void(Context&)> setup;
  int failed_after_ = -1;
};

INSTANTIATE_TEST_SUITE_P(Presets, Controls, testing::Values(Preset::Zipline, Preset::Rustybt),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

TEST_P(Controls, AnOrderThatBreaksALimitEndsTheRunInItsSession) {
  setup = [&](Context& context) { context.set_max_position_size({a_, d("15"), std::nullopt}); };
  script_.bar = [&](Context& context, BarData&, int) { context.order(a_, 10); };
  EXPECT_EQ(failure().code(), ErrorCode::TradingControlViolation);
  EXPECT_EQ(failed_after_, 1);  // the first order is filled on the second session, where the next breaks the limit
}

TEST_P(Controls, LoggedOrdersArePlaced) {
  setup = [&](Context& context) { context.set_max_order_size({{}, {}, d("50")}, OnError::Log); };
  script_.bar = [&](Context& context, BarData&, int bar) {
    if (bar == 0) context.order(a_, 10);
  };
  const RunResult result = run("2020-01-06");
  EXPECT_THAT(test::trades(result), ElementsAre("2020-01-03 AAA 10 @ 10.001"));
}

TEST_P(Controls, RestrictedAssetsCannotBeTraded) {
  std::vector<bool> tradable;
  setup = [&](Context& context) {
    finance::AssetRestrictions restrictions;
    restrictions.add({{a_, at("2020-01-06T00:00:00Z").ns, true}});
    context.set_asset_restrictions(restrictions, OnError::Ignore);
  };
  script_.bar = [&](Context&, BarData& data, int) { tradable.push_back(data.can_trade(a_)); };
  run("2020-01-07");
  EXPECT_THAT(tradable, ElementsAre(true, true, false, false));
}

TEST_P(Controls, LeverageIsCheckedAtTheCloseBeforeTheSessionIsWritten) {
  setup = [](Context& context) { context.set_max_leverage(0.5); };
  script_.bar = [&](Context& context, BarData&, int bar) {
    if (bar == 1) context.order(a_, 6000);
  };
  EXPECT_EQ(failure().code(), ErrorCode::AccountControlViolation);
  EXPECT_EQ(failed_after_, 2);
}

TEST_P(Controls, AMinimumHoldsAfterTheTimeOfGrace) {
  setup = [](Context& context) { context.set_min_leverage(0.1, 5); };  // 2020-01-07
  EXPECT_EQ(failure().code(), ErrorCode::AccountControlViolation);
  EXPECT_EQ(failed_after_, 3);
}

TEST_P(Controls, ControlsAreSetInInitializeOnly) {
  script_.bar = [&](Context& context, BarData&, int) { context.set_long_only(); };
  EXPECT_EQ(failure().code(), ErrorCode::RegisterTradingControlPostInit);
  script_.bar = [&](Context& context, BarData&, int) { context.set_max_leverage(1); };
  EXPECT_EQ(failure().code(), ErrorCode::RegisterAccountControlPostInit);
}

TEST_P(Controls, AHugeOrderMeetsTheControlsFirst) {
  setup = [](Context& context) { context.set_max_order_size({{}, d("5"), {}}); };
  script_.bar = [&](Context& context, BarData&, int) { context.order(a_, 2e11); };
  EXPECT_EQ(failure().code(), ErrorCode::TradingControlViolation);
  setup = nullptr;
  EXPECT_EQ(failure().code(), ErrorCode::Overflow);
}

// --- capital changes
// --------------------------------------------------------------------------------------------------------

TEST_P(Controls, CashComesAndGoesWithoutBeingProfit) {
  setup = [](Context& context) {
    context.set_capital_change(at("2020-01-02T00:00:00Z"), {CapitalChange::Type::Delta, d("1000.5"), ""});
    context.set_capital_change(at("2020-01-06T00:00:00Z"), {CapitalChange::Type::Delta, d("-500"), ""});
  };
  const RunResult result = run("2020-01-06");
  const auto cash = [&](const char* day) { return test::text(result, test::row_of(result, day).ending_cash); };
  EXPECT_EQ(cash("2020-01-02"), "101000.5");
  EXPECT_EQ(cash("2020-01-03"), "101000.5");
  EXPECT_EQ(cash("2020-01-06"), "100500.5");
  for (const finance::PerformanceRow& row : result.tables.performance.rows()) {
    EXPECT_EQ(test::text(result, row.pnl), "0");
    EXPECT_EQ(test::text(result, row.capital_used), "0");
    EXPECT_EQ(row.returns, 0);
  }
}

TEST_P(Controls, ATargetLooksAtTheCloseBefore) {
  // 1000 shares bought at 10.001; at the close of 01-06 (10.002) the value is 100001
  setup = [](Context& context) {
    context.set_capital_change(at("2020-01-07T00:00:00Z"), {CapitalChange::Type::Target, d("50000"), ""});
  };
  script_.bar = [&](Context& context, BarData&, int bar) {
    if (bar == 0) context.order(a_, 1000);
  };
  const RunResult result = run("2020-01-07");
  const auto changes = result.tables.capital_changes.rows();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(test::text(result, changes[0].target), "50000");
  EXPECT_EQ(test::text(result, changes[0].delta), "-50001");
  EXPECT_EQ(test::text(result, test::row_of(result, "2020-01-07").portfolio_value), "50001");
  EXPECT_EQ(test::text(result, test::row_of(result, "2020-01-07").pnl), "1");
  const storage::ColumnTable table = result_table(result, "capital_changes");
  EXPECT_EQ(table.columns.size(), 4u);
}

TEST_P(Controls, ADayThatIsNoSessionIsIgnoredByZiplineAndRefusedByRustybt) {
  setup = [](Context& context) {
    context.set_capital_change(at("2020-01-04T00:00:00Z"), {CapitalChange::Type::Delta, d("1"), ""});
  };
  if (GetParam() == Preset::Zipline) {
    EXPECT_EQ(run().tables.capital_changes.size(), 0u);
  } else {
    EXPECT_EQ(failure().code(), ErrorCode::NotASession);
  }
}

TEST_P(Controls, AnUnknownTypeIsLoggedByZiplineAndRefusedByRustybt) {
  setup = [](Context& context) {
    context.set_capital_change(at("2020-01-03T00:00:00Z"), {CapitalChange::Type::Unknown, d("1"), "{'type': 'gift'}"});
  };
  if (GetParam() == Preset::Rustybt) {
    EXPECT_EQ(failure().code(), ErrorCode::InvalidArgument);
    return;
  }
  std::vector<std::string> logged;
  RunSettings settings = test::settings("2020-01-02", "2020-01-03", Policies::of(GetParam()));
  settings.log = Log([&](LogLevel level, std::string_view text) {
    if (level == LogLevel::Error) logged.emplace_back(text);
  });
  const RunResult result = test::run(script_, market_, settings);
  EXPECT_EQ(result.tables.capital_changes.size(), 0u);
  EXPECT_THAT(logged, ElementsAre("Capital change {'type': 'gift'} does not indicate a valid type ('target' or "
                                  "'delta')"));
}

class MinuteCapital : public testing::TestWithParam<Preset> {};
INSTANTIATE_TEST_SUITE_P(Presets, MinuteCapital, testing::Values(Preset::Zipline, Preset::Rustybt),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

TEST_P(MinuteCapital, AMinutesTargetLooksAtTheMinuteBefore) {
  // 100 shares ordered at 14:31 and bought at 14:32 for 10.001; at 14:40 they are worth 10.009 each: value 100000.8
  Market market = Market::new_york();
  const AssetIndex a = market.add_minutes("AAA", "2020-01-02", 2, [](int i) { return 10'000 + i; }, 100'000);
  Script script;
  script.setup = [](Context& context) {
    context.set_slippage(finance::NoSlippage{});
    context.set_commission(finance::NoCommission{});
    context.set_capital_change(at("2020-01-02T14:41:00Z"), {CapitalChange::Type::Target, d("90000"), ""});
  };
  std::vector<double> cash;
  script.bar = [&](Context& context, BarData&, int bar) {
    if (bar == 0) context.order(a, 100);
    if (bar == 9 || bar == 10) cash.push_back(context.portfolio().cash);
  };
  RunSettings settings = test::settings("2020-01-02", "2020-01-03", Policies::of(GetParam()));
  settings.frequency = data::DataFrequency::Minute;
  const RunResult result = test::run(script, market, settings);
  const auto changes = result.tables.capital_changes.rows();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(test::text(result, changes[0].delta), "-10000.8");
  EXPECT_THAT(cash, ElementsAre(98999.9, 88999.1));
}

}  // namespace
}  // namespace rustybt::algorithm

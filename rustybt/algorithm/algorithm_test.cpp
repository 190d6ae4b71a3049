#include "rustybt/algorithm/algorithm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rustybt/algorithm/script_test.hpp"
#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {
namespace {

using finance::NoCommission;
using finance::NoSlippage;
using finance::Policies;
using finance::Preset;
using test::d;
using test::day;
using test::Market;
using test::ordered;
using test::trades;
using testing::ElementsAre;
using testing::IsEmpty;

/// Code of the Error that `action` throws; InvariantViolation stands for "threw nothing".
template <class Action>
ErrorCode error_of(Action action) {
  try {
    action();
  } catch (const Error& e) {
    return e.code();
  }
  return ErrorCode::InvariantViolation;
}

class Algorithm : public testing::TestWithParam<Preset> {
 protected:
  Algorithm() {
    strategy_.setup = [](Context& context) {
      context.set_slippage(NoSlippage{});
      context.set_commission(NoCommission{});
    };
  }
  /// A at 10 from 2019-12-02 on.
  AssetIndex add_ten(std::string symbol = "A", std::string_view first = "2019-12-02", int sessions = 60) {
    return market_.add_daily(std::move(symbol), first, sessions, [](int) { return 10'000; }, 1000);
  }
  RunResult run(std::string_view first = "2020-01-02", std::string_view last = "2020-01-07") {
    RunSettings s = test::settings(first, last, policies_);
    s.log = Log([this](LogLevel, std::string_view message) { warnings_.emplace_back(message); });
    return test::run(strategy_, market_, s);
  }
  /// Call `action` on one bar of a run.
  void on_bar(int n, std::function<void(Context&, BarData&)> action) {
    strategy_.bar = [n, action = std::move(action)](Context& context, BarData& data, int bar) {
      if (bar == n) action(context, data);
    };
  }
  [[nodiscard]] bool is_zipline() const { return GetParam() == Preset::Zipline; }

  Policies policies_ = Policies::of(GetParam());
  Market market_ = Market::new_york();
  test::Script strategy_;
  std::vector<std::string> warnings_;
};

INSTANTIATE_TEST_SUITE_P(Presets, Algorithm, testing::Values(Preset::Zipline, Preset::Rustybt),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

// --- amounts
// --------------------------------------------------------------------------------------------------------------------

// zipline_semantics 1.1 and quirk Q7; policy quantity
TEST_P(Algorithm, AmountsAreRoundedAsThePresetSays) {
  const AssetIndex a = add_ten();
  on_bar(0, [&](Context& context, BarData&) {
    for (const double amount : {5.5, -5.5, 3.9999, 3.99995, 0.99995, 0.4, -0.00005, 0.9999999999, 100.00000000001})
      context.order(a, amount);
    if (is_zipline()) {
      EXPECT_THAT(ordered(context), ElementsAre(5, -5, 3, 4, 1, 1, 100));
    } else {
      EXPECT_THAT(ordered(context), ElementsAre(5, -5, 3, 3, 1, 100));
    }
    EXPECT_EQ(context.order(a, 0), std::nullopt);
    EXPECT_EQ(context.order(a, 7)->value, is_zipline() ? 8 : 7);
  });
  run();
}

TEST_P(Algorithm, AmountsOfCoinsKeepTheirDigitsUnderRustybt) {
  const AssetIndex a = add_ten();
  market_.assets[0].quantity_digits = 8;
  on_bar(0, [&](Context& context, BarData&) {
    for (const double amount : {0.29, 1.5, 0.1 + 0.2, 0.7 - 0.41, 0.123456789}) context.order(a, amount);
    if (is_zipline()) {
      EXPECT_THAT(ordered(context), ElementsAre(100'000'000));  // whole coins
    } else {
      EXPECT_THAT(ordered(context), ElementsAre(29'000'000, 150'000'000, 30'000'000, 29'000'000, 12'345'678));
    }
  });
  const RunResult result = run();
  EXPECT_EQ(trades(result)[0], is_zipline() ? "2020-01-03 A 100000000 @ 10" : "2020-01-03 A 29000000 @ 10");
}

TEST_P(Algorithm, ImpossibleAmountsAreRefused) {
  const AssetIndex a = add_ten();
  on_bar(0, [&](Context& context, BarData&) {
    EXPECT_EQ(error_of([&] { context.order(a, std::nan("")); }), ErrorCode::InvalidArgument);
    EXPECT_EQ(error_of([&] { context.order(a, std::numeric_limits<double>::infinity()); }), ErrorCode::InvalidArgument);
    EXPECT_EQ(error_of([&] { context.order(a, 1e11 + 1); }), ErrorCode::Overflow);
    const TradingAlgorithm::ShareCount batch[] = {{a, 100'000'000'001}};
    EXPECT_EQ(error_of([&] { context.batch_market_order(batch); }), ErrorCode::Overflow);
    EXPECT_EQ(error_of([&] { context.order(a, 1, ExecutionStyle::limit(-1)); }), ErrorCode::BadOrderParameters);
    EXPECT_THAT(ordered(context), IsEmpty());
    context.order(a, 1e11);
  });
  run("2020-01-02", "2020-01-02");
}

TEST_P(Algorithm, OrdersByValueAndPercent) {
  const AssetIndex a = add_ten();
  on_bar(0, [&](Context& context, BarData&) {
    context.order_value(a, 155);
    context.order_value(a, -155);
    context.order_percent(a, 0.25);
    context.order_target(a, 40);
    context.order_target_value(a, 1234);
    context.order_target_percent(a, -0.1);
    EXPECT_THAT(ordered(context), ElementsAre(15, -15, 2500, 40, 123, -1000));
  });
  run();
}

TEST_P(Algorithm, TargetsCountThePositionNotTheOpenOrders) {
  const AssetIndex a = add_ten();
  strategy_.bar = [&](Context& context, BarData&, int n) {
    if (n == 0) {
      context.order_target(a, 10);
      context.order_target(a, 10);  // nothing has filled yet: once more
    }
    if (n == 1) {
      EXPECT_EQ(context.position(a).amount, 20);
      context.order_target(a, 25);
      context.order_target_value(a, 100);
      context.order_target_percent(a, 0);
      EXPECT_EQ(context.order_target(a, 20), std::nullopt);
      EXPECT_THAT(ordered(context), ElementsAre(10, 10, 5, -10, -20));
    }
  };
  run();
}

TEST_P(Algorithm, ValueOrdersNeedAPrice) {
  const AssetIndex a = add_ten();
  const AssetIndex late = add_ten("LATE", "2020-01-06", 5);
  const AssetIndex quiet = market_.add_daily("QUIET", "2019-12-31", 30, [](int i) { return i < 5 ? 0 : 10'000; }, 1000);
  on_bar(0, [&](Context& context, BarData&) {
    EXPECT_EQ(error_of([&] { context.order_value(late, 100); }), ErrorCode::CannotOrderDelistedAsset);
    EXPECT_EQ(error_of([&] { context.order_target_percent(quiet, 0.1); }), ErrorCode::CannotOrderDelistedAsset);
    EXPECT_TRUE(context.order(late, 5));  // by number of shares it may wait for the first bar
    EXPECT_TRUE(context.order_value(a, 100));
  });
  EXPECT_THAT(trades(run()), ElementsAre("2020-01-03 A 10 @ 10", "2020-01-06 LATE 5 @ 10"));
}

// quirk Q35 and zipline_semantics 1.1
TEST_P(Algorithm, AssetsThatHaveEnded) {
  const AssetIndex gone = add_ten("GONE", "2019-12-02", 22);  // to 2020-01-02
  const AssetIndex halted = add_ten("HALT", "2019-12-02", 22);
  market_.assets[0].auto_close_date = day("2020-01-06");
  strategy_.bar = [&](Context& context, BarData&, int n) {
    if (n == 0) {
      EXPECT_TRUE(context.order(gone, 1));
    }
    if (n != 1) return;
    if (is_zipline()) {
      EXPECT_EQ(context.order(gone, 1), std::nullopt);
      EXPECT_EQ(context.order_value(gone, 100), std::nullopt);
      EXPECT_EQ(warnings_.size(), 2u);
      EXPECT_TRUE(context.order(halted, 1));  // without an auto-close date it is taken, and never fills
    } else {
      EXPECT_EQ(error_of([&] { context.order(gone, 1); }), ErrorCode::CannotOrderDelistedAsset);
      EXPECT_EQ(error_of([&] { context.order_value(gone, 100); }), ErrorCode::CannotOrderDelistedAsset);
      EXPECT_EQ(error_of([&] { context.order(halted, 1); }), ErrorCode::CannotOrderDelistedAsset);
    }
    EXPECT_EQ(error_of([&] { context.order_value(halted, 100); }), ErrorCode::CannotOrderDelistedAsset);
  };
  EXPECT_THAT(trades(run()), IsEmpty());
}

// --- where orders are allowed
// ---------------------------------------------------------------------------------------------------------

// quirk Q9
TEST_P(Algorithm, NoOrdersInInitialize) {
  const AssetIndex a = add_ten();
  const AssetIndex closing = add_ten("B", "2019-12-02", 22);
  market_.assets[1].auto_close_date = day("2020-02-03");
  strategy_.setup = [&](Context& context) {
    for (const AssetIndex asset : {a, closing}) {
      EXPECT_EQ(error_of([&] { context.order(asset, 1); }), ErrorCode::OrderDuringInitialize);
      EXPECT_EQ(error_of([&] { context.order_value(asset, 100); }), ErrorCode::OrderDuringInitialize);
      EXPECT_EQ(error_of([&] { context.order_target_percent(asset, 0.1); }), ErrorCode::OrderDuringInitialize);
    }
    const TradingAlgorithm::ShareCount batch[] = {{a, 1}};
    EXPECT_EQ(error_of([&] { context.batch_market_order(batch); }), ErrorCode::OrderDuringInitialize);
  };
  run();
}

TEST_P(Algorithm, NoOrdersBeforeTradingStarts) {
  const AssetIndex a = add_ten();
  int calls = 0;
  strategy_.before = [&](Context& context, BarData&) {
    ++calls;
    EXPECT_EQ(error_of([&] { context.order(a, 1); }), ErrorCode::OrderInBeforeTradingStart);
    EXPECT_EQ(error_of([&] { context.order_value(a, 1); }), ErrorCode::OrderInBeforeTradingStart);
    EXPECT_EQ(error_of([&] { context.order_percent(a, 1); }), ErrorCode::OrderInBeforeTradingStart);
    EXPECT_EQ(error_of([&] { context.order_target(a, 1); }), ErrorCode::OrderInBeforeTradingStart);
    EXPECT_EQ(error_of([&] { context.order_target_value(a, 1); }), ErrorCode::OrderInBeforeTradingStart);
    EXPECT_EQ(error_of([&] { context.order_target_percent(a, 1); }), ErrorCode::OrderInBeforeTradingStart);
    EXPECT_EQ(context.cancel_order({1}), calls == 2);  // cancelling is allowed
  };
  strategy_.bar = [&](Context& context, BarData&, int n) {
    if (n == 0) {
      EXPECT_TRUE(context.order(a, 1));
    }
  };
  run();
  EXPECT_EQ(calls, 4);
}

TEST_P(Algorithm, ModelsAreChosenInInitializeOnly) {
  add_ten();
  on_bar(0, [&](Context& context, BarData&) {
    EXPECT_EQ(error_of([&] { context.set_slippage(NoSlippage{}); }), ErrorCode::SetSlippagePostInit);
    EXPECT_EQ(error_of([&] { context.set_commission(NoCommission{}); }), ErrorCode::SetCommissionPostInit);
    EXPECT_EQ(error_of([&] { context.set_cancel_policy(CancelPolicy::end_of_day()); }),
              ErrorCode::SetCancelPolicyPostInit);
    EXPECT_EQ(error_of([&] { context.set_benchmark({0}); }), ErrorCode::SetBenchmarkOutsideInitialize);
  });
  run();
}

// --- orders as a strategy sees them
// ------------------------------------------------------------------------------------------------------

TEST_P(Algorithm, OpenOrdersByAssetInOrderOfTheFirst) {
  const AssetIndex a = add_ten("A"), b = add_ten("B");
  on_bar(0, [&](Context& context, BarData&) {
    context.order(b, 1);
    context.order(a, 2);
    const OrderId third = *context.order(b, 3);
    const auto amounts = [&](std::optional<AssetIndex> asset) {
      std::vector<std::int64_t> out;
      for (const finance::Order* o : context.get_open_orders(asset)) out.push_back(o->amount);
      return out;
    };
    EXPECT_THAT(amounts(std::nullopt), ElementsAre(1, 3, 2));
    EXPECT_THAT(amounts(b), ElementsAre(1, 3));
    EXPECT_TRUE(context.cancel_order(third));
    EXPECT_FALSE(context.cancel_order(third));
    EXPECT_THAT(amounts(b), ElementsAre(1));
    EXPECT_EQ(context.get_order(third)->status, finance::OrderStatus::Cancelled);
    EXPECT_EQ(context.get_order({99}), nullptr);
  });
  run();
}

TEST_P(Algorithm, BatchesSkipZeroAndAreNotRounded) {
  const AssetIndex a = add_ten("A"), b = add_ten("B"), c = add_ten("C");
  on_bar(0, [&](Context& context, BarData&) {
    const TradingAlgorithm::ShareCount batch[] = {{c, 5}, {a, 0}, {b, -7}};
    EXPECT_EQ(context.batch_market_order(batch).size(), 2u);
  });
  EXPECT_THAT(trades(run()), ElementsAre("2020-01-03 C 5 @ 10", "2020-01-03 B -7 @ 10"));
}

TEST_P(Algorithm, PortfolioAccountAndPosition) {
  const AssetIndex a =
      market_.add_daily("A", "2019-12-02", 60, [](int i) { return 10'000 + 1000 * i; }, 1000);  // 31 on 2020-01-02
  strategy_.bar = [&](Context& context, BarData&, int n) {
    if (n == 0) context.order(a, -100);
    if (n != 2) return;
    const Portfolio p = context.portfolio();
    EXPECT_EQ(p.cash, 103'200);
    EXPECT_EQ(p.starting_cash, 100'000);
    EXPECT_EQ(p.positions_value, -3300);
    EXPECT_EQ(p.positions_exposure, -3300);
    EXPECT_EQ(p.portfolio_value, 99'900);
    EXPECT_EQ(p.pnl, -100);
    EXPECT_EQ(p.cash_flow, 3200);
    EXPECT_NEAR(p.returns, -0.001, 1e-15);
    const Account account = context.account();
    EXPECT_EQ(account.settled_cash, 103'200);
    EXPECT_EQ(account.total_positions_value, -3300);
    EXPECT_DOUBLE_EQ(account.leverage, 3300.0 / 99'900);
    EXPECT_DOUBLE_EQ(account.net_leverage, -3300.0 / 99'900);
    EXPECT_DOUBLE_EQ(account.cushion, 103'200.0 / 99'900);
    EXPECT_EQ(account.net_liquidation, 99'900);
    const Position position = context.position(a);
    EXPECT_EQ(position.amount, -100);
    EXPECT_EQ(position.cost_basis, 32);
    EXPECT_EQ(position.last_sale_price, 33);
    EXPECT_EQ(position.last_sale_date->to_string(), "2020-01-06T21:00:00Z");
    EXPECT_EQ(context.positions().size(), 1u);
    EXPECT_EQ(context.position({a.value}).amount, context.position_amount(a));
  };
  run();
}

TEST_P(Algorithm, SymbolsAreFoundInAnyCase) {
  const AssetIndex a = add_ten("ABC");
  strategy_.setup = [&](Context& context) {
    EXPECT_EQ(context.symbol("abc"), a);
    EXPECT_EQ(context.sid(1), a);
    EXPECT_EQ(error_of([&] { (void)context.symbol("XYZ"); }), ErrorCode::SymbolNotFound);
    EXPECT_EQ(error_of([&] { (void)context.sid(77); }), ErrorCode::SidsNotFound);
    EXPECT_EQ(context.get_datetime().to_string(), "2020-01-02T00:00:00Z");
    EXPECT_EQ(context.session_label(), day("2020-01-02"));
    EXPECT_FALSE(context.is_initialized());
  };
  run();
}

// --- schedule and record
// ---------------------------------------------------------------------------------------------------------------

TEST_P(Algorithm, ScheduledFunctionsRunAfterHandleDataInOrderOfRegistration) {
  add_ten();
  std::vector<std::string> calls;
  strategy_.setup = [&](Context& context) {
    context.schedule_function([&](Context&, BarData&) { calls.emplace_back("first"); });
    context.schedule_function([&](Context&, BarData&) { calls.emplace_back("second"); });
  };
  strategy_.bar = [&](Context&, BarData&, int) { calls.emplace_back("bar"); };
  run("2020-01-02", "2020-01-03");
  EXPECT_THAT(calls, ElementsAre("bar", "first", "second", "bar", "first", "second"));
}

TEST_P(Algorithm, DailyBarsFireWhateverTheTimeRule) {
  add_ten();
  std::vector<std::string> weeks, months;
  strategy_.setup = [&](Context& context) {
    const auto note = [](std::vector<std::string>& out) {
      return [&out](Context& c, BarData&) { out.push_back(c.session_label().to_string()); };
    };
    context.schedule_function(note(weeks), DateRule::week_start(), TimeRule::market_open(Timestamp::kMinute * 90));
    context.schedule_function(note(months), DateRule::month_end(), TimeRule::market_close());
  };
  run("2020-01-13", "2020-02-28");
  EXPECT_THAT(weeks, ElementsAre("2020-01-13", "2020-01-21", "2020-01-27", "2020-02-03", "2020-02-10", "2020-02-18",
                                 "2020-02-24"));
  EXPECT_THAT(months, ElementsAre("2020-01-31", "2020-02-28"));
}

TEST_P(Algorithm, HalfDaysCanBeLeftOut) {
  add_ten();
  int with = 0, without = 0;
  strategy_.setup = [&](Context& context) {
    context.schedule_function([&](Context&, BarData&) { ++with; });
    context.schedule_function([&](Context&, BarData&) { ++without; }, DateRule::every_day(), TimeRule::every_minute(),
                              false);
  };
  run("2019-12-24", "2019-12-27");  // the 24th closes early, the 25th is a holiday
  EXPECT_EQ(with, 3);
  EXPECT_EQ(without, 2);
}

TEST_P(Algorithm, AScheduledFunctionMayScheduleMore) {
  add_ten();
  int more = 0;
  strategy_.setup = [&](Context& context) {
    context.schedule_function([&](Context& c, BarData&) {
      for (int i = 0; i < 100; ++i) c.schedule_function([&more](Context&, BarData&) { ++more; });
    });
  };
  run("2020-01-02", "2020-01-02");
  EXPECT_EQ(more, 100);  // as a Python list grows under its loop
}

TEST_P(Algorithm, RecordedValuesStayUntilOverwritten) {
  add_ten();
  strategy_.bar = [&](Context& context, BarData&, int n) {
    if (n == 0) context.record("x", 1.5);
    if (n == 1) {
      context.record("y", std::string("text"));
      context.record("x", 2.5);
      context.record("x", 3.5);
    }
  };
  const RunResult result = run("2020-01-02", "2020-01-06");
  EXPECT_THAT(result.tables.recorded_names, ElementsAre("x", "y"));
  std::vector<std::string> cells;
  for (const finance::RecordedCell& cell : result.tables.recorded) {
    const std::string value = std::holds_alternative<double>(cell.value)
                                  ? Decimal::from_double_shortest(std::get<double>(cell.value)).to_string()
                                  : std::get<std::string>(cell.value);
    cells.push_back(std::to_string(cell.session) + result.tables.recorded_names[static_cast<std::size_t>(cell.name)] +
                    "=" + value);
  }
  EXPECT_THAT(cells, ElementsAre("0x=1.5", "1x=3.5", "1y=text", "2x=3.5", "2y=text"));
}

// quirk Q12: s14_minute of the golden data, table before
TEST_P(Algorithm, NothingCanBeTradedBeforeTheOpenOfAMinuteSessionInZipline) {
  const AssetIndex a = market_.add_minutes("A", "2020-01-02", 3, [](int) { return 10'000; }, 100);
  std::vector<bool> before, during;
  strategy_.before = [&](Context&, BarData& data) { before.push_back(data.can_trade(a)); };
  strategy_.bar = [&](Context&, BarData& data, int bar) {
    if (bar % 390 == 0) during.push_back(data.can_trade(a));
  };
  RunSettings s = test::settings("2020-01-02", "2020-01-06", policies_);
  s.frequency = data::DataFrequency::Minute;
  test::run(strategy_, market_, s);
  const bool is_open = policies_.preset == Preset::Rustybt;
  EXPECT_THAT(before, ElementsAre(false, is_open, is_open));  // no price yet on the first
  EXPECT_THAT(during, ElementsAre(true, true, true));
}

// --- benchmark
// ----------------------------------------------------------------------------------------------------------------------------

class Benchmark : public Algorithm {
 protected:
  std::vector<double> returns(AssetIndex asset, std::string_view first, std::string_view last) {
    strategy_.setup = [asset](Context& context) { context.set_benchmark(asset); };
    return run(first, last).benchmark_returns;
  }
  ErrorCode refused(AssetIndex asset, std::string_view first, std::string_view last) {
    strategy_.setup = [asset](Context& context) { context.set_benchmark(asset); };
    const RunResult result = run_algorithm(strategy_, test::bundle_of(market_), test::settings(first, last, policies_));
    EXPECT_EQ(result.end, RunEnd::Failed);
    return error_of([&] { result.raise(); });
  }
};

INSTANTIATE_TEST_SUITE_P(Presets, Benchmark, testing::Values(Preset::Zipline, Preset::Rustybt),
                         [](const auto& p) { return p.param == Preset::Zipline ? "zipline" : "rustybt"; });

TEST_P(Benchmark, ReturnsOfAnAssetFromTheCloseBeforeTheRun) {
  const AssetIndex a =
      market_.add_daily("A", "2019-12-02", 60, [](int i) { return i < 22    ? 10'000
                                                                  : i == 22 ? 11'000
                                                                            : 9'900; }, 1000);
  const std::vector<double> r = returns(a, "2020-01-02", "2020-01-07");
  ASSERT_EQ(r.size(), 4u);
  EXPECT_EQ(r[0], 0);
  EXPECT_NEAR(r[1], 0.1, 1e-15);
  EXPECT_NEAR(r[2], -0.1, 1e-15);
  EXPECT_EQ(r[3], 0);
}

TEST_P(Benchmark, ASplitIsNoReturn) {
  const AssetIndex a = market_.add_daily("A", "2019-12-02", 60, [](int i) { return i < 22 ? 30'000 : 10'500; }, 1000);
  market_.split(a, "2020-01-03", 1, 3);
  const std::vector<double> r = returns(a, "2020-01-02", "2020-01-06");
  EXPECT_EQ(r[0], 0);
  EXPECT_NEAR(r[1], 0.05, 1e-12);
}

TEST_P(Benchmark, AnAssetBornWithTheRunStartsAtItsOpen) {
  // open 8, close 10 on the first session; a split later must not be mistaken for a return of the first day
  const AssetIndex a = market_.add_daily("A", "2020-01-02", 60, [](int i) { return i < 2 ? 10'000 : 5'500; }, 1000);
  market_.daily[0].columns[static_cast<int>(data::Field::Open)][0] = 8'000;
  market_.daily[0].columns[static_cast<int>(data::Field::Low)][0] = 8'000;
  market_.split(a, "2020-01-06", 1, 2);
  const std::vector<double> r = returns(a, "2020-01-02", "2020-01-07");
  EXPECT_NEAR(r[0], 0.25, 1e-15);
  EXPECT_NEAR(r[1], 0, 1e-15);
  EXPECT_NEAR(r[2], 0.1, 1e-12);
}

TEST_P(Benchmark, MustLiveThroughTheRunWithoutStockDividend) {
  const AssetIndex late = add_ten("LATE", "2020-01-03", 40);
  const AssetIndex early = add_ten("EARLY", "2019-12-02", 23);  // to 2020-01-03
  const AssetIndex payer = add_ten("PAYER");
  market_.stock_dividend(payer, "2020-01-06", "2020-01-08", payer, "0.1");
  EXPECT_EQ(refused(late, "2020-01-02", "2020-01-07"), ErrorCode::BenchmarkAssetNotAvailableTooEarly);
  EXPECT_EQ(refused(early, "2020-01-02", "2020-01-07"), ErrorCode::BenchmarkAssetNotAvailableTooLate);
  EXPECT_EQ(refused(payer, "2020-01-02", "2020-01-09"), ErrorCode::InvalidBenchmarkAsset);
  EXPECT_EQ(returns(payer, "2020-01-07", "2020-01-08").size(), 2u);
}

// zipline-reloaded 3.2.1, DataPortal.get_stock_dividends: "ex_date > first AND pay_date < last"
TEST_P(Benchmark, ZiplineAsksForStockDividendsEarnedAndPaidInsideTheRun) {
  const AssetIndex payer = add_ten("PAYER");
  market_.stock_dividend(payer, "2020-01-06", "2020-01-08", payer, "0.1");
  EXPECT_EQ(refused(payer, "2020-01-03", "2020-01-09"), ErrorCode::InvalidBenchmarkAsset);
  if (policies_.preset == Preset::Zipline) {
    EXPECT_EQ(returns(payer, "2020-01-03", "2020-01-08").size(), 4u) << "paid on the last session";
    EXPECT_EQ(returns(payer, "2020-01-06", "2020-01-09").size(), 4u) << "earned on the first session";
  } else {
    EXPECT_EQ(refused(payer, "2020-01-03", "2020-01-08"), ErrorCode::InvalidBenchmarkAsset);
    EXPECT_EQ(refused(payer, "2020-01-06", "2020-01-09"), ErrorCode::InvalidBenchmarkAsset);
  }
}

TEST_P(Benchmark, OfAMinuteRunIsReadFromDailyBars) {
  market_.add_minutes("TRADED", "2020-01-02", 4, [](int) { return 10'000; }, 100);
  const AssetIndex index = market_.add_daily("INDEX", "2019-12-31", 10, [](int i) { return 10'000 + 1'000 * i; }, 1000);
  strategy_.setup = [index](Context& context) { context.set_benchmark(index); };
  RunSettings s = test::settings("2020-01-02", "2020-01-06", policies_);
  s.frequency = data::DataFrequency::Minute;
  const std::vector<double> r = test::run(strategy_, market_, s).benchmark_returns;
  ASSERT_EQ(r.size(), 3u);
  EXPECT_NEAR(r[0], 11.0 / 10 - 1, 1e-15);
  EXPECT_NEAR(r[1], 12.0 / 11 - 1, 1e-15);
  EXPECT_NEAR(r[2], 13.0 / 12 - 1, 1e-15);
}

}  // namespace
}  // namespace rustybt::algorithm

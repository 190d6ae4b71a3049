#pragma once
// A strategy made of lambdas, run over a market in memory: for this room's tests.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "rustybt/algorithm/run.hpp"
#include "rustybt/gens/market_test.hpp"

namespace rustybt::algorithm::test {

using gens::test::d;
using gens::test::day;
using gens::test::GoldenMarket;
using gens::test::Market;

/// `bar` gets the number of the bar, from 0.
struct Script : Strategy {
  std::function<void(Context&)> setup;
  std::function<void(Context&, BarData&)> before;
  std::function<void(Context&, BarData&, int)> bar;
  std::function<void(Context&, const RunResult&)> finish;
  int bars = 0;

  void initialize(Context& context) override {
    if (setup) setup(context);
  }
  void before_trading_start(Context& context, BarData& data) override {
    if (before) before(context, data);
  }
  void handle_data(Context& context, BarData& data) override {
    if (bar) bar(context, data, bars);
    ++bars;
  }
  void analyze(Context& context, const RunResult& result) override {
    if (finish) finish(context, result);
  }
};

inline data::Bundle bundle_of(const Market& market) {
  data::Bundle bundle;
  bundle.info.name = "test";
  bundle.info.first_session = market.calendar()->sessions().front();
  bundle.info.last_session = market.calendar()->sessions().back();
  bundle.calendar = market.calendar();
  bundle.finder = market.finder();
  bundle.bars = market.store();
  bundle.adjustments = market.adjustments();
  return bundle;
}

inline RunSettings settings(std::string_view first, std::string_view last, const finance::Policies& policies) {
  RunSettings s;
  s.start = day(first);
  s.end = day(last);
  s.policies = policies;
  return s;
}

/// Run to the end; what the strategy throws fails the test.
inline RunResult run(Script& script, const Market& market, const RunSettings& settings) {
  RunResult result = run_algorithm(script, bundle_of(market), settings);
  try {
    result.raise();
  } catch (const std::exception& e) {
    ADD_FAILURE() << e.what();
  }
  return result;
}

inline std::string text(const RunResult& result, Money money) {
  return result.context->money().to_decimal(money).normalized().to_string();
}

/// "2020-01-06 AAA 100 @ 100.55025"
inline std::vector<std::string> trades(const RunResult& result) {
  std::vector<std::string> out;
  for (const finance::TransactionRow& t : result.tables.transactions.rows()) {
    const std::string label = result.sessions[static_cast<std::size_t>(t.session)].label.to_string();
    const Decimal price(t.price, (*result.context)[t.asset].fill_scale);
    out.push_back(label + " " + (*result.bundle.finder)[t.asset].symbol + " " + std::to_string(t.amount) + " @ " +
                  price.normalized().to_string());
  }
  return out;
}

inline const finance::PerformanceRow& row_of(const RunResult& result, std::string_view label) {
  for (const finance::PerformanceRow& row : result.tables.performance.rows()) {
    if (result.sessions[static_cast<std::size_t>(row.session)].label == day(label)) return row;
  }
  throw std::out_of_range(std::string(label));
}

/// Amounts of all orders, in order of creation.
inline std::vector<std::int64_t> ordered(Context& context) {
  std::vector<std::int64_t> out;
  for (const finance::Order& o : context.simulation().blotter().orders()) out.push_back(o.amount);
  return out;
}

}  // namespace rustybt::algorithm::test

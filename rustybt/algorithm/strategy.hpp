#pragma once
// Everything a strategy in C++ needs:
//
//   #include "rustybt/algorithm/strategy.hpp"
//
//   struct BuyAndHold : rustybt::Strategy {
//     void handle_data(rustybt::Context& context, rustybt::BarData&) override {
//       if (!bought_) context.order(context.symbol("AAPL"), 100);
//       bought_ = true;
//     }
//     bool bought_ = false;
//   };
//   RUSTYBT_STRATEGY(BuyAndHold);

#include "rustybt/algorithm/algorithm.hpp"
#include "rustybt/algorithm/bar_data.hpp"
#include "rustybt/algorithm/run.hpp"
#include "rustybt/algorithm/strategy_plugin.hpp"

namespace rustybt {

using algorithm::Account;
using algorithm::BarData;
using algorithm::Context;
using algorithm::Portfolio;
using algorithm::Position;
using algorithm::RunResult;
using algorithm::Strategy;
using data::BarField;
using data::DataFrequency;
using finance::CancelPolicy;
using finance::ExecutionStyle;
using utils::DateRule;
using utils::TimeRule;

}  // namespace rustybt

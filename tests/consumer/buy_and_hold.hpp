#pragma once
#include "rustybt/algorithm/strategy.hpp"

/// Buys 100 shares of SMALL on the first session, at the next session's close and without costs.
struct BuyAndHold : rustybt::Strategy {
  void initialize(rustybt::Context& context) override {
    context.set_slippage(rustybt::finance::NoSlippage{});
    context.set_commission(rustybt::finance::NoCommission{});
    asset_ = context.symbol("SMALL");
  }
  void handle_data(rustybt::Context& context, rustybt::BarData&) override {
    if (has_ordered_) return;
    context.order(asset_, 100);
    has_ordered_ = true;
  }

 private:
  rustybt::AssetIndex asset_;
  bool has_ordered_ = false;
};

// Buy once, hold to the end.

#include "rustybt/algorithm/strategy.hpp"

struct BuyAndHold : rustybt::Strategy {
  void initialize(rustybt::Context& context) override {
    context.set_commission(rustybt::finance::PerShare{.cost = rustybt::Decimal::parse("0.0075"),
                                                      .min_trade_cost = rustybt::Decimal(1, 0)});
    context.set_slippage(rustybt::finance::VolumeShareSlippage{});
  }
  void handle_data(rustybt::Context& context, rustybt::BarData&) override {
    if (has_ordered_) return;
    for (const char* name : {"AAPL", "MSFT"}) context.order(context.symbol(name), 100);
    has_ordered_ = true;
  }

 private:
  bool has_ordered_ = false;
};

RUSTYBT_STRATEGY(BuyAndHold);

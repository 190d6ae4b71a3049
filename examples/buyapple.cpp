// Buy ten shares of Apple every day.

#include "rustybt/algorithm/strategy.hpp"

struct BuyApple : rustybt::Strategy {
  void initialize(rustybt::Context& context) override {
    asset_ = context.symbol("AAPL");
    context.set_commission(rustybt::finance::PerShare{.cost = rustybt::Decimal::parse("0.0075"),
                                                      .min_trade_cost = rustybt::Decimal(1, 0)});
    context.set_slippage(rustybt::finance::VolumeShareSlippage{});
  }
  void handle_data(rustybt::Context& context, rustybt::BarData& data) override {
    context.order(asset_, 10);
    context.record("AAPL", data.price(asset_));
  }

 private:
  rustybt::AssetIndex asset_;
};

RUSTYBT_STRATEGY(BuyApple);

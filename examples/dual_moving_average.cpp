// Hold Apple while its 100-day average is above its 300-day average.

#include "rustybt/algorithm/strategy.hpp"

struct DualMovingAverage : rustybt::Strategy {
  void initialize(rustybt::Context& context) override {
    asset_ = context.symbol("AAPL");
    context.set_commission(rustybt::finance::PerShare{.cost = rustybt::Decimal::parse("0.0075"),
                                                      .min_trade_cost = rustybt::Decimal(1, 0)});
    context.set_slippage(rustybt::finance::VolumeShareSlippage{});
  }
  void handle_data(rustybt::Context& context, rustybt::BarData& data) override {
    // the first 300 days only fill the window
    if (++days_ < 300) return;

    const double short_mavg = data.mean(asset_, rustybt::BarField::Price, 100);
    const double long_mavg = data.mean(asset_, rustybt::BarField::Price, 300);
    if (short_mavg > long_mavg) {
      context.order_target(asset_, 100);
    } else if (short_mavg < long_mavg) {
      context.order_target(asset_, 0);
    }
    context.record("AAPL", data.price(asset_));
    context.record("short_mavg", short_mavg);
    context.record("long_mavg", long_mavg);
  }

 private:
  rustybt::AssetIndex asset_;
  int days_ = 0;
};

RUSTYBT_STRATEGY(DualMovingAverage);

// `rustybt demo`: an invented market and a strategy in C++, from nothing to a report.

#include <fmt/format.h>

#include <vector>

#include "rustybt/algorithm/strategy.hpp"
#include "rustybt/cli/actions.hpp"
#include "rustybt/cli/run_record.hpp"
#include "rustybt/data/synthetic.hpp"

namespace rustybt::cli {

namespace {

constexpr const char* kBundle = "demo";
constexpr int kStocks = 20;

/// Own a stock while its average of 10 closes is above that of 50, each with an equal share of the capital.
class DualMovingAverage final : public Strategy {
 public:
  void initialize(Context& context) override {
    context.set_benchmark(context.symbol("MARKET"));
    for (int i = 1; i <= kStocks; ++i) holdings_.push_back({context.symbol(fmt::format("SYN{:03}", i))});
  }

  void handle_data(Context& context, BarData& data) override {
    if (++sessions_ < kLong) return;
    for (Holding& holding : holdings_) {
      if (!data.can_trade(holding.asset)) continue;
      const bool rising =
          data.mean(holding.asset, BarField::Close, kShort) > data.mean(holding.asset, BarField::Close, kLong);
      if (rising == holding.is_held) continue;
      context.order_target_percent(holding.asset, rising ? 1.0 / kStocks : 0.0);
      holding.is_held = rising;
    }
  }

  [[nodiscard]] bool has_before_trading_start() const override { return false; }

 private:
  static constexpr int kShort = 10;
  static constexpr int kLong = 50;
  struct Holding {
    AssetIndex asset;
    bool is_held = false;
  };
  std::vector<Holding> holdings_;
  int sessions_ = 0;
};

/// The demo's bundle, made when it is absent or damaged.
data::Bundle demo_bundle(Console& console, const data::SyntheticSpec& market) {
  const std::filesystem::path root = data::default_root();
  try {
    data::Bundle bundle = data::load_bundle(root, kBundle);
    if (!bundle.info.source.starts_with("synthetic ")) {
      throw Error(
          ErrorCode::InvalidArgument,
          fmt::format("the bundle {} holds other data ({}), not the invented market", kBundle, bundle.info.source),
          fmt::format("ingest that data under another name, remove {}, and call `rustybt demo` again",
                      (root / "data" / kBundle).string()));
    }
    return bundle;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::UnknownBundle && error.code() != ErrorCode::CorruptBundle) throw;
  }
  console.print("making the bundle demo: an invented market of 20 stocks, five years of daily bars\n");
  const WallClock clock;
  data::IngestOptions options;
  options.root = root;
  options.clock = &clock;
  options.log = console.log();
  data::write_bundle(kBundle, data::make_synthetic(market), options);
  return data::load_bundle(root, kBundle);
}

}  // namespace

int run_demo(Invocation& invocation, const RunOutputs& outputs) {
  const data::SyntheticSpec market;
  const data::Bundle bundle = demo_bundle(invocation.console, market);
  DualMovingAverage strategy;
  RunFacts facts;
  facts.strategy = "dual moving average";
  facts.command = "rustybt demo";
  facts.capital_reason = "default";
  facts.seed = market.seed;
  const int status = execute_run(invocation, strategy, bundle, algorithm::RunSettings{}, std::move(facts), outputs);
  if (status == 0)
    invocation.console.print(
        "\nOpen the report in a browser. Next: docs/getting_started.md, or `rustybt run --help`.\n");
  return status;
}

}  // namespace rustybt::cli

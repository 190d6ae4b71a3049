#pragma once
// Workload W1: one asset, minute bars around the clock, in memory; and the strategies that run on it.

#include <filesystem>

#include "rustybt/algorithm/strategy.hpp"

namespace rustybt::bench {

/// W1's asset.
inline constexpr const char* kSymbol = "W1";
/// What the source of the W1 bundle delivers: the first `bars` bars of make_data.py's file.
[[nodiscard]] data::BundleContent w1_content(const std::filesystem::path& folder, int bars);
/// Many assets of `bars` minutes each, cut from the same file one after another: symbols W1, W2, ..., in memory.
[[nodiscard]] data::Bundle many_assets_bundle(const std::filesystem::path& folder, int assets, int bars);
/// W1 as an open bundle in memory.
[[nodiscard]] data::Bundle w1_bundle(const std::filesystem::path& folder, int bars);
/// Calendar 24/7, minute bars, capital 1,000,000.
[[nodiscard]] algorithm::RunSettings w1_settings(const finance::Policies& policies);

/// Shared by the strategies: NoSlippage, PerShare(0.0075).
class W1Strategy : public Strategy {
 public:
  void initialize(Context& context) override;
  [[nodiscard]] bool has_before_trading_start() const override { return false; }

 protected:
  AssetIndex asset_;
};

/// Long 100 shares while the average of 10 closes is above that of 30, out while below. Keeps its own running sums.
class SmaCross final : public W1Strategy {
 public:
  void handle_data(Context& context, BarData& data) override;

 private:
  static constexpr int kFast = 10, kSlow = 30, kRing = 32;
  double closes_[kRing] = {};
  double fast_sum_ = 0, slow_sum_ = 0;
  int seen_ = 0;
  bool is_long_ = false;
};

/// In and out in turn: an order and a fill on every bar.
class EveryBar final : public W1Strategy {
 public:
  void handle_data(Context& context, BarData& data) override;

 private:
  double next_ = 100;
};

/// On the first bar a ladder of limit orders on every asset, half of them buys, at 4 % from the price and 0.25 % steps
/// beyond; they rest.
class Resting final : public W1Strategy {
 public:
  explicit Resting(int orders_per_asset) : orders_per_asset_(orders_per_asset) {}
  void handle_data(Context& context, BarData& data) override;

 private:
  int orders_per_asset_;
  bool placed_ = false;
};

/// Does nothing: what the loop itself costs.
class Empty final : public W1Strategy {};

}  // namespace rustybt::bench

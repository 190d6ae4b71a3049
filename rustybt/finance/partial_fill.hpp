#pragma once
// Partial fills: how much of a bar's volume orders may take, and what taking it does to the price; after the slippage
// model, before the commission (rustybt_requirements 2.4).

#include <cstdint>
#include <optional>
#include <string>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/slippage.hpp"

namespace rustybt::finance {

/// All orders of a bar together fill at most fill_ratio of its volume. Each fill's price, as the slippage model made
/// it, moves against the trader by market_impact x filled / volume of the bar; never beyond the order's limit.
struct PartialFillModel {
  Decimal fill_ratio = Decimal(10, 2);    ///< within (0, 1]
  Decimal market_impact = Decimal(1, 2);  ///< >= 0
  /// What is open of an order so many bars of the run after its first fill expires; exits of a bracket stay.
  std::optional<int> timeout_bars = std::nullopt;
  /// Also of the presets below. @throws Error{InvalidArgument}
  void check() const;

  static PartialFillModel aggressive() { return {Decimal(25, 2), Decimal(2, 2)}; }
  static PartialFillModel conservative() { return {Decimal(5, 2), Decimal(5, 3)}; }
  static PartialFillModel balanced() { return {}; }
};

/// For reports: "VolumeBasedFill(fill_ratio=0.10, market_impact=0.01)".
[[nodiscard]] std::string describe(const PartialFillModel& model);

/// What apply_slippage says, of the order as far as the model lets it fill.
[[nodiscard]] SlippageFill apply_partial_fill(const PartialFillModel& model, const SlippageModel& slippage,
                                              const Order& order, const BarView& bar, std::int64_t volume_for_bar,
                                              const AssetScale& scale, const Policies& policies);

}  // namespace rustybt::finance

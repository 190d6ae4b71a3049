#pragma once
// The one bar of an asset as matching and slippage see it; gens fills it in (finance does not know data).

#include <cstdint>
#include <optional>
#include <span>

namespace rustybt::finance {

/// More of the asset's market than the bar's close and volume, for the models that ask for it.
class MarketView {
 public:
  virtual ~MarketView() = default;
  /// High and low of the bar.
  struct Range {
    std::int64_t high, low;  ///< at the asset's fill scale
    double high_double, low_double;
  };
  /// Nothing where the bar lacks one of them.
  [[nodiscard]] virtual std::optional<Range> range() const = 0;
  /// The bar's first price.
  [[nodiscard]] virtual std::optional<std::int64_t> open() const { return std::nullopt; }
  /// Closes (NaN: none) and volumes of the sessions before today's as history shows them now, oldest first.
  /// @returns false when that many sessions would reach back before the data
  virtual bool sessions_before_today(std::span<double> closes, std::span<double> volumes) const = 0;
};

struct BarView {
  std::int64_t price = 0;   ///< close at the asset's fill scale
  std::int64_t volume = 0;  ///< at the asset's quantity digits, > 0
  double price_double = 0;  ///< close as IEEE decisions see it (policy price_source)
  double volume_double = 0;
  const MarketView* market = nullptr;  ///< valid while the bar is matched
  bool opens_session = true;           ///< the bar has the session's opening auction, or its closing one
  bool closes_session = true;
};

}  // namespace rustybt::finance

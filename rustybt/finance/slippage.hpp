#pragma once
// Slippage models: at what price, and how much of an order, a bar fills (zipline_semantics 3.3).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/bar_view.hpp"
#include "rustybt/finance/decimal/context.hpp"
#include "rustybt/finance/order.hpp"
#include "rustybt/finance/policies.hpp"

namespace rustybt::finance {

/// Close moved by basis points against the trader; at most volume_limit of the bar's volume, shared by all orders of
/// the bar.
struct FixedBasisPointsSlippage {
  Decimal basis_points = Decimal(5, 0);
  Decimal volume_limit = Decimal(1, 1);
  /// As Zipline multiplies with them; they follow from the decimals.
  double percentage_double = basis_points.to_double() / 10000.0, volume_limit_double = volume_limit.to_double();
  /// @throws Error{InvalidArgument} when basis_points < 0 or volume_limit <= 0
  static FixedBasisPointsSlippage make(const Decimal& basis_points, const Decimal& volume_limit);
};

/// Price impact grows with the square of the share of the bar's volume: close x (1 +- impact x share^2).
struct VolumeShareSlippage {
  Decimal volume_limit = Decimal(25, 3);
  Decimal price_impact = Decimal(1, 1);
};

/// Half the spread against the trader; the whole order at once.
struct FixedSlippage {
  Decimal spread;
};

/// The close, the whole order at once.
struct NoSlippage {};

/// For futures: the middle of high and low, moved by eta x volatility x sqrt(filled / usual volume) basis points, both
/// taken from the 20 sessions before; each order may fill volume_limit of the bar's volume.
struct VolatilityVolumeShare {
  Decimal volume_limit = Decimal(5, 2);
  std::optional<double> eta;                               ///< one for all root symbols
  std::map<std::string, double, std::less<>> eta_by_root;  ///< where set, before the table of constants.hpp
  static constexpr int kSessions = 20;
};

/// A model written by the user (C++ or Python): decides in doubles, as Zipline's do.
class CustomSlippage {
 public:
  virtual ~CustomSlippage() = default;
  struct Decision {
    bool fills = false;
    bool liquidity_exceeded = false;  ///< stop with this asset for this bar
    double price = 0;
    double amount = 0;  ///< signed, truncated to the order's quantity digits
  };
  /// @param volume_for_bar  amount already filled on this bar, in shares
  virtual Decision process_order(const Order& order, const BarView& bar, double volume_for_bar) = 0;
  [[nodiscard]] virtual std::string describe() const = 0;
};

using SlippageModel = std::variant<FixedBasisPointsSlippage, VolumeShareSlippage, FixedSlippage, NoSlippage,
                                   VolatilityVolumeShare, CustomSlippage*>;

/// Name and parameters, as printed in reports: "FixedBasisPointsSlippage(basis_points=5, volume_limit=0.1)".
[[nodiscard]] std::string describe(const SlippageModel& model);

/// Outcome for one order on one bar.
struct SlippageFill {
  enum class Kind : std::uint8_t { None, Fill, LiquidityExceeded };
  Kind kind = Kind::None;
  std::int64_t amount = 0;  ///< signed, quantity digits
  std::int64_t price = 0;   ///< fill scale
  double price_double = 0;  ///< as Zipline computes it; under decision_arithmetic=ieee_double only
};

/// @param volume_for_bar  amount filled on this bar so far by all orders of the asset, quantity digits
[[nodiscard]] SlippageFill apply_slippage(const SlippageModel& model, const Order& order, const BarView& bar,
                                          std::int64_t volume_for_bar, const AssetScale& scale,
                                          const Policies& policies);

/// Would this price be worse for the trader than the order's limit? A limit of 0 counts as none in IEEE decisions
/// (3.3).
[[nodiscard]] bool is_worse_than_limit(const Order& order, std::int64_t price, double price_double,
                                       const Policies& policies);

}  // namespace rustybt::finance

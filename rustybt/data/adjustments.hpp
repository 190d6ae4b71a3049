#pragma once
// Corporate actions: adjustments.sqlite (zipline_semantics 6.7, plus exact columns) and its tables in memory.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rustybt/assets/asset_finder.hpp"
#include "rustybt/core/decimal.hpp"
#include "rustybt/core/ids.hpp"
#include "rustybt/core/timestamp.hpp"

namespace rustybt::data {

/// A split: `ratio` = new price / old price as the source's double (2:1 = 0.5); numerator / denominator the same exactly
/// (new price : old price, 1/2). Exact integers come from the source where it has them, else from the nearest fraction with
/// denominator or numerator <= 10,000 that reproduces the double to 1e-9, else from the decimal text.
struct Split {
  AssetIndex asset;
  Date effective_date;
  double ratio = 1.0;
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
};

/// A merger or dividend ratio applied to earlier prices.
struct PriceRatio {
  AssetIndex asset;
  Date effective_date;
  double ratio = 1.0;
};

struct CashDividend {
  AssetIndex asset;
  Date ex_date;
  std::optional<Date> declared_date, record_date, pay_date;
  Decimal amount;             ///< per share; the source's text where it had one
  double amount_double = 0.0; ///< as the source's double
};

struct StockDividend {
  AssetIndex asset;
  Date ex_date;
  std::optional<Date> declared_date, record_date, pay_date;
  AssetIndex payment_asset;
  double ratio = 0.0;         ///< shares received per share held
  Decimal ratio_exact;
};

/// All corporate actions of a bundle. Rows keep the order of the source.
struct Adjustments {
  std::vector<Split> splits;
  std::vector<PriceRatio> mergers;
  std::vector<PriceRatio> dividends;       ///< price ratios of cash dividends (1 - amount / previous close)
  std::vector<CashDividend> cash_dividends;
  std::vector<StockDividend> stock_dividends;

  [[nodiscard]] bool empty() const {
    return splits.empty() && mergers.empty() && dividends.empty() && cash_dividends.empty() && stock_dividends.empty();
  }
};

/// Nearest small fraction to a split ratio (0.14285714285714285 -> 1/7). @throws Error{InvalidNumber} when ratio <= 0
void set_exact_ratio(Split& split);

/// Write a new adjustments.sqlite (zipline's tables and indexes; amounts' and ratios' exact text in extra columns).
void write_adjustments(const std::filesystem::path& file, const Adjustments& adjustments, const assets::AssetFinder& finder);
/// Read it; sids become indexes of `finder`. @throws Error{DatabaseError}, Error{SidsNotFound}
[[nodiscard]] Adjustments read_adjustments(const std::filesystem::path& file, const assets::AssetFinder& finder);

/// Price factors of one asset, for point-in-time windows: sorted by effective day; on one day mergers, then dividends, then
/// splits (zipline_semantics 6.3).
struct AdjustmentFactor {
  Date effective_date;
  double price_factor = 1.0;
  double volume_factor = 1.0;  ///< 1 / ratio for splits, else 1
};

/// Factors of every asset, one contiguous array; built once per open bundle.
class AdjustmentIndex {
 public:
  AdjustmentIndex() = default;
  AdjustmentIndex(const Adjustments& adjustments, int asset_count);
  [[nodiscard]] std::span<const AdjustmentFactor> factors(AssetIndex asset) const;

 private:
  std::vector<AdjustmentFactor> factors_;
  std::vector<std::int32_t> first_;
};

}  // namespace rustybt::data

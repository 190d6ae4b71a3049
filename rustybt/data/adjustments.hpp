#pragma once
// Corporate actions: adjustments.sqlite (zipline_semantics 6.7, plus exact columns) and its tables in memory.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rustybt/assets/asset_finder.hpp"
#include "rustybt/core/decimal.hpp"
#include "rustybt/core/ids.hpp"
#include "rustybt/core/log.hpp"
#include "rustybt/core/timestamp.hpp"
#include "rustybt/data/bar_store.hpp"

namespace rustybt::data {

/// A split: `ratio` = new price / old price as the source's double (2:1 = 0.5); numerator / denominator the same
/// exactly (new price : old price, 1/2). Exact integers come from the source where it has them, else from the nearest
/// fraction with denominator or numerator <= 10,000 that reproduces the double to 1e-9, else from the decimal text.
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
  Decimal amount;              ///< per share; the source's text where it had one
  double amount_double = 0.0;  ///< as the source's double
};

struct StockDividend {
  AssetIndex asset;
  Date ex_date;
  std::optional<Date> declared_date, record_date, pay_date;
  AssetIndex payment_asset;
  double ratio = 0.0;  ///< shares received per share held
  Decimal ratio_exact;
};

/// All corporate actions of a bundle. Rows keep the order of the source.
struct Adjustments {
  std::vector<Split> splits;
  std::vector<PriceRatio> mergers;
  std::vector<PriceRatio> dividends;  ///< price ratios of cash dividends (1 - amount / previous close)
  std::vector<CashDividend> cash_dividends;
  std::vector<StockDividend> stock_dividends;

  [[nodiscard]] bool empty() const {
    return splits.empty() && mergers.empty() && dividends.empty() && cash_dividends.empty() && stock_dividends.empty();
  }
};

/// Nearest small fraction to a split ratio (0.14285714285714285 -> 1/7). @throws Error{InvalidNumber} when ratio <= 0
void set_exact_ratio(Split& split);

/// Write a new adjustments.sqlite (zipline's tables and indexes; amounts' and ratios' exact text in extra columns).
void write_adjustments(const std::filesystem::path& file, const Adjustments& adjustments,
                       const assets::AssetFinder& finder);
/// Read it; sids become indexes of `finder`. @throws Error{DatabaseError}, Error{SidsNotFound}
[[nodiscard]] Adjustments read_adjustments(const std::filesystem::path& file, const assets::AssetFinder& finder);

/// How a cash dividend becomes a factor on earlier prices (policy dividend_factor).
///
/// PreviousClose: 1 - amount / close of the session before (Zipline, LEAN). ExClose: 1 / (1 + amount / close of the
/// ex-date) (Quandl WIKI). TotalReturn: 1 / (1 + amount / (close of the ex-date x new shares per old one of a split on
/// that day)), the chain (close x split + amount) / previous close of total returns (Alpha Vantage). The last two need
/// the close of the ex-date itself: on that day they know it before it has come.
enum class DividendFactor : std::uint8_t { PreviousClose, ExClose, TotalReturn };

/// Raw close of an asset on a day as a double; NaN when there is none.
using CloseOn = std::function<double(AssetIndex asset, Date day)>;

/// Price ratios of cash dividends, in their order: 1 - amount / close of the session before the ex-date.
///
/// In double, as Zipline computes them (zipline_semantics 6.7). Ex-dates on or before the first session are dropped; a
/// ratio that is NaN (no close on that session) or <= 0 is dropped with a warning that names the asset by `name`.
/// @param sessions  of the bundle's calendar, sorted
[[nodiscard]] std::vector<PriceRatio> compute_dividend_ratios(std::span<const CashDividend> dividends,
                                                              std::span<const Date> sessions, const CloseOn& close,
                                                              const std::function<std::string(AssetIndex)>& name,
                                                              const Log& log,
                                                              DividendFactor factor = DividendFactor::PreviousClose,
                                                              std::span<const Split> splits = {});
/// The same from a store: closes of at most 3 decimals as Zipline reads them (u*0.001), finer ones correctly rounded.
[[nodiscard]] std::vector<PriceRatio> compute_dividend_ratios(std::span<const CashDividend> dividends,
                                                              const BarStore& store, const assets::AssetFinder& finder,
                                                              const Log& log,
                                                              DividendFactor factor = DividendFactor::PreviousClose,
                                                              std::span<const Split> splits = {});
/// The adjustments with the price ratios of their cash dividends computed anew by `factor`. PreviousClose: as they are
/// (a bundle holds those, or the ratios of its source).
[[nodiscard]] std::shared_ptr<const Adjustments> with_dividend_factor(std::shared_ptr<const Adjustments> adjustments,
                                                                      const BarStore& store,
                                                                      const assets::AssetFinder& finder,
                                                                      DividendFactor factor, const Log& log);

enum class AdjustmentKind : std::uint8_t { Merger, Dividend, Split };

/// One factor on earlier bars of an asset.
struct AdjustmentFactor {
  Date effective_date;
  AdjustmentKind kind = AdjustmentKind::Split;
  double price_factor = 1.0;
  double volume_factor = 1.0;  ///< 1 / ratio for splits, else 1
};

/// Factors of every asset, one contiguous array; built once per open bundle.
class AdjustmentIndex {
 public:
  AdjustmentIndex() = default;
  AdjustmentIndex(const Adjustments& adjustments, int asset_count);
  /// For point-in-time windows: sorted by effective day; on one day mergers, then dividends, then splits, each in table
  /// order (zipline_semantics 6.3).
  [[nodiscard]] std::span<const AdjustmentFactor> factors(AssetIndex asset) const;
  /// Product of the factors with from < midnight of the effective day <= to, as Zipline multiplies a single value:
  /// splits, then mergers, then dividends, in table order, each table read up to its first later row
  /// (zipline_semantics 6.1).
  [[nodiscard]] double ratio(AssetIndex asset, bool volume, Timestamp from, Timestamp to) const;

 private:
  std::vector<AdjustmentFactor> factors_;    ///< by asset, day, kind
  std::vector<AdjustmentFactor> in_tables_;  ///< by asset, then splits, mergers, dividends in table order
  std::vector<std::int32_t> first_;          ///< of asset a in both; one more entry at the end
};

}  // namespace rustybt::data

#pragma once
// LEAN's factor files: one line per corporate action, "last day, price factor, split factor, reference close". A line
// holds up to and including its day; adjusted price = raw price x price factor x split factor.

#include <filesystem>
#include <vector>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/timestamp.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data::adapters {

struct LeanFactorRow {
  Date last_day;
  Decimal price_factor;     ///< of dividends
  Decimal split_factor;     ///< of splits
  Decimal reference_close;  ///< raw close of last_day, 0 where it is not known
};

/// The factors of one company.
class LeanFactors {
 public:
  /// @throws Error{FileNotFound}, Error{BadCell} naming the line, Error{RowsOutOfOrder}
  static LeanFactors read(const std::filesystem::path& file);
  explicit LeanFactors(std::vector<LeanFactorRow> rows) : rows_(std::move(rows)) {}

  /// price factor x split factor of a day; 1 after the last line.
  [[nodiscard]] double factor(Date day) const;
  [[nodiscard]] const std::vector<LeanFactorRow>& rows() const { return rows_; }

  /// The steps between the lines as actions of item `asset`, effective on the session after a line's last day: splits
  /// and price ratios such that history multiplies by the same factors, and the cash that the ratios stand for
  /// (reference close x (1 - ratio), 4 decimals, no pay date).
  void append_actions(AssetIndex asset, const utils::TradingCalendar& calendar, Adjustments& actions) const;

 private:
  std::vector<LeanFactorRow> rows_;
};

/// Actions of every item of a content from FOLDER/symbol.csv; items without a file get none. The ratios come from the
/// files, none is computed from closes.
/// @throws Error{FileNotFound} when no item has a file
void add_lean_factors(const std::filesystem::path& folder, const utils::TradingCalendar& calendar,
                      BundleContent& content);

}  // namespace rustybt::data::adapters

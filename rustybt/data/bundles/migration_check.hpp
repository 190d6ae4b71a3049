#pragma once
// Reads a migrated bundle back: is everything there, and equal? (migration.hpp)

#include <filesystem>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

/// Exchanges, assets, symbols in time, roots, supplementary mappings and corporate actions, row for row.
/// @param source  what was written, without bars  @throws Error{HashMismatch} naming the first difference
void check_tables(const BundleContent& source, const Bundle& bundle, const std::filesystem::path& assets_file);

/// Compares series of the source with the bars of a bundle, cell by cell.
class BarCheck {
 public:
  BarCheck(const Bundle& bundle, const utils::TradingCalendar& calendar) : bundle_(bundle), calendar_(calendar) {}
  /// @throws Error{HashMismatch} naming asset, time and field
  void compare(const assets::Asset& asset, bool is_daily, const BarSeries& series);
  /// The bundle holds as many bars as the source, none besides. @throws Error{HashMismatch}
  void require_rows(std::int64_t daily, std::int64_t minute) const;
  [[nodiscard]] std::int64_t cells() const { return cells_; }

 private:
  const Bundle& bundle_;
  const utils::TradingCalendar& calendar_;
  std::int64_t cells_ = 0;
};

}  // namespace rustybt::data

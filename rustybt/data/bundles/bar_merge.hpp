#pragma once
// One asset's bars from several pieces: scales made equal, order restored, bars that come twice decided.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

/// Bring all series to the finest scales among them. @throws Error{Overflow} naming `symbol`
void share_scales(std::vector<BarSeries>& pieces, const std::string& symbol);
/// Raise one series to finer scales. @throws Error{Overflow} naming `symbol`
void raise_scales(BarSeries& series, int price_scale, int volume_scale, const std::string& symbol);
/// Scale down to the fewest decimals that hold every value exactly, so that equal content has equal bytes.
void reduce_scale(BarSeries& series);
/// Rows [begin, end) as a series of their own.
[[nodiscard]] BarSeries slice(const BarSeries& series, std::size_t begin, std::size_t end);
/// Put `later` behind `series`, at the finer scales of both.
void append_rows(BarSeries& series, BarSeries later, const std::string& symbol);

/// Row `row` of a series.
struct BarRow {
  const BarSeries* series;
  std::size_t row;
  [[nodiscard]] std::int64_t time() const { return series->times[row]; }
  [[nodiscard]] std::int64_t value(int field) const { return series->columns[field][row]; }
};
/// All values are equal (the series have equal scales).
[[nodiscard]] bool same_values(BarRow a, BarRow b);

/// Of two bars at one time: does the later one take the place of the earlier?
using Decide = std::function<bool(BarRow earlier, BarRow later)>;

/// One series, strictly increasing in time, of pieces in order of arrival, each strictly increasing; scales are shared
/// and reduced at the end.
[[nodiscard]] BarSeries merge_series(std::vector<BarSeries> pieces, const Decide& decide, const std::string& symbol);

/// "2014-06-06: close 645.57 before, 645.58 now; high ..." for errors.
[[nodiscard]] std::string describe_difference(BarRow earlier, BarRow later, bool minutes);

}  // namespace rustybt::data

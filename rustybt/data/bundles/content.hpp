#pragma once
// Checks of what a source delivers, and the merging of corporate actions.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

/// What is wrong with a bar, as the words of an error ("high 10.5 is below low 11"); empty when nothing is. Cells may
/// be kMissing; prices and volume are mantissas at the given scales.
[[nodiscard]] std::string describe_bad_bar(std::span<const std::int64_t, kFieldCount> bar, int price_scale,
                                           int volume_scale);

/// Scales, order and bars of a series: the net under all sources (those with lines to show check before).
/// @throws Error{RowsOutOfOrder}, Error{DuplicateRow}, Error{BadBar} (not with accept_bad_bars),
/// Error{InvalidArgument}, naming symbol and row
void check_series(const std::string& symbol, const BarSeries& series, bool minutes, bool accept_bad_bars = false);

using SymbolOf = std::function<const std::string&(AssetIndex)>;

/// Actions as lines of text, one each, sorted: equal for equal content.
[[nodiscard]] std::vector<std::string> action_lines(const Adjustments& actions, const SymbolOf& symbol);

/// An action that replaces another one: symbol, day, and both as text.
using OnRestatedAction =
    std::function<void(const std::string& symbol, Date day, const std::string& before, const std::string& now)>;

/// The actions of a bundle and those of an append, one table each: what is known already stays once, what is new is
/// put in order of days; other terms on a day that has the same kind of action are refused or take its place.
/// @throws Error{DuplicateRow} naming both under OnConflict::Refuse
[[nodiscard]] Adjustments merge_actions(Adjustments before, Adjustments now, OnConflict on_conflict,
                                        const SymbolOf& symbol, const OnRestatedAction& restated);

/// SHA-256 of one asset's bars in one partition, scales reduced.
[[nodiscard]] std::string series_hash(const BarSeries& series);

}  // namespace rustybt::data

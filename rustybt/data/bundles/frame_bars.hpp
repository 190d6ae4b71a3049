#pragma once
// Bars of a table in memory (a frame of pandas, Polars or Arrow): numbers as the frame holds them, made exact.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rustybt/data/bar_store.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {

enum class BarTimes : std::uint8_t { Days, Nanoseconds };

/// The bars of one symbol, in the table's order.
///
/// open, high, low, close and volume may be integers, decimals, doubles (the shortest decimal that names each) or text;
/// nulls and NaN are missing, decimals beyond the 12th are rounded half-even. Times are dates, timestamps or ISO text;
/// as Days a moment counts as its day in UTC.
/// @param time    name of the column of times
/// @param origin  what to call the table in errors
/// @throws Error{MissingColumn}, Error{WrongType}, Error{BadCell}, Error{Overflow}, each naming origin and column
[[nodiscard]] BarSeries frame_bars(const storage::ColumnTable& table, std::string_view time, BarTimes times,
                                   const std::string& origin);

/// A table of many symbols, taken apart by its column `symbol` (text or integers), in order of first appearance.
[[nodiscard]] std::vector<std::pair<std::string, storage::ColumnTable>> split_by_symbol(
    const storage::ColumnTable& table, std::string_view symbol);

}  // namespace rustybt::data

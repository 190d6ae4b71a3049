#pragma once
// From the cells of a raw table to rows that rules can read: which column is what, how dates and numbers are written.

#include <map>
#include <string>
#include <vector>

#include "rustybt/data/bundles/text_layout.hpp"
#include "rustybt/data/bundles/time_text.hpp"
#include "rustybt/data/quality/quality.hpp"

namespace rustybt::data {

/// How a table is to be read.
struct TableReading {
  BarColumns columns;
  bool decimal_comma = false;
  TimeFormat time_format;
  std::optional<Date> day_of_file;   ///< times are milliseconds since its midnight (LEAN)
  bool has_futures_columns = false;  ///< settlement, open interest
  std::string bid_or_ask;            ///< of quote bars
};
/// @throws Error{MissingColumn}
[[nodiscard]] TableReading understand(const RawTable& table, const std::string& file);

/// Rows of one symbol in file order; rows that cannot be placed in time are findings and not among them.
struct SymbolRows {
  std::string symbol;
  std::vector<utils::BarRow> rows;
  std::optional<std::int64_t> bar_length_ns;  ///< none: days
  bool is_longer_than_day = false;            ///< weeks, months: no calendar
};
/// Times stay as written (an offset is applied). Adds findings for rows of the wrong shape and for times and numbers
/// that cannot be read.
[[nodiscard]] std::vector<SymbolRows> read_rows(const RawTable& table, const TableReading& reading,
                                                std::vector<utils::Finding>& findings);

/// A cell as number and state; `thousands` is set when separators were taken out.
[[nodiscard]] utils::BarCell read_cell(std::string_view cell, bool decimal_comma, bool& thousands);

/// Length of bars within a day: the commonest step; none for days and more. Sets is_longer_than_day.
void find_bar_length(SymbolRows& symbol);

}  // namespace rustybt::data

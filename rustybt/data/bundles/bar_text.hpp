#pragma once
// Rows of text to bars: exact decimals, one pass, every row accounted for. What is wrong with a row is an error that
// names file, line, symbol, what was found and what was expected.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/log.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/data/bundles/core.hpp"
#include "rustybt/data/bundles/text_layout.hpp"
#include "rustybt/data/bundles/time_text.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

enum class BarFrequency : std::uint8_t { Auto, Daily, Minute };
/// What a minute's stamp means. Bundles label a minute by its end, as Zipline does.
enum class StampedAt : std::uint8_t { Auto, End, Start };

struct BarTextOptions {
  std::string file;    ///< for messages
  std::string symbol;  ///< of all rows when there is no symbol column
  BarColumns columns;
  TimeFormat time_format;
  std::string time_zone = "UTC";  ///< of times without an offset: UTC or America/New_York
  BarFrequency frequency = BarFrequency::Auto;
  StampedAt stamped_at = StampedAt::Auto;
  bool sort = false;  ///< put rows in order of time first
  utils::CalendarPtr calendar;
  Log log;
  std::vector<RowsLeftOut>* left_out = nullptr;  ///< where to count the rows that are left out
};

/// What a text holds for one symbol; daily or minute is filled.
struct SymbolBars {
  std::string symbol;
  BarSeries daily;
  BarSeries minute;
  std::vector<std::pair<Date, Decimal>> dividends;  ///< cash per share by ex-date
  std::vector<std::pair<Date, Decimal>> splits;     ///< new shares per old one by effective date
};

/// Read all rows, symbols in order of appearance.
///
/// Empty, NaN or null cells in all prices (or zeros in all cells) are a bar without trade and stay missing. Prices of
/// more than 12 decimals are float noise, rounded half-even to 12 with a warning. Minutes outside the sessions are left
/// out with a warning. The first bad row is thrown, with the number of further ones in its context.
/// @throws Error{MissingColumn}, Error{BadCell}, Error{DuplicateRow}, Error{RowsOutOfOrder}, Error{BadBar},
///         Error{NotASession}, Error{NotYetSupported} for bars of other lengths than a minute or a day
[[nodiscard]] std::vector<SymbolBars> read_bars(const storage::TextTable& table, const BarTextOptions& options);

}  // namespace rustybt::data

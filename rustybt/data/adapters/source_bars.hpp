#pragma once
// What a web source says about one symbol, on its way into a bundle: cells of text as they came, times as numbers.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rustybt/core/decimal.hpp"
#include "rustybt/data/bundles/bar_text.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data::adapters {

/// What is asked of a source.
struct BarRequest {
  std::vector<std::string> symbols;
  Date start, end;  ///< both included
  bool minute = false;
  Timestamp now;  ///< bars that end later are still being made
  utils::CalendarPtr calendar;
};

struct SourceSplit {
  Date day;
  Decimal fresh, old;  ///< `fresh` new shares for `old` old ones
};

/// Bars are as traded: not adjusted for splits or dividends.
struct SourceBars {
  std::string symbol;
  std::string asset_name;
  std::string exchange;                                     ///< empty: the setting's
  std::vector<std::int64_t> times;                          ///< days, or ns UTC of a stamp of the minute
  StampedAt stamped_at = StampedAt::Start;                  ///< what a minute's stamp is
  std::array<std::vector<std::string>, kFieldCount> cells;  ///< numbers as text; empty = missing
  std::vector<SourceSplit> splits;
  std::vector<CashDividend> dividends;           ///< `asset` is set later
  std::vector<StockDividend> stock_dividends;    ///< of the asset itself
  std::map<std::string, std::int64_t> left_out;  ///< rows that the source's adapter left out, by reason

  void add_row(std::int64_t time, std::array<std::string, kFieldCount> row);
};

/// Add a symbol to the content.
///
/// Rows outside the asked days, rows of bars that have not ended, rows that came twice and, when they are few, rows on
/// days without a session are left out and counted. Everything else goes the way of CSV (read_bars).
/// @returns false when no bar is left
/// @throws Error of read_bars, naming `source`
bool add_source_bars(SourceBars bars, const BarRequest& request, const std::string& source,
                     const assets::Exchange& default_exchange, const Log& log, BundleContent& content);

/// A dividend with its text made exact. @throws Error{BadResponse} for what is no number above 0
[[nodiscard]] CashDividend cash_dividend(Date ex_date, const std::string& amount, const std::string& source);
/// Date of a text of any length; nullopt for an empty one or "None". @throws Error{InvalidDate}
[[nodiscard]] std::optional<Date> optional_date(const std::string& text);

}  // namespace rustybt::data::adapters

#pragma once
// Which market a table's days belong to: kind, calendar, and what its stamps mean.

#include <string>
#include <vector>

#include "rustybt/data/quality/bar_rows.hpp"

namespace rustybt::data {

struct Market {
  utils::MarketKind kind = utils::MarketKind::Equity;
  utils::CalendarPtr calendar;  ///< null: none to hold the days against
  std::string why;              ///< in words, for the line "understood"
};

/// By the options, else by weekends, columns and the calendar whose sessions fit best.
[[nodiscard]] Market choose_market(const std::vector<SymbolRows>& symbols, const TableReading& reading,
                                   const QualityOptions& options);

/// Daily stamps with a time of day become days: midnight of the zone in which the calendar fits. Adds a remark.
void settle_days(SymbolRows& symbol, const Market& market, std::vector<std::string>& remarks);

/// Stamps within a day become UTC, with the session's date; what they mean is a finding of severity info.
void settle_stamps(SymbolRows& symbol, const Market& market, std::vector<utils::Finding>& findings);

}  // namespace rustybt::data

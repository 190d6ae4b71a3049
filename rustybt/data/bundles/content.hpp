#pragma once
// From what a source delivered to what a bundle holds: sids, order, checks, dividend ratios, hash.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

/// What is wrong with a bar, as the words of an error ("high 10.5 is below low 11"); empty when nothing is. Cells may
/// be kMissing; prices and volume are mantissas at the given scales.
[[nodiscard]] std::string describe_bad_bar(std::span<const std::int64_t, kFieldCount> bar, int price_scale,
                                           int volume_scale);

/// Scale down to the fewest decimals that hold every value exactly, so that equal content has equal bytes.
void reduce_scale(BarSeries& series);

/// Content in the order of the bundle: items by sid, actions by position in `items`, dates filled in, everything
/// checked.
struct PreparedContent {
  std::vector<BundleContent::Item> items;
  std::vector<assets::Exchange> exchanges;
  std::vector<assets::FutureRoot> roots;
  std::vector<assets::SymbolMapping> symbol_mappings;  ///< by sid, as the next
  std::vector<assets::SupplementaryMapping> supplementary_mappings;
  Adjustments actions;
  utils::CalendarPtr calendar;
  std::vector<Date> sessions;                ///< of the calendar, first to last bar
  int first_calendar_session = 0;            ///< position of sessions[0] in the calendar
  std::map<std::string, std::int64_t> sids;  ///< known before plus given out now
  std::string data_hash;
};

/// @param known_sids  sids given out by earlier versions
/// @throws Error{EmptyData}, Error{RowsOutOfOrder}, Error{DuplicateRow}, Error{BadBar}, Error{NotASession},
///         Error{InvalidArgument} (a symbol or sid twice), Error{InvalidCalendarName}
[[nodiscard]] PreparedContent prepare_content(BundleContent content, std::map<std::string, std::int64_t> known_sids,
                                              const Log& log);

}  // namespace rustybt::data

#pragma once
// Minute bars of many assets in order of time, as an event stream takes them: a session at a time.

#include <cstdint>
#include <memory>
#include <vector>

#include "rustybt/data/bar_store.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

/// The bars of one session in order of time, then of asset; mantissas at each asset's own scale.
struct MinuteBatch {
  int session = -1;                                ///< index into the store's sessions
  std::vector<std::int64_t> times;                 ///< ns UTC, end of the minute
  std::vector<AssetIndex> assets;                  ///< by row
  std::vector<std::int64_t> columns[kFieldCount];  ///< kMissing where there is no value

  [[nodiscard]] std::size_t rows() const { return times.size(); }
};

/// Merges the minute blocks of a store. Minutes in which an asset has no value at all give no row.
class MinuteMerge {
 public:
  /// @param assets    to merge, in the order of rows at one time
  /// @param calendar  of the store
  /// @param first, last  sessions of the store, both included
  MinuteMerge(std::shared_ptr<const BarStore> store, utils::CalendarPtr calendar, std::vector<AssetIndex> assets,
              int first, int last);
  /// The next session that has bars; false at the end. The batch's memory is used again.
  bool next(MinuteBatch& batch);

 private:
  std::shared_ptr<const BarStore> store_;
  utils::CalendarPtr calendar_;
  std::vector<AssetIndex> assets_;
  int session_;
  int last_;
  int first_calendar_session_;
};

}  // namespace rustybt::data

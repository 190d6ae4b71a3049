#pragma once
// Chains of futures contracts as one series: the contract that is active now, and windows spliced at the rolls
// (zipline_semantics 6.3, 8).

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "rustybt/assets/continuous_futures.hpp"
#include "rustybt/assets/roll_finder.hpp"
#include "rustybt/data/data_portal.hpp"

namespace rustybt::data {

/// Reads continuous futures at a portal's cursor. Keep one per portal, which must outlive it.
///
/// A roll by volume looks ahead, as Zipline's does: a contract that has been left is not taken again for a short return
/// of its volume, and what is short shows only later.
class ContinuousFutureReader {
 public:
  explicit ContinuousFutureReader(const DataPortal& portal) : portal_(portal) {}
  ContinuousFutureReader(const ContinuousFutureReader&) = delete;
  ContinuousFutureReader& operator=(const ContinuousFutureReader&) = delete;

  /// The contract now; none before the chain begins, after it ends, or where it has too few contracts for the offset.
  [[nodiscard]] std::optional<AssetIndex> current_contract(const assets::ContinuousFuture& future) const;
  /// That contract and those after it that have started.
  [[nodiscard]] std::vector<AssetIndex> current_chain(const assets::ContinuousFuture& future) const;
  /// Value of the contract's bar, not adjusted; NaN (volume 0) where there is none. Price is the close, else the last
  /// one of the contract that was active then.
  [[nodiscard]] double current(const assets::ContinuousFuture& future, BarField field) const;
  [[nodiscard]] std::optional<Timestamp> last_traded(const assets::ContinuousFuture& future) const;

  /// The last rows up to now: each from the contract of its session; prices before a roll are adjusted as the future
  /// says, by the last closes before the roll; volume is not. Rounded to the tick of the next contract to close.
  /// @throws as DataPortal::history
  [[nodiscard]] HistoryWindow history(const assets::ContinuousFuture& future, BarField field, int bar_count,
                                      DataFrequency frequency) const;
  /// The same rows with the sid of each row's contract; NaN where there is none.
  [[nodiscard]] HistoryWindow contract_sids(const assets::ContinuousFuture& future, int bar_count,
                                            DataFrequency frequency) const;

 private:
  /// A row of a window: a minute of a session, all of it, or as much of it as there is yet.
  struct Row {
    int session;
    int minute;
  };
  static constexpr int kWholeSession = -1;
  static constexpr int kRunningSession = -2;
  struct Splice;  // a window's rows, and which contract gives each

  [[nodiscard]] const assets::OrderedContracts& chain_of(const assets::ContinuousFuture& future) const;
  [[nodiscard]] const assets::RollFinder& finder_of(assets::RollStyle style) const;
  [[nodiscard]] std::optional<AssetIndex> contract_at(const assets::ContinuousFuture& future, int session) const;
  [[nodiscard]] bool is_alive(const assets::ContinuousFuture& future) const;
  [[nodiscard]] double volume(AssetIndex contract, Date session) const;
  [[nodiscard]] int last_session() const;
  [[nodiscard]] Splice splice(const assets::ContinuousFuture& future, int bar_count, DataFrequency frequency) const;
  [[nodiscard]] double value(AssetIndex contract, Field field, Row row) const;
  void adjust(const assets::ContinuousFuture& future, const Splice& splice, std::span<double> values) const;
  [[nodiscard]] std::optional<double> close_before(AssetIndex contract, int session, bool by_minute) const;
  void carry_forward(const assets::ContinuousFuture& future, const Splice& splice, std::span<double> values) const;
  [[nodiscard]] double price_at(const assets::ContinuousFuture& future, Row row) const;
  [[nodiscard]] double price_before(const assets::ContinuousFuture& future, const Splice& splice) const;

  const DataPortal& portal_;
  mutable std::map<std::string, assets::OrderedContracts, std::less<>> chains_;
  mutable std::optional<assets::RollFinder> by_calendar_, by_volume_;
  struct Known {
    int session;
    std::optional<AssetIndex> contract;
  };
  mutable std::unordered_map<Sid, Known> known_;  ///< newest answer of contract_at
  mutable std::optional<int> last_session_;
};

}  // namespace rustybt::data

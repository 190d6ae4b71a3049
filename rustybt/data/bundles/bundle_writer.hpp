#pragma once
// Writes a bundle from parts that come one after another, in bounded memory.
//
//   BundleWriter writer("prices", options);
//   for (...) writer.add(std::move(part));   // a BundleContent: assets, bars, actions, any of them, in any order
//   const BundleInfo info = writer.commit(); // or the destructor: nothing has happened
//
// Bars are partitioned by UTC year (daily) and UTC month (minute). What does not fit the memory limit is spilled into
// the unfinished version's folder; each partition is merged asset by asset, so one asset's month is the largest piece
// held. With options.append the new version is the current one plus the parts: partitions that do not change are
// hard links to the files of the version before.

#include <memory>
#include <string_view>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

class BundleWriter {
 public:
  /// Lock the bundle and begin a version; an append to a bundle that does not exist begins one.
  /// @throws Error{InvalidArgument} for a name that cannot be a folder, Error{FileNotWritable}, also when another
  /// process writes the bundle, Error{CorruptBundle} to append to a damaged one
  BundleWriter(std::string_view name, const IngestOptions& options);
  BundleWriter(const BundleWriter&) = delete;
  BundleWriter& operator=(const BundleWriter&) = delete;
  /// Without commit() the unfinished version is removed.
  ~BundleWriter();

  /// Take a part of the source: items with or without bars, actions, exchanges, mappings.
  ///
  /// Items of different parts are one asset when their sids are equal, or, without sids, their symbols. An item that
  /// says nothing but its symbol leaves what is known of the asset; any other replaces it. Actions, mappings and items
  /// refer to items of the same part. Bars of one series are strictly increasing in time; the series of an asset may
  /// come in any order and may overlap: a bar that comes again with equal values is counted as repeated, one with other
  /// values is refused or replaces the earlier one (options.on_conflict).
  /// @throws Error{RowsOutOfOrder}, Error{DuplicateRow}, Error{BadBar}, Error{NotASession}, Error{Overflow},
  ///         Error{InvalidArgument} (a symbol or sid twice in a part, parts of two calendars)
  void add(BundleContent part);

  /// Merge, write, and make the version current. Call it once. @throws Error{EmptyData} without bars, errors of add()
  /// that only the whole shows, Error{FileNotWritable}; the version before stays current then
  BundleInfo commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rustybt::data

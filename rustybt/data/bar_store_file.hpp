#pragma once
// Writes the store file of a bundle (Arrow IPC) piece by piece: what is held is the layout, not the bars.

#include <filesystem>
#include <memory>
#include <vector>

#include "rustybt/data/bar_store.hpp"

namespace rustybt::data {

/// What must be known of an asset before its bars can be placed.
struct StoreLayout {
  int price_scale = 0;
  int volume_scale = 0;
  int first_session = -1;  ///< of its daily bars, indexes into the store's sessions; -1 = none
  int last_session = -1;
  std::vector<bool> minute_sessions = {};  ///< by session: has minute bars; empty = never
};

class BarStoreFile {
 public:
  /// @param minute_counts  trading minutes of every session
  /// @throws Error{FileNotWritable}
  BarStoreFile(const std::filesystem::path& file, std::vector<Date> sessions, std::vector<std::int32_t> minute_counts,
               std::vector<StoreLayout> assets);
  BarStoreFile(const BarStoreFile&) = delete;
  BarStoreFile& operator=(const BarStoreFile&) = delete;
  ~BarStoreFile();

  /// Rows of an asset inside its layout, at its scales or coarser ones; pieces of one asset come in order of time,
  /// assets in any order. @throws Error{NotASession} naming the day, Error{RowsOutOfOrder}, Error{Overflow}
  void put_daily(AssetIndex asset, const BarSeries& rows);
  /// @throws as put_daily, Error{NotASession} naming the minute
  void put_minutes(AssetIndex asset, const BarSeries& rows, const MinuteLabels& labels);
  /// Fill what no row was put into, write the directory, fsync. @throws Error{FileNotWritable}
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rustybt::data

#include "rustybt/data/columnar/minute_merge.hpp"

#include <algorithm>

namespace rustybt::data {

MinuteMerge::MinuteMerge(std::shared_ptr<const BarStore> store, utils::CalendarPtr calendar,
                         std::vector<AssetIndex> assets, int first, int last)
    : store_(std::move(store)),
      calendar_(std::move(calendar)),
      assets_(std::move(assets)),
      session_(std::max(first, 0)),
      last_(std::min(last, static_cast<int>(store_->sessions().size()) - 1)),
      first_calendar_session_(store_->sessions().empty() ? 0
                                                         : calendar_->session_at_or_after(store_->sessions().front())) {
}

bool MinuteMerge::next(MinuteBatch& batch) {
  struct Block {
    AssetIndex asset;
    const std::int64_t* columns[kFieldCount];
  };
  std::vector<Block> blocks;
  for (; session_ <= last_; ++session_) {
    const auto minutes = static_cast<std::size_t>(store_->minutes_in(session_));
    blocks.clear();
    for (const AssetIndex asset : assets_) {
      const AssetMinutes& bars = store_->minutes(asset);
      const std::int64_t at = bars.block(session_);
      if (at < 0) continue;
      Block& block = blocks.emplace_back();
      block.asset = asset;
      for (int f = 0; f < kFieldCount; ++f) block.columns[f] = bars.columns[f] + at;
    }
    if (blocks.empty()) continue;
    // every block has the session's minutes, so merging is walking across the blocks
    const std::size_t most = minutes * blocks.size();
    batch.times.resize(most);
    batch.assets.resize(most);
    for (auto& column : batch.columns) column.resize(most);
    std::size_t row = 0;
    for (std::size_t minute = 0; minute < minutes; ++minute) {
      const std::int64_t time = calendar_->minute(first_calendar_session_ + session_, static_cast<int>(minute)).ns;
      for (const Block& block : blocks) {
        bool has_value = false;
        for (int f = 0; f < kFieldCount; ++f) {
          const std::int64_t value = block.columns[f][minute];
          batch.columns[f][row] = value;
          has_value |= value != kMissing;
        }
        batch.times[row] = time;
        batch.assets[row] = block.asset;
        row += has_value ? 1 : 0;
      }
    }
    batch.times.resize(row);
    batch.assets.resize(row);
    for (auto& column : batch.columns) column.resize(row);
    batch.session = session_;
    if (row == 0) continue;
    ++session_;
    return true;
  }
  return false;
}

}  // namespace rustybt::data

#include <algorithm>
#include <functional>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bar_store_parts.hpp"

namespace rustybt::data {
namespace {

using Columns = std::array<std::vector<std::int64_t>, kFieldCount>;

void grow(Columns& columns, std::size_t rows) {
  for (auto& column : columns) column.resize(column.size() + rows, kMissing);
}

void require_increasing(const BarSeries& series) {
  const auto bad = std::adjacent_find(series.times.begin(), series.times.end(), std::greater_equal<>{});
  if (bad != series.times.end()) throw rows_out_of_order(static_cast<std::size_t>(bad - series.times.begin()));
}

}  // namespace

struct BarStoreBuilder::State {
  std::vector<Date> sessions;
  std::vector<std::int32_t> minute_counts;
  Columns daily, minutes;
  std::vector<std::int64_t> blocks;
  std::vector<BarsWords> daily_assets, minute_assets;
  std::vector<std::int64_t> directory;

  Parts finish();
};

BarStoreBuilder::BarStoreBuilder(std::vector<Date> sessions) : state_(std::make_shared<State>()) {
  state_->minute_counts.assign(sessions.size(), 0);
  state_->sessions = std::move(sessions);
}

void BarStoreBuilder::add_daily(const BarSeries& series) {
  State& s = *state_;
  BarsWords words = empty_bars(series.price_scale, series.volume_scale);
  const RowScale scale(series, series.price_scale, series.volume_scale);
  words[kOffset] = static_cast<std::int64_t>(s.daily[0].size());
  if (!series.times.empty()) {
    require_increasing(series);
    const auto position = [&](std::int64_t day, std::size_t hint) {
      while (hint < s.sessions.size() && s.sessions[hint].days < day) ++hint;
      if (hint == s.sessions.size() || s.sessions[hint].days != day)
        throw not_a_session(Date{static_cast<std::int32_t>(day)});
      return hint;
    };
    const auto begin =
        std::lower_bound(s.sessions.begin(), s.sessions.end(), Date{static_cast<std::int32_t>(series.times.front())});
    const std::size_t first = position(series.times.front(), static_cast<std::size_t>(begin - s.sessions.begin()));
    const std::size_t offset = s.daily[0].size();
    std::size_t session = first;
    for (std::size_t i = 0; i < series.times.size(); ++i) {
      session = position(series.times[i], session);
      grow(s.daily, offset + (session - first) + 1 - s.daily[0].size());
      put_row(scale, i, s.daily, offset + (session - first), words);
    }
    words[kFirst] = static_cast<std::int64_t>(first);
    words[kRows] = words[kCount] = static_cast<std::int64_t>(session - first + 1);
  }
  s.daily_assets.push_back(words);
}

void BarStoreBuilder::add_minutes(const BarSeries& series, const MinuteLabels& labels) {
  State& s = *state_;
  BarsWords words = empty_bars(series.price_scale, series.volume_scale);
  const RowScale scale(series, series.price_scale, series.volume_scale);
  const std::size_t offset = s.minutes[0].size();
  words[kOffset] = static_cast<std::int64_t>(offset);
  words[kBlocks] = static_cast<std::int64_t>(s.blocks.size());
  if (!series.times.empty()) {
    require_increasing(series);
    int first = -1, session = -1;
    std::size_t block = 0;
    for (std::size_t i = 0; i < series.times.size(); ++i) {
      const Timestamp minute{series.times[i]};
      const int row_session = labels.session_of(minute);
      const int index = row_session < 0 ? -1 : labels.minute_index(row_session, minute);
      if (index < 0) throw not_a_minute(minute);
      if (row_session != session) {
        if (first < 0) first = row_session;
        s.blocks.resize(static_cast<std::size_t>(words[kBlocks] + row_session - first + 1), -1);
        block = s.minutes[0].size();
        s.blocks.back() = static_cast<std::int64_t>(block - offset);
        const int count = labels.minute_count(row_session);
        s.minute_counts[static_cast<std::size_t>(row_session)] = count;
        grow(s.minutes, static_cast<std::size_t>(count));
        session = row_session;
      }
      put_row(scale, i, s.minutes, block + static_cast<std::size_t>(index), words);
    }
    words[kFirst] = first;
    words[kCount] = session - first + 1;
    words[kRows] = static_cast<std::int64_t>(s.minutes[0].size() - offset);
  }
  s.minute_assets.push_back(words);
}

Parts BarStoreBuilder::State::finish() {
  const std::size_t assets = std::max(daily_assets.size(), minute_assets.size());
  daily_assets.resize(assets, empty_bars(0, 0));
  minute_assets.resize(assets, empty_bars(0, 0));
  directory = make_directory(sessions, minute_counts, daily_assets, minute_assets);
  Parts parts{};
  parts[0] = directory;
  for (std::size_t f = 0; f < kFieldCount; ++f) {
    parts[kDailyPart + f] = daily[f];
    parts[kMinutePart + f] = minutes[f];
  }
  parts[kBlockPart] = blocks;
  return parts;
}

std::shared_ptr<const BarStore> BarStoreBuilder::build() && {
  auto backing = std::make_shared<BarStore::Backing>();
  backing->parts = state_->finish();
  backing->owner = std::move(state_);
  return BarStore::from_backing(std::move(backing), "in memory");
}

}  // namespace rustybt::data

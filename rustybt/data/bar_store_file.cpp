#include "rustybt/data/bar_store_file.hpp"

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/data/bar_store_parts.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {

namespace {

using Columns = std::array<std::vector<std::int64_t>, kFieldCount>;

/// Where the next rows of an asset go: everything before `next` is written.
struct Cursor {
  std::int64_t next = 0;
  int session = 0;         ///< minutes: the session whose block begins at `block`
  std::int64_t block = 0;  ///< rows of the asset before that session
};

}  // namespace

struct BarStoreFile::State {
  std::vector<Date> sessions;
  std::vector<std::int32_t> minute_counts;
  std::vector<StoreLayout> layouts;
  std::vector<BarsWords> daily, minutes;
  std::vector<Cursor> daily_cursors, minute_cursors;
  std::vector<std::int32_t> used_minute_counts;  ///< 0 where no asset has minutes
  std::optional<storage::IpcWriter> file;
  Columns rows;  ///< of the piece that is being put

  void lay_out(const std::filesystem::path& path);
  void write_blocks();
  [[nodiscard]] bool has_minutes(std::size_t asset, int session) const {
    const auto& have = layouts[asset].minute_sessions;
    return !have.empty() && have[static_cast<std::size_t>(session)];
  }
  [[nodiscard]] std::vector<std::int64_t> directory() const;
  /// Write `rows` at the cursor of an asset's bars.
  void put_rows(int first_part, const BarsWords& words, Cursor& cursor);
  void fill(int first_part, const BarsWords& words, Cursor& cursor);
  void stretch_rows(std::int64_t count) {
    for (auto& column : rows) column.resize(static_cast<std::size_t>(count), kMissing);
  }
};

void BarStoreFile::State::lay_out(const std::filesystem::path& path) {
  std::int64_t daily_rows = 0, minute_rows = 0, blocks = 0;
  used_minute_counts.assign(sessions.size(), 0);
  for (std::size_t a = 0; a < layouts.size(); ++a) {
    const StoreLayout& layout = layouts[a];
    BarsWords d = empty_bars(layout.price_scale, layout.volume_scale);
    d[kOffset] = daily_rows;
    if (layout.first_session >= 0) {
      d[kFirst] = layout.first_session;
      d[kRows] = d[kCount] = layout.last_session - layout.first_session + 1;
      daily_rows += d[kRows];
    }
    daily.push_back(d);
    BarsWords m = empty_bars(layout.price_scale, layout.volume_scale);
    m[kOffset] = minute_rows;
    m[kBlocks] = blocks;
    Cursor cursor;
    int first = -1, last = -1;
    for (int s = 0; s < static_cast<int>(sessions.size()); ++s) {
      if (!has_minutes(a, s)) continue;
      if (first < 0) first = s;
      last = s;
      const std::int32_t count = minute_counts[static_cast<std::size_t>(s)];
      used_minute_counts[static_cast<std::size_t>(s)] = count;
      m[kRows] += count;
    }
    if (first >= 0) {
      m[kFirst] = first;
      m[kCount] = last - first + 1;
      cursor.session = first;
      minute_rows += m[kRows];
      blocks += m[kCount];
    }
    minutes.push_back(m);
    daily_cursors.emplace_back();
    minute_cursors.push_back(cursor);
  }
  std::vector<storage::IpcWriter::Plan> plan;
  for (int part = 0; part < kPartCount; ++part) {
    const std::int64_t length = part == 0            ? static_cast<std::int64_t>(directory().size())
                                : part < kMinutePart ? daily_rows
                                : part < kBlockPart  ? minute_rows
                                                     : blocks;
    plan.push_back({kPartNames[part], length});
  }
  file.emplace(path, plan);
}

void BarStoreFile::State::write_blocks() {
  for (std::size_t a = 0; a < layouts.size(); ++a) {
    const BarsWords& words = minutes[a];
    if (words[kCount] == 0) continue;
    std::vector<std::int64_t> blocks;
    std::int64_t offset = 0;
    for (std::int64_t i = 0; i < words[kCount]; ++i) {
      const auto session = static_cast<int>(words[kFirst] + i);
      const bool has = has_minutes(a, session);
      blocks.push_back(has ? offset : -1);
      if (has) offset += minute_counts[static_cast<std::size_t>(session)];
    }
    file->put(kBlockPart, words[kBlocks], blocks);
  }
}

std::vector<std::int64_t> BarStoreFile::State::directory() const {
  return make_directory(sessions, used_minute_counts, daily, minutes);
}

void BarStoreFile::State::put_rows(int first_part, const BarsWords& words, Cursor& cursor) {
  for (int f = 0; f < kFieldCount; ++f)
    file->put(first_part + f, words[kOffset] + cursor.next, rows[static_cast<std::size_t>(f)]);
  cursor.next += static_cast<std::int64_t>(rows[0].size());
}

void BarStoreFile::State::fill(int first_part, const BarsWords& words, Cursor& cursor) {
  constexpr std::int64_t kRowsAtOnce = 1 << 16;
  while (cursor.next < words[kRows]) {
    for (auto& column : rows) column.clear();
    stretch_rows(std::min(words[kRows] - cursor.next, kRowsAtOnce));
    put_rows(first_part, words, cursor);
  }
}

BarStoreFile::BarStoreFile(const std::filesystem::path& file, std::vector<Date> sessions,
                           std::vector<std::int32_t> minute_counts, std::vector<StoreLayout> assets)
    : state_(std::make_unique<State>()) {
  state_->sessions = std::move(sessions);
  state_->minute_counts = std::move(minute_counts);
  state_->layouts = std::move(assets);
  state_->lay_out(file);
  state_->write_blocks();
}

BarStoreFile::~BarStoreFile() = default;

void BarStoreFile::put_daily(AssetIndex asset, const BarSeries& series) {
  State& s = *state_;
  const auto a = static_cast<std::size_t>(asset.value);
  BarsWords& words = s.daily[a];
  Cursor& cursor = s.daily_cursors[a];
  for (auto& column : s.rows) column.clear();
  const RowScale scale(series, static_cast<int>(words[kPriceScale]), static_cast<int>(words[kVolumeScale]));
  auto session = s.sessions.begin() + words[kFirst] + cursor.next;
  for (std::size_t i = 0; i < series.times.size(); ++i) {
    const Date day{static_cast<std::int32_t>(series.times[i])};
    while (session < s.sessions.end() && *session < day) ++session;
    if (session >= s.sessions.end() || *session != day) throw not_a_session(day);
    const std::int64_t position = session - s.sessions.begin() - words[kFirst] - cursor.next;
    if (position < static_cast<std::int64_t>(s.rows[0].size())) throw rows_out_of_order(i);
    s.stretch_rows(position + 1);
    put_row(scale, i, s.rows, static_cast<std::size_t>(position), words);
  }
  if (!series.times.empty()) s.put_rows(kDailyPart, words, cursor);
}

void BarStoreFile::put_minutes(AssetIndex asset, const BarSeries& series, const MinuteLabels& labels) {
  State& s = *state_;
  const auto a = static_cast<std::size_t>(asset.value);
  BarsWords& words = s.minutes[a];
  Cursor& cursor = s.minute_cursors[a];
  for (auto& column : s.rows) column.clear();
  const RowScale scale(series, static_cast<int>(words[kPriceScale]), static_cast<int>(words[kVolumeScale]));
  for (std::size_t i = 0; i < series.times.size(); ++i) {
    const Timestamp minute{series.times[i]};
    const int session = labels.session_of(minute);
    const int index = session < 0 ? -1 : labels.minute_index(session, minute);
    if (index < 0 || !s.has_minutes(a, session)) throw not_a_minute(minute);
    if (session < cursor.session) throw rows_out_of_order(i);
    for (; cursor.session < session; ++cursor.session)
      if (s.has_minutes(a, cursor.session)) cursor.block += s.minute_counts[static_cast<std::size_t>(cursor.session)];
    const std::int64_t position = cursor.block + index - cursor.next;
    if (position < static_cast<std::int64_t>(s.rows[0].size())) throw rows_out_of_order(i);
    s.stretch_rows(position + 1);
    put_row(scale, i, s.rows, static_cast<std::size_t>(position), words);
  }
  if (!series.times.empty()) s.put_rows(kMinutePart, words, cursor);
}

void BarStoreFile::close() {
  State& s = *state_;
  for (std::size_t a = 0; a < s.layouts.size(); ++a) {
    s.fill(kDailyPart, s.daily[a], s.daily_cursors[a]);
    s.fill(kMinutePart, s.minutes[a], s.minute_cursors[a]);
  }
  s.file->put(0, 0, s.directory());
  s.file->close();
}

}  // namespace rustybt::data

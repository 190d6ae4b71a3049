#include "rustybt/data/bundles/bar_spill.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/bar_merge.hpp"

namespace rustybt::data {

namespace {

constexpr std::size_t kBufferBytes = 1 << 20;
constexpr std::int64_t kPieceBytes = 256;  // what an empty series costs

std::int64_t bytes_of(const BarSeries& series) {
  return static_cast<std::int64_t>(series.times.size() * (1 + kFieldCount) * sizeof(std::int64_t)) + kPieceBytes;
}

[[noreturn]] void fail(ErrorCode code, const std::filesystem::path& file) {
  throw Error(code, fmt::format("cannot {} {}: {}", code == ErrorCode::FileNotWritable ? "write" : "read",
                                file.string(), std::strerror(errno)));
}

}  // namespace

BarSpill::BarSpill(std::filesystem::path file, std::int64_t memory_limit, Merge merge, storage::WriteProbe probe)
    : file_(std::move(file)), memory_limit_(memory_limit), merge_(std::move(merge)), probe_(std::move(probe)) {}

BarSpill::~BarSpill() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(file_.c_str());
}

void BarSpill::add(const Partition& partition, int asset, BarSeries piece, const std::string& symbol) {
  if (piece.times.empty()) return;
  Pieces& pieces = partitions_[partition][asset];
  if (!pieces.held.empty() && pieces.held.back().times.back() < piece.times.front()) {
    BarSeries& last = pieces.held.back();
    held_bytes_ += bytes_of(piece) - kPieceBytes;
    append_rows(last, std::move(piece), symbol);
  } else {
    held_bytes_ += bytes_of(piece);
    pieces.held.push_back(std::move(piece));
  }
  if (held_bytes_ > memory_limit_) spill();
}

std::vector<Partition> BarSpill::partitions() const {
  std::vector<Partition> found;
  for (const auto& [partition, assets] : partitions_) found.push_back(partition);
  return found;
}

std::vector<int> BarSpill::assets(const Partition& partition) const {
  std::vector<int> found;
  if (const auto at = partitions_.find(partition); at != partitions_.end())
    for (const auto& [asset, pieces] : at->second) found.push_back(asset);
  return found;
}

BarSeries BarSpill::read(const Partition& partition, int asset) {
  Pieces& pieces = partitions_.at(partition).at(asset);
  std::vector<BarSeries> all;
  for (const Spilled& spilled : pieces.spilled) all.push_back(load(spilled));
  all.insert(all.end(), pieces.held.begin(), pieces.held.end());
  const bool is_one = all.size() == 1;
  BarSeries series = merge_(partition, asset, std::move(all));
  if (!is_one) replace(partition, asset, series);
  return series;
}

void BarSpill::replace(const Partition& partition, int asset, BarSeries series) {
  Pieces& pieces = partitions_[partition][asset];
  for (const BarSeries& held : pieces.held) held_bytes_ -= bytes_of(held);
  pieces = {};
  add(partition, asset, std::move(series), {});
}

void BarSpill::drop(const Partition& partition) {
  const auto at = partitions_.find(partition);
  if (at == partitions_.end()) return;
  for (const auto& [asset, pieces] : at->second)
    for (const BarSeries& held : pieces.held) held_bytes_ -= bytes_of(held);
  partitions_.erase(at);
}

void BarSpill::spill() {
  if (probe_) probe_("spill bars");
  if (descriptor_ < 0) {
    descriptor_ = ::open(file_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail(ErrorCode::FileNotWritable, file_);
  }
  for (auto& [partition, assets] : partitions_) {
    for (auto& [asset, pieces] : assets) {
      if (pieces.held.empty()) continue;
      const BarSeries series = merge_(partition, asset, std::exchange(pieces.held, {}));
      pieces.spilled.push_back({file_bytes_ + static_cast<std::int64_t>(buffer_.size()),
                                static_cast<std::int64_t>(series.times.size()), series.price_scale,
                                series.volume_scale});
      write(series.times.data(), series.times.size() * sizeof(std::int64_t));
      for (const auto& column : series.columns) write(column.data(), column.size() * sizeof(std::int64_t));
    }
  }
  flush_buffer();
  held_bytes_ = 0;
}

void BarSpill::write(const void* data, std::size_t bytes) {
  const char* at = static_cast<const char*>(data);
  buffer_.insert(buffer_.end(), at, at + bytes);
  if (buffer_.size() >= kBufferBytes) flush_buffer();
}

void BarSpill::flush_buffer() {
  const char* at = buffer_.data();
  for (std::size_t left = buffer_.size(); left > 0;) {
    const ssize_t n = ::pwrite(descriptor_, at, left, file_bytes_);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(ErrorCode::FileNotWritable, file_);
    at += n;
    left -= static_cast<std::size_t>(n);
    file_bytes_ += n;
  }
  buffer_.clear();
}

BarSeries BarSpill::load(const Spilled& spilled) const {
  BarSeries series;
  series.price_scale = spilled.price_scale;
  series.volume_scale = spilled.volume_scale;
  std::int64_t offset = spilled.offset;
  const auto read_into = [&](std::vector<std::int64_t>& values) {
    values.resize(static_cast<std::size_t>(spilled.rows));
    char* at = reinterpret_cast<char*>(values.data());
    for (std::size_t left = values.size() * sizeof(std::int64_t); left > 0;) {
      const ssize_t n = ::pread(descriptor_, at, left, offset);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail(ErrorCode::FileNotReadable, file_);
      at += n;
      left -= static_cast<std::size_t>(n);
      offset += n;
    }
  };
  read_into(series.times);
  for (auto& column : series.columns) read_into(column);
  return series;
}

}  // namespace rustybt::data

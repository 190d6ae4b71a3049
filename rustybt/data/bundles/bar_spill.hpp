#pragma once
// Bars on their way into partitions: held in memory up to a limit, beyond it in one scratch file.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <vector>

#include "rustybt/data/bundles/partition.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::data {

/// Pieces of series by partition and asset (a number that the caller gives). The largest thing held beside the limit is
/// one asset's bars in one partition.
class BarSpill {
 public:
  /// Makes one series of pieces in order of arrival.
  using Merge = std::function<BarSeries(const Partition& partition, int asset, std::vector<BarSeries> pieces)>;

  /// @param file  the scratch file, made when it is needed and removed at the end
  BarSpill(std::filesystem::path file, std::int64_t memory_limit, Merge merge, storage::WriteProbe probe);
  BarSpill(const BarSpill&) = delete;
  BarSpill& operator=(const BarSpill&) = delete;
  ~BarSpill();

  /// Add a piece, strictly increasing in time. @throws what merge throws; Error{Overflow} naming `symbol`,
  /// Error{FileNotWritable}
  void add(const Partition& partition, int asset, BarSeries piece, const std::string& symbol);
  [[nodiscard]] std::vector<Partition> partitions() const;
  [[nodiscard]] std::vector<int> assets(const Partition& partition) const;
  /// The pieces of an asset as one series, which takes their place.
  [[nodiscard]] BarSeries read(const Partition& partition, int asset);
  /// Put a series in the place of an asset's pieces.
  void replace(const Partition& partition, int asset, BarSeries series);
  /// Forget a partition.
  void drop(const Partition& partition);

 private:
  struct Spilled {  ///< times, then the columns, in the file
    std::int64_t offset = 0;
    std::int64_t rows = 0;
    int price_scale = 0;
    int volume_scale = 0;
  };
  struct Pieces {  ///< first those on disk, then those in memory
    std::vector<Spilled> spilled;
    std::vector<BarSeries> held;
  };

  void spill();
  void write(const void* data, std::size_t bytes);
  void flush_buffer();
  [[nodiscard]] BarSeries load(const Spilled& spilled) const;

  std::filesystem::path file_;
  std::int64_t memory_limit_;
  Merge merge_;
  storage::WriteProbe probe_;
  std::map<Partition, std::map<int, Pieces>> partitions_;
  std::int64_t held_bytes_ = 0;
  int descriptor_ = -1;
  std::int64_t file_bytes_ = 0;
  std::vector<char> buffer_;
};

}  // namespace rustybt::data

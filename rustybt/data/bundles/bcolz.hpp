#pragma once
// Columns of bcolz tables, the on-disk form of Zipline's bars (zipline_semantics 6.4): folders of Blosc-1 chunks.
// Our door to Blosc, whose library is opened when the first chunk is read.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rustybt::data {

/// What meta/sizes and meta/storage say of a column.
struct BcolzFacts {
  std::int64_t size = 0;          ///< values
  std::int64_t chunk_length = 0;  ///< values in every chunk but the last
};
/// @param origin  what to call the column in errors
/// @throws Error{CorruptBundle}, also for a column that is not of unsigned 32-bit numbers
[[nodiscard]] BcolzFacts parse_bcolz_facts(std::string_view sizes, std::string_view storage, const std::string& origin);

/// The values of a chunk file (__N.blp). @param most  number of values that it may hold
/// @throws Error{CorruptBundle} naming `origin`, Error{MissingDependency} without Blosc
[[nodiscard]] std::vector<std::uint32_t> unpack_bcolz_chunk(std::string_view file, std::int64_t most,
                                                            const std::string& origin);

/// One column of unsigned 32-bit numbers. Chunks are unpacked as they are asked for, the last one is kept.
class BcolzColumn {
 public:
  /// @param folder  of the column, with meta/ and data/
  /// @throws Error{FileNotFound}, Error{CorruptBundle} naming the file
  explicit BcolzColumn(std::filesystem::path folder);

  [[nodiscard]] std::int64_t size() const { return facts_.size; }
  /// Values [first, first + count). @throws Error{CorruptBundle} for a damaged chunk or a range outside the column,
  /// Error{FileNotFound}, Error{MissingDependency} without Blosc
  [[nodiscard]] std::vector<std::uint32_t> read(std::int64_t first, std::int64_t count);

 private:
  void load_chunk(std::int64_t number);

  std::filesystem::path folder_;
  BcolzFacts facts_;
  std::int64_t chunk_number_ = -1;
  std::vector<std::uint32_t> chunk_;
};

}  // namespace rustybt::data

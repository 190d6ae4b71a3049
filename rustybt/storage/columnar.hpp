#pragma once
// Tables of columns in memory, as Parquet, as memory-mapped Arrow IPC, and as Arrow stream for Python.
// Our door to Arrow: no Arrow header is needed to use it.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

struct ArrowArrayStream;  // Arrow C data interface

namespace rustybt::storage {

/// Kinds of column, each with its values.
struct Int64s {
  std::vector<std::int64_t> values;
};
/// Mantissas: value = values[i] * 10^-scale, scale 0..38.
struct Decimals {
  std::vector<std::int64_t> values;
  int scale = 0;
  int digits = 18;  ///< the type's least precision in Parquet; 19 where later parts of a file need it
};
struct Doubles {
  std::vector<double> values;
};
struct Strings {
  std::vector<std::string> values;
};
/// Nanoseconds since 1970 UTC.
struct Timestamps {
  std::vector<std::int64_t> values;
};
/// Days since 1970.
struct Dates {
  std::vector<std::int32_t> values;
};
struct Bools {
  std::vector<std::uint8_t> values;
};

using ColumnValues = std::variant<Int64s, Decimals, Doubles, Strings, Timestamps, Dates, Bools>;

struct Column {
  std::string name;
  ColumnValues values;
  /// One entry per row, 0 = missing (the value there is 0 or empty when read); empty = no value is missing.
  std::vector<std::uint8_t> validity = {};

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool is_valid(std::size_t row) const { return validity.empty() || validity[row] != 0; }
  /// "int64", "decimal", "double", "string", "timestamp", "date", "bool".
  [[nodiscard]] std::string_view kind() const;
  /// The values as one kind. @throws Error{WrongType} naming column and kind
  template <class Kind>
  [[nodiscard]] const Kind& as() const {
    if (const Kind* kind_values = std::get_if<Kind>(&values)) return *kind_values;
    throw_wrong_kind(Column{{}, Kind{}}.kind());
  }

 private:
  [[noreturn]] void throw_wrong_kind(std::string_view expected) const;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Columns of equal length.
struct ColumnTable {
  std::vector<Column> columns;
  Metadata metadata = {};

  [[nodiscard]] std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
  [[nodiscard]] const Column* find(std::string_view name) const;
  /// @throws Error{MissingColumn} naming the columns that are there
  [[nodiscard]] const Column& column(std::string_view name) const;
};

struct ParquetOptions {
  std::int64_t row_group_rows = 1'000'000;
  int zstd_level = 3;
};

/// A Parquet file written part by part, in bounded memory; write_parquet is its use for one table.
///
/// Each part becomes row groups of its own. Parts have the same columns, kinds and scales; the first one decides how
/// wide decimals are (Decimals::digits).
class ParquetWriter {
 public:
  /// @throws Error{InvalidArgument} for row groups of less than a row
  explicit ParquetWriter(const std::filesystem::path& path, const ParquetOptions& options = {});
  ParquetWriter(const ParquetWriter&) = delete;
  ParquetWriter& operator=(const ParquetWriter&) = delete;
  ~ParquetWriter();
  /// @throws Error{FileNotWritable}, Error{InvalidArgument} for a part of another shape
  void write(const ColumnTable& rows);
  /// Finish and fsync. @throws Error{FileNotWritable}
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Write a Parquet file and fsync it: ZSTD, integers, times and decimals delta-packed, statistics per row group.
///
/// Decimals of up to 18 digits are DECIMAL(18, scale) in 8 bytes; a column with a 19-digit mantissa is DECIMAL(19,
/// scale). Pages carry checksums, so that damage is noticed on reading. The same table gives the same bytes.
/// @throws Error{FileNotWritable}, Error{InvalidArgument} when columns differ in length or share a name
void write_parquet(const std::filesystem::path& path, const ColumnTable& table, const ParquetOptions& options = {});

/// Read a Parquet file of any writer, all columns or the named ones in that order.
///
/// Integers, decimals of <= 38 digits, floats (32 bits: the shortest decimal of each), strings, dictionaries of
/// strings, dates and timestamps of any unit (without zone: taken as UTC) and booleans become the kinds above. A column
/// of nothing but nulls of no type becomes Strings.
/// @throws Error{FileNotFound}, Error{FileNotReadable} when damaged, Error{MissingColumn}, Error{WrongType} for a type
/// not
///         named above, Error{Overflow} when a value does not fit int64 at the column's scale; each names file and
///         column
[[nodiscard]] ColumnTable read_parquet(const std::filesystem::path& path, std::span<const std::string> columns = {});

struct ParquetInfo {
  struct Field {
    std::string name;
    std::string type;  ///< in Arrow's words ("timestamp[us]", "decimal128(38, 8)")
  };
  std::vector<Field> fields;
  std::int64_t rows = 0;
  Metadata metadata;
};
/// Columns and row count from the footer alone. @throws as read_parquet
[[nodiscard]] ParquetInfo inspect_parquet(const std::filesystem::path& path);

/// An open Parquet file, read row group by row group. Errors as read_parquet.
class ParquetReader {
 public:
  struct Range {
    std::int64_t least, most;
  };
  explicit ParquetReader(const std::filesystem::path& path);
  ParquetReader(ParquetReader&&) noexcept;
  ParquetReader& operator=(ParquetReader&&) noexcept;
  ~ParquetReader();

  [[nodiscard]] ParquetInfo info() const;
  [[nodiscard]] int row_groups() const;
  [[nodiscard]] std::int64_t rows(int row_group) const;
  /// Statistics of a column of integers, dates (days) or timestamps (ns); empty where the file has none.
  [[nodiscard]] std::optional<Range> range(int row_group, std::string_view column) const;
  /// One row group, all columns or the named ones in that order.
  [[nodiscard]] ColumnTable read(int row_group, std::span<const std::string> columns = {}) const;
  [[nodiscard]] ColumnTable read_all(std::span<const std::string> columns = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A column of an IPC file; the values are only looked at while writing.
struct IpcColumn {
  std::string name;
  std::span<const std::int64_t> values;
};

/// An uncompressed Arrow IPC file of int64 columns whose lengths are known and whose values come piece by piece, in any
/// order: memory is what the caller holds. 64-byte aligned; map_ipc reads it.
///
/// Columns may differ in length: equal ones are a plain table, else every column is a list in a single row.
class IpcWriter {
 public:
  struct Plan {
    std::string name;
    std::int64_t length = 0;
  };
  /// @throws Error{FileNotWritable}, Error{InvalidArgument} when two columns share a name
  IpcWriter(const std::filesystem::path& path, std::span<const Plan> columns, const Metadata& metadata = {});
  IpcWriter(const IpcWriter&) = delete;
  IpcWriter& operator=(const IpcWriter&) = delete;
  ~IpcWriter();
  /// Values [first, first + size) of a column; what is never put is 0. @throws Error{FileNotWritable}
  void put(int column, std::int64_t first, std::span<const std::int64_t> values);
  /// fsync. @throws Error{FileNotWritable}
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Write int64 columns as one IPC file (IpcWriter).
void write_ipc(const std::filesystem::path& path, std::span<const IpcColumn> columns, const Metadata& metadata = {});

/// An IPC file of write_ipc, memory-mapped: columns point into the map. Shareable between threads.
class MappedTable {
 public:
  MappedTable(MappedTable&&) noexcept;
  MappedTable& operator=(MappedTable&&) noexcept;
  ~MappedTable();

  /// @throws Error{MissingColumn}
  [[nodiscard]] std::span<const std::int64_t> column(std::string_view name) const;
  [[nodiscard]] const Metadata& metadata() const;
  /// @throws Error{MissingColumn} when the key is not there
  [[nodiscard]] const std::string& metadata(std::string_view key) const;

 private:
  friend MappedTable map_ipc(const std::filesystem::path& path);
  struct State;
  explicit MappedTable(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

/// @throws Error{FileNotFound}, Error{FileNotReadable} when damaged or not of write_ipc
[[nodiscard]] MappedTable map_ipc(const std::filesystem::path& path);

/// Hand a table to a consumer of the Arrow C stream interface; `out` owns it until its release is called.
/// Decimals become decimal128(38, scale), times timestamp[ns, UTC]; int64, double, times and dates are not copied.
/// @throws Error{InvalidArgument} as write_parquet
void export_stream(ColumnTable table, ArrowArrayStream* out);

/// Take a table from a producer of the Arrow C stream interface (pandas, Polars, pyarrow, DuckDB), values copied into
/// the kinds that read_parquet names. The stream is released in every case.
/// @param origin  what to call it in errors ("the bars of AAPL")
/// @throws Error{FileNotReadable} when the producer fails, Error{WrongType}, Error{Overflow} as read_parquet
[[nodiscard]] ColumnTable import_stream(ArrowArrayStream* stream, const std::string& origin);

}  // namespace rustybt::storage

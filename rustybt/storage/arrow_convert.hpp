#pragma once
// Between ColumnTable and Arrow's tables. For columnar.cpp only.

#include <cstdint>
#include <memory>
#include <string>

#include "rustybt/storage/columnar.hpp"

namespace arrow {
class Array;
class ChunkedArray;
class KeyValueMetadata;
class Table;
}  // namespace arrow

namespace rustybt::storage {

/// How decimals leave: in 8 bytes where the digits allow (Parquet files), or always as decimal128(38, scale), so that
/// consumers see one type.
enum class DecimalWidth : std::uint8_t { Smallest, Full };

/// An Arrow table over the values of `table`, which it keeps alive; numbers but decimals of full width are not copied.
/// @throws Error{InvalidArgument} when columns differ in length or share a name
[[nodiscard]] std::shared_ptr<arrow::Table> to_arrow(const std::shared_ptr<const ColumnTable>& table,
                                                     DecimalWidth width);

/// Copy an Arrow column; errors as read_parquet, naming `file` and the column.
[[nodiscard]] Column from_arrow(const std::string& file, std::string name, const arrow::ChunkedArray& chunks);

[[nodiscard]] std::shared_ptr<arrow::KeyValueMetadata> to_arrow(const Metadata& metadata);
/// Without the schema that Arrow's own writers add.
[[nodiscard]] Metadata from_arrow(const arrow::KeyValueMetadata* metadata);

}  // namespace rustybt::storage

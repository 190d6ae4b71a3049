#pragma once
// A Parquet file as cells of text, so that it takes the same road as CSV: one set of checks, one set of messages.

#include <filesystem>

#include "rustybt/storage/columnar.hpp"
#include "rustybt/storage/delimited_text.hpp"

namespace rustybt::data::adapters {

/// Doubles become the shortest text that reads back to them, times ISO, missing values empty cells.
[[nodiscard]] storage::TextTable read_parquet_as_text(const std::filesystem::path& file);

/// The same for a table in memory.
[[nodiscard]] storage::TextTable to_text_table(const storage::ColumnTable& table);

}  // namespace rustybt::data::adapters

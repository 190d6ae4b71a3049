#pragma once
// Writes assets.sqlite (schema of zipline_semantics 6.8, version 7, and tables of our own: asset_db_schema.hpp).

#include <filesystem>

#include "rustybt/assets/asset_tables.hpp"

namespace rustybt::assets {

/// Write a new database at `path` (replaced if it exists).
///
/// Symbols are upper-cased; those of equities are split at the first of . / \ - _ into company and share class.
/// @throws Error{InvalidArgument} when two equities own a symbol in one country (two pairs: on one exchange) at the
/// same
///         time, when a sid or a contract's symbol repeats, when an exchange is unknown, end_date < start_date or terms
///         of an asset are missing; Error{DatabaseError}
void write_assets(const std::filesystem::path& path, const AssetTables& tables);

}  // namespace rustybt::assets

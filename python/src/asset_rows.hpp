#pragma once
// Rows about assets from Python (rustybt.assets._rows) as the core's tables.

#include <vector>

#include "objects.hpp"
#include "rustybt/assets/asset_tables.hpp"

namespace rustybt::python {

/// Terms of an asset; None keeps the default of its type.
[[nodiscard]] assets::Asset asset_of_row(nb::handle row);
/// (root_symbol, root_symbol_id, sector, description, exchange)
[[nodiscard]] std::vector<assets::FutureRoot> roots_of_rows(nb::list rows);
/// (sid or item, symbol, start, end)
[[nodiscard]] std::vector<assets::SymbolMapping> symbol_mappings_of_rows(nb::list rows);
/// (sid or item, field, value, start, end)
[[nodiscard]] std::vector<assets::SupplementaryMapping> supplementary_mappings_of_rows(nb::list rows);
/// (name, canonical name, country)
[[nodiscard]] std::vector<assets::Exchange> exchanges_of_rows(nb::list rows);

}  // namespace rustybt::python

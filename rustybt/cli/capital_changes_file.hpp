#pragma once
// Capital changes given as a file.

#include <filesystem>
#include <utility>
#include <vector>

#include "rustybt/algorithm/run.hpp"

namespace rustybt::cli {

/// Read a CSV file with a header and the columns `date` (a day, or a UTC minute: 2020-03-02T15:31:00Z), `type` (delta
/// or target) and `value`, in any order.
/// @throws Error{MissingColumn}, Error{BadCell} with the line, Error{FileNotFound}
[[nodiscard]] std::vector<std::pair<Timestamp, gens::CapitalChange>> read_capital_changes(
    const std::filesystem::path& file);

}  // namespace rustybt::cli

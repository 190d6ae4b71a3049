#pragma once
// A benchmark given as a file of daily returns.

#include <filesystem>
#include <vector>

#include "rustybt/algorithm/run.hpp"

namespace rustybt::cli {

/// Read a CSV file with a header and the columns `date` and `return` (0.01 = one per cent), in any order.
/// @throws Error{MissingColumn}, Error{BadCell} with the line, Error{FileNotFound}
[[nodiscard]] std::vector<algorithm::DailyReturn> read_benchmark_returns(const std::filesystem::path& file);

}  // namespace rustybt::cli

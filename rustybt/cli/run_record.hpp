#pragma once
// A run as it is kept: tables and a JSON summary, in memory or in the folder of --output. The printed summary and the
// report are made from it, so they are the same later as right after the run.

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rustybt/algorithm/result.hpp"
#include "rustybt/analytics/reports.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::cli {

/// What the result of a run does not know by itself.
struct RunFacts {
  std::string strategy;                                              ///< path as given, or the name of a built-in one
  std::string strategy_sha256;                                       ///< of the file, empty for a built-in one
  std::string command;                                               ///< reproduces the run
  std::string capital_reason;                                        ///< "default" or "--capital"
  std::vector<std::pair<std::string, std::string>> chosen_policies;  ///< of --set
  std::optional<std::uint64_t> seed;                                 ///< of the data or the strategy, when there is one
  std::optional<Error> error;                                        ///< why the run failed
};

struct RunRecord {
  std::vector<std::pair<std::string, storage::ColumnTable>> tables;  ///< result_table_names()
  std::string summary;                                               ///< JSON, the content of summary.json

  /// @throws Error{MissingColumn} when there is no such table
  [[nodiscard]] const storage::ColumnTable& table(std::string_view name) const;
};

/// Settings of the costs of holding, which are also figures; null where they are off. Name and title.
inline constexpr std::pair<const char*, const char*> kHoldingCosts[] = {
    {"borrow_cost", "Borrow cost"}, {"financing", "Financing"}, {"funding", "Funding"}};
/// Settings of models on an order's way; null where they are off.
inline constexpr std::pair<const char*, const char*> kOrderModels[] = {
    {"latency", "Latency"}, {"partial_fill", "Partial fills"}, {"margin", "Margin"}};

[[nodiscard]] RunRecord make_record(const algorithm::RunResult& result, const RunFacts& facts);

/// TABLE.parquet for every table, and last summary.json: a folder with it holds a whole run. The folder exists.
/// @throws Error{FileNotWritable}
void write_record(const std::filesystem::path& folder, const RunRecord& record);
/// @throws Error{FileNotFound} when the folder holds no run, Error{FileNotReadable}
[[nodiscard]] RunRecord read_record(const std::filesystem::path& folder);

/// The headline as aligned lines for a terminal.
[[nodiscard]] std::string describe_record(const RunRecord& record);
/// `summary` with more members at its end, given as JSON text ("{...}").
[[nodiscard]] std::string extend_summary(const RunRecord& record, std::string_view members);

/// What the HTML page shows of a run.
[[nodiscard]] analytics::ReportInput report_input(const RunRecord& record);

}  // namespace rustybt::cli

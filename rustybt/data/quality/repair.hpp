#pragma once
// A repaired copy of a table: only what needs no guess is done, every changed cell and removed row is written down.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rustybt/data/quality/quality.hpp"

namespace rustybt::data {

struct RepairOptions {
  bool fill = false;  ///< prices that are missing: on the line between the rows before and after, up to 5
};

/// One changed cell; of a whole row `column` is "row" and `before` its text.
struct Change {
  std::int64_t row;  ///< of the original, 0-based
  std::string column;
  std::string before, after;
  std::string rule;  ///< code of the finding
  int cell = -1;     ///< position of the column in the table
};

/// What is to be done, before it is done.
struct RepairPlan {
  std::vector<std::int64_t> rows;  ///< of the original, in their new order
  std::vector<Change> changes;     ///< in order of rows
};
/// Exact duplicates and rows on closed days go, rows in the wrong place move, misplaced decimal points are put right,
/// words in place of numbers become empty. All else stays and is reported again.
[[nodiscard]] RepairPlan plan_repair(const RawTable& table, const QualityReport& report, const RepairOptions& options);

/// The table's text with the plan carried out; untouched rows keep every byte.
[[nodiscard]] std::string repaired_text(const RawTable& table, const RepairPlan& plan);
/// The same for a Parquet file: read, changed, written to `target`.
void repair_parquet(const std::filesystem::path& source, const std::filesystem::path& target, const RepairPlan& plan);

/// file,row,column,old,new,rule
[[nodiscard]] std::string change_log(const std::string& file, const RepairPlan& plan);

}  // namespace rustybt::data

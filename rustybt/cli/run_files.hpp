#pragma once
// The files that a run leaves: a folder of tables, and a page.

#include "rustybt/cli/actions.hpp"
#include "rustybt/cli/run_record.hpp"

namespace rustybt::cli {

/// Where the files go, checked before the work is done: folders are made, and a page without a folder gets NAME_tables
/// beside it.
/// @throws Error{FileNotWritable}
[[nodiscard]] RunOutputs prepare_outputs(const RunOutputs& wanted);

/// Write what `to` names.
/// @throws Error{FileNotWritable}
void write_outputs(const RunRecord& record, const RunOutputs& to);

/// Refuse a page that cannot be written, and make its folder.
/// @throws Error{FileNotWritable}
void prepare_page(const std::filesystem::path& page);
/// The page of a run whose tables lie in a folder.
void write_page(const RunRecord& record, const std::filesystem::path& page, const std::filesystem::path& tables);

}  // namespace rustybt::cli

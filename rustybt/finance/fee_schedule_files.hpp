#pragma once
// Fee schedules of brokers and exchanges as JSON files (docs/costs.md): those that come with the library, and the
// user's.

#include <string>
#include <string_view>
#include <vector>

#include "rustybt/finance/fee_models.hpp"

namespace rustybt::finance {

/// Names of the schedules that come with the library.
[[nodiscard]] std::vector<std::string> fee_schedule_names();
/// The file of such a schedule, to read or to copy. @throws Error{InvalidArgument} naming what there is
[[nodiscard]] std::string_view fee_schedule_text(std::string_view name);
/// A schedule by its name, or from a file by its path (what ends in ".json" or has a "/").
/// @throws Error{InvalidArgument} naming file, field, what was expected and what was found; Error{FileNotFound}
[[nodiscard]] FeeSchedule fee_schedule(std::string_view name_or_path);
/// A schedule from the text of a file; `file` is what messages call it.
[[nodiscard]] FeeSchedule parse_fee_schedule(std::string_view text, std::string_view file);

}  // namespace rustybt::finance

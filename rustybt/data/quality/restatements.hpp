#pragma once
// Tables that hold a bar twice, as first sent and as sent later: what the vendor changed.

#include <optional>
#include <string>

#include "rustybt/data/quality/quality.hpp"

namespace rustybt::data {

/// nullopt unless columns come in pairs first_X and last_X (or revised_X).
[[nodiscard]] std::optional<QualityReport> check_restatements(const RawTable& table, const std::string& file);

}  // namespace rustybt::data

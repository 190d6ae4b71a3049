#pragma once
// A run that is ready to start: what `rustybt run` and the runs of `rustybt strategy check` share.

#include <memory>
#include <optional>
#include <string>

#include "rustybt/algorithm/run.hpp"
#include "rustybt/cli/actions.hpp"
#include "rustybt/cli/run_record.hpp"

namespace rustybt::cli {

struct PreparedRun {
  data::Bundle bundle;
  std::unique_ptr<algorithm::Strategy> strategy;
  algorithm::RunSettings settings;
  RunFacts facts;
};

/// Check the words, open the bundle, load the strategy; a .py strategy may hand over to Python (exec).
[[nodiscard]] PreparedRun prepare_run(Invocation& invocation, const RunCommand& command);

/// Why the run failed, its traceback printed; a failure that is an interruption makes the run interrupted.
[[nodiscard]] std::optional<Error> settle_failure(Invocation& invocation, algorithm::RunResult& result,
                                                  const std::string& strategy);

}  // namespace rustybt::cli

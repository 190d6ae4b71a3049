// Failures in the user's code, explained.

#include <fmt/format.h>

#include "rustybt/cli/actions.hpp"

namespace rustybt::cli {

Error explain_failure(Invocation& invocation, const std::exception_ptr& failure, const std::string& file) {
  if (invocation.environment.describe_exception) {
    if (const auto described = invocation.environment.describe_exception(failure)) {
      invocation.console.print_error_text(described->traceback);
      return described->error ? *described->error : Error(ErrorCode::StrategyFailed, described->message);
    }
  }
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error(ErrorCode::StrategyFailed, fmt::format("{} threw: {}", file, error.what()),
                 "the exception comes from its own code: correct it there");
  } catch (...) {
    return Error(ErrorCode::StrategyFailed, fmt::format("{} threw something that is no std::exception", file),
                 "the exception comes from its own code: correct it there");
  }
}

}  // namespace rustybt::cli

#pragma once
// The native executable does not embed Python: a .py strategy is run by `python -m rustybt`.

#include <string>

namespace rustybt::cli {

/// The interpreter for .py strategies: $RUSTYBT_PYTHON, else the python3 beside this executable if it has rustybt, else
/// the first python3 on PATH that has it.
/// @throws Error{MissingDependency} when none has
[[nodiscard]] std::string find_python();

/// Replace this process by `python -m rustybt` with the same arguments. @throws Error{MissingDependency} when it cannot
/// start
[[noreturn]] void hand_over_to_python(const std::string& python, int argc, char** argv);

}  // namespace rustybt::cli

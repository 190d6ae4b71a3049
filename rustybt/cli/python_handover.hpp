#pragma once
// The native executable does not embed Python: a .py strategy is run by `python -m rustybt`.

namespace rustybt::cli {

/// Replace this process by `python -m rustybt` with the same arguments.
///
/// Python: $RUSTYBT_PYTHON, else the python3 beside this executable if it has rustybt, else the first python3 on PATH that
/// has it.
/// @throws Error{MissingDependency} when none has
[[noreturn]] void hand_over_to_python(int argc, char** argv);

}  // namespace rustybt::cli

#pragma once
// From the file of a strategy in C++ to an object: compile, cache, open.

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "rustybt/algorithm/algorithm.hpp"

namespace rustybt::cli {

enum class StrategyKind : std::uint8_t { Python, Source, Library };

/// By the file's ending: .py; .cpp .cc .cxx; .so.
/// @throws Error{StrategyNotFound} when there is no such file, Error{InvalidArgument} for another ending
[[nodiscard]] StrategyKind strategy_kind(const std::filesystem::path& file);

/// Compile a strategy into a shared library, or find it compiled already.
///
/// The library lies in `cache` under a name made from the source, the files beside it that it includes, the compiler
/// and this build of rustybt. Compiler: $CXX, else c++, else g++. Its messages go to standard error.
/// @param on_compile  called before the compiler starts
/// @throws Error{StrategyDoesNotCompile}, Error{MissingDependency} without a compiler or our headers
[[nodiscard]] std::filesystem::path compile_strategy(const std::filesystem::path& source,
                                                     const std::filesystem::path& cache,
                                                     const std::function<void(std::string_view)>& on_compile);

/// Open a compiled strategy. The library stays open: exceptions and objects of its classes may outlive the strategy.
/// @throws Error{FileNotReadable}, Error{InvalidArgument} when it exports no strategy or was compiled for another
/// version, Error{StrategyFailed} when its constructor throws
[[nodiscard]] std::unique_ptr<algorithm::Strategy> open_strategy(const std::filesystem::path& library);

}  // namespace rustybt::cli

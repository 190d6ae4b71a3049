#pragma once
// A strategy compiled into a shared library: what `rustybt run strategy.so` looks for.

#include "rustybt/algorithm/algorithm.hpp"
#include "rustybt/version.hpp"

namespace rustybt::algorithm {

/// Layout of the classes that a strategy sees. A plugin of another version is refused: compile it again.
inline constexpr const char* kStrategyAbi = RUSTYBT_VERSION "-1";

}  // namespace rustybt::algorithm

/// Export a strategy class (default-constructible) from a shared library; once per library, outside any namespace.
#define RUSTYBT_STRATEGY(Class)                                                                            \
  extern "C" __attribute__((visibility("default"))) const char* rustybt_strategy_abi() {                   \
    return ::rustybt::algorithm::kStrategyAbi;                                                             \
  }                                                                                                        \
  extern "C" __attribute__((visibility("default"))) ::rustybt::algorithm::Strategy* rustybt_make_strategy() { \
    return new Class();                                                                                    \
  }                                                                                                        \
  static_assert(true, "a semicolon follows RUSTYBT_STRATEGY(...)")

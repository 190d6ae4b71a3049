#pragma once
// A strategy compiled into a shared library: what `rustybt run strategy.so` looks for.

#include "rustybt/algorithm/algorithm.hpp"
#include "rustybt/version.hpp"

/// Export a strategy class (default-constructible) from a shared library; once per library, outside any namespace.
///
/// A library of another version of rustybt is refused, because the layout of the classes may differ: compile it again.
#define RUSTYBT_STRATEGY(Class)                                                                               \
  extern "C" __attribute__((visibility("default"))) const char* rustybt_strategy_version() {                  \
    return ::rustybt::kVersion.data();                                                                        \
  }                                                                                                           \
  extern "C" __attribute__((visibility("default"))) ::rustybt::algorithm::Strategy* rustybt_make_strategy() { \
    return new Class();                                                                                       \
  }

#pragma once
// Time as waiting needs it: a clock that only goes forward, and sleep. Tests bring their own.

#include <chrono>
#include <functional>

namespace rustybt::net {

struct Waiting {
  std::function<std::chrono::nanoseconds()> now;  ///< since some moment in the past
  std::function<void(std::chrono::nanoseconds)> sleep;
};

/// The machine's steady clock.
[[nodiscard]] Waiting real_waiting();

}  // namespace rustybt::net

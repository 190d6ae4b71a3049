#include "rustybt/core/clock_source.hpp"

#include <chrono>

namespace rustybt {

Timestamp WallClock::now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count()};
}

}  // namespace rustybt

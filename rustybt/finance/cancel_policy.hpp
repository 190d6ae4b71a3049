#pragma once
// What happens to open orders at the end of a session.

#include <cstdint>

namespace rustybt::finance {

struct CancelPolicy {
  enum class Kind : std::uint8_t { Never, EndOfDay };
  Kind kind = Kind::Never;
  bool warn_on_cancel = true;
  static CancelPolicy never() { return {}; }
  static CancelPolicy end_of_day(bool warn = true) { return {Kind::EndOfDay, warn}; }
};

}  // namespace rustybt::finance

#pragma once
// What happens to open orders at the end of a session.

#include <cstdint>
#include <functional>
#include <utility>

namespace rustybt::finance {

struct CancelPolicy {
  enum class Kind : std::uint8_t { Never, EndOfDay, Custom };
  Kind kind = Kind::Never;
  bool warn_on_cancel = true;
  std::function<bool()> should_cancel;  ///< Custom: asked at the end of each session
  static CancelPolicy never() { return {}; }
  static CancelPolicy end_of_day(bool warn = true) { return {Kind::EndOfDay, warn, {}}; }
  static CancelPolicy custom(std::function<bool()> should_cancel, bool warn) {
    return {Kind::Custom, warn, std::move(should_cancel)};
  }
};

}  // namespace rustybt::finance

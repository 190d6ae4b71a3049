#pragma once
// Log facade: the library reports through a sink that the composition root provides; without one it is silent.

#include <cstdint>
#include <functional>
#include <string_view>

namespace rustybt {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

/// A sink for messages. Copy it, pass it down; an empty one drops everything.
class Log {
 public:
  using Sink = std::function<void(LogLevel, std::string_view)>;
  Log() = default;
  explicit Log(Sink sink) : sink_(std::move(sink)) {}
  void operator()(LogLevel level, std::string_view message) const {
    if (sink_) sink_(level, message);
  }
  void warning(std::string_view message) const { (*this)(LogLevel::Warning, message); }
  void info(std::string_view message) const { (*this)(LogLevel::Info, message); }

 private:
  Sink sink_;
};

}  // namespace rustybt

#pragma once
// Progress of what takes longer than a second, and Ctrl-C.

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <string_view>

#include "rustybt/cli/console.hpp"
#include "rustybt/gens/strategy_hooks.hpp"

namespace rustybt::cli {

/// When to say something: first after a second; then ten times a second on a terminal, else every three seconds.
class ProgressPace {
 public:
  explicit ProgressPace(bool is_terminal);
  /// True when it is time; then waits for the next.
  [[nodiscard]] bool is_due();
  [[nodiscard]] double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_;
  Clock::time_point next_;
  Clock::duration interval_;
};

/// Shows simulated date, share done, bars per second, orders and the time left; stops the run after Ctrl-C.
class RunProgress final : public gens::RunObserver {
 public:
  explicit RunProgress(Console& console);
  bool on_progress(const Progress& progress) override;

 private:
  Console& console_;
  ProgressPace pace_;
};

/// While it lives, Ctrl-C (SIGINT) or SIGTERM asks for the end; a second one ends the process as usual.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();
  [[nodiscard]] static bool is_requested();

 private:
  struct sigaction previous_interrupt_;
  struct sigaction previous_termination_;
};

}  // namespace rustybt::cli

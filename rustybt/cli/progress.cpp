#include "rustybt/cli/progress.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cmath>

#include "rustybt/core/timestamp.hpp"

namespace rustybt::cli {

namespace {

// A signal handler can reach nothing else.
std::atomic<bool> interrupt_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void request_interrupt(int) { interrupt_requested.store(true); }

std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string rate(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.1f} M", per_second / 1e6);
  if (per_second >= 1e4) return fmt::format("{:.0f} k", per_second / 1e3);
  return fmt::format("{:.0f}", per_second);
}

}  // namespace

ProgressPace::ProgressPace(bool is_terminal)
    : start_(Clock::now()),
      next_(start_ + std::chrono::seconds(1)),
      interval_(is_terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(3000)) {}

bool ProgressPace::is_due() {
  const Clock::time_point now = Clock::now();
  if (now < next_) return false;
  next_ = now + interval_;
  return true;
}

double ProgressPace::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

RunProgress::RunProgress(Console& console) : console_(console), pace_(console.error_is_terminal()) {}

bool RunProgress::on_progress(const Progress& progress) {
  if (InterruptGuard::is_requested()) return false;
  if (!pace_.is_due()) return true;
  const double seconds = pace_.seconds();
  const double done =
      progress.sessions_total > 0 ? static_cast<double>(progress.sessions_done) / progress.sessions_total : 0.0;
  const std::string left = done > 0 ? duration(seconds * (1 - done) / done) : "?";
  console_.show_progress(
      fmt::format("{}  {:3.0f} %  {} bars/s  {} orders  {} left", Date{progress.session_days}.to_string(), done * 100,
                  rate(static_cast<double>(progress.bars) / seconds), grouped(progress.orders), left));
  return true;
}

InterruptGuard::InterruptGuard() {
  interrupt_requested.store(false);
  struct sigaction action = {};
  action.sa_handler = request_interrupt;
  // the second Ctrl-C meets the default again; interrupted system calls go on, so that files are written whole
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &previous_interrupt_);
  sigaction(SIGTERM, &action, &previous_termination_);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &previous_interrupt_, nullptr);
  sigaction(SIGTERM, &previous_termination_, nullptr);
}

bool InterruptGuard::is_requested() { return interrupt_requested.load(); }

}  // namespace rustybt::cli

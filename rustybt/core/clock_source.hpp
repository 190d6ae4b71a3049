#pragma once
// Where the time of day comes from. Only composition roots (command line, Python, live) own a wall clock.

#include "rustybt/core/timestamp.hpp"

namespace rustybt {

class ClockSource {
 public:
  virtual ~ClockSource() = default;
  [[nodiscard]] virtual Timestamp now() const = 0;
};

/// The machine's clock.
class WallClock final : public ClockSource {
 public:
  [[nodiscard]] Timestamp now() const override;
};

/// A clock that stands where it is put.
class ManualClock final : public ClockSource {
 public:
  explicit ManualClock(Timestamp start) : now_(start) {}
  [[nodiscard]] Timestamp now() const override { return now_; }
  void set(Timestamp t) { now_ = t; }

 private:
  Timestamp now_;
};

}  // namespace rustybt

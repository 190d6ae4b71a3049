#pragma once
// The trading minutes of a bundle's sessions, as the bar store asks for them.

#include <algorithm>

#include "rustybt/data/bar_store.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

/// Sessions [first, first + count) of a calendar; session 0 of the store is calendar session `first`.
class SessionMinutes final : public MinuteLabels {
 public:
  SessionMinutes(utils::CalendarPtr calendar, int first, int count)
      : calendar_(std::move(calendar)), first_(first), count_(count) {}

  [[nodiscard]] int session_of(Timestamp minute) const override {
    if (!contains(last_, minute)) {  // rows come in runs of one session
      int low = 0;                   // first session that closes at or after the minute
      int high = count_;
      while (low < high) {
        const int middle = (low + high) / 2;
        if (calendar_->close(first_ + middle) < minute) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      if (!contains(low, minute)) return -1;
      last_ = low;
    }
    return last_;
  }
  [[nodiscard]] int minute_count(int session) const override { return calendar_->minute_count(first_ + session); }
  [[nodiscard]] int minute_index(int session, Timestamp minute) const override {
    return calendar_->find_minute(first_ + session, minute).value_or(-1);
  }

 private:
  [[nodiscard]] bool contains(int session, Timestamp minute) const {
    return session >= 0 && session < count_ && calendar_->open(first_ + session) < minute &&
           minute <= calendar_->close(first_ + session);
  }
  utils::CalendarPtr calendar_;
  int first_;
  int count_;
  mutable int last_ = 0;
};

}  // namespace rustybt::data

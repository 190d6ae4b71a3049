#pragma once
// Web sources against a server of the test's own, and recorded messages from ../shared.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/data/adapters/http_adapter.hpp"
#include "rustybt/net/loopback_server_test.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::data::adapters {

inline std::filesystem::path venue_file(const std::string& name) {
  return shared_folder() / "fixtures" / "venues" / name;
}

/// A fetch whose waiting costs no time.
class WebSourceTest : public testing::Test {
 protected:
  /// Sleeping moves the clock; what was slept is kept.
  HttpTools tools() {
    HttpTools tools;
    tools.waiting = {[this] { return time_; },
                     [this](std::chrono::nanoseconds t) {
                       slept_.push_back(t);
                       time_ += t;
                     }};
    return tools;
  }
  IngestOptions options(const std::string& now) {
    clock_.set(Timestamp::parse(now));
    IngestOptions options;
    options.root = folder_.path();
    options.clock = &clock_;
    options.log = Log([this](LogLevel, std::string_view text) { log_ += std::string(text) + "\n"; });
    return options;
  }
  [[nodiscard]] std::int64_t kept_answers() const {
    return SourceCache(SourceCache::folder_in(folder_.path()), clock_).statistics().entries;
  }
  /// Is the text in any file below the root, or in the log?
  [[nodiscard]] bool is_left_anywhere(const std::string& text) const {
    if (log_.find(text) != std::string::npos) return true;
    return std::ranges::any_of(std::filesystem::recursive_directory_iterator(folder_.path()), [&](const auto& entry) {
      return entry.is_regular_file() && storage::read_file(entry.path()).find(text) != std::string::npos;
    });
  }

  storage::TemporaryFolder folder_;
  ManualClock clock_{Timestamp{0}};
  std::chrono::nanoseconds time_{0};
  std::vector<std::chrono::nanoseconds> slept_;
  std::string log_;
};

/// A price or volume of a series as text.
inline std::string cell_text(const BarSeries& series, Field field, std::size_t row) {
  const int scale = field == Field::Volume ? series.volume_scale : series.price_scale;
  const std::int64_t value = series.columns[static_cast<int>(field)][row];
  return value == kMissing ? "missing" : Decimal(value, scale).normalized().to_string();
}

/// "open high low close volume" of a row.
inline std::string bar_text(const BarSeries& series, std::size_t row) {
  std::string text;
  for (int f = 0; f < kFieldCount; ++f) text += (f ? " " : "") + cell_text(series, static_cast<Field>(f), row);
  return text;
}

}  // namespace rustybt::data::adapters

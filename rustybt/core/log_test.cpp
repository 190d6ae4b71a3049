#include "rustybt/core/log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rustybt {
namespace {

TEST(Log, HandsMessagesToTheSinkInOrder) {
  std::vector<std::pair<LogLevel, std::string>> seen;
  const Log log([&](LogLevel level, std::string_view message) { seen.emplace_back(level, message); });
  log.info("opened");
  log.warning("late");
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0], std::pair(LogLevel::Info, std::string("opened")));
  EXPECT_EQ(seen[1], std::pair(LogLevel::Warning, std::string("late")));
}

TEST(Log, IsSilentWithoutASink) { EXPECT_NO_THROW(Log().warning("nobody listens")); }

}  // namespace
}  // namespace rustybt

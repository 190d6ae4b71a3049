#include "rustybt/core/block.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace rustybt {
namespace {

TEST(Block, KeepsItsBytesFromTheHeapToPagesAndBeyond) {
  void* block = nullptr;
  std::size_t bytes = 0;
  for (const std::size_t next : {std::size_t{64}, std::size_t{4096}, std::size_t{1} << 19, std::size_t{1} << 20,
                                 std::size_t{3'000'000}, std::size_t{1} << 24}) {
    block = resize_block(block, bytes, next);
    auto* const values = static_cast<std::uint32_t*>(block);
    for (std::size_t i = 0; i < bytes / 4; ++i)
      ASSERT_EQ(values[i], static_cast<std::uint32_t>(i * 2654435761U)) << next;
    bytes = next;
    for (std::size_t i = 0; i < bytes / 4; ++i) values[i] = static_cast<std::uint32_t>(i * 2654435761U);
  }
  free_block(block, bytes);
}

TEST(Block, RefusesWhatTheMachineDoesNotHave) {
  void* block = resize_block(nullptr, 0, std::size_t{1} << 20);
  EXPECT_THROW(static_cast<void>(resize_block(block, std::size_t{1} << 20, std::size_t{1} << 60)), std::bad_alloc);
  free_block(block, std::size_t{1} << 20);
}

}  // namespace
}  // namespace rustybt

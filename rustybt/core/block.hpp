#pragma once
// Memory of one owner that grows: small blocks from the heap, large ones as pages that are moved, not copied.

#include <cstddef>

namespace rustybt {

/// A block of `new_bytes` >= `old_bytes` with the bytes of `block`, which is gone (nullptr with 0 bytes: none yet).
/// @throws std::bad_alloc; `block` is as it was then
[[nodiscard]] void* resize_block(void* block, std::size_t old_bytes, std::size_t new_bytes);

/// @param bytes as it was last resized to
void free_block(void* block, std::size_t bytes) noexcept;

}  // namespace rustybt

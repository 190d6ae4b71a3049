#include "rustybt/core/block.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace rustybt {
namespace {

constexpr std::size_t kPaged = std::size_t{128} << 10;  // bytes; about where moving pages beats copying

}  // namespace

void* resize_block(void* block, std::size_t old_bytes, std::size_t new_bytes) {
  if (new_bytes < kPaged) {
    void* const heap = std::realloc(block, new_bytes);
    if (heap == nullptr) throw std::bad_alloc();
    return heap;
  }
  const bool is_paged = old_bytes >= kPaged;
  void* const pages = is_paged ? ::mremap(block, old_bytes, new_bytes, MREMAP_MAYMOVE)
                               : ::mmap(nullptr, new_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  if (!is_paged && old_bytes != 0) std::memcpy(pages, block, old_bytes);
  if (!is_paged) std::free(block);
  return pages;
}

void free_block(void* block, std::size_t bytes) noexcept {
  if (bytes >= kPaged)
    ::munmap(block, bytes);
  else
    std::free(block);
}

}  // namespace rustybt

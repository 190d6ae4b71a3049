#pragma once
// Files that are whole or absent: write beside, fsync, rename. And SHA-256, and read-only memory maps.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace rustybt::storage {

/// Replace `path` by `content`: write to a temporary name in the same folder, fsync file, rename, fsync folder.
/// @throws Error{FileNotWritable}
void write_file_atomically(const std::filesystem::path& path, std::string_view content);
/// @throws Error{FileNotFound}, Error{FileNotReadable}
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void sync_file(const std::filesystem::path& path);
void sync_folder(const std::filesystem::path& folder);

/// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(const void* data, std::size_t size);
  /// Lower-case hex of everything added; call it once.
  [[nodiscard]] std::string hex();

 private:
  void* context_;
};

/// Lower-case hex.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string sha256_file(const std::filesystem::path& path);

/// One process at a time: holds an exclusive lock on a file, made if absent; waits for whoever holds it. A killed
/// process's lock is gone with it.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& file);  ///< @throws Error{FileNotWritable}
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  int descriptor_;
};

/// Called before every write step of a bundle with its name; tests throw or kill from it. Empty in production.
using WriteProbe = std::function<void(std::string_view step)>;

/// A read-only map of a whole file.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&&) noexcept;
  MappedFile& operator=(MappedFile&&) noexcept;
  ~MappedFile();
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rustybt::storage

#include "rustybt/storage/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "rustybt/core/error.hpp"

namespace rustybt::storage {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_errno(ErrorCode code, std::string_view action, const fs::path& path, int error) {
  throw Error(code, fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(error)))
      .with("file", path.string());
}

[[noreturn]] void throw_unreadable(const fs::path& path, int error) {
  throw_errno(error == ENOENT ? ErrorCode::FileNotFound : ErrorCode::FileNotReadable, "read", path, error);
}

/// An open file, closed at the end of the scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

struct OpenFile {
  Descriptor descriptor;
  std::size_t size;
};

OpenFile open_to_read(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_unreadable(path, errno);
  struct stat status{};
  const bool known = ::fstat(fd, &status) == 0;
  const int error = known ? EISDIR : errno;
  if (!known || S_ISDIR(status.st_mode)) {
    ::close(fd);
    throw_unreadable(path, error);
  }
  return {Descriptor(fd), static_cast<std::size_t>(status.st_size)};
}

/// A new file beside `path` with the permissions that the umask gives; O_EXCL and the counter keep writers apart.
std::pair<int, fs::path> create_beside(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  for (;;) {
    fs::path temporary =
        path.parent_path() / fmt::format(".{}.{}.{}.tmp", path.filename().string(), ::getpid(), counter++);
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) return {fd, std::move(temporary)};
    if (errno != EEXIST) throw_errno(ErrorCode::FileNotWritable, "write", path, errno);
  }
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void sync_path(const fs::path& path, int flags) {
  const Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC));
  if (descriptor.get() < 0 || ::fsync(descriptor.get()) != 0)
    throw_errno(ErrorCode::FileNotWritable, "sync", path, errno);
}

}  // namespace

void write_file_atomically(const fs::path& path, std::string_view content) {
  const auto [fd, temporary] = create_beside(path);
  int error = 0;
  {
    const Descriptor file(fd);
    if (!write_all(fd, content) || ::fsync(fd) != 0) error = errno;
  }
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    throw_errno(ErrorCode::FileNotWritable, "write", path, error);
  }
  sync_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

std::string read_file(const fs::path& path) {
  const OpenFile file = open_to_read(path);
  std::string content;
  content.reserve(file.size);
  std::array<char, 1 << 16> block;
  for (;;) {
    const ssize_t count = ::read(file.descriptor.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_unreadable(path, errno);
    if (count == 0) return content;
    content.append(block.data(), static_cast<std::size_t>(count));
  }
}

void sync_file(const fs::path& path) { sync_path(path, O_RDONLY); }

void sync_folder(const fs::path& folder) { sync_path(folder, O_RDONLY | O_DIRECTORY); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require_invariant(
      context_ != nullptr && EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1,
      "libcrypto provides SHA-256");
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256::add(const void* data, std::size_t size) {
  require_invariant(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), data, size) == 1, "SHA-256 takes any bytes");
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require_invariant(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest.data(), &size) == 1, "SHA-256 ends");
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes.data(), bytes.size());
  return hash.hex();
}

std::string sha256_file(const fs::path& path) {
  const OpenFile file = open_to_read(path);  // read, not mapped: pages of a map count as memory of the process
  Sha256 hash;
  std::vector<char> block(1 << 18);
  for (;;) {
    const ssize_t count = ::read(file.descriptor.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_unreadable(path, errno);
    if (count == 0) return hash.hex();
    hash.add(block.data(), static_cast<std::size_t>(count));
  }
}

MappedFile::MappedFile(const fs::path& path) {
  const OpenFile file = open_to_read(path);
  if (file.size == 0) return;  // mmap refuses length 0
  void* address = ::mmap(nullptr, file.size, PROT_READ, MAP_PRIVATE, file.descriptor.get(), 0);
  if (address == MAP_FAILED) throw_unreadable(path, errno);
  data_ = static_cast<const std::byte*>(address);
  size_ = file.size;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

FileLock::FileLock(const fs::path& file) : descriptor_(::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
  int locked = -1;
  if (descriptor_ >= 0) {
    do locked = ::flock(descriptor_, LOCK_EX);
    while (locked != 0 && errno == EINTR);
  }
  if (locked == 0) return;
  const std::string reason = std::strerror(errno);
  if (descriptor_ >= 0) ::close(descriptor_);
  throw Error(ErrorCode::FileNotWritable, fmt::format("cannot lock {}: {}", file.string(), reason));
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace rustybt::storage

#include "rustybt/utils/security.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::utils {

namespace fs = std::filesystem;

namespace {

// File: magic, work (2 x 8 bytes, little endian), salt, nonce, then the encrypted content. All before it is
// authenticated too, so that nobody can make a guess cheaper.
constexpr std::string_view kMagic = "rustybt keys 1\n";
constexpr std::size_t kSalt = crypto_pwhash_SALTBYTES;
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kHead = kMagic.size() + 16 + kSalt + kNonce;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void start_sodium() {
  if (sodium_init() < 0) throw Error(ErrorCode::InvariantViolation, "libsodium does not start");
}

void put_number(std::string& to, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) to += static_cast<char>(value >> (8 * i));
}

std::uint64_t get_number(std::string_view from, int size) {
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(from[static_cast<std::size_t>(i)])} << (8 * i);
  return value;
}

Secret encryption_key(const Secret& passphrase, std::string_view salt, std::uint64_t operations, std::uint64_t memory) {
  std::string key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES, '\0');
  if (crypto_pwhash(bytes(key), key.size(), passphrase.reveal().data(), passphrase.reveal().size(), bytes(salt),
                    operations, memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw Error(ErrorCode::WrongPassphrase,
                fmt::format("the passphrase cannot be checked: {} MB of memory are needed", memory >> 20));
  return Secret(std::move(key));
}

[[noreturn]] void throw_damaged(const fs::path& file) {
  throw Error(ErrorCode::FileNotReadable, fmt::format("{} is no store of keys, or damaged", file.string()),
              "remove the file and set the keys again");
}

[[noreturn]] void throw_not_writable(const fs::path& file) {
  throw Error(ErrorCode::FileNotWritable, fmt::format("{}: {}", file.string(), std::strerror(errno)));
}

std::string read_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(ErrorCode::FileNotReadable, fmt::format("{}: {}", file.string(), std::strerror(errno)));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::optional<Secret> key_file_content(const char* path) {
  struct stat status{};
  if (::stat(path, &status) != 0)
    throw Error(ErrorCode::FileNotFound, fmt::format("RUSTYBT_KEY_FILE is {}, which is not there", path));
  if ((status.st_mode & 077) != 0) {
    throw Error(ErrorCode::WrongPassphrase, fmt::format("the key file {} can be read by others than its owner", path),
                fmt::format("chmod 600 {}", path));
  }
  Secret whole(read_bytes(path));
  if (trim(whole.reveal()).empty() || trim(whole.reveal()) == "\n")
    throw Error(ErrorCode::WrongPassphrase, fmt::format("the key file {} is empty", path));
  return whole;
}

void replace_all(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 3))
    text.replace(at, what.size(), "***");
}

void require_name(const std::string& name) {
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  if (!name.empty() && name.size() <= 200 && is_plain) return;
  throw Error(ErrorCode::InvalidArgument, "the name of a key consists of letters, digits, _, - and .",
              "for example POLYGON_API_KEY");
}

}  // namespace

Secret::Secret(Secret&& other) noexcept { *this = std::move(other); }

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  sodium_memzero(value_.data(), value_.size());
  value_ = other.value_;
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  sodium_memzero(value_.data(), value_.size());
  value_ = other.value_;  // short texts are copied by a move as well: copy, then overwrite the other
  sodium_memzero(other.value_.data(), other.value_.size());
  other.value_.clear();
  return *this;
}

Secret::~Secret() { sodium_memzero(value_.data(), value_.size()); }

std::string mask_secrets(std::string_view text, std::span<const Secret> secrets) {
  std::string out(text);
  for (const Secret& secret : secrets) {
    if (secret.empty()) continue;
    replace_all(out, secret.reveal());
    if (const std::string encoded = percent_encode(secret.reveal()); encoded != secret.reveal())
      replace_all(out, encoded);
  }
  return out;
}

PassphraseSource default_passphrase(std::function<std::optional<Secret>()> prompt) {
  return [prompt = std::move(prompt)]() -> std::optional<Secret> {
    if (const char* phrase = std::getenv("RUSTYBT_PASSPHRASE"); phrase && *phrase) return Secret(phrase);
    if (const char* path = std::getenv("RUSTYBT_KEY_FILE"); path && *path) return key_file_content(path);
    return prompt ? prompt() : std::nullopt;
  };
}

CredentialStore::CredentialStore(fs::path file, PassphraseSource passphrase, Strength strength)
    : file_(std::move(file)), passphrase_(std::move(passphrase)), strength_(strength) {}

bool CredentialStore::exists() const { return fs::exists(file_); }

Secret CredentialStore::passphrase() const {
  std::optional<Secret> given = passphrase_ ? passphrase_() : std::nullopt;
  if (!given || given->empty()) {
    throw Error(ErrorCode::WrongPassphrase,
                fmt::format("the keys in {} are encrypted, and no passphrase was given", file_.string()),
                "set RUSTYBT_PASSPHRASE, or RUSTYBT_KEY_FILE to a file that only you can read");
  }
  return std::move(*given);
}

CredentialStore::Content CredentialStore::read(const Secret& passphrase) const {
  if (!exists()) return {};
  start_sodium();
  const std::string file = read_bytes(file_);
  const std::string_view all(file);
  if (all.size() < kHead + kTag || !all.starts_with(kMagic)) throw_damaged(file_);
  const std::uint64_t operations = get_number(all.substr(kMagic.size()), 8);
  const std::uint64_t memory = get_number(all.substr(kMagic.size() + 8), 8);
  // a forged file could ask for any amount of work
  if (operations < 1 || operations > 16 || memory < 8192 || memory > (std::uint64_t{1} << 30)) throw_damaged(file_);
  const Secret key = encryption_key(passphrase, all.substr(kMagic.size() + 16, kSalt), operations, memory);
  const std::string_view sealed = all.substr(kHead);
  std::string opened(sealed.size() - kTag, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(opened), nullptr, nullptr, bytes(sealed), sealed.size(),
                                                 bytes(all), kHead, bytes(all.substr(kHead - kNonce)),
                                                 bytes(key.reveal())) != 0) {
    throw Error(ErrorCode::WrongPassphrase,
                fmt::format("the passphrase does not open {}, or the file was changed", file_.string()));
  }
  const Secret plain(std::move(opened));
  Content content;
  std::string_view rest = plain.reveal();
  const auto take = [&] {
    if (rest.size() < 4) throw_damaged(file_);
    const std::uint64_t size = get_number(rest, 4);
    rest.remove_prefix(4);
    if (rest.size() < size) throw_damaged(file_);
    const std::string_view piece = rest.substr(0, size);
    rest.remove_prefix(size);
    return std::string(piece);
  };
  while (!rest.empty()) {
    std::string name = take();
    content.insert_or_assign(std::move(name), Secret(take()));
  }
  return content;
}

void CredentialStore::write(const Content& content, const Secret& passphrase) const {
  start_sodium();
  std::string text;
  for (const auto& [name, value] : content) {
    put_number(text, name.size(), 4);
    text += name;
    put_number(text, value.reveal().size(), 4);
    text += value.reveal();
  }
  const Secret plain(std::move(text));

  std::string file(kMagic);
  const bool is_fast = strength_ == Strength::Fast;
  const std::uint64_t operations = is_fast ? 1 : crypto_pwhash_OPSLIMIT_INTERACTIVE;
  const std::uint64_t memory = is_fast ? 8192 : crypto_pwhash_MEMLIMIT_INTERACTIVE;
  put_number(file, operations, 8);
  put_number(file, memory, 8);
  file.resize(kHead);
  randombytes_buf(file.data() + kMagic.size() + 16, kSalt + kNonce);
  const std::string_view head(file);
  const Secret key = encryption_key(passphrase, head.substr(kMagic.size() + 16, kSalt), operations, memory);
  std::string sealed(plain.reveal().size() + kTag, '\0');
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(sealed), nullptr, bytes(plain.reveal()), plain.reveal().size(),
                                             bytes(head), kHead, nullptr, bytes(head.substr(kHead - kNonce)),
                                             bytes(key.reveal()));
  file += sealed;

  std::error_code error;
  fs::create_directories(file_.parent_path(), error);
  const fs::path temporary = fmt::format("{}.{}.tmp", file_.string(), ::getpid());
  const int out = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) throw_not_writable(temporary);
  std::string_view rest = file;
  bool is_whole = true;
  while (!rest.empty() && is_whole) {
    const ssize_t n = ::write(out, rest.data(), rest.size());
    is_whole = n > 0;
    if (is_whole) rest.remove_prefix(static_cast<std::size_t>(n));
  }
  is_whole = is_whole && ::fchmod(out, 0600) == 0 && ::fsync(out) == 0;
  if (::close(out) != 0 || !is_whole || ::rename(temporary.c_str(), file_.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    errno = reason;
    throw_not_writable(file_);
  }
}

std::optional<Secret> CredentialStore::find(const std::string& name) const {
  if (!exists()) return std::nullopt;
  const Content content = read(passphrase());
  const auto at = content.find(name);
  return at == content.end() ? std::nullopt : std::optional(at->second);
}

std::vector<std::string> CredentialStore::names() const {
  std::vector<std::string> names;
  if (!exists()) return names;
  for (const auto& [name, value] : read(passphrase())) names.push_back(name);
  return names;
}

void CredentialStore::set(const std::string& name, const Secret& value) {
  require_name(name);
  if (value.empty()) throw Error(ErrorCode::InvalidArgument, fmt::format("the key {} is empty", name));
  const Secret phrase = passphrase();
  Content content = read(phrase);
  content.insert_or_assign(name, value);
  write(content, phrase);
}

bool CredentialStore::remove(const std::string& name) {
  if (!exists()) return false;
  const Secret phrase = passphrase();
  Content content = read(phrase);
  if (content.erase(name) == 0) return false;
  write(content, phrase);
  return true;
}

std::optional<Secret> find_credential(const std::string& name, const CredentialStore& store) {
  if (const char* value = std::getenv(name.c_str()); value && *value) return Secret(value);
  return store.find(name);
}

}  // namespace rustybt::utils

#pragma once
// Keys of data sources and venues: a type that does not print, and the encrypted file they are kept in.

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rustybt::utils {

/// A text that must not be seen. It has no way to a stream or a format; reveal() is where it is used.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();  ///< overwrites the memory

  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

/// The text with every secret in it (as it is and percent-encoded) replaced by "***".
[[nodiscard]] std::string mask_secrets(std::string_view text, std::span<const Secret> secrets);

/// Where the passphrase of a store comes from; asked only when it is needed.
using PassphraseSource = std::function<std::optional<Secret>()>;

/// RUSTYBT_PASSPHRASE, else the content of the file that RUSTYBT_KEY_FILE names (which only its owner may read), else
/// `prompt`. @throws Error{FileNotFound}, Error{WrongPassphrase} for a key file that others can read or that is empty
[[nodiscard]] PassphraseSource default_passphrase(std::function<std::optional<Secret>()> prompt = {});

/// The encrypted file of names and keys. Argon2id makes a key of the passphrase, XChaCha20-Poly1305 encrypts and
/// authenticates the whole content, names included. Each call reads the file; a change replaces it atomically, mode
/// 0600.
class CredentialStore {
 public:
  /// How much work one guess of the passphrase is. Interactive: 64 MB of memory, below 0.1 s.
  enum class Strength : std::uint8_t { Interactive, Fast };  ///< Fast: for tests

  CredentialStore(std::filesystem::path file, PassphraseSource passphrase, Strength strength = Strength::Interactive);

  [[nodiscard]] bool exists() const;
  /// nullopt when the store has no such name or does not exist.
  /// @throws Error{WrongPassphrase}, also when none is given; Error{FileNotReadable} for a damaged file
  [[nodiscard]] std::optional<Secret> find(const std::string& name) const;
  /// Sorted. @throws as find()
  [[nodiscard]] std::vector<std::string> names() const;
  /// Add or replace. @throws as find(); Error{InvalidArgument} for a name of other characters than letters, digits, _-.
  /// or an empty value; Error{FileNotWritable}
  void set(const std::string& name, const Secret& value);
  /// @returns whether it was there. @throws as set()
  bool remove(const std::string& name);

 private:
  using Content = std::map<std::string, Secret>;
  [[nodiscard]] Secret passphrase() const;
  [[nodiscard]] Content read(const Secret& passphrase) const;
  void write(const Content& content, const Secret& passphrase) const;

  std::filesystem::path file_;
  PassphraseSource passphrase_;
  Strength strength_;
};

/// A key by its name: the environment variable of that name, else the store. nullopt when neither has it.
/// @throws as CredentialStore::find
[[nodiscard]] std::optional<Secret> find_credential(const std::string& name, const CredentialStore& store);

}  // namespace rustybt::utils

#include "rustybt/utils/security.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <concepts>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <sstream>

#include "rustybt/core/caught_error_test.hpp"

namespace rustybt::utils {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!Printable<Secret> && !std::convertible_to<Secret, std::string>);

class CredentialStoreTest : public testing::Test {
 protected:
  CredentialStoreTest() {
    std::string name = (fs::temp_directory_path() / "rustybt_keys_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~CredentialStoreTest() override { fs::remove_all(folder_); }

  [[nodiscard]] fs::path file() const { return folder_ / "sub" / "credentials"; }
  [[nodiscard]] CredentialStore store(const std::string& phrase = "correct horse") const {
    return CredentialStore(
        file(), [phrase] { return phrase.empty() ? std::nullopt : std::optional(Secret(phrase)); },
        CredentialStore::Strength::Fast);
  }
  [[nodiscard]] std::string content() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  fs::path folder_;
};

TEST_F(CredentialStoreTest, KeepsKeysEncryptedAndForItsOwnerOnly) {
  store().set("POLYGON_API_KEY", Secret("sk-12345"));
  store().set("ALPACA", Secret("other"));
  store().set("POLYGON_API_KEY", Secret("sk-67890"));
  EXPECT_EQ(store().find("POLYGON_API_KEY").value().reveal(), "sk-67890");
  EXPECT_FALSE(store().find("absent").has_value());
  EXPECT_THAT(store().names(), ElementsAre("ALPACA", "POLYGON_API_KEY"));
  for (const char* word : {"sk-67890", "sk-12345", "POLYGON", "ALPACA", "other", "correct"})
    EXPECT_THAT(content(), Not(HasSubstr(word)));
  struct stat status{};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_TRUE(store().remove("ALPACA"));
  EXPECT_FALSE(store().remove("ALPACA"));
  EXPECT_THAT(store().names(), ElementsAre("POLYGON_API_KEY"));
  EXPECT_EQ(std::distance(fs::directory_iterator(file().parent_path()), fs::directory_iterator()), 1);  // no temporary
}

TEST_F(CredentialStoreTest, WithoutAFileNothingIsThereAndNoPassphraseIsAskedFor) {
  const CredentialStore empty = store("");
  EXPECT_FALSE(empty.find("A").has_value());
  EXPECT_THAT(empty.names(), IsEmpty());
  EXPECT_FALSE(CredentialStore(empty).remove("A"));
}

TEST_F(CredentialStoreTest, AWrongOrMissingPassphraseIsSaidAndChangesNothing) {
  store().set("A", Secret("value"));
  const std::string before = content();
  const Error wrong = error_of([&] { static_cast<void>(store("wrong").find("A")); });
  EXPECT_EQ(wrong.code(), ErrorCode::WrongPassphrase);
  EXPECT_THAT(wrong.message(), HasSubstr("the passphrase does not open"));
  EXPECT_EQ(error_of([&] { store("wrong").set("B", Secret("x")); }).code(), ErrorCode::WrongPassphrase);
  EXPECT_THAT(error_of([&] { static_cast<void>(store("").names()); }).message(), HasSubstr("no passphrase was given"));
  EXPECT_EQ(content(), before);
}

TEST_F(CredentialStoreTest, EveryChangedByteIsNoticed) {
  store().set("A", Secret("value"));
  const std::string before = content();
  for (std::size_t i = 0; i < before.size(); ++i) {
    std::string changed = before;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    std::ofstream(file(), std::ios::binary) << changed;
    EXPECT_THROW(static_cast<void>(store().find("A")), Error) << "byte " << i;
  }
  std::ofstream(file(), std::ios::binary) << before.substr(0, 40);
  EXPECT_EQ(error_of([&] { static_cast<void>(store().find("A")); }).code(), ErrorCode::FileNotReadable);
}

TEST_F(CredentialStoreTest, NamesAndValuesAreChecked) {
  for (const char* bad : {"", "a b", "a=b", "../x", "\n"})
    EXPECT_EQ(error_of([&] { store().set(bad, Secret("x")); }).code(), ErrorCode::InvalidArgument) << bad;
  EXPECT_EQ(error_of([&] { store().set("A", Secret()); }).code(), ErrorCode::InvalidArgument);
  EXPECT_FALSE(store().exists());
}

TEST_F(CredentialStoreTest, TheEnvironmentComesBeforeTheStore) {
  store().set("RUSTYBT_TEST_KEY", Secret("stored"));
  ::unsetenv("RUSTYBT_TEST_KEY");
  EXPECT_EQ(find_credential("RUSTYBT_TEST_KEY", store()).value().reveal(), "stored");
  ::setenv("RUSTYBT_TEST_KEY", "from environment", 1);
  EXPECT_EQ(find_credential("RUSTYBT_TEST_KEY", store("")).value().reveal(), "from environment");
  ::unsetenv("RUSTYBT_TEST_KEY");
}

TEST_F(CredentialStoreTest, AKeyFileServesAsPassphraseWhenOnlyItsOwnerReadsIt) {
  const fs::path key = folder_ / "key";
  std::ofstream(key) << "0123456789abcdef";
  ::unsetenv("RUSTYBT_PASSPHRASE");
  ::setenv("RUSTYBT_KEY_FILE", key.c_str(), 1);
  ::chmod(key.c_str(), 0644);
  const PassphraseSource source = default_passphrase([] { return std::optional(Secret("prompted")); });
  EXPECT_THAT(error_of([&] { static_cast<void>(source()); }).message(), HasSubstr("can be read by others"));
  ::chmod(key.c_str(), 0600);
  EXPECT_EQ(source().value().reveal(), "0123456789abcdef");
  ::setenv("RUSTYBT_PASSPHRASE", "phrase", 1);
  EXPECT_EQ(source().value().reveal(), "phrase");
  ::unsetenv("RUSTYBT_PASSPHRASE");
  ::unsetenv("RUSTYBT_KEY_FILE");
  EXPECT_EQ(source().value().reveal(), "prompted");
}

TEST(Secret, IsMaskedInTextAlsoWhenEncoded) {
  const Secret secrets[] = {Secret("k/1"), Secret("")};
  EXPECT_EQ(mask_secrets("https://a/?apikey=k%2F1&x=k/1.", secrets), "https://a/?apikey=***&x=***.");
  EXPECT_EQ(mask_secrets("nothing", secrets), "nothing");
}

TEST(Secret, AMovedSecretIsEmpty) {
  Secret a("key");
  const Secret b(std::move(a));
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(b.reveal(), "key");
}

}  // namespace
}  // namespace rustybt::utils

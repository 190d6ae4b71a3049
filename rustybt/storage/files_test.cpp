#include "rustybt/storage/files.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::storage {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

template <class Body>
ErrorCode code_of(const Body& body) {
  try {
    body();
  } catch (const Error& e) {
    return e.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::InvariantViolation;
}

void limit_file_size(rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

TEST(AtomicWrite, ReplacesTheOldContentAndLeavesNoOtherFile) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "manifest.json";
  write_file_atomically(file, "old");
  write_file_atomically(file, std::string(100'000, 'n'));
  EXPECT_EQ(read_file(file), std::string(100'000, 'n'));
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"manifest.json"});
}

// The kernel kills a writer that passes its file size limit: in the middle of writing, before the rename.
TEST(AtomicWrite, LeavesTheOldContentWhenKilledWhileWriting) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "manifest.json";
  write_file_atomically(file, "old");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::signal(SIGXFSZ, SIG_DFL);
    limit_file_size(1000);
    write_file_atomically(file, std::string(100'000, 'n'));
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child was to be killed";
  EXPECT_EQ(WTERMSIG(status), SIGXFSZ);
  EXPECT_EQ(read_file(file), "old");
}

TEST(AtomicWrite, LeavesTheOldContentAndNoTemporaryFileWhenTheDiskRefuses) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "manifest.json";
  write_file_atomically(file, "old");
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);  // the write fails instead
  rlimit old_limit{};
  ::getrlimit(RLIMIT_FSIZE, &old_limit);
  limit_file_size(1000);
  const ErrorCode code = code_of([&] { write_file_atomically(file, std::string(100'000, 'n')); });
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  ::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(code, ErrorCode::FileNotWritable);
  EXPECT_EQ(read_file(file), "old");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"manifest.json"});
}

TEST(AtomicWrite, RefusesAFolderThatIsNotThere) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of([&] { write_file_atomically(folder.path() / "none" / "file", "x"); }), ErrorCode::FileNotWritable);
}

TEST(ReadFile, TellsMissingFromUnreadable) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of([&] { (void)read_file(folder.path() / "none"); }), ErrorCode::FileNotFound);
  EXPECT_EQ(code_of([&] { (void)read_file(folder.path()); }), ErrorCode::FileNotReadable);
}

// FIPS 180-4 examples, and the digest of no bytes.
TEST(Sha256, AgreesWithThePublishedVectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  write_file_atomically(file, std::string(1'000'000, 'a'));
  EXPECT_EQ(sha256_file(file), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  write_file_atomically(file, "");
  EXPECT_EQ(sha256_file(file), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(MappedFile, ShowsTheBytesAndMoves) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  write_file_atomically(file, "hello");
  MappedFile first(file);
  const std::byte* address = first.bytes().data();
  const MappedFile second(std::move(first));
  EXPECT_EQ(second.bytes().data(), address);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(second.bytes().data()), second.bytes().size()), "hello");
}

TEST(MappedFile, OfAnEmptyFileIsEmpty) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "a").close();
  EXPECT_TRUE(MappedFile(folder.path() / "a").bytes().empty());
}

}  // namespace
}  // namespace rustybt::storage

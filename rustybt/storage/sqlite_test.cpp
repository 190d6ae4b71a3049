#include "rustybt/storage/sqlite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();

void write_one_row(const fs::path& path) {
  Database database(path, OpenMode::Create);
  database.execute("CREATE TABLE t (i INTEGER, d REAL, s TEXT, n TEXT)");
  database.prepare("INSERT INTO t VALUES (?, ?, ?, ?)")
      .bind(1, kSmallest)
      .bind(2, 0.1)
      .bind(3, "a")
      .bind_null(4)
      .execute();
}

TEST(Database, KeepsEveryKindOfValue) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  write_one_row(path);
  Database database(path, OpenMode::ReadOnly);
  Statement row = database.prepare("SELECT i, d, s, n FROM t");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.int64(0), kSmallest);
  EXPECT_EQ(row.real(1), 0.1);
  EXPECT_EQ(row.text(2), "a");
  EXPECT_FALSE(row.is_null(2));
  EXPECT_TRUE(row.is_null(3));
  EXPECT_EQ(row.text(3), "");
  EXPECT_FALSE(row.step());
}

TEST(Database, KeepsEmptyTextApartFromNull) {
  const TemporaryFolder folder;
  Database database(folder.path() / "a.sqlite", OpenMode::Create);
  database.execute("CREATE TABLE t (s TEXT)");
  database.prepare("INSERT INTO t VALUES (?)").bind(1, std::string_view()).execute();
  Statement row = database.prepare("SELECT s FROM t");
  ASSERT_TRUE(row.step());
  EXPECT_FALSE(row.is_null(0));
}

TEST(Database, CreateReplacesAnOlderFile) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  write_one_row(path);
  write_one_row(path);
  Database database(path, OpenMode::ReadOnly);
  Statement count = database.prepare("SELECT count(*) FROM t");
  ASSERT_TRUE(count.step());
  EXPECT_EQ(count.int64(0), 1);
}

TEST(Database, OpensPathsThatLookLikeUris) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "50%?mode=rw#x.sqlite";
  write_one_row(path);
  EXPECT_TRUE(fs::exists(path));
  EXPECT_TRUE(Database(path, OpenMode::ReadOnly).prepare("SELECT * FROM t").step());
}

TEST(Database, ReadOnlyRefusesToWrite) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  write_one_row(path);
  Database database(path, OpenMode::ReadOnly);
  EXPECT_EQ(error_of([&] { database.execute("DELETE FROM t"); }).code(), ErrorCode::DatabaseError);
}

TEST(Database, ErrorsNameFileAndStatement) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  EXPECT_EQ(error_of([&] { Database(path, OpenMode::ReadOnly); }).code(), ErrorCode::FileNotFound);
  write_file_atomically(path, std::string(4096, 'x'));
  const Error damaged = error_of([&] { (void)Database(path, OpenMode::ReadOnly).prepare("SELECT 1 FROM t"); });
  EXPECT_EQ(damaged.code(), ErrorCode::DatabaseError);
  EXPECT_THAT(damaged.message(), HasSubstr("a.sqlite"));
  write_one_row(path);
  const Error wrong = error_of([&] { (void)Database(path, OpenMode::ReadOnly).prepare("SELECT x FROM t"); });
  EXPECT_EQ(wrong.code(), ErrorCode::DatabaseError);
  EXPECT_THAT(wrong.message(), HasSubstr("SELECT x FROM t"));
}

}  // namespace
}  // namespace rustybt::storage

#pragma once
// SQLite behind one file: statements with typed binds and columns, errors with the database's path.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace rustybt::storage {

class Database;

/// A prepared statement; bind from 1, columns from 0.
class Statement {
 public:
  Statement(Statement&&) noexcept;
  ~Statement();
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, double value);
  Statement& bind(int index, std::string_view value);
  Statement& bind_null(int index);
  /// Advance to the next row; false at the end. @throws Error{DatabaseError}
  bool step();
  /// step() to the end and reset, for writes.
  void execute();
  void reset();
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t int64(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  friend class Database;
  Statement(sqlite3_stmt* statement, std::string path);
  sqlite3_stmt* statement_;
  std::string path_;
};

enum class OpenMode : std::uint8_t { ReadOnly, Create, Shared };

/// One connection. Create makes a fresh file with synchronous=FULL; ReadOnly is immutable and shareable; Shared opens
/// or makes a file that several processes read and write (write-ahead log, waiting up to 10 s for each other).
class Database {
 public:
  Database(const std::filesystem::path& path, OpenMode mode);
  Database(Database&&) noexcept;
  ~Database();
  void execute(std::string_view sql);
  [[nodiscard]] Statement prepare(std::string_view sql);

 private:
  sqlite3* handle_;
  std::string path_;
};

}  // namespace rustybt::storage

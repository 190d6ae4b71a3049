#include "rustybt/storage/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

#include "rustybt/core/error.hpp"

namespace rustybt::storage {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_database_error(const std::string& path, std::string_view what, std::string_view sql) {
  throw Error(ErrorCode::DatabaseError,
              sql.empty() ? fmt::format("{}: {}", path, what) : fmt::format("{}: {} in `{}`", path, what, sql))
      .with("file", path);
}

[[noreturn]] void throw_database_error(const std::string& path, sqlite3_stmt* statement) {
  const char* sql = sqlite3_sql(statement);
  throw_database_error(path, sqlite3_errmsg(sqlite3_db_handle(statement)), sql == nullptr ? "" : sql);
}

/// "file:" URI of a path that nobody writes: SQLite then takes no lock and looks for no journal.
std::string immutable_uri(const fs::path& path) {
  std::string uri = "file:";
  for (const char c : fs::absolute(path).string()) {
    if (c == '?' || c == '#' || c == '%') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

void remove_old(const fs::path& path) {
  for (const std::string_view suffix : {"", "-journal", "-wal", "-shm"}) {
    std::error_code error;
    fs::remove(fs::path(path) += suffix, error);
    if (error) {
      throw Error(ErrorCode::FileNotWritable, fmt::format("cannot replace {}: {}", path.string(), error.message()))
          .with("file", path.string());
    }
  }
}

}  // namespace

Statement::Statement(sqlite3_stmt* statement, std::string path) : statement_(statement), path_(std::move(path)) {}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), path_(std::move(other.path_)) {}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int index, std::int64_t value) {
  if (sqlite3_bind_int64(statement_, index, value) != SQLITE_OK) throw_database_error(path_, statement_);
  return *this;
}

Statement& Statement::bind(int index, double value) {
  if (sqlite3_bind_double(statement_, index, value) != SQLITE_OK) throw_database_error(path_, statement_);
  return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
  // an empty view may hold a null pointer, which SQLite would take as NULL
  const char* data = value.data() == nullptr ? "" : value.data();
  if (sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK)
    throw_database_error(path_, statement_);
  return *this;
}

Statement& Statement::bind_null(int index) {
  if (sqlite3_bind_null(statement_, index) != SQLITE_OK) throw_database_error(path_, statement_);
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(statement_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) throw_database_error(path_, statement_);
  return result == SQLITE_ROW;
}

void Statement::execute() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_);  // its result repeats the error of the last step, which has been thrown
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Statement::int64(int column) const { return sqlite3_column_int64(statement_, column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::Database(const fs::path& path, OpenMode mode) : handle_(nullptr), path_(path.string()) {
  if (mode == OpenMode::Create) {
    remove_old(path);
  } else if (mode == OpenMode::ReadOnly && !fs::exists(path)) {
    throw Error(ErrorCode::FileNotFound, fmt::format("no database at {}", path_)).with("file", path_);
  }
  const bool writes = mode != OpenMode::ReadOnly;
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  const std::string name = writes ? path_ : immutable_uri(path);
  if (const int result = sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr); result != SQLITE_OK) {
    sqlite3_close(handle_);
    throw Error(writes ? ErrorCode::FileNotWritable : ErrorCode::FileNotReadable,
                fmt::format("cannot open {}: {}", path_, sqlite3_errstr(result)))
        .with("file", path_);
  }
  sqlite3_extended_result_codes(handle_, 1);
  if (writes) {
    try {
      if (mode == OpenMode::Shared) {
        sqlite3_busy_timeout(handle_, 10'000);
        execute("PRAGMA journal_mode=WAL");
      }
      execute("PRAGMA synchronous=FULL");
    } catch (...) {
      sqlite3_close(handle_);
      throw;
    }
  }
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}

// _v2: a statement that is still alive keeps the connection until it is finalized
Database::~Database() { sqlite3_close_v2(handle_); }

void Database::execute(std::string_view sql) {
  if (sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw_database_error(path_, sqlite3_errmsg(handle_), sql);
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK)
    throw_database_error(path_, sqlite3_errmsg(handle_), sql);
  return {statement, path_};
}

}  // namespace rustybt::storage

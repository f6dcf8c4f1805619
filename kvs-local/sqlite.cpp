// SPDX-License-Identifier: Apache-2.0
#include "sqlite.h"

#include <sqlite3.h>

namespace kvslocal {

void Statement::Closer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}
void Database::Closer::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::bind(const std::string& value) {
  sqlite3_bind_text64(handle_.get(), ++bound_, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(std::string("the index: ") + sqlite3_errmsg(sqlite3_db_handle(handle_.get())));
}

Result<void> Statement::run() {
  const auto stepped = step();
  if (!stepped) return failure(stepped.error());
  return {};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_blob(handle_.get(), column);
  const auto length = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), length);
}

Result<Database> Database::open(const std::string& path, Mode mode) {
  const int flags =
      mode == Mode::readWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database;
  database.handle_.reset(raw);
  if (code != SQLITE_OK) return failure("cannot open the index " + path + ": " + sqlite3_errstr(code));
  sqlite3_busy_timeout(raw, 5000);
  return database;
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failure(std::string("the index: ") + sqlite3_errmsg(handle_.get()));
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), static_cast<int>(sql.size()), &raw, nullptr) !=
      SQLITE_OK) {
    return failure(std::string("the index: ") + sqlite3_errmsg(handle_.get()));
  }
  Statement statement;
  statement.handle_.reset(raw);
  return statement;
}

}  // namespace kvslocal

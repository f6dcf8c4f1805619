// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <sqlite3.h>

#include <array>
#include <cstdio>
#include <filesystem>

namespace kvslocal {
namespace {

/// An absolute path as a URI: what means something there is written as %XX. The host is left out by name, or
/// a path that begins with two slashes would be taken for one.
std::string uriOf(const std::string& path) {
  std::string uri = "file://";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c != '%' && c != '?' && c != '#') {
      uri += c;
      continue;
    }
    std::array<char, 4> code{};
    std::snprintf(code.data(), code.size(), "%%%02X", static_cast<unsigned>(c));
    uri += code.data();
  }
  return uri;
}

}  // namespace

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
  const int access =
      mode == Mode::readWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const bool unchanging = mode == Mode::unchanging;
  const std::string name = unchanging ? uriOf(path) + "?immutable=1" : path;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &raw, access | (unchanging ? SQLITE_OPEN_URI : 0), nullptr);
  Database database;
  database.handle_.reset(raw);
  if (code != SQLITE_OK) return failure("cannot open the index " + path + ": " + sqlite3_errstr(code));
  sqlite3_busy_timeout(raw, 5000);
  return database;
}

Result<std::int64_t> Database::number(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return failure(statement.error());
  const auto row = statement->step();
  if (!row) return failure(row.error());
  return *row ? statement->integer(0) : 0;
}

bool Database::inTransaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

void Database::tidyOnClose(bool on) {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1, nullptr);
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

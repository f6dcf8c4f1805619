// SPDX-License-Identifier: Apache-2.0
// SQLite with owners: a connection and a prepared statement that close themselves and answer errors as
// values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace kvslocal {

/// A prepared statement. Parameters and columns count from 0.
class Statement {
 public:
  Statement& bind(std::int64_t value);
  Statement& bind(const std::string& value);
  /// True: there is a row. False: there is none left.
  Result<bool> step();
  /// For statements without rows.
  Result<void> run();
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  friend class Database;
  struct Closer {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Closer> handle_;
  int bound_ = 0;
};

class Database {
 public:
  enum class Mode {
    readWrite,
    readOnly,
    unchanging,  ///< read only, and nobody writes: needs no file beside it
  };
  static Result<Database> open(const std::string& path, Mode mode);

  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  /// The one number that a query answers.
  Result<std::int64_t> number(const std::string& sql);
  /// False as well after an error so bad that SQLite undid the whole transaction.
  [[nodiscard]] bool inTransaction() const;
  /// Whether closing may tidy up: merge what is beside the index into it. Off until it is known to be ours.
  void tidyOnClose(bool on);

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Closer> handle_;
};

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
#include "store/data_format.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "store/store_paths.h"

namespace kvslocal {
namespace {

constexpr std::int64_t mark = 0x4B56534C;  // "KVSL"
constexpr std::int64_t version = 1;

constexpr const char* firstTables = R"sql(
CREATE TABLE streams(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, arn TEXT NOT NULL, device TEXT NOT NULL, media TEXT NOT NULL,
  kms TEXT NOT NULL, version TEXT NOT NULL, created_ms INTEGER NOT NULL, retention_hours INTEGER NOT NULL,
  tags TEXT NOT NULL);
CREATE TABLE headers(
  id INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, hash TEXT NOT NULL, key_hash TEXT NOT NULL,
  UNIQUE(stream_id, hash));
CREATE TABLE fragments(
  counter INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, header_id INTEGER NOT NULL, timecode_ns INTEGER NOT NULL,
  first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, bytes INTEGER NOT NULL, frames TEXT NOT NULL,
  tags TEXT NOT NULL, received_ms INTEGER NOT NULL);
CREATE INDEX fragments_by_time ON fragments(stream_id, timecode_ns, counter);
)sql";

// Folders of deleted streams whose files are still to go.
constexpr const char* laterTables = R"sql(
CREATE TABLE removals(stream_id INTEGER PRIMARY KEY, folder TEXT NOT NULL);
)sql";

// "table.column" of the first kvs-local, in order.
constexpr std::string_view firstColumns =
    "fragments.bytes fragments.counter fragments.first_ns fragments.frames fragments.header_id "
    "fragments.last_ns fragments.received_ms fragments.stream_id fragments.tags fragments.timecode_ns "
    "headers.hash headers.id headers.key_hash headers.stream_id streams.arn streams.created_ms "
    "streams.device streams.id streams.kms streams.media streams.name streams.retention_hours "
    "streams.tags streams.version ";

Result<std::string> columnsOf(Database& index) {
  auto rows = index.prepare(
      "SELECT t.name||'.'||c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c "
      "WHERE t.type='table' AND t.name NOT LIKE 'sqlite_%' ORDER BY 1");
  if (!rows) return failure(rows.error());
  std::string columns;
  auto more = rows->step();
  for (; more && *more; more = rows->step())
    columns += rows->text(0) + ' ';
  if (!more) return failure(more.error());
  return columns;
}

std::string anotherFolder(const std::string& dataDir) {
  return "; --data-dir must name an empty folder or one that kvs-local made, not " + dataDir;
}

std::string foreign(const std::string& path, const std::string& dataDir) {
  return path + " was not made by kvs-local and is left as it is" + anotherFolder(dataDir);
}

/// The file itself, before SQLite touches anything: a database, and not marked as another program's.
Result<DataFormat> lookAtIndex(const Folder& root) {
  constexpr std::size_t headSize = 100;
  const auto bytes = root.read(indexName, headSize);
  if (!bytes) return failure(bytes.error());
  if (bytes->empty()) return DataFormat::none;
  constexpr std::string_view magic("SQLite format 3\0", 16);
  constexpr std::size_t markAt = 68;
  if (bytes->size() < headSize || !std::equal(magic.begin(), magic.end(), bytes->begin())) {
    return failure(foreign(root.pathOf(indexName), root.path()));
  }
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < 4; ++i)
    found = (found << 8U) | (*bytes)[markAt + i];
  if (found != 0 && found != mark) return failure(foreign(root.pathOf(indexName), root.path()));
  // Reading alone leaves no trace. What a crash left beside the index, only a writer can read.
  auto index = Database::open(root.pathOf(indexName), hasUnmergedChanges(root) ? Database::Mode::readWrite
                                                                               : Database::Mode::unchanging);
  if (!index) return failure(index.error());
  index->tidyOnClose(false);
  return formatOf(*index, root.path());
}

Result<void> expectKind(const Folder& root, const char* name, Folder::Kind wanted) {
  const auto kind = root.kindOf(name);
  if (kind == Folder::Kind::absent || kind == wanted) return {};
  const char* what = wanted == Folder::Kind::file ? "file" : "folder";
  return failure(root.pathOf(name) + " is no plain " + what + " (kvs-local follows no link)" +
                 anotherFolder(root.path()));
}

Result<void> expectNoStreams(const Folder& root) {
  if (root.kindOf(streamsName) == Folder::Kind::absent) return {};
  const auto streams = root.child(streamsName);
  if (!streams) return failure(streams.error());
  const auto names = streams->names();
  if (!names) return failure(names.error());
  if (names->empty()) return {};
  return failure(foreign(streams->pathOf(names->front()), root.path()));
}

}  // namespace

Result<DataFormat> formatOf(Database& index, const std::string& dataDir) {
  const auto application = index.number("PRAGMA application_id");
  if (!application) return failure(application.error());
  const auto found = index.number("PRAGMA user_version");
  if (!found) return failure(found.error());
  if (*application == mark && *found == version) return DataFormat::current;
  if (*application == mark && *found > version) {
    return failure("a newer kvs-local wrote the data folder " + dataDir + " (format " +
                   std::to_string(*found) + ", this one knows " + std::to_string(version) +
                   "): use that one, or another --data-dir");
  }
  const auto columns = columnsOf(index);
  if (!columns) return failure(columns.error());
  const bool bare = *application == 0 && *found == 0;
  if (bare && columns->empty()) return DataFormat::none;
  if (bare && *columns == firstColumns) return DataFormat::unmarked;
  return failure(foreign(indexPath(dataDir), dataDir));
}

Result<void> expectPlainPlaces(const Folder& root) {
  for (const char* name : {indexName, lockName}) {
    if (auto plain = expectKind(root, name, Folder::Kind::file); !plain) return plain;
  }
  return expectKind(root, streamsName, Folder::Kind::folder);
}

bool hasUnmergedChanges(const Folder& root) {
  const std::string index = indexName;
  return root.sizeOf(index + "-wal").value_or(0) > 0 || root.sizeOf(index + "-journal").value_or(0) > 0;
}

Result<DataFormat> lookAt(const Folder& root) {
  if (auto plain = expectPlainPlaces(root); !plain) return failure(plain.error());
  auto format = root.kindOf(indexName) == Folder::Kind::absent ? DataFormat::none : lookAtIndex(root);
  if (format && *format == DataFormat::none) {
    if (auto none = expectNoStreams(root); !none) return failure(none.error());
  }
  return format;
}

std::string changesFrom(DataFormat found) {
  if (found == DataFormat::current) return {};
  return std::string(found == DataFormat::none ? firstTables : "") + laterTables +
         "PRAGMA application_id=" + std::to_string(mark) + ";PRAGMA user_version=" + std::to_string(version) +
         ';';
}

Result<void> makeCurrent(Database& index, DataFormat found) {
  if (found == DataFormat::current) return {};
  auto made = index.execute("BEGIN IMMEDIATE;" + changesFrom(found) + "COMMIT;");
  if (!made && index.inTransaction()) static_cast<void>(index.execute("ROLLBACK"));
  return made;
}

}  // namespace kvslocal

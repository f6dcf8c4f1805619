// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "row_codec.h"
#include "sigv4.h"

namespace kvslocal {
namespace {

namespace fs = std::filesystem;

constexpr const char* schema = R"sql(
PRAGMA journal_mode=WAL;
CREATE TABLE IF NOT EXISTS streams(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, arn TEXT NOT NULL, device TEXT NOT NULL, media TEXT NOT NULL,
  kms TEXT NOT NULL, version TEXT NOT NULL, created_ms INTEGER NOT NULL, retention_hours INTEGER NOT NULL,
  tags TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS headers(
  id INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, hash TEXT NOT NULL, key_hash TEXT NOT NULL,
  UNIQUE(stream_id, hash));
CREATE TABLE IF NOT EXISTS fragments(
  counter INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, header_id INTEGER NOT NULL, timecode_ns INTEGER NOT NULL,
  first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, bytes INTEGER NOT NULL, frames TEXT NOT NULL,
  tags TEXT NOT NULL, received_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS fragments_by_time ON fragments(stream_id, timecode_ns, counter);
)sql";

std::string paddedCounter(std::uint64_t counter) {
  const std::string digits = std::to_string(counter);
  return std::string(20 - std::min<std::size_t>(20, digits.size()), '0') + digits;
}

std::string fragmentFolder(const std::string& folder) {
  return folder + "/fragments";
}

}  // namespace

std::string streamFolder(const std::string& dataDir, std::int64_t streamId, const std::string& name) {
  // The id keeps names such as ".." and streams of one name apart; a file system's names end at 255 bytes.
  return dataDir + "/streams/" + std::to_string(streamId) + '-' + name.substr(0, 100);
}

std::string fragmentPath(const std::string& folder, std::uint64_t counter) {
  return fragmentFolder(folder) + '/' + paddedCounter(counter) + ".frag";
}

std::string headerPath(const std::string& folder, const std::string& hash) {
  return folder + "/headers/" + hash.substr(0, 32) + ".mkv";
}

std::string indexPath(const std::string& dataDir) {
  return dataDir + "/kvs-local.db";
}

Result<std::unique_ptr<Store>> Store::open(const std::string& dataDir, bool durable) {
  std::unique_ptr<Store> store(new Store(dataDir, durable));
  if (auto made = makeFolders(dataDir + "/streams"); !made) return failure(made.error());
  if (auto locked = store->lockFolder(); !locked) return failure(locked.error());
  if (auto opened = store->openIndex(); !opened) return failure(opened.error());
  if (auto cleaned = store->removeLeftovers(); !cleaned) return failure(cleaned.error());
  return store;
}

Result<void> Store::lockFolder() {
  const std::string path = dataDir_ + "/lock";
  lock_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock_.valid()) return failure(fileError("open", path));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return failure("another kvs-local uses the data folder " + dataDir_);
  }
  return {};
}

Result<void> Store::openIndex() {
  auto database = Database::open(indexPath(dataDir_), Database::Mode::readWrite);
  if (!database) return failure(database.error());
  index_ = std::make_unique<Database>(std::move(*database));
  if (auto made = index_->execute(schema); !made) return made;
  return index_->execute(durable_ ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");
}

Result<void> Store::begin() {
  if (inTransaction_) return {};
  auto begun = index_->execute("BEGIN");
  inTransaction_ = begun.has_value();
  return begun;
}

Result<void> Store::removeLeftovers() {
  auto streams = loadStreams();
  if (!streams) return failure(streams.error());
  std::set<std::string> known;
  for (const auto& record : *streams) {
    const std::string folder = streamFolder(dataDir_, record.id, record.name);
    known.insert(folder);
    if (auto cleaned = cleanStream(folder, record.id); !cleaned) return cleaned;
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(dataDir_ + "/streams", error)) {
    if (!known.contains(entry.path().string())) fs::remove_all(entry.path(), error);
  }
  return {};
}

Result<void> Store::cleanStream(const std::string& folder, std::int64_t streamId) {
  auto rows = index_->prepare("SELECT counter FROM fragments WHERE stream_id=?");
  if (!rows) return failure(rows.error());
  rows->bind(streamId);
  std::set<std::string> indexed;
  auto more = rows->step();
  for (; more && *more; more = rows->step()) {
    indexed.insert(fragmentPath(folder, static_cast<std::uint64_t>(rows->integer(0))));
  }
  if (!more) return failure(more.error());
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fragmentFolder(folder), error)) {
    if (!indexed.contains(entry.path().string())) fs::remove(entry.path(), error);
  }
  return {};
}

Result<std::vector<StreamRecord>> Store::loadStreams() {
  return selectStreams(*index_);
}

Result<void> Store::saveStream(const StreamRecord& record) {
  if (auto begun = begin(); !begun) return begun;
  auto statement = index_->prepare(
      "INSERT INTO streams(id,name,arn,device,media,kms,version,created_ms,retention_hours,tags) "
      "VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET device=excluded.device, "
      "media=excluded.media, "
      "version=excluded.version, retention_hours=excluded.retention_hours, tags=excluded.tags");
  if (!statement) return failure(statement.error());
  statement->bind(record.id)
      .bind(record.name)
      .bind(record.arn)
      .bind(record.deviceName)
      .bind(record.mediaType);
  statement->bind(record.kmsKeyId).bind(record.version).bind(record.created.time_since_epoch().count());
  statement->bind(record.retentionHours).bind(encodeMap(record.tags));
  return statement->run();
}

Result<void> Store::deleteStream(const StreamRecord& record) {
  if (auto begun = begin(); !begun) return begun;
  for (const char* sql : {"DELETE FROM fragments WHERE stream_id=?", "DELETE FROM headers WHERE stream_id=?",
                          "DELETE FROM streams WHERE id=?"}) {
    auto statement = index_->prepare(sql);
    if (!statement) return failure(statement.error());
    if (auto run = statement->bind(record.id).run(); !run) return run;
  }
  const std::string folder = streamFolder(dataDir_, record.id, record.name);
  knownFolders_.erase(folder);
  foldersToRemove_.push_back(folder);
  return {};
}

Result<std::uint64_t> Store::greatestCounter() {
  auto statement = index_->prepare("SELECT COALESCE(MAX(counter),0) FROM fragments");
  if (!statement) return failure(statement.error());
  if (auto row = statement->step(); !row) return failure(row.error());
  return static_cast<std::uint64_t>(statement->integer(0));
}

Result<std::int64_t> Store::ensureHeader(std::int64_t streamId, const std::string& folder,
                                         const StreamHeader& header) {
  const std::string raw(header.raw.begin(), header.raw.end());
  const std::string hash = sha256Hex(raw);
  auto find = index_->prepare("SELECT id FROM headers WHERE stream_id=? AND hash=?");
  if (!find) return failure(find.error());
  const auto row = find->bind(streamId).bind(hash).step();
  if (!row) return failure(row.error());
  if (*row) return find->integer(0);

  if (auto made = makeFolders(folder + "/headers"); !made) return failure(made.error());
  if (auto written = writeFileDurably(headerPath(folder, hash), header.raw); !written)
    return failure(written.error());
  if (auto begun = begin(); !begun) return failure(begun.error());
  auto insert = index_->prepare("INSERT INTO headers(stream_id,hash,key_hash) VALUES(?,?,?) RETURNING id");
  if (!insert) return failure(insert.error());
  const auto inserted = insert->bind(streamId).bind(hash).bind(sha256Hex(headerKey(header))).step();
  if (!inserted) return failure(inserted.error());
  return insert->integer(0);
}

Result<FragmentFile> Store::createFragment(const std::string& folder, std::uint64_t counter) {
  if (knownFolders_.insert(folder).second) {
    if (auto made = makeFolders(fragmentFolder(folder)); !made) return failure(made.error());
    for (const auto& parent : {folder, dataDir_ + "/streams"})
      foldersToSync_.insert(parent);
  }
  auto file = createFile(fragmentPath(folder, counter) + ".part");
  if (!file) return failure(file.error());
  return FragmentFile{std::move(*file), folder, counter};
}

Result<void> Store::seal(FragmentFile fragment, std::int64_t streamId, std::int64_t headerId,
                         const FragmentSummary& summary, WallTime received) {
  const std::string path = fragmentPath(fragment.folder, fragment.counter);
  const std::string part = path + ".part";
  if (durable_) {
    if (auto synced = syncFile(fragment.file.get(), part); !synced) return synced;
  }
  if (::rename(part.c_str(), path.c_str()) != 0) return failure(fileError("rename", part));
  foldersToSync_.insert(fragmentFolder(fragment.folder));
  if (auto begun = begin(); !begun) return begun;
  auto row = index_->prepare(
      "INSERT INTO "
      "fragments(counter,stream_id,header_id,timecode_ns,first_ns,last_ns,bytes,frames,tags,received_ms) "
      "VALUES(?,?,?,?,?,?,?,?,?,?)");
  if (!row) return failure(row.error());
  row->bind(static_cast<std::int64_t>(fragment.counter)).bind(streamId).bind(headerId);
  row->bind(summary.timecode.count()).bind(summary.firstTime.count()).bind(summary.lastTime.count());
  row->bind(static_cast<std::int64_t>(summary.bytes)).bind(encodeFrames(summary.frames));
  row->bind(encodeTags(summary.tags)).bind(received.time_since_epoch().count());
  return row->run();
}

void Store::discard(FragmentFile fragment) {
  const std::string part = fragmentPath(fragment.folder, fragment.counter) + ".part";
  ::unlink(part.c_str());
}

Result<void> Store::commit() {
  Result<void> result;
  if (durable_) {
    for (const auto& folder : foldersToSync_) {
      std::error_code error;
      const bool deleted = !fs::exists(folder, error);
      if (auto synced = syncFolder(folder); !synced && !deleted) result = synced;
    }
  }
  foldersToSync_.clear();
  if (inTransaction_) {
    if (result) result = index_->execute("COMMIT");
    if (!result) static_cast<void>(index_->execute("ROLLBACK"));
    inTransaction_ = false;
  }
  for (const auto& folder : foldersToRemove_) {
    std::error_code error;
    if (result) fs::remove_all(folder, error);
  }
  foldersToRemove_.clear();
  return result;
}

}  // namespace kvslocal

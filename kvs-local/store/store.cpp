// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <thread>
#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "store/data_format.h"
#include "store/leftovers.h"
#include "store/row_codec.h"

namespace kvslocal {
namespace {

constexpr int lockTries = 20;
constexpr std::chrono::milliseconds lockPause{10};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& dataDir, bool durable) {
  if (auto made = makeFolders(dataDir); !made) return failure(made.error());
  auto root = Folder::open(dataDir);
  if (!root) return failure(root.error());
  // Looked at before anything is put into it, the lock included: a folder of others stays as it is.
  if (const auto found = lookAt(*root); !found) return failure(found.error());
  std::unique_ptr<Store> store(new Store(std::move(*root), durable));
  if (auto locked = store->lockFolder(); !locked) return failure(locked.error());
  if (auto opened = store->openIndex(); !opened) return failure(opened.error());
  if (auto cleaned = store->removeLeftovers(); !cleaned) return failure(cleaned.error());
  return store;
}

Result<void> Store::lockFolder() {
  const std::string path = root_.pathOf(lockName);
  lock_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!lock_.valid()) return failure(fileError("open", path));
  // A reader holds it for a moment, to learn whether a server runs.
  for (int tries = 1; ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (tries == lockTries) return failure("another kvs-local uses the data folder " + root_.path());
    std::this_thread::sleep_for(lockPause);
  }
  return {};
}

Result<void> Store::openIndex() {
  const auto found = lookAt(root_);  // again: another kvs-local may have been quicker, until we had the lock
  if (!found) return failure(found.error());
  if (auto streams = root_.makeChild(streamsName); !streams) return failure(streams.error());
  auto database = Database::open(root_.pathOf(indexName), Database::Mode::readWrite);
  if (!database) return failure(database.error());
  index_ = std::make_unique<Database>(std::move(*database));
  if (auto set = index_->execute("PRAGMA journal_mode=WAL"); !set) return set;
  if (auto set = index_->execute(durable_ ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF"); !set)
    return set;
  if (auto made = makeCurrent(*index_, *found); !made) return made;
  if (auto made = index_->execute(searchIndexes); !made) return made;
  return durable_ ? root_.sync() : Result<void>();
}

Result<void> Store::begin() {
  if (inTransaction_) {
    return index_->inTransaction() ? Result<void>()
                                   : failure("the index: an earlier change undid what was to be committed");
  }
  auto begun = index_->execute("BEGIN");
  inTransaction_ = begun.has_value();
  return begun;
}

Result<std::vector<StreamRecord>> Store::loadStreams() {
  return selectStreams(*index_);
}

Result<std::int64_t> Store::nextStreamId() {
  return index_->number(
      "SELECT 1+MAX((SELECT COALESCE(MAX(id),0) FROM streams),"
      "(SELECT COALESCE(MAX(stream_id),0) FROM removals))");
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
  const Deleted stream{record.id, streamFolderName(record.id, record.name)};
  // All of it or none: what else is in the transaction may still be committed.
  auto done = index_->execute("SAVEPOINT deletion");
  for (const char* sql : {"DELETE FROM fragments WHERE stream_id=?", "DELETE FROM headers WHERE stream_id=?",
                          "DELETE FROM streams WHERE id=?"}) {
    auto statement = index_->prepare(sql);
    if (done) done = statement ? statement->bind(stream.id).run() : failure(statement.error());
  }
  auto removal = index_->prepare("INSERT OR REPLACE INTO removals(stream_id,folder) VALUES(?,?)");
  if (done) done = removal ? removal->bind(stream.id).bind(stream.folder).run() : failure(removal.error());
  if (done) done = index_->execute("RELEASE deletion");
  if (!done) {
    if (index_->inTransaction()) static_cast<void>(index_->execute("ROLLBACK TO deletion;RELEASE deletion"));
    return done;
  }
  deletedFolders_.insert(stream.folder);
  deleted_.push_back(stream);
  return {};
}

Result<std::uint64_t> Store::greatestCounter() {
  const auto greatest = index_->number("SELECT COALESCE(MAX(counter),0) FROM fragments");
  if (!greatest) return failure(greatest.error());
  return static_cast<std::uint64_t>(*greatest);
}

std::string Store::leafOf(const std::string& folder) const {
  const std::string above = root_.path() + '/' + streamsName + '/';
  return folder.starts_with(above) ? folder.substr(above.size()) : std::string();
}

/// DIR/streams/STREAM/PART, made where it is missing, and tried again each time: what could not be made once
/// may be possible now.
Result<Folder> Store::makePart(const std::string& folder, const char* part) {
  const std::string leaf = leafOf(folder);
  if (deletedFolders_.contains(leaf)) return failure("the stream was deleted");
  auto streams = root_.makeChild(streamsName);
  if (!streams) return streams;
  auto stream = streams->makeChild(leaf);
  if (!stream) return stream;
  auto made = stream->makeChild(part);
  if (!made) return made;
  const bool known = durableFolders_.contains(made->path());
  if (durable_ && !known) {
    for (const Folder* parent : {&*stream, &*streams}) {
      if (auto synced = parent->sync(); !synced) return failure(synced.error());
    }
  }
  durableFolders_.insert(made->path());
  return made;
}

Result<void> Store::keepHeader(const std::string& folder, const std::string& hash,
                               const StreamHeader& header) {
  const auto headers = makePart(folder, headersName);
  if (!headers) return failure(headers.error());
  const std::string name = headerName(hash);
  if (headers->sizeOf(name) == header.raw.size() && headers->read(name) == header.raw) return {};
  return headers->writeDurably(name, header.raw);
}

Result<std::int64_t> Store::ensureHeader(std::int64_t streamId, const std::string& folder,
                                         const StreamHeader& header) {
  if (auto begun = begin(); !begun) return failure(begun.error());
  const std::string hash = sha256Hex(std::string(header.raw.begin(), header.raw.end()));
  if (auto kept = keepHeader(folder, hash, header); !kept) return failure(kept.error());
  const auto id = headerRow(streamId, hash, sha256Hex(headerKey(header)));
  if (id) headerSizes_[*id] = header.raw.size();
  return id;
}

Result<std::int64_t> Store::headerRow(std::int64_t streamId, const std::string& hash,
                                      const std::string& keyHash) {
  auto find = index_->prepare("SELECT id FROM headers WHERE stream_id=? AND hash=?");
  if (!find) return failure(find.error());
  const auto found = find->bind(streamId).bind(hash).step();
  if (!found) return failure(found.error());
  if (*found) return find->integer(0);
  auto insert = index_->prepare("INSERT INTO headers(stream_id,hash,key_hash) VALUES(?,?,?) RETURNING id");
  if (!insert) return failure(insert.error());
  const auto inserted = insert->bind(streamId).bind(hash).bind(keyHash).step();
  if (!inserted) return failure(inserted.error());
  return insert->integer(0);
}

Result<FragmentFile> Store::createFragment(const std::string& folder, std::uint64_t counter) {
  const auto fragments = makePart(folder, fragmentsName);
  if (!fragments) return failure(fragments.error());
  auto file = fragments->create(fragmentName(counter) + ".part");
  if (!file) return failure(file.error());
  return FragmentFile{std::move(*file), folder, counter};
}

Result<void> Store::seal(FragmentFile fragment, std::int64_t streamId, std::int64_t headerId,
                         const FragmentSummary& summary, WallTime received) {
  auto done = begin();
  if (done) done = expectHeader(fragment.folder, streamId, headerId);
  if (done) done = putInPlace(fragment);
  if (!done) {
    discard(std::move(fragment));
    return done;
  }
  sealed_.push_back({leafOf(fragment.folder), fragment.counter});
  done = addRow(streamId, headerId, summary, received);
  if (done) return done;
  const auto fragments = openStreamPart(root_, sealed_.back().folder, fragmentsName);
  if (fragments) static_cast<void>(fragments->removeFile(fragmentName(fragment.counter)));
  sealed_.pop_back();
  return done;
}

/// Without its stream's row and its header's file a fragment could never be read.
Result<void> Store::expectHeader(const std::string& folder, std::int64_t streamId, std::int64_t headerId) {
  auto row = index_->prepare(
      "SELECT h.hash FROM headers h JOIN streams s ON s.id=h.stream_id WHERE h.id=? AND s.id=?");
  if (!row) return failure(row.error());
  const auto found = row->bind(headerId).bind(streamId).step();
  if (!found) return failure(found.error());
  if (!*found) return failure("the stream was deleted");
  const auto headers = openStreamPart(root_, leafOf(folder), headersName);
  if (!headers) return failure(headers.error());
  const std::string name = headerName(row->text(0));
  if (headers->sizeOf(name) == headerSizes_[headerId]) return {};
  return failure("the session's header, " + headers->pathOf(name) + ", is gone or damaged");
}

Result<void> Store::putInPlace(const FragmentFile& fragment) {
  const auto fragments = openStreamPart(root_, leafOf(fragment.folder), fragmentsName);
  if (!fragments) return failure(fragments.error());
  const std::string name = fragmentName(fragment.counter);
  const std::string part = name + ".part";
  if (durable_) {
    if (auto synced = syncFile(fragment.file.get(), fragments->pathOf(part)); !synced) return synced;
  }
  return fragments->rename(part, name);
}

Result<void> Store::addRow(std::int64_t streamId, std::int64_t headerId, const FragmentSummary& summary,
                           WallTime received) {
  auto row = index_->prepare(
      "INSERT INTO "
      "fragments(counter,stream_id,header_id,timecode_ns,first_ns,last_ns,bytes,frames,tags,received_ms) "
      "VALUES(?,?,?,?,?,?,?,?,?,?)");
  if (!row) return failure(row.error());
  row->bind(static_cast<std::int64_t>(summary.counter)).bind(streamId).bind(headerId);
  row->bind(summary.timecode.count()).bind(summary.firstTime.count()).bind(summary.lastTime.count());
  row->bind(static_cast<std::int64_t>(summary.bytes)).bind(encodeFrames(summary.frames));
  row->bind(encodeTags(summary.tags, summary.headTags)).bind(received.time_since_epoch().count());
  return row->run();
}

void Store::discard(FragmentFile fragment) {
  const auto fragments = openStreamPart(root_, leafOf(fragment.folder), fragmentsName);
  if (fragments) static_cast<void>(fragments->removeFile(fragmentName(fragment.counter) + ".part"));
}

Result<void> Store::commit() {
  if (!inTransaction_) return {};
  auto committed = index_->inTransaction() ? syncSealed() : failure("the index: SQLite undid the changes");
  if (committed) committed = index_->execute("COMMIT");
  inTransaction_ = false;
  if (!committed) {
    undo();
    return committed;
  }
  sealed_.clear();
  for (const Deleted& stream : std::exchange(deleted_, {}))
    removeFiles(stream);
  return {};
}

/// The names of the sealed files reach the disk before their rows do, those of one folder together.
Result<void> Store::syncSealed() {
  if (!durable_) return {};
  std::set<std::string> folders;
  for (const Sealed& fragment : sealed_)
    folders.insert(fragment.folder);
  for (const auto& folder : folders) {
    const auto fragments = openStreamPart(root_, folder, fragmentsName);
    if (!fragments) return failure(fragments.error());
    if (auto synced = fragments->sync(); !synced) return synced;
  }
  return {};
}

void Store::undo() {
  if (index_->inTransaction()) static_cast<void>(index_->execute("ROLLBACK"));
  for (const Sealed& fragment : std::exchange(sealed_, {})) {
    const auto fragments = openStreamPart(root_, fragment.folder, fragmentsName);
    if (fragments) static_cast<void>(fragments->removeFile(fragmentName(fragment.counter)));
  }
  for (const Deleted& stream : std::exchange(deleted_, {}))
    deletedFolders_.erase(stream.folder);
}

void Store::removeFiles(const Deleted& stream) {
  const auto streams = root_.child(streamsName);
  if (!streams || !removeStreamFiles(*streams, stream.folder)) return;
  auto done = index_->prepare("DELETE FROM removals WHERE stream_id=?");
  if (done) static_cast<void>(done->bind(stream.id).run());
}

Result<void> Store::removeLeftovers() {
  auto records = loadStreams();
  if (!records) return failure(records.error());
  std::set<std::string> known;
  for (const auto& record : *records) {
    known.insert(streamFolderName(record.id, record.name));
    if (auto tidied = tidyStream(record); !tidied) return tidied;
  }
  auto rows = index_->prepare("SELECT stream_id,folder FROM removals");
  if (!rows) return failure(rows.error());
  std::vector<Deleted> removals;
  auto more = rows->step();
  for (; more && *more; more = rows->step())
    removals.push_back({rows->integer(0), rows->text(1)});
  if (!more) return failure(more.error());
  rows = failure("");  // a statement that is still open would hold the deletions back
  for (const Deleted& stream : removals)
    removeFiles(stream);
  const auto streams = root_.child(streamsName);
  if (!streams) return failure(streams.error());
  return removeEmptyFolders(*streams, known);
}

Result<void> Store::tidyStream(const StreamRecord& record) {
  auto rows = index_->prepare("SELECT counter,bytes FROM fragments WHERE stream_id=? ORDER BY counter");
  if (!rows) return failure(rows.error());
  rows->bind(record.id);
  Indexed indexed;
  auto more = rows->step();
  for (; more && *more; more = rows->step())
    indexed[fragmentName(static_cast<std::uint64_t>(rows->integer(0)))] =
        static_cast<std::uint64_t>(rows->integer(1));
  if (!more) return failure(more.error());
  const auto fragments = openStreamPart(root_, streamFolderName(record.id, record.name), fragmentsName);
  if (!fragments) {
    if (!indexed.empty()) log::warn(record.name + ": its fragments cannot be read: " + fragments.error());
    return {};
  }
  return tidyFragments(*fragments, record.name, indexed);
}

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
#include "store/media_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "store/store_paths.h"
#include "store/stream_files.h"

namespace kvslocal {

Result<std::unique_ptr<MediaStore>> MediaStore::open(const std::string& dataDir, bool durable, Post post) {
  auto store = Store::open(dataDir, durable);
  if (!store) return failure(store.error());
  std::unique_ptr<MediaStore> made(new MediaStore(dataDir, std::move(post)));
  if (auto loaded = made->load(**store); !loaded) return failure(loaded.error());
  made->worker_ = std::make_unique<DiskWorker>(std::move(*store));
  return made;
}

Result<void> MediaStore::load(Store& store) {
  auto records = store.loadStreams();
  if (!records) return failure(records.error());
  const auto nextId = store.nextStreamId();
  if (!nextId) return failure(nextId.error());
  const auto greatest = store.greatestCounter();
  if (!greatest) return failure(greatest.error());
  contents_ = {std::move(*records), *nextId};
  // Numbers of fragments that were acknowledged but never stored must not come again either: time goes on.
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  nextNumber_ = std::max(*greatest + 1, static_cast<std::uint64_t>(now.count()));
  return {};
}

/// Asked behind the commit: what is answered is on disk.
template <typename Answer>
void MediaStore::ask(std::function<Result<Answer>(Store&)> question,
                     std::function<void(Result<Answer>)> done) {
  // As in change(): the worker keeps nothing of what `done` holds.
  worker_->ask([question = std::move(question), post = post_, done = std::move(done)](Store& store) mutable {
    auto answer = std::make_shared<Result<Answer>>(question(store));
    post([answer, done = std::move(done)] { done(std::move(*answer)); });
  });
}

void MediaStore::streams(std::function<void(Result<std::vector<StreamRecord>>)> done) {
  ask<std::vector<StreamRecord>>([](Store& store) { return store.loadStreams(); }, std::move(done));
}

void MediaStore::find(const FragmentSearch& search, std::function<void(Result<FragmentPage>)> done) {
  ask<FragmentPage>([search](Store& store) { return store.find(search); }, std::move(done));
}

void MediaStore::open(const StreamRecord& stream, const FragmentRow& row,
                      std::function<void(Result<OpenFragment>)> done) {
  ask<OpenFragment>(
      [stream, row, post = post_, worker = worker_.get()](Store& store) -> Result<OpenFragment> {
        StreamFiles files(store.root(), stream, {row});
        if (const std::string damage = files.damageOf(row); !damage.empty()) return failure(damage);
        auto header = files.header(row);
        if (!header) return failure(header.error());
        auto file = files.openBlocks(row.summary.counter);
        if (!file) return failure(file.error());
        auto blocks = std::make_unique<FragmentReader>(post, *worker, std::move(*file),
                                                       fragmentName(row.summary.counter));
        return OpenFragment{{std::move(*header), row.summary, row.received}, std::move(blocks)};
      },
      std::move(done));
}

void MediaStore::follow(const StreamRecord& stream, std::uint64_t number,
                        std::function<void(Result<std::unique_ptr<FragmentReader>>)> done) {
  ask<std::unique_ptr<FragmentReader>>(
      [stream, number, post = post_,
       worker = worker_.get()](Store& store) -> Result<std::unique_ptr<FragmentReader>> {
        const auto folder =
            openStreamPart(store.root(), streamFolderName(stream.id, stream.name), fragmentsName);
        if (!folder) return failure(folder.error());
        const std::string name = fragmentName(number);
        auto file = folder->openFile(name + ".part");
        if (!file) file = folder->openFile(name);  // it was stored in the meantime
        if (!file) return failure(file.error());
        return std::make_unique<FragmentReader>(post, *worker, std::move(*file), name);
      },
      std::move(done));
}

std::unique_ptr<Subscription> MediaStore::subscribe(std::int64_t streamId, std::function<void()> wake) {
  return live_.subscribe(streamId, std::move(wake));
}

void MediaStore::save(const StreamRecord& record, Done done) {
  change([record](Store& store) { return store.saveStream(record); }, record.name, std::move(done));
}

void MediaStore::remove(const StreamRecord& record, Done done) {
  change([record](Store& store) { return store.deleteStream(record); }, record.name, std::move(done));
}

void MediaStore::change(std::function<Result<void>(Store&)> change, const std::string& name, Done done) {
  auto result = std::make_shared<Result<void>>();
  // What `done` holds is the loop's: the worker carries it to and fro and keeps nothing.
  worker_->post(
      [change = std::move(change), name, result](Store& store) {
        *result = change(store);
        if (!*result) log::warn("a change of " + name + " is not on disk: " + result->error());
      },
      [post = post_, result, done = std::move(done)](bool committed) mutable {
        post([done = std::move(done), onDisk = committed && result->has_value()] { done(onDisk); });
      });
}

std::unique_ptr<DiskSession> MediaStore::newSession(const StreamRecord& stream) {
  return std::make_unique<DiskSession>(post_, *worker_, live_, nextNumber_, stream.id,
                                       streamFolder(dataDir_, stream.id, stream.name));
}

}  // namespace kvslocal

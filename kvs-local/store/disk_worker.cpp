// SPDX-License-Identifier: Apache-2.0
#include "store/disk_worker.h"

#include <utility>

#include "base/log.h"

namespace kvslocal {

DiskWorker::DiskWorker(std::unique_ptr<Store> store) : store_(std::move(store)), thread_([this] { run(); }) {}

DiskWorker::~DiskWorker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void DiskWorker::post(Work work, Done done) {
  add({std::move(work), std::move(done), false});
}

void DiskWorker::ask(Work question) {
  add({std::move(question), {}, true});
}

void DiskWorker::add(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void DiskWorker::run() {
  while (true) {
    std::vector<Job> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      batch.swap(jobs_);
    }
    for (auto& job : batch) {
      if (!job.asks) job.work(*store_);
    }
    const auto committed = store_->commit();
    if (!committed) log::warn("what was received last is not on disk: " + committed.error());
    for (auto& job : batch) {
      if (job.asks) job.work(*store_);
      if (job.done) job.done(committed.has_value());
    }
  }
}

}  // namespace kvslocal

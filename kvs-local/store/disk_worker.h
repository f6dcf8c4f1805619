// SPDX-License-Identifier: Apache-2.0
// The one thread that touches the store. It takes all that has gathered, does it, and commits once: many
// streams share an fsync of the index, and the loop never waits for a disk.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/store.h"

namespace kvslocal {

class DiskWorker {
 public:
  using Work = std::function<void(Store&)>;
  /// Called on the worker's thread after the commit of the batch; false when the commit failed.
  using Done = std::function<void(bool committed)>;

  explicit DiskWorker(std::unique_ptr<Store> store);
  /// Finishes what was posted, then ends the thread.
  ~DiskWorker();
  DiskWorker(const DiskWorker&) = delete;
  DiskWorker& operator=(const DiskWorker&) = delete;

  /// Any thread. Works are done in the order of posting.
  void post(Work work, Done done = {});
  /// Any thread. Asked when everything that was posted before is committed, or undone; it changes nothing.
  void ask(Work question);

 private:
  struct Job {
    Work work;
    Done done;
    bool asks = false;  ///< after the commit
  };
  void add(Job job);
  void run();

  std::unique_ptr<Store> store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> jobs_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace kvslocal

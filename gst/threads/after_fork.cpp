// SPDX-License-Identifier: Apache-2.0
#include "threads/after_fork.h"

#include <gst/gst.h>
#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <system_error>

namespace kvs::gst {

namespace {

struct ClassUnref {
  void operator()(gpointer typeClass) const { g_type_class_unref(typeClass); }
};
using TaskClass = std::unique_ptr<GstTaskClass, ClassUnref>;

std::atomic<bool> hasLooked{false};
std::atomic<bool> isChild{false};

void lookAgainInChild() {
  isChild = true;
  hasLooked = false;
}

TaskClass taskClass() {
  return TaskClass(static_cast<GstTaskClass*>(g_type_class_ref(GST_TYPE_TASK)));
}

/// As the pools count them.
std::size_t pooledThreads() {
  const TaskClass tasks = taskClass();
  GThreadPool* const streaming = tasks->pool ? tasks->pool->pool : nullptr;
  return g_thread_pool_get_num_unused_threads() + (streaming ? g_thread_pool_get_num_threads(streaming) : 0);
}

/// As the system does.
std::size_t threadCount() {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator task("/proc/self/task", error), end; !error && task != end;
       task.increment(error))
    ++count;
  return count;
}

/// One thread is the application's own. A fork before the plugin was loaded is seen by the count alone.
bool areLost(std::size_t pooled) {
  const std::size_t all = threadCount();
  return isChild || (all > 0 && pooled >= all);
}

/// GLib's pool that was behind it is left alone: whoever frees it waits for its threads.
void renewStreamingPool() {
  if (const TaskClass tasks = taskClass(); tasks->pool) gst_task_pool_prepare(tasks->pool, nullptr);
}

}  // namespace

void forgetLostThreads() {
  [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, &lookAgainInChild);
  if (hasLooked.exchange(true)) return;
  const std::size_t pooled = pooledThreads();
  if (pooled == 0 || !areLost(pooled)) return;
  g_thread_pool_set_max_unused_threads(0);
  renewStreamingPool();
}

}  // namespace kvs::gst

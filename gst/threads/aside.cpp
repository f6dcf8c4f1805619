// SPDX-License-Identifier: Apache-2.0
#include "threads/aside.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "glib/guard.h"

namespace kvs::gst {

namespace {

using Job = std::function<void()>;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds idleTime{15};
constexpr const char* threadName = "pool-kvssink";

/// New threads take no signal: those are the application's.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

/// The process's threads and alarms.
class Pool {
 public:
  static Pool& ofProcess();

  void run(Job job);
  AlarmId setAlarm(Nanoseconds delay, Job onDue);
  void cancelAlarm(AlarmId id);

 private:
  void startThread();
  void work();
  bool waitForJob(std::unique_lock<std::mutex>& lock);
  void watchAlarms();
  Job nextDue();

  std::mutex mutex_;  // guards all of it; nothing is run, made or destroyed with it held
  std::condition_variable jobCame_;
  std::condition_variable alarmsChanged_;
  std::deque<Job> jobs_;
  std::size_t idle_ = 0;
  std::map<std::pair<SteadyTime, AlarmId>, Job> alarms_;
  AlarmId lastAlarm_ = static_cast<AlarmId>(getpid()) << 32;  // a child never cancels by its parent's numbers
  bool watching_ = false;
};

// Never destroyed: its threads may outlive the process's static objects.
std::atomic<Pool*> processPool{nullptr};

// What a child inherits has no threads any more, and its mutex may be locked: it is left alone.
void forgetInChild() {
  processPool.store(nullptr);
}

Pool& Pool::ofProcess() {
  [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, &forgetInChild);
  Pool* pool = processPool.load();
  if (pool) return *pool;
  auto fresh = std::make_unique<Pool>();
  if (processPool.compare_exchange_strong(pool, fresh.get())) return *fresh.release();
  return *pool;
}

void Pool::run(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (idle_ >= jobs_.size()) return jobCame_.notify_one();
  }
  startThread();
}

// Where the system has no thread left, the next one that is free takes the job.
void Pool::startThread() {
  const SignalsBlocked blocked;
  try {
    std::thread([this] {
      pthread_setname_np(pthread_self(), threadName);
      work();
    }).detach();
  } catch (const std::system_error& error) {
    GST_CAT_ERROR(elementCategory(), "no thread could be started: %s", error.what());
  }
}

void Pool::work() {
  std::unique_lock lock(mutex_);
  while (waitForJob(lock)) {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    guarded(job);
    job = {};
    lock.lock();
  }
}

bool Pool::waitForJob(std::unique_lock<std::mutex>& lock) {
  ++idle_;
  const bool came = jobCame_.wait_for(lock, idleTime, [this] { return !jobs_.empty(); });
  --idle_;
  return came;
}

AlarmId Pool::setAlarm(Nanoseconds delay, Job onDue) {
  const SteadyTime due = std::chrono::steady_clock::now() + delay;
  bool watched = false;
  AlarmId id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = ++lastAlarm_;
    alarms_.emplace(std::pair(due, id), std::move(onDue));
    watched = std::exchange(watching_, true);
    alarmsChanged_.notify_one();
  }
  if (!watched) run([this] { watchAlarms(); });
  return id;
}

void Pool::cancelAlarm(AlarmId id) {
  Job gone;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(alarms_.begin(), alarms_.end(),
                               [id](const auto& alarm) { return alarm.first.second == id; });
  if (at == alarms_.end()) return;
  gone = std::move(at->second);
  alarms_.erase(at);
  alarmsChanged_.notify_one();
}

void Pool::watchAlarms() {
  while (const Job due = nextDue())
    guarded(due);
}

/// Empty when there is no alarm left.
Job Pool::nextDue() {
  std::unique_lock lock(mutex_);
  while (!alarms_.empty()) {
    const auto first = alarms_.begin();
    const SteadyTime due = first->first.first;
    if (due <= std::chrono::steady_clock::now()) {
      Job job = std::move(first->second);
      alarms_.erase(first);
      return job;
    }
    alarmsChanged_.wait_until(lock, due);
  }
  watching_ = false;
  return {};
}

}  // namespace

void runAside(std::function<void()> job) {
  Pool::ofProcess().run(std::move(job));
}

AlarmId setAlarm(Nanoseconds delay, std::function<void()> onDue) {
  return Pool::ofProcess().setAlarm(delay, std::move(onDue));
}

void cancelAlarm(AlarmId id) {
  Pool::ofProcess().cancelAlarm(id);
}

}  // namespace kvs::gst

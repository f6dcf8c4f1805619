// SPDX-License-Identifier: Apache-2.0
#include "threads/aside.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "glib/guard.h"

namespace kvs::gst {

namespace {

using Job = std::function<void()>;

constexpr Seconds idleTime{15};
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
  bool waitForJob() KVS_REQUIRES(mutex_);
  void watchAlarms();
  Job nextDue();

  Mutex mutex_{"pool of threads"};  // no job is run, made or destroyed with it held
  Condition jobCame_;
  Condition alarmsChanged_;
  std::deque<Job> jobs_ KVS_GUARDED_BY(mutex_);
  std::size_t idle_ KVS_GUARDED_BY(mutex_) = 0;
  std::map<std::pair<TimePoint, AlarmId>, Job> alarms_ KVS_GUARDED_BY(mutex_);
  // A child never cancels by its parent's numbers.
  AlarmId lastAlarm_ KVS_GUARDED_BY(mutex_) = static_cast<AlarmId>(getpid()) << 32;
  bool watching_ KVS_GUARDED_BY(mutex_) = false;
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
    const Lock lock(mutex_);
    jobs_.push_back(std::move(job));
    if (idle_ >= jobs_.size()) return jobCame_.notifyOne();
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
  Lock lock(mutex_);
  while (waitForJob()) {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    guarded(job);
    job = {};
    lock.lock();
  }
}

bool Pool::waitForJob() {
  const TimePoint end = systemClock().now() + idleTime;
  ++idle_;
  while (jobs_.empty() && jobCame_.waitUntil(mutex_, end)) {
  }
  --idle_;
  return !jobs_.empty();
}

AlarmId Pool::setAlarm(Nanoseconds delay, Job onDue) {
  const TimePoint due = systemClock().now() + delay;
  bool watched = false;
  AlarmId id = 0;
  {
    const Lock lock(mutex_);
    id = ++lastAlarm_;
    alarms_.emplace(std::pair(due, id), std::move(onDue));
    watched = std::exchange(watching_, true);
    alarmsChanged_.notifyOne();
  }
  if (!watched) run([this] { watchAlarms(); });
  return id;
}

void Pool::cancelAlarm(AlarmId id) {
  Job gone;  // destroyed without the lock
  const Lock lock(mutex_);
  const auto at = std::find_if(alarms_.begin(), alarms_.end(),
                               [id](const auto& alarm) { return alarm.first.second == id; });
  if (at == alarms_.end()) return;
  gone = std::move(at->second);
  alarms_.erase(at);
  alarmsChanged_.notifyOne();
}

void Pool::watchAlarms() {
  while (const Job due = nextDue())
    guarded(due);
}

/// Empty when there is no alarm left.
Job Pool::nextDue() {
  const Lock lock(mutex_);
  while (!alarms_.empty()) {
    const auto first = alarms_.begin();
    const TimePoint due = first->first.first;
    if (due <= systemClock().now()) {
      Job job = std::move(first->second);
      alarms_.erase(first);
      return job;
    }
    alarmsChanged_.waitUntil(mutex_, due);
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

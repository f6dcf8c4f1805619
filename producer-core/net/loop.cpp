// SPDX-License-Identifier: Apache-2.0
#include "net/loop.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include "net/loop_impl.h"
#include "net/start_error.h"

namespace kvs::net {

namespace {
constexpr std::uint64_t kWakeMark = ~std::uint64_t{0};
constexpr int kFinalRounds = 1000;  // a task that posts itself for ever must not hold up the end

std::uint64_t mark(int fd, std::uint32_t generation) {
  return (std::uint64_t{generation} << 32) | static_cast<std::uint32_t>(fd);
}
}  // namespace

Loop::Impl::Impl(const Clock& theClock, Drive theDrive, const char* theName)
    : clock(theClock),
      drive(theDrive),
      threadName(theName),
      forkGeneration(ofProcess<Process>().forkGeneration()) {
  static_cast<void>(open());  // start() tries again, and says what is wrong
}

Result<void> Loop::Impl::open() {
  if (epoll && wakeFd) return {};
  Fd newEpoll(epoll_create1(EPOLL_CLOEXEC));
  if (!newEpoll) return fail(cantStart(sentenceName(), "epoll_create1", errno));
  Fd newWakeFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!newWakeFd) return fail(cantStart(sentenceName(), "eventfd", errno));
  epoll_event event{};
  // Edge-triggered: each write is an event, so that the counter never needs to be read.
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kWakeMark;
  if (epoll_ctl(newEpoll.get(), EPOLL_CTL_ADD, newWakeFd.get(), &event) != 0)
    return fail(cantStart(sentenceName(), "epoll_ctl", errno));
  epoll = std::move(newEpoll);
  wakeFd = std::move(newWakeFd);
  return {};
}

Loop::Impl::~Impl() {
  // Queued after the end: let go of without a call.
  Ready* next = ready.exchange(nullptr, std::memory_order_acquire);
  while (next) {
    const std::shared_ptr<Ready> current = std::move(next->self_);
    next = next->next_;
  }
}

void Loop::Impl::post(Task task) {
  if (tasks.add(std::move(task), clock.now())) wakeUp();
}

void Loop::Impl::push(Ready& item) {
  Ready* head = ready.load(std::memory_order_relaxed);
  do {
    item.next_ = head;
  } while (!ready.compare_exchange_weak(head, &item, std::memory_order_seq_cst, std::memory_order_relaxed));
  if (onThread()) {
    wokeItself = true;  // the queues are looked at before the next wait
  } else if (!head && !gathering.load(std::memory_order_seq_cst)) {
    wakeUp();
  }
}

void Loop::Impl::wakeUp() {
  if (onThread()) return;  // the queues are looked at before the next wait
  if (!start()) return startLater();
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wakeFd.get(), &one, sizeof one);
}

bool Loop::Impl::hasWork() {
  return ready.load(std::memory_order_seq_cst) || !tasks.isEmpty();
}

int Loop::Impl::timeoutMs() {
  const bool gathers = gathering.load(std::memory_order_relaxed);
  if (gathers ? wokeItself || !tasks.isEmpty() : hasWork()) return 0;
  constexpr Milliseconds longest{3'600'000};
  const auto next = deadlines.next();
  if (!next && !gathers) return -1;
  const Milliseconds wait = next ? std::chrono::ceil<Milliseconds>(*next - clock.now()) : longest;
  return static_cast<int>(std::clamp(wait, Milliseconds(0), gathers ? pacing.load() : longest).count());
}

/// Those who wake something before they see the change don't wake the loop, so hasWork() comes behind it.
void Loop::Impl::pace() {
  const bool gathers = pacer.endOfPass() && pacing.load(std::memory_order_relaxed) > Milliseconds(0);
  if (gathering.load(std::memory_order_relaxed) != gathers)
    gathering.store(gathers, std::memory_order_seq_cst);
}

int Loop::Impl::pass(int timeout) {
  std::array<epoll_event, 128> events;
  const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), timeout);
  for (int i = 0; i < count; ++i)
    dispatch(events[static_cast<std::size_t>(i)]);
  runDeadlines();
  runReady();
  runTasks();
  runReady();  // what these two woke, before the kernel is asked again
  return count;
}

void Loop::Impl::dispatch(const epoll_event& event) {
  if (event.data.u64 == kWakeMark) return;
  const auto found = watches.find(static_cast<int>(event.data.u64 & 0xffffffffu));
  // The descriptor may have been closed, and its number used anew, earlier in this very pass.
  if (found == watches.end() || found->second->generation != event.data.u64 >> 32) return;
  const std::shared_ptr<Watch> held = found->second;  // it may unwatch itself
  held->onEvents(event.events);
}

void Loop::Impl::runDeadlines() {
  const auto limit = deadlines.lastId();
  const TimePoint now = clock.now();
  while (auto due = deadlines.takeDue(now, limit)) {
    lag.add(clock.now() - due->when);
    due->task();
  }
}

void Loop::Impl::runReady() {
  wokeItself = false;
  Ready* next = ready.exchange(nullptr, std::memory_order_acquire);
  while (next) {
    const std::shared_ptr<Ready> current = std::move(next->self_);
    next = current->next_;
    const TimePoint now = clock.now();
    lag.add(now - current->queuedAt_);
    if (!current->wokenByLoop_) pacer.served(current.get(), now);
    current->queued_.store(false, std::memory_order_release);  // from here on it can be queued again
    current->onReady();
  }
}

void Loop::Impl::runTasks() {
  TaskQueue::Batch batch = tasks.take();
  if (!batch.tasks.empty()) lag.add(clock.now() - batch.oldest);
  for (Task& task : batch.tasks) {
    task();
    task = nullptr;
  }
}

bool Loop::Impl::watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)>* onEvents) {
  const auto found = watches.find(fd);
  if (events == 0) {
    if (found == watches.end()) return true;
    epoll_ctl(epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
    watches.erase(found);
    return true;
  }
  if (found == watches.end() && !onEvents) return false;
  epoll_event event{};
  event.events = events;
  if (found != watches.end()) {
    if (onEvents) found->second->onEvents = std::move(*onEvents);
    event.data.u64 = mark(fd, found->second->generation);
    if (epoll_ctl(epoll.get(), EPOLL_CTL_MOD, fd, &event) == 0) return true;
    // Closed behind our back and opened anew: the kernel has forgotten the old one.
    return errno == ENOENT && epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  }
  const std::uint32_t generation = ++lastGeneration & 0x7fffffffu;  // so that no mark is kWakeMark
  event.data.u64 = mark(fd, generation);
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  watches.emplace(fd, std::make_shared<Watch>(Watch{generation, std::move(*onEvents)}));
  return true;
}

void Loop::Impl::finish() {
  for (int round = 0; round < kFinalRounds && hasWork(); ++round)
    pass(0);
  {
    const auto droppedTasks = tasks.end();  // before the rest: they may hold what is watched or waits
  }
  const auto droppedDeadlines = std::exchange(deadlines, {});
  const auto droppedWatches = std::exchange(watches, {});
}

Loop::Loop(const Clock& clock, Drive drive, const char* threadName)
    : clock_(clock), impl_(std::make_shared<Impl>(clock, drive, threadName)) {}

bool Loop::onThread() const {
  return impl_->onThread();
}

Result<void> Loop::start() {
  if (impl_->inForkedChild()) {
    return fail(StatusCode::internalError, ErrorKind::fatal,
                "the network's loop belongs to the process that this one was forked from");
  }
  return impl_->start();
}

void Loop::post(Task task) {
  if (impl_->inForkedChild()) return ofProcess<Process>().bury(std::make_shared<Task>(std::move(task)));
  impl_->post(std::move(task));
}

void Loop::wake(Ready& ready) {
  if (impl_->inForkedChild() || ready.queued_.exchange(true, std::memory_order_acq_rel)) return;
  ready.self_ = ready.weak_from_this().lock();
  if (!ready.self_) {  // its last owner has let go already
    ready.queued_.store(false, std::memory_order_release);
    return;
  }
  ready.queuedAt_ = clock_.now();
  ready.wokenByLoop_ = impl_->onThread();
  impl_->push(ready);
}

void Loop::setPacing(Milliseconds atMost) {
  impl_->pacing.store(atMost, std::memory_order_relaxed);
}

Loop::TimerId Loop::at(TimePoint when, Task task) {
  assert(onThread());
  return impl_->deadlines.add(when, std::move(task));
}

void Loop::cancel(TimerId timer) {
  impl_->deadlines.cancel(timer);
}

bool Loop::watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> onEvents) {
  return impl_->watch(fd, events, &onEvents);
}

bool Loop::watch(int fd, std::uint32_t events) {
  return impl_->watch(fd, events, nullptr);
}

std::optional<TimePoint> Loop::runDue() {
  assert(impl_->drive == Drive::caller);
  for (;;) {
    const int events = impl_->pass(0);
    const auto next = impl_->deadlines.next();
    if (events <= 0 && !impl_->hasWork() && !(next && *next <= clock_.now())) return next;
  }
}

Loop::Lag Loop::lag() const {
  return {impl_->lag.percentile(0.50), impl_->lag.percentile(0.99), impl_->lag.count()};
}

}  // namespace kvs::net

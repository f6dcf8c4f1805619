// SPDX-License-Identifier: Apache-2.0
// The loop's thread and its life in the process: lazy start, end by the last holder, fork and exit.
#include <openssl/crypto.h>

#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "net/loop_impl.h"
#include "net/start_error.h"

namespace kvs::net {

namespace {
constexpr Seconds kExitPatience{1};
constexpr Seconds kStartAgain{1};
constexpr const char* kWorkerName = "kvs-worker";
}  // namespace

/// The one whose thread this is.
thread_local Loop::Impl* Loop::Impl::runningHere = nullptr;

void Loop::Process::forgetInChild() {
  running_.clear();
  shared_.reset();
  worker_.reset();
  forkGeneration_.fetch_add(1, std::memory_order_relaxed);
}

void Loop::Process::bury(std::shared_ptr<void> object) {
  const Lock lock(mutex_);
  buried_.push_back(std::move(object));
}

void Loop::Process::endAllLoops() {
  const Lock lock(mutex_);
  exiting_ = true;
  for (Impl* impl : running_)
    impl->requestStop();
  // A task of a loop may be what called exit(): that loop can't end before its task has.
  const std::size_t own = Impl::runningHere ? 1 : 0;
  const TimePoint patienceEnds = systemClock().now() + kExitPatience;
  while (running_.size() > own)
    if (!threadEnded_.waitUntil(mutex_, patienceEnds)) return;
}

std::shared_ptr<Loop> Loop::Process::shared() {
  const Lock lock(mutex_);
  return holdOrMake(shared_, "kvs-loop");
}

std::shared_ptr<Loop> Loop::Process::worker() {
  const Lock lock(mutex_);
  return holdOrMake(worker_, kWorkerName);
}

std::shared_ptr<Loop> Loop::Process::holdOrMake(std::weak_ptr<Loop>& slot, const char* threadName) {
  [[maybe_unused]] static const bool registered = (endAtExit(), true);
  std::shared_ptr<Loop> loop = slot.lock();
  if (!loop) {
    loop = create(systemClock(), threadName);
    slot = loop;
  }
  return loop;
}

Result<void> Loop::Process::start(Impl& impl) {
  const Lock lock(mutex_);
  if (impl.started.load(std::memory_order_relaxed) || exiting_) return {};
  if (auto opened = impl.open(); !opened) return opened;
  if (auto begun = impl.startThread(); !begun) return begun;
  running_.push_back(&impl);
  impl.started.store(true, std::memory_order_release);
  return {};
}

void Loop::Process::hasEnded(Impl& impl) {
  const Lock lock(mutex_);
  std::erase(running_, &impl);
  threadEnded_.notifyAll();
}

void Loop::endAtExit() {
  std::atexit([] { ofProcess<Process>().endAllLoops(); });
}

std::shared_ptr<Loop> Loop::create(const Clock& clock, const char* threadName) {
  auto loop = std::make_unique<Loop>(clock, Drive::ownThread, threadName);
  return {loop.release(), &Loop::retire};
}

std::shared_ptr<Loop> Loop::shared() {
  return ofProcess<Process>().shared();
}

std::shared_ptr<Loop> Loop::worker() {
  return ofProcess<Process>().worker();
}

void Loop::retire(Loop* loop) {
  std::unique_ptr<Loop> owned(loop);
  Impl& impl = *loop->impl_;
  if (!impl.inForkedChild() && impl.drive == Drive::ownThread && impl.onThread()) {
    impl.adopt(std::move(owned));
  }
}

Loop::~Loop() {
  if (impl_->inForkedChild()) {
    ofProcess<Process>().bury(std::move(impl_));
  } else {
    impl_->shutDown();
  }
}

bool Loop::Impl::inForkedChild() const {
  return forkGeneration != ofProcess<Process>().forkGeneration();
}

bool Loop::Impl::onThread() const {
  return drive == Drive::caller ? maker == std::this_thread::get_id() : runningHere == this;
}

Result<void> Loop::Impl::start() {
  if (drive == Drive::caller || started.load(std::memory_order_acquire)) return {};
  return ofProcess<Process>().start(*this);
}

Result<void> Loop::Impl::startThread() {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  // Faults of the thread itself stay with the host's crash handler.
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS})
    sigdelset(&blocked, fault);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  forThread = shared_from_this();
  const int refused = pthread_create(&thread, nullptr, &threadMain, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (refused != 0) {
    forThread.reset();
    return fail(cantStart(sentenceName(), "pthread_create", refused));
  }
  return {};
}

const char* Loop::Impl::sentenceName() const {
  return std::string_view(threadName) == kWorkerName ? "The thread that reads files"
                                                     : "The thread that sends";
}

/// A worker that is needed while there is no room for it: who asked waits for its answer, and asks nothing
/// more.
void Loop::Impl::startLater() {
  if (!runningHere) return;
  const auto again = [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->hasWork()) self->wakeUp();
  };
  runningHere->deadlines.add(runningHere->clock.now() + kStartAgain, again);
}

void* Loop::Impl::threadMain(void* raw) noexcept {
  const std::shared_ptr<Impl> impl = std::move(static_cast<Impl*>(raw)->forThread);
  runningHere = impl.get();
  pthread_setname_np(pthread_self(), impl->threadName);
  while (!impl->stopping.load(std::memory_order_acquire)) {
    impl->pass(impl->timeoutMs());
    impl->pace();
  }
  impl->finish();
  impl->orphan.reset();
  OPENSSL_thread_stop();  // left to the thread's own end, it could meet exit() inside OPENSSL_cleanup()
  ofProcess<Process>().hasEnded(*impl);
  return nullptr;
}

void Loop::Impl::requestStop() {
  stopping.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wakeFd.get(), &one, sizeof one);
}

void Loop::Impl::shutDown() {
  if (drive == Drive::caller) return finish();
  if (!started.load(std::memory_order_acquire)) return;
  requestStop();
  if (onThread()) return detachOnce();
  pthread_join(thread, nullptr);
}

void Loop::Impl::adopt(std::unique_ptr<Loop> loop) {
  orphan = std::move(loop);
  requestStop();
  detachOnce();
}

void Loop::Impl::detachOnce() {
  if (!std::exchange(detached, true)) pthread_detach(pthread_self());
}

}  // namespace kvs::net

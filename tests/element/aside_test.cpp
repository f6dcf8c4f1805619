// SPDX-License-Identifier: Apache-2.0
// Threads and alarms of the element's own, also in a process that was forked without exec.
#include "threads/aside.h"

#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <set>
#include <thread>

#include "support.h"

namespace kvs::test {
namespace {

using gst::cancelAlarm;
using gst::runAside;
using gst::setAlarm;

/// A promise that jobs may share.
struct Signal {
  std::shared_ptr<std::promise<void>> promise = std::make_shared<std::promise<void>>();
  std::shared_future<void> future = promise->get_future().share();
  void set() const { promise->set_value(); }
  bool comes() const { return future.wait_for(patience) == std::future_status::ready; }
};

TEST(Aside, RunsJobsBesideOneAnother) {
  const Signal first;
  const Signal second;
  runAside([=] {
    EXPECT_TRUE(second.comes()) << "it would never come on the same thread";
    first.set();
  });
  runAside([=] { second.set(); });
  EXPECT_TRUE(first.comes());
}

TEST(Aside, AJobThatThrowsStopsNothing) {
  runAside([] { throw std::runtime_error("test"); });
  const Signal next;
  runAside([=] { next.set(); });
  EXPECT_TRUE(next.comes());
}

TEST(Aside, AJobIsDestroyedWhereItRan) {
  const Signal gone;
  auto where = std::make_shared<std::pair<std::thread::id, std::thread::id>>();
  struct Watch {
    std::function<void()> onGone;
    ~Watch() { onGone(); }
  };
  auto watch = std::make_shared<Watch>();
  watch->onGone = [=] {
    where->second = std::this_thread::get_id();
    gone.set();
  };
  runAside([where, watch = std::move(watch)] { where->first = std::this_thread::get_id(); });
  ASSERT_TRUE(gone.comes());
  EXPECT_EQ(where->first, where->second);
  EXPECT_NE(where->first, std::this_thread::get_id());
}

TEST(Aside, AlarmsComeInTheirOrder) {
  const Signal last;
  auto order = std::make_shared<std::vector<int>>();
  setAlarm(Milliseconds(60), [=] {
    order->push_back(2);
    last.set();
  });
  setAlarm(Milliseconds(20), [=] { order->push_back(1); });
  ASSERT_TRUE(last.comes());
  EXPECT_EQ(*order, (std::vector<int>{1, 2}));
}

TEST(Aside, AnAlarmThatWasCancelledDoesNotCome) {
  const Signal last;
  auto came = std::make_shared<std::atomic<bool>>(false);
  const gst::AlarmId id = setAlarm(std::chrono::hours(1), [=] { *came = true; });
  cancelAlarm(id);
  cancelAlarm(id);
  setAlarm(Milliseconds(1), [=] { last.set(); });
  ASSERT_TRUE(last.comes());
  EXPECT_FALSE(*came);
}

TEST(Aside, AnAlarmWithoutEndIsNoneThatIsDue) {
  const gst::AlarmId id = setAlarm(Seconds(G_MAXUINT), [] { ADD_FAILURE() << "136 years have passed"; });
  const Signal next;
  setAlarm(Milliseconds(1), [=] { next.set(); });
  EXPECT_TRUE(next.comes());
  cancelAlarm(id);
}

int exitStatusOf(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Aside, AForkedChildHasThreadsAndAlarmsOfItsOwn) {
  const Signal idle;
  runAside([=] { idle.set(); });  // the parent has a thread, and a watch over its alarms
  ASSERT_TRUE(idle.comes());
  const gst::AlarmId id = setAlarm(std::chrono::hours(1), [] {});
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(static_cast<unsigned>(patience.count()));
    const Signal ran;
    const Signal due;
    runAside([=] { ran.set(); });
    setAlarm(Milliseconds(1), [=] { due.set(); });
    _exit(ran.comes() && due.comes() ? 7 : 1);
  }
  EXPECT_EQ(exitStatusOf(child), 7);
  cancelAlarm(id);
}

}  // namespace
}  // namespace kvs::test

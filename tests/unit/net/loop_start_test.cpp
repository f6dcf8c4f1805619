// SPDX-License-Identifier: Apache-2.0
// A process that has no descriptor, or no thread, for a loop hears so, and tries again with success.
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <filesystem>
#include <future>
#include <iterator>

#include "await.h"
#include "child.h"
#include "net/loop.h"
#include "no_descriptors.h"
#include "sanitizers.h"

namespace kvs::net::test {
namespace {

using ::testing::HasSubstr;

constexpr int good = 0;
constexpr int wentWell = 1;
constexpr int saidSomethingElse = 2;
constexpr int notAgain = 3;
constexpr int burnt = 4;

/// From now on the kernel refuses `call` to this process, with `error`.
bool forbid(long call, int error) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool says(const Result<void>& result, std::string_view what) {
  return !result && result.error().kind == ErrorKind::fatal &&
         result.error().message.find(what) != std::string::npos;
}

bool runs(Loop& loop) {
  std::promise<void> ran;
  loop.post([&] { ran.set_value(); });
  return ran.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready;
}

class LoopStart : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (kAddressSanitizer) GTEST_SKIP() << "the sanitizer itself opens files to check objects";
  }
};

TEST_P(LoopStart, WithoutADescriptorNamesTheLimitAndTheNextAttemptGoesWell) {
  EXPECT_EQ(inChild([] {
              {
                const NoDescriptors full(GetParam());
                const auto loop = Loop::shared();
                const auto started = loop->start();
                if (started) return wentWell;
                if (!says(started, "RLIMIT_NOFILE")) return saidSomethingElse;
                if (says(loop->start(), "RLIMIT_NOFILE") == false) return saidSomethingElse;
              }
              const auto loop = Loop::shared();
              return loop->start() && runs(*loop) ? good : notAgain;
            }),
            good);
}

TEST_P(LoopStart, ThatFailedGoesWellWithTheSameLoopLater) {
  EXPECT_EQ(inChild([] {
              const auto loop = [] {
                const NoDescriptors full(GetParam());
                return Loop::shared();
              }();
              return loop->start() && runs(*loop) ? good : notAgain;
            }),
            good);
}

INSTANTIATE_TEST_SUITE_P(DescriptorsLeft, LoopStart, testing::Values(0, 1));

TEST(LoopStartWithoutADescriptor, LeavesNoThreadThatTurnsRoundAndRound) {
  if (kAddressSanitizer || kThreadSanitizer) GTEST_SKIP() << "the sanitizer opens files and starts threads";
  EXPECT_EQ(inChild([] {
              std::shared_ptr<Loop> loop;
              {
                const NoDescriptors full;
                loop = Loop::shared();
                loop->post([] {});
              }
              const std::filesystem::directory_iterator threads("/proc/self/task");
              return std::distance(begin(threads), end(threads)) == 1 ? good : burnt;
            }),
            good);
}

TEST(LoopStartInASandbox, NamesTheCallThatIsForbidden) {
  if (kAddressSanitizer) GTEST_SKIP() << "the sanitizer makes calls of its own";
  const auto forbidden = [](long call, const char* name) {
    return inChild([=] {
      if (!forbid(call, EPERM)) return notAgain;
      const auto loop = Loop::shared();
      return says(loop->start(), name) && says(loop->start(), "sandbox") ? good : saidSomethingElse;
    });
  };
  EXPECT_EQ(forbidden(SYS_eventfd2, "eventfd"), good);
  EXPECT_EQ(forbidden(SYS_epoll_create1, "epoll_create1"), good);
  EXPECT_EQ(forbidden(SYS_epoll_ctl, "epoll_ctl"), good);
}

TEST(LoopStartWithoutAThread, NamesTheLimit) {
  if (kAddressSanitizer || kThreadSanitizer) GTEST_SKIP() << "the sanitizer starts threads of its own";
  EXPECT_EQ(inChild([] {
              if (!forbid(SYS_clone3, ENOSYS) || !forbid(SYS_clone, EAGAIN)) return notAgain;
              return says(Loop::shared()->start(), "RLIMIT_NPROC") ? good : saidSomethingElse;
            }),
            good);
}

TEST(LoopStartLater, AWorkerThatHadNoDescriptorRunsWhatItWasGivenWhenThereIsOne) {
  if (kAddressSanitizer) GTEST_SKIP() << "the sanitizer itself opens files to check objects";
  EXPECT_EQ(inChild([] {
              const auto loop = Loop::shared();
              if (!loop->start()) return notAgain;
              std::promise<void> ran;
              auto full = std::make_unique<NoDescriptors>();
              std::promise<void> posted;
              loop->post([&] {
                const auto worker = Loop::worker();
                worker->post([worker, &ran] { ran.set_value(); });
                posted.set_value();
              });
              posted.get_future().wait();
              full.reset();
              const bool done =
                  ran.get_future().wait_for(std::chrono::seconds(12)) == std::future_status::ready;
              return done ? good : notAgain;
            }),
            good);
}

}  // namespace
}  // namespace kvs::net::test

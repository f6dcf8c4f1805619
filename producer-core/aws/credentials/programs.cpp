// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/programs.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "aws/credentials/check.h"
#include "aws/credentials/pending.h"
#include "net/fd.h"

namespace kvs::aws {
namespace {

using Output = Result<WipingString>;

constexpr Milliseconds askAgain{10};

struct SpawnActions {
  SpawnActions() { posix_spawn_file_actions_init(&actions); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t actions{};
};

struct SpawnAttributes {
  SpawnAttributes() { posix_spawnattr_init(&attributes); }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t attributes{};
};

/// The worker's threads block all signals, and a host may ignore some: neither is for the child.
void setSignals(posix_spawnattr_t& attributes) {
  sigset_t none;
  sigemptyset(&none);
  sigset_t usual = none;
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD})
    sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
}

/// What the host has open is nothing to the program; not every library of its marks it as ours do. Where the
/// system's C library cannot (before glibc 2.34), they are inherited.
template <class Actions>
void closeAllButStandard(Actions* actions) {
  if constexpr (requires { posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1); })
    posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

/// Gives the child's id, or an errno.
tl::expected<pid_t, int> spawn(std::vector<std::string>& words, int output) {
  SpawnActions io;
  posix_spawn_file_actions_addopen(&io.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&io.actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&io.actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  closeAllButStandard(&io.actions);
  SpawnAttributes how;
  setSignals(how.attributes);
  posix_spawnattr_setpgroup(&how.attributes, 0);
  posix_spawnattr_setflags(&how.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, arguments[0], &io.actions, &how.attributes, arguments.data(), environ);
  if (error != 0) return tl::unexpected(error);
  return child;
}

/// One run. On the worker's thread; its watch and timers there keep it alive until the child is gone.
class Child final : public std::enable_shared_from_this<Child> {
 public:
  using Done = std::function<void(Output)>;

  Child(std::shared_ptr<net::Loop> worker, std::vector<std::string> words, Milliseconds timeout, Done done)
      : worker_(std::move(worker)), words_(std::move(words)), timeout_(timeout), done_(std::move(done)) {}

  void start() {
    if (cancelled_) return;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return tell(notStarted(errno));
    output_ = net::Fd(ends[0]);
    net::Fd childsEnd(ends[1]);
    // The child writes as any program does: its end waits for room.
    ::fcntl(childsEnd.get(), F_SETFL, ::fcntl(childsEnd.get(), F_GETFL) & ~O_NONBLOCK);
    const auto child = spawn(words_, childsEnd.get());
    if (!child) return tell(notStarted(child.error()));
    child_ = *child;
    if (!worker_->watch(output_.get(), EPOLLIN,
                        [self = shared_from_this()](std::uint32_t) { self->onReadable(); })) {
      return giveUp(sourceFailed(name() + " could not be watched: this process has too many files open"));
    }
    const auto leash = std::make_shared<Leash>(shared_from_this());
    deadline_ = worker_->at(worker_->clock().now() + timeout_, [leash] {
      const auto& self = leash->child;
      self->deadline_ = 0;
      self->giveUp(sourceFailed(self->name() + " did not end within " +
                                std::to_string(self->timeout_.count()) +
                                " ms and was terminated; run it by hand to see what it does"));
    });
  }

  void cancel() {
    cancelled_ = true;
    done_ = nullptr;
    if (child_ > 0) giveUp(sourceFailed("cancelled"));
  }

 private:
  /// Held by the deadline: where that goes with the worker, for the host exits, the program ends too.
  struct Leash {
    explicit Leash(std::shared_ptr<Child> held) : child(std::move(held)) {}
    ~Leash() { child->kill(); }
    Leash(const Leash&) = delete;
    Leash& operator=(const Leash&) = delete;
    const std::shared_ptr<Child> child;
  };

  /// With all that it started in its group.
  void kill() const {
    if (child_ > 0) ::kill(-child_, SIGKILL);
  }

  std::string name() const { return "the credential_process '" + words_.front() + "'"; }

  tl::unexpected<Error> notStarted(int error) const {
    return sourceFailed(name() + " could not be started (" + std::system_category().message(error) +
                        "); correct the command in the profile");
  }

  void onReadable() {
    std::array<char, 4096> piece;
    const ssize_t got = ::read(output_.get(), piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got > 0) text_.append(piece.data(), static_cast<std::size_t>(got));
    OPENSSL_cleanse(piece.data(), piece.size());
    if (text_.size() > maxProgramOutput)
      return giveUp(sourceFailed(
          name() + " wrote more than 64 KiB and was terminated; run it by hand to see what it does"));
    if (got > 0) return;
    stopReading();
    reap();
  }

  void stopReading() {
    if (output_) worker_->watch(output_.get(), 0, {});
    output_.reset();
  }

  void giveUp(Output why) {
    stopReading();
    kill();
    tell(std::move(why));
    reap();
  }

  void reap() {
    if (child_ == 0) return;
    int status = 0;
    const pid_t ended = ::waitpid(child_, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) {
      worker_->at(worker_->clock().now() + askAgain, [self = shared_from_this()] { self->reap(); });
      return;
    }
    child_ = 0;
    worker_->cancel(std::exchange(deadline_, 0));
    // A host that ignores SIGCHLD, or waits for any child, takes the status: then the output must do.
    if (ended < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return tell(std::move(text_));
    tell(sourceFailed(name() +
                      (WIFEXITED(status) ? " ended with status " + std::to_string(WEXITSTATUS(status))
                                         : " was terminated by signal " + std::to_string(WTERMSIG(status))) +
                      "; run it by hand to see what it says"));
  }

  void tell(Output output) {
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(output));
  }

  const std::shared_ptr<net::Loop> worker_;
  std::vector<std::string> words_;
  const Milliseconds timeout_;
  Done done_;
  net::Fd output_;
  WipingString text_;
  pid_t child_ = 0;
  net::Loop::TimerId deadline_ = 0;
  bool cancelled_ = false;
};

class WorkerPrograms final : public ProgramRunner {
 public:
  WorkerPrograms(std::shared_ptr<net::Loop> loop, Milliseconds timeout)
      : loop_(std::move(loop)), timeout_(timeout) {}

  CallHandle run(std::vector<std::string> words, Callback callback) override {
    auto pending = std::make_shared<Pending<Output>>(std::move(callback));
    const auto worker = net::Loop::worker();
    if (const auto started = worker->start(); !started) {
      loop_->post([pending, why = started.error().message] { pending->answer(sourceFailed(why)); });
      return std::make_unique<PendingCall<Output>>(std::move(pending));
    }
    const auto child =
        std::make_shared<Child>(worker, std::move(words), timeout_, [loop = loop_, pending](Output output) {
          auto told = std::make_shared<Output>(std::move(output));
          loop->post([pending, told] { pending->answer(std::move(*told)); });
        });
    worker->post([worker, child] { child->start(); });
    return std::make_unique<PendingCall<Output>>(
        std::move(pending), [worker, child] { worker->post([worker, child] { child->cancel(); }); });
  }

 private:
  std::shared_ptr<net::Loop> loop_;
  const Milliseconds timeout_;
};

}  // namespace

std::shared_ptr<ProgramRunner> workerPrograms(std::shared_ptr<net::Loop> loop, Milliseconds timeout) {
  return std::make_shared<WorkerPrograms>(std::move(loop), timeout);
}

}  // namespace kvs::aws

// SPDX-License-Identifier: Apache-2.0
// Sources of credentials without threads, files, programs or a network: a test plays them all, on a clock
// that moves when it says so.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/credentials/provider.h"
#include "aws/credentials/tools.h"
#include "aws/iso_time.h"
#include "fake_environment.h"
#include "fake_transport.h"

namespace kvs::aws {

/// Both clocks move together; the wall's begins at noon of a day in 2026.
class TestClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  WallTime wallNow() const override { return wall_; }
  void advance(Nanoseconds by) {
    now_ += by;
    wall_ += by;
  }

 private:
  TimePoint now_{std::chrono::hours(5)};
  WallTime wall_ = *parseIsoTime("2026-03-01T12:00:00Z");
};

/// What is asked for waits until the test lets it be answered, or is answered by the loop's next turn.
template <class Key>
class FakeWork {
 public:
  using Callback = std::function<void(Result<WipingString>)>;
  struct Job {
    Key key;
    Callback callback;  // null once cancelled or answered
  };

  CallHandle add(Key key, Callback callback) {
    jobs_.push_back(std::make_shared<Job>(Job{std::move(key), std::move(callback)}));
    return std::make_unique<Handle>(jobs_.back());
  }
  const std::vector<std::shared_ptr<Job>>& jobs() const { return jobs_; }

  /// Answers all that wait, also those that come meanwhile. True when there were any.
  template <class Answer>
  bool run(Answer&& answer) {
    bool any = false;
    for (; next_ < jobs_.size(); ++next_) {
      const auto job = jobs_[next_];
      if (const Callback callback = std::exchange(job->callback, nullptr)) {
        any = true;
        callback(answer(job->key));
      }
    }
    return any;
  }

 private:
  class Handle final : public Call {
   public:
    explicit Handle(std::shared_ptr<Job> job) : job_(std::move(job)) {}
    ~Handle() override { job_->callback = nullptr; }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

   private:
    std::shared_ptr<Job> job_;
  };

  std::vector<std::shared_ptr<Job>> jobs_;
  std::size_t next_ = 0;
};

class FakeFiles final : public FileReader {
 public:
  CallHandle read(std::string path, Callback callback) override {
    return work.add(std::move(path), std::move(callback));
  }
  bool run() {
    return work.run([this](const std::string& path) -> Result<WipingString> {
      const auto at = texts.find(path);
      if (at != texts.end()) return WipingString(at->second);
      return fail(StatusCode::clientAuthFailed, ErrorKind::notFound, path + " is not there");
    });
  }
  std::map<std::string, std::string> texts;
  FakeWork<std::string> work;
};

class FakePrograms final : public ProgramRunner {
 public:
  CallHandle run(std::vector<std::string> words, Callback callback) override {
    return work.add(std::move(words), std::move(callback));
  }
  bool run() {
    return work.run([this](const std::vector<std::string>&) -> Result<WipingString> { return output; });
  }
  WipingString output;
  FakeWork<std::vector<std::string>> work;
};

class CredentialTest : public ::testing::Test {
 protected:
  /// A source that is still asked ends on the loop, as a task of it that holds the loop: turned once more, it
  /// lets go of both, which a loop with a thread does by itself.
  ~CredentialTest() override { loop->runDue(); }

  SourceTools tools(std::map<std::string, std::string> variables = {}) {
    return {loop,   transport,   files,     programs, fakeEnvironment(std::move(variables)),
            &clock, "eu-west-1", "agent/1", {}};
  }

  /// What fetch() came to, once it has.
  struct Outcome {
    std::optional<Result<Credentials>> result;
    const Credentials& credentials() const { return **result; }
    const Error& error() const { return result->error(); }
    bool succeeded() const { return result && result->has_value(); }
    bool failed() const { return result && !result->has_value(); }
  };
  static std::shared_ptr<Outcome> fetch(CredentialProvider& provider) {
    auto outcome = std::make_shared<Outcome>();
    provider.fetch([outcome](Result<Credentials> result) {
      EXPECT_FALSE(outcome->result) << "called twice";
      outcome->result = std::move(result);
    });
    return outcome;
  }

  /// Lets files and programs answer, and the loop's due tasks run, until nothing moves.
  void settle() {
    while (files->run() || programs->run())
      loop->runDue();
    loop->runDue();
  }

  const net::Request& lastRequest() { return transport->last()->request; }
  /// Answers the last request, which names the user agent as every request does.
  void answer(int status, std::string_view body) {
    EXPECT_EQ(header(lastRequest(), "user-agent"), "agent/1");
    FakeTransport::answer(transport->last(), {status, {}}, body);
    settle();
  }
  void breakConnection() {
    transport->last()->listener->onEnd(
        fail(StatusCode::serviceCallTimeout, ErrorKind::retryable, "no answer"));
    settle();
  }

  static std::string header(const net::Request& request, std::string_view name) {
    return std::string(net::findHeader(request.headers, name));
  }

  TestClock clock;
  std::shared_ptr<net::Loop> loop = std::make_shared<net::Loop>(clock, net::Loop::Drive::caller);
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  std::shared_ptr<FakeFiles> files = std::make_shared<FakeFiles>();
  std::shared_ptr<FakePrograms> programs = std::make_shared<FakePrograms>();
};

}  // namespace kvs::aws

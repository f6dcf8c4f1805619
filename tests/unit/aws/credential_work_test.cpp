// SPDX-License-Identifier: Apache-2.0
// What sources do on the worker, with real files and real programs.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

#include "aws/credentials/files.h"
#include "aws/credentials/programs.h"

namespace kvs::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Words = std::vector<std::string>;
using Outcome = Result<WipingString>;
namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{30};

class WorkTest : public ::testing::Test {
 protected:
  WorkTest() {
    std::string pattern = (fs::temp_directory_path() / "kvs-aws-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~WorkTest() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  /// Starts `work` on the loop and waits for its answer.
  template <class Start>
  Outcome wait(Start start) {
    std::promise<Outcome> promise;
    CallHandle call;
    loop->post([&] { call = start([&](Outcome outcome) { promise.set_value(std::move(outcome)); }); });
    auto future = promise.get_future();
    if (future.wait_for(patience) != std::future_status::ready) std::abort();
    std::promise<void> dropped;
    loop->post([&] {
      call.reset();
      dropped.set_value();
    });
    dropped.get_future().wait();
    return future.get();
  }
  Outcome read(const std::string& path) {
    return wait([&](FileReader::Callback callback) { return files->read(path, std::move(callback)); });
  }
  Outcome run(Words words, Milliseconds timeout = patience) {
    const auto programs = workerPrograms(loop, timeout);
    return wait([&](ProgramRunner::Callback callback) {
      return programs->run(std::move(words), std::move(callback));
    });
  }
  Outcome shell(const std::string& script) { return run({"/bin/sh", "-c", script}); }

  std::string folder;
  std::shared_ptr<net::Loop> loop = net::Loop::create();
  std::shared_ptr<FileReader> files = workerFiles(loop);
};

TEST_F(WorkTest, ReadsAFile) {
  std::ofstream(folder + "/f", std::ios::binary) << std::string("a\0b", 3);
  const Outcome text = read(folder + "/f");
  ASSERT_TRUE(text);
  EXPECT_EQ(std::string_view(*text), std::string_view("a\0b", 3));
}

TEST_F(WorkTest, WhatIsNoFileOrTooLongIsRefused) {
  EXPECT_EQ(read(folder + "/none").error().kind, ErrorKind::notFound);
  EXPECT_EQ(read(folder + "/none/below").error().kind, ErrorKind::notFound);
  EXPECT_EQ(read(folder).error().kind, ErrorKind::retryable);
  ASSERT_EQ(::mkfifo((folder + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(read(folder + "/pipe").error().kind, ErrorKind::retryable) << "and nobody waits for its writer";
  std::ofstream(folder + "/long") << std::string(maxCredentialFile + 1, 'x');
  EXPECT_THAT(read(folder + "/long").error().message, HasSubstr("256 KiB"));
  std::ofstream(folder + "/full") << std::string(maxCredentialFile, 'x');
  EXPECT_TRUE(read(folder + "/full"));
}

TEST_F(WorkTest, GivesAProgramsOutput) {
  const Outcome output = shell("printf '{\"a\": 1}'; echo noise >&2");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(std::string_view(*output), "{\"a\": 1}");
}

TEST_F(WorkTest, TheProgramIsFoundInPathAndGetsItsWordsAsTheyAre) {
  const Outcome output = run({"printf", "%s|", "a b", "$HOME", "*", ""});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(std::string_view(*output), "a b|$HOME|*||");
}

TEST_F(WorkTest, AStatusOrASignalIsAFailureThatRepeatsNoOutput) {
  const Outcome status = shell("echo SECRETWORD; echo SECRETWORD >&2; exit 3");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::retryable);
  EXPECT_THAT(status.error().message, HasSubstr("status 3"));
  EXPECT_THAT(status.error().message, Not(HasSubstr("SECRETWORD")));
  EXPECT_THAT(shell("kill -9 $$").error().message, HasSubstr("signal 9"));
  EXPECT_THAT(run({folder + "/none"}).error().message, HasSubstr("could not be started"));
}

TEST_F(WorkTest, AProgramThatDoesNotEndIsEnded) {
  const Outcome late =
      run({"/bin/sh", "-c", "echo $$ > " + folder + "/pid; exec sleep 1000"}, std::chrono::milliseconds(700));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("did not end"));
}

TEST_F(WorkTest, AProgramThatWritesForEverIsEnded) {
  EXPECT_THAT(run({"yes"}).error().message, HasSubstr("64 KiB"));
}

TEST_F(WorkTest, ACancelledProgramIsEnded) {
  const std::string pipe = folder + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto programs = workerPrograms(loop);
  CallHandle call;
  loop->post([&] {
    call = programs->run({"/bin/sh", "-c", "exec > " + pipe + "; echo started; exec sleep 1000"},
                         [](const Outcome&) { ADD_FAILURE() << "it was cancelled"; });
  });
  std::ifstream from(pipe);
  std::string word;
  from >> word;
  EXPECT_EQ(word, "started");
  std::promise<void> dropped;
  loop->post([&] {
    call.reset();
    dropped.set_value();
  });
  dropped.get_future().wait();
  EXPECT_FALSE(from >> word) << "the child's end of the pipe closes when it ends";
}

TEST_F(WorkTest, TheChildHasNoSignalBlockedNorAnyOfOurInput) {
  const Outcome output = shell("grep SigBlk /proc/self/status; cat");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_THAT(std::string(*output), HasSubstr("0000000000000000"));
}

TEST_F(WorkTest, TheChildHasNothingOpenOfOurs) {
  const int ours = ::open("/dev/null", O_RDONLY);  // without close-on-exec, as other libraries have it
  const Outcome output =
      shell("test -e /proc/self/fd/" + std::to_string(ours) + " && echo open || echo shut");
  ::close(ours);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(std::string_view(*output), "shut\n");
}

TEST_F(WorkTest, AHostThatIgnoresItsChildrenStillGetsTheOutput) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const Outcome output = run({"printf", "x"});
  std::signal(SIGCHLD, before);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(std::string_view(*output), "x");
}

TEST(SplitCommand, WordsAndQuotes) {
  const std::pair<const char*, Words> cases[] = {
      {"a b", {"a", "b"}},         {"  a\t b\n", {"a", "b"}},   {"'a b' \"c d\"", {"a b", "c d"}},
      {"a'b'\"c\"d", {"abcd"}},    {"a\\ b \\'", {"a b", "'"}}, {"\"a\\\"b\\\\c\\d\"", {"a\"b\\c\\d"}},
      {"'a\\'", {"a\\"}},          {"'' x", {"", "x"}},         {"a#b # c", {"a#b", "#", "c"}},
      {"$HOME *", {"$HOME", "*"}},
  };
  for (const auto& [text, words] : cases) {
    const auto split = splitCommand(text);
    ASSERT_TRUE(split) << text;
    EXPECT_EQ(*split, words) << text;
  }
  for (const char* text : {"", "  ", "'a", "\"a", "a\\"})
    EXPECT_FALSE(splitCommand(text)) << text;
}

}  // namespace
}  // namespace kvs::aws

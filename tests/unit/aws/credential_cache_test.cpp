// SPDX-License-Identifier: Apache-2.0
// One source for many: when it is asked, who gets which answer, and what happens when it fails.
#include <gmock/gmock.h>

#include "aws/credentials/cache.h"
#include "credential_fixture.h"

namespace kvs::aws {
namespace {

using namespace std::chrono_literals;

/// A source whose answers the test gives; it outlives nobody.
class PlayedSource final : public CredentialProvider {
 public:
  struct Script {
    std::vector<Callback> asked;
    bool alive = true;
  };
  explicit PlayedSource(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  ~PlayedSource() override { script_->alive = false; }
  PlayedSource(const PlayedSource&) = delete;
  PlayedSource& operator=(const PlayedSource&) = delete;
  std::string_view name() const override { return "played"; }
  void fetch(Callback callback) override { script_->asked.push_back(std::move(callback)); }

 private:
  std::shared_ptr<Script> script_;
};

class CacheTest : public CredentialTest {
 protected:
  std::shared_ptr<CredentialCache> make(Memory memory = Memory::whileFresh) {
    return std::make_shared<CredentialCache>(tools(), std::make_unique<PlayedSource>(script), memory, 1);
  }
  std::size_t asked() const { return script->asked.size(); }
  void give(const std::string& key, std::optional<Nanoseconds> life = 1h) {
    Credentials credentials{key, Secret("sk"), Secret("tk"), {}, "played", {}};
    if (life) credentials.expiration = clock.wallNow() + *life;
    const auto callback = script->asked.back();
    callback(std::move(credentials));
  }
  void refuse(ErrorKind kind, std::string why = "why") {
    const auto callback = script->asked.back();
    callback(fail(StatusCode::clientAuthFailed, kind, std::move(why)));
  }
  void pass(Nanoseconds time) {
    clock.advance(time);
    loop->runDue();
  }
  static Credentials atHand(CredentialCache& cache) { return **cache.atHand(); }

  std::shared_ptr<PlayedSource::Script> script = std::make_shared<PlayedSource::Script>();
};

TEST_F(CacheTest, ManyAskAtOnceAndTheSourceOnce) {
  const auto cache = make();
  const auto first = fetch(*cache);
  const auto second = fetch(*cache);
  EXPECT_EQ(asked(), 1U);
  give("A");
  EXPECT_EQ(first->credentials().accessKey, "A");
  EXPECT_EQ(second->credentials().accessKey, "A");
  EXPECT_TRUE(fetch(*cache)->succeeded()) << "from memory";
  EXPECT_EQ(asked(), 1U);
}

TEST_F(CacheTest, FetchedInTheBackgroundWellBeforeTheyExpire) {
  const auto cache = make();
  fetch(*cache);
  give("A");
  pass(50min);
  EXPECT_EQ(asked(), 1U);
  pass(5min);
  EXPECT_EQ(asked(), 2U) << "five minutes before the end at the latest";
  EXPECT_EQ(fetch(*cache)->credentials().accessKey, "A") << "nobody waits";
  give("B");
  EXPECT_EQ(fetch(*cache)->credentials().accessKey, "B");
  EXPECT_EQ(atHand(*cache).accessKey, "B");
}

TEST_F(CacheTest, ShortLivesAreRefreshedInTheirLastQuarter) {
  const auto cache = make();
  fetch(*cache);
  give("A", 60s);
  pass(40s);
  EXPECT_EQ(asked(), 1U);
  pass(5s);
  EXPECT_EQ(asked(), 2U);
}

TEST_F(CacheTest, AFailedRefreshIsRepeatedWhileTheOldOnesServe) {
  const auto cache = make();
  fetch(*cache);
  give("A");
  pass(55min);
  refuse(ErrorKind::fatal);
  EXPECT_EQ(fetch(*cache)->credentials().accessKey, "A");
  pass(2s);
  EXPECT_EQ(asked(), 3U) << "after a pause";
  refuse(ErrorKind::retryable);
  pass(200ms);
  EXPECT_EQ(asked(), 3U) << "the pause grows";
  pass(10s);
  EXPECT_EQ(asked(), 4U);
  give("B");
  EXPECT_EQ(fetch(*cache)->credentials().accessKey, "B");
}

TEST_F(CacheTest, ExpiredOnesAreNotGiven) {
  const auto cache = make();
  fetch(*cache);
  give("A");
  pass(55min);
  refuse(ErrorKind::retryable, "down");
  pass(6min);
  const auto late = fetch(*cache);
  if (!late->result) refuse(ErrorKind::retryable, "still down");
  ASSERT_TRUE(late->failed());
  EXPECT_EQ(late->error().kind, ErrorKind::retryable);
  EXPECT_EQ(cache->atHand(), std::nullopt);
}

TEST_F(CacheTest, WithinThePauseTheLastErrorIsTheAnswerAndSaysWhenToAsk) {
  const auto cache = make();
  fetch(*cache);
  refuse(ErrorKind::retryable, "down");
  const auto soon = fetch(*cache);
  ASSERT_TRUE(soon->failed());
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(soon->error().message, "down");
  ASSERT_TRUE(soon->error().retryAfter);
  EXPECT_GT(*soon->error().retryAfter, 0ms);
  EXPECT_LE(*soon->error().retryAfter, 1s);
  pass(*soon->error().retryAfter);
  fetch(*cache);
  EXPECT_EQ(asked(), 2U);
}

TEST_F(CacheTest, FatalBeforeItEverWorkedAndRetryableAfterwards) {
  const auto cache = make();
  const auto first = fetch(*cache);
  refuse(ErrorKind::fatal);
  EXPECT_EQ(first->error().kind, ErrorKind::fatal);
  fetch(*cache);
  give("A", std::nullopt);
  const auto later = fetch(*cache);
  refuse(ErrorKind::fatal);
  EXPECT_EQ(later->error().kind, ErrorKind::retryable);
}

TEST_F(CacheTest, RefusedOnesAreFetchedAnewOnce) {
  const auto cache = make();
  fetch(*cache);
  give("A");
  const Credentials refused = atHand(*cache);
  std::vector<std::string> got;
  const auto note = [&](const Result<Credentials>& result) { got.push_back(result->accessKey); };
  cache->refresh(refused, note);
  cache->refresh(refused, note);
  EXPECT_EQ(asked(), 2U);
  give("B");
  cache->refresh(refused, note);
  EXPECT_EQ(asked(), 2U) << "the refused ones are gone already";
  EXPECT_EQ(got, (std::vector<std::string>{"B", "B", "B"}));
}

TEST_F(CacheTest, WhatDoesNotExpireIsAskedForEachTime) {
  const auto cache = make();
  fetch(*cache);
  give("A", std::nullopt);
  fetch(*cache);
  EXPECT_EQ(asked(), 2U);
  give("B", std::nullopt);
  EXPECT_EQ(atHand(*cache).accessKey, "B");
}

TEST_F(CacheTest, WithoutMemoryTheSourceIsAskedEachTimeAndInTheBackground) {
  const auto cache = make(Memory::never);
  fetch(*cache);
  give("A");
  fetch(*cache);
  EXPECT_EQ(asked(), 2U);
  give("A");
  pass(59s);
  EXPECT_EQ(asked(), 2U);
  pass(1s);
  EXPECT_EQ(asked(), 3U);
  give("B");
  EXPECT_EQ(atHand(*cache).accessKey, "B") << "what the next session takes";
}

TEST_F(CacheTest, WithoutMemoryItIsLookedAtAgainAlsoWhereItDoesNotExpireOrCannotBeRead) {
  const auto cache = make(Memory::never);
  fetch(*cache);
  give("A", std::nullopt);
  pass(1min);
  EXPECT_EQ(asked(), 2U);
  refuse(ErrorKind::fatal, "half written");
  EXPECT_EQ(atHand(*cache).accessKey, "A");
  pass(1min);
  EXPECT_EQ(asked(), 3U);
  give("B", std::nullopt);
  EXPECT_EQ(atHand(*cache).accessKey, "B");
  pass(1min);
  refuse(ErrorKind::notFound, "just deleted");
  pass(1min);
  give("C", std::nullopt);
  EXPECT_EQ(atHand(*cache).accessKey, "C");
}

TEST_F(CacheTest, ExpiredOnArrivalIsAFailure) {
  const auto cache = make();
  const auto outcome = fetch(*cache);
  give("A", -1s);
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::retryable);
  EXPECT_EQ(outcome->error().code, StatusCode::invalidTokenExpiration);
}

TEST_F(CacheTest, ASourceThatIsNotSetUpIsKnownWithoutAsking) {
  const auto cache = make();
  EXPECT_EQ(cache->atHand(), std::nullopt);
  const auto outcome = fetch(*cache);
  refuse(ErrorKind::notFound);
  EXPECT_EQ(outcome->error().kind, ErrorKind::notFound);
  ASSERT_TRUE(cache->atHand());
  EXPECT_EQ(cache->atHand()->error().kind, ErrorKind::notFound);
  fetch(*cache);
  EXPECT_EQ(asked(), 2U) << "it may be set up by now";
}

TEST_F(CacheTest, ACacheThatIsGoneIsSilentAndItsSourceEndsOnTheLoop) {
  auto cache = make();
  const auto outcome = fetch(*cache);
  const auto late = script->asked.back();
  cache.reset();
  EXPECT_TRUE(script->alive) << "until the loop's turn";
  loop->runDue();
  EXPECT_FALSE(script->alive);
  late(fail(StatusCode::unknown, ErrorKind::retryable, "late"));
  EXPECT_FALSE(outcome->result);
}

TEST_F(CacheTest, OneForAllWhoAskTheSame) {
  int made = 0;
  const auto makeSource = [&] {
    ++made;
    return std::make_unique<PlayedSource>(script);
  };
  const auto get = [&](const SourceTools& with, const char* key) {
    return sharedCache(with, key, Memory::whileFresh, makeSource);
  };
  const SourceTools with = tools();
  auto first = get(with, "a");
  EXPECT_EQ(first, get(with, "a"));
  EXPECT_NE(first, get(with, "b"));
  EXPECT_EQ(made, 2);
  SourceTools elsewhere = with;
  elsewhere.transport = std::make_shared<FakeTransport>();
  EXPECT_NE(first, get(elsewhere, "a")) << "another network";
  first.reset();
  get(with, "a");
  EXPECT_EQ(made, 4) << "gone with its last holder";
}

}  // namespace
}  // namespace kvs::aws

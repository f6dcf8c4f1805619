// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>

#include "aws/credentials/chain.h"
#include "aws/credentials/environment.h"
#include "aws/credentials/static.h"
#include "fake_environment.h"

namespace kvs::aws {
namespace {

Result<Credentials> fetchNow(CredentialProvider& provider) {
  std::optional<Result<Credentials>> result;
  provider.fetch([&](Result<Credentials> r) {
    EXPECT_FALSE(result) << "called twice";
    result = std::move(r);
  });
  EXPECT_TRUE(result) << "not called";
  return *result;
}

/// Answers when the test says so.
class LaterProvider final : public CredentialProvider {
 public:
  explicit LaterProvider(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  void fetch(Callback callback) override { pending = std::move(callback); }
  Callback pending;

 private:
  std::string name_;
};

tl::unexpected<Error> notConfigured(std::string why) {
  return fail(StatusCode::clientAuthFailed, ErrorKind::notFound, std::move(why));
}

const Environment fullEnvironment = fakeEnvironment({{"AWS_ACCESS_KEY_ID", "envKey"},
                                                     {"AWS_SECRET_ACCESS_KEY", "envSecret"},
                                                     {"AWS_SESSION_TOKEN", "envToken"}});

TEST(EnvironmentCredentials, allThree) {
  EnvironmentProvider provider(fullEnvironment);
  const Result<Credentials> credentials = fetchNow(provider);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->accessKey, "envKey");
  EXPECT_EQ(credentials->secretKey.reveal(), "envSecret");
  EXPECT_EQ(credentials->sessionToken.reveal(), "envToken");
  EXPECT_EQ(credentials->expiration, std::nullopt);
  EXPECT_EQ(credentials->source, "environment variables");
}

TEST(EnvironmentCredentials, withoutToken) {
  EnvironmentProvider provider(fakeEnvironment({{"AWS_ACCESS_KEY_ID", "k"}, {"AWS_SECRET_ACCESS_KEY", "s"}}));
  const Result<Credentials> credentials = fetchNow(provider);
  ASSERT_TRUE(credentials);
  EXPECT_TRUE(credentials->sessionToken.empty());
}

TEST(EnvironmentCredentials, halfSetSaysWhichHalf) {
  EnvironmentProvider onlyKey(fakeEnvironment({{"AWS_ACCESS_KEY_ID", "k"}}));
  EXPECT_EQ(fetchNow(onlyKey).error().message, "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not");
  EnvironmentProvider onlySecret(fakeEnvironment({{"AWS_SECRET_ACCESS_KEY", "s"}}));
  EXPECT_EQ(fetchNow(onlySecret).error().message,
            "AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not");
}

TEST(StaticCredentials, givenAndHalfGiven) {
  StaticProvider whole("k", Secret("s"), Secret("t"));
  const Result<Credentials> credentials = fetchNow(whole);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->accessKey, "k");
  EXPECT_EQ(credentials->secretKey.reveal(), "s");
  EXPECT_EQ(credentials->sessionToken.reveal(), "t");

  StaticProvider onlySecret("", Secret("s"), {});
  const Result<Credentials> refused = fetchNow(onlySecret);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::notFound);
  EXPECT_EQ(refused.error().message, "secret-key is set but access-key is not");
}

TEST(CredentialChain, environmentComesBeforeProperties) {
  const auto chain = defaultChain({"propKey", Secret("propSecret"), {}}, fullEnvironment);
  const Result<Credentials> credentials = fetchNow(*chain);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->accessKey, "envKey");
}

TEST(CredentialChain, halfAnEnvironmentIsPassedOver) {
  const auto chain =
      defaultChain({"propKey", Secret("propSecret"), {}}, fakeEnvironment({{"AWS_ACCESS_KEY_ID", "k"}}));
  const Result<Credentials> credentials = fetchNow(*chain);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->accessKey, "propKey");
}

TEST(CredentialChain, noneFoundNamesEachSourceAndWhy) {
  const auto chain =
      defaultChain({"propKey", {}, {}}, fakeEnvironment({{"AWS_SECRET_ACCESS_KEY", "hidden"}}));
  const Result<Credentials> credentials = fetchNow(*chain);
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, StatusCode::clientAuthFailed);
  EXPECT_EQ(credentials.error().kind, ErrorKind::fatal);
  EXPECT_EQ(
      credentials.error().message,
      "No AWS credentials were found: environment variables: AWS_SECRET_ACCESS_KEY is set but "
      "AWS_ACCESS_KEY_ID is not; properties access-key and secret-key: access-key is set but secret-key is "
      "not. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or the properties access-key "
      "and secret-key.");
}

TEST(CredentialChain, sourcesMayAnswerLater) {
  const auto first = std::make_shared<LaterProvider>("first");
  const auto second = std::make_shared<LaterProvider>("second");
  ChainProvider chain({first, second});
  std::optional<Result<Credentials>> result;
  chain.fetch([&](Result<Credentials> r) { result = std::move(r); });
  ASSERT_FALSE(second->pending);
  first->pending(notConfigured("not there"));
  ASSERT_FALSE(result);
  second->pending(Credentials{"k", Secret("s"), {}, {}, "second"});
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->source, "second");
}

TEST(CredentialChain, aConfiguredSourceThatFailsIsNotPassedOver) {
  const auto first = std::make_shared<LaterProvider>("first");
  const auto second = std::make_shared<LaterProvider>("second");
  ChainProvider chain({first, second});
  std::optional<Result<Credentials>> result;
  chain.fetch([&](Result<Credentials> r) { result = std::move(r); });
  first->pending(fail(StatusCode::clientAuthFailed, ErrorKind::retryable, "unreachable"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().kind, ErrorKind::retryable);
  EXPECT_FALSE(second->pending);
}

TEST(CredentialChain, aChainThatIsGoneIsSilent) {
  const auto refusing = std::make_shared<LaterProvider>("refusing");
  const auto giving = std::make_shared<LaterProvider>("giving");
  bool called = false;
  for (const auto& source : {refusing, giving}) {
    ChainProvider chain({source});
    chain.fetch([&](const Result<Credentials>&) { called = true; });
  }
  refusing->pending(notConfigured("not there"));
  giving->pending(Credentials{"k", Secret("s"), {}, {}, "giving"});
  EXPECT_FALSE(called);
}

TEST(ProcessEnvironment, emptyIsUnset) {
  ::setenv("KVS_TEST_EMPTY", "", 1);
  ::setenv("KVS_TEST_FULL", "value", 1);
  const Environment environment = processEnvironment();
  EXPECT_EQ(environment("KVS_TEST_EMPTY"), std::nullopt);
  EXPECT_EQ(environment("KVS_TEST_FULL"), "value");
  EXPECT_EQ(environment("KVS_TEST_ABSENT"), std::nullopt);
}

}  // namespace
}  // namespace kvs::aws

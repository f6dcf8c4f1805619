// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>

#include "aws/credentials/chain.h"
#include "aws/credentials/check.h"
#include "aws/credentials/environment.h"
#include "aws/credentials/standard_chain.h"
#include "aws/credentials/static.h"
#include "credential_fixture.h"

namespace kvs::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
  void refresh(const Credentials& old, Callback callback) override {
    refused = old;
    fetch(std::move(callback));
  }
  Callback pending;
  std::optional<Credentials> refused;

 private:
  std::string name_;
};

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

TEST(EnvironmentCredentials, whatCannotBeAKeyIsToldWithoutRepeatingIt) {
  for (const char* variable : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
    std::map<std::string, std::string> variables{{"AWS_ACCESS_KEY_ID", "k"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
    variables[variable] = "SECRETWORD\r";
    EnvironmentProvider provider(fakeEnvironment(std::move(variables)));
    const Result<Credentials> refused = fetchNow(provider);
    ASSERT_FALSE(refused) << variable;
    EXPECT_EQ(refused.error().kind, ErrorKind::fatal);
    EXPECT_THAT(refused.error().message, HasSubstr("The credentials from environment variables have a"));
    EXPECT_THAT(refused.error().message, HasSubstr("a line break"));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("SECRETWORD")));
  }
}

TEST(StaticCredentials, whatCannotBeAKeyIsTold) {
  StaticProvider blank("AK ID", Secret("s"), {});
  ASSERT_FALSE(fetchNow(blank));
  EXPECT_THAT(fetchNow(blank).error().message, HasSubstr("an access key that"));
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

class StandardChainTest : public CredentialTest {
 protected:
  std::shared_ptr<CredentialProvider> chain(std::map<std::string, std::string> variables,
                                            CredentialSettings settings = {}) {
    variables.try_emplace("AWS_EC2_METADATA_DISABLED", "true");
    return standardChain(settings, tools(std::move(variables)));
  }
  static std::shared_ptr<KeySlot> keys(const char* access, const char* secret) {
    return std::make_shared<KeySlot>(StaticKeys{access, Secret(secret), {}});
  }
  std::shared_ptr<Outcome> ask(CredentialProvider& provider) {
    auto outcome = fetch(provider);
    settle();
    return outcome;
  }
  const std::map<std::string, std::string> environmentKeys{{"AWS_ACCESS_KEY_ID", "envKey"},
                                                           {"AWS_SECRET_ACCESS_KEY", "envSecret"}};
};

TEST_F(StandardChainTest, TheGuidesOrder) {
  CredentialSettings settings;
  settings.iot = IotSettings{"localhost", "/c", "/k", "/a", "Cam", "door"};
  settings.keys = keys("propKey", "propSecret");
  settings.credentialPath = "/cam";
  files->texts = {{"/c", "-----BEGIN CERTIFICATE-----"},
                  {"/k", "-----BEGIN PRIVATE KEY-----"},
                  {"/a", "-----BEGIN CERTIFICATE-----"},
                  {"/cam", "CREDENTIALS fileKey s"}};
  const auto iot = chain(environmentKeys, settings);
  EXPECT_FALSE(ask(*iot)->result) << "AWS IoT is asked";
  EXPECT_EQ(lastRequest().url, "https://localhost/role-aliases/Cam/credentials");
  settings.iot.reset();
  EXPECT_EQ(ask(*chain(environmentKeys, settings))->credentials().accessKey, "envKey");
  EXPECT_EQ(ask(*chain({}, settings))->credentials().accessKey, "propKey");
  settings.keys.reset();
  EXPECT_EQ(ask(*chain({}, settings))->credentials().accessKey, "fileKey");
}

TEST_F(StandardChainTest, BehindTheGuidesOrderWhatEveryToolAsks) {
  files->texts = {{"/t", "jwt"},
                  {"/h/.aws/credentials", "[default]\naws_access_key_id=P\naws_secret_access_key=s"}};
  std::map<std::string, std::string> variables{{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"},
                                               {"AWS_ROLE_ARN", "arn:r"},
                                               {"HOME", "/h"},
                                               {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/c"},
                                               {"AWS_EC2_METADATA_DISABLED", "false"}};
  const auto web = chain(variables);
  EXPECT_FALSE(ask(*web)->result);
  EXPECT_EQ(lastRequest().url, "https://sts.eu-west-1.amazonaws.com/");
  variables.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  EXPECT_EQ(ask(*chain(variables))->credentials().accessKey, "P");
  files->texts.clear();
  const auto container = chain(variables);
  EXPECT_FALSE(ask(*container)->result);
  EXPECT_EQ(lastRequest().url, "http://localhost/c");
  variables.erase("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const auto instance = chain(variables);
  EXPECT_FALSE(ask(*instance)->result);
  EXPECT_EQ(lastRequest().url, "http://169.254.169.254/latest/api/token");
}

TEST_F(StandardChainTest, HalfAnEnvironmentIsPassedOver) {
  CredentialSettings settings;
  settings.keys = keys("propKey", "propSecret");
  const auto outcome = ask(*chain({{"AWS_ACCESS_KEY_ID", "k"}}, settings));
  ASSERT_TRUE(outcome->succeeded());
  EXPECT_EQ(outcome->credentials().accessKey, "propKey");
  EXPECT_THAT(outcome->credentials().passedOver,
              HasSubstr("environment variables: AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not"));
}

TEST_F(StandardChainTest, NoneFoundNamesEachSourceAndWhy) {
  CredentialSettings settings;
  settings.keys = keys("propKey", "");
  const auto outcome = ask(*chain({{"AWS_SECRET_ACCESS_KEY", "hidden"}, {"HOME", "/h"}}, settings));
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().code, StatusCode::clientAuthFailed);
  EXPECT_EQ(outcome->error().kind, ErrorKind::fatal);
  EXPECT_EQ(
      outcome->error().message,
      "No AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or "
      "configure one of the other sources. Why none is used: AWS IoT certificate: iot-certificate is not "
      "set; "
      "environment variables: AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not; properties "
      "access-key and "
      "secret-key: access-key is set but secret-key is not; credential file: credential-path is not set; "
      "web identity token: AWS_WEB_IDENTITY_TOKEN_FILE is not set; shared config and credentials files: "
      "there is no profile 'default' in the shared config and credentials files; container endpoint: "
      "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set; EC2 "
      "instance metadata: AWS_EC2_METADATA_DISABLED is true.");
}

TEST_F(StandardChainTest, KeysThatChangeAreAtHand) {
  CredentialSettings settings;
  settings.keys = keys("first", "s");
  const auto provider = chain({}, settings);
  EXPECT_EQ((*provider->atHand())->accessKey, "first");
  settings.keys->set({"second", Secret("s"), {}});
  EXPECT_EQ((*provider->atHand())->accessKey, "second");
}

TEST_F(StandardChainTest, TwoChainsAskOneSource) {
  const std::map<std::string, std::string> variables{
      {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/c"}};
  const auto first = chain(variables);
  const auto second = chain(variables);
  const auto one = ask(*first);
  const auto two = ask(*second);
  EXPECT_EQ(transport->count(), 1U);
  answer(200, R"({"AccessKeyId":"C","SecretAccessKey":"s","Token":"t","Expiration":"2026-03-01T13:00:00Z"})");
  EXPECT_TRUE(one->succeeded());
  EXPECT_TRUE(two->succeeded());
}

TEST(CredentialChain, refreshGoesToEachSourceInTurn) {
  const auto first = std::make_shared<LaterProvider>("first");
  ChainProvider chain({first});
  const Credentials refused{"old", Secret("s"), {}, {}, "first", {}};
  chain.refresh(refused, [](const Result<Credentials>&) {});
  ASSERT_TRUE(first->refused);
  EXPECT_EQ(first->refused->accessKey, "old");
}

TEST(CredentialChain, whatGaveCredentialsOnceIsNotGivenUp) {
  const auto keys = std::make_shared<KeySlot>(StaticKeys{"bro ken", Secret("s"), {}});
  ChainProvider chain({std::make_shared<StaticProvider>(keys)});
  EXPECT_EQ(fetchNow(chain).error().kind, ErrorKind::fatal);
  std::optional<Result<Credentials>> again;
  chain.refresh({}, [&](Result<Credentials> result) { again = std::move(result); });
  ASSERT_TRUE(again && !*again);
  EXPECT_EQ(again->error().kind, ErrorKind::retryable);
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
  second->pending(Credentials{"k", Secret("s"), {}, {}, "second", {}});
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
  giving->pending(Credentials{"k", Secret("s"), {}, {}, "giving", {}});
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

// SPDX-License-Identifier: Apache-2.0
// Each source on its own: what it asks for, and what it makes of every kind of answer.
#include <gmock/gmock.h>

#include "aws/credentials/container.h"
#include "aws/credentials/file.h"
#include "aws/credentials/imds.h"
#include "aws/credentials/iot.h"
#include "aws/credentials/profile.h"
#include "aws/credentials/web_identity.h"
#include "credential_fixture.h"

namespace kvs::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* endpointAnswer =
    R"({"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"sk","Token":"tk",)"
    R"("Expiration":"2026-03-01T13:00:00Z"})";
constexpr const char* iotAnswer =
    R"({"credentials":{"accessKeyId":"ASIA1","secretAccessKey":"sk","sessionToken":"tk",)"
    R"("expiration":"2026-03-01T13:00:00Z"}})";
constexpr const char* roleAnswer =
    "<R><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>sk</SecretAccessKey><SessionToken>tk</SessionToken>"
    "<Expiration>2026-03-01T13:00:00Z</Expiration></R>";

// --- AWS IoT ---

constexpr const char* cert = "-----BEGIN CERTIFICATE-----\nA\n";
constexpr const char* key = "-----BEGIN EC PRIVATE KEY-----\nB\n";
constexpr const char* authorities = "-----BEGIN CERTIFICATE-----\nC\n";

class IotTest : public CredentialTest {
 protected:
  IotTest() {
    files->texts = {{"/cert", cert}, {"/key", key}, {"/ca", authorities}};
    settings.endpoint = "c0.credentials.iot.eu-west-1.amazonaws.com";
    settings.certificatePath = "/cert";
    settings.keyPath = "/key";
    settings.authorityPath = "/ca";
    settings.roleAlias = "Cam";
    settings.thingName = "door";
  }
  std::shared_ptr<Outcome> start() {
    source = std::make_unique<IotSource>(tools(), settings);
    auto outcome = fetch(*source);
    settle();
    return outcome;
  }
  IotSettings settings;
  std::unique_ptr<IotSource> source;
};

TEST_F(IotTest, AsksAsTheGuideDoes) {
  const auto outcome = start();
  const net::Request& request = lastRequest();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://c0.credentials.iot.eu-west-1.amazonaws.com/role-aliases/Cam/credentials");
  EXPECT_EQ(header(request, "x-amzn-iot-thingname"), "door");
  ASSERT_TRUE(request.identity);
  EXPECT_EQ(request.identity->certificate, cert);
  EXPECT_EQ(request.identity->key.reveal(), key);
  EXPECT_EQ(request.identity->authorities, authorities);
  EXPECT_EQ(request.connectTimeout, Seconds(3));
  EXPECT_EQ(request.totalTimeout, Seconds(8));
  ASSERT_FALSE(outcome->result);
  answer(200, iotAnswer);
  ASSERT_TRUE(outcome->succeeded());
  EXPECT_EQ(outcome->credentials().accessKey, "ASIA1");
  EXPECT_EQ(outcome->credentials().source, "AWS IoT certificate");
}

TEST_F(IotTest, WhatIsMissingIsNamedAndNobodyIsAsked) {
  settings.keyPath.clear();
  const auto outcome = start();
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::fatal);
  EXPECT_THAT(outcome->error().message, HasSubstr("key-path"));
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(IotTest, EndpointsThatAreNoneAreRefused) {
  for (const char* endpoint :
       {"http://c0.amazonaws.com", "a b", "user@host", "host/path", "host?x=1", "ftp://h"}) {
    settings.endpoint = endpoint;
    EXPECT_FALSE(IotSource::check(settings)) << endpoint;
  }
  for (const char* endpoint : {"localhost:8443", "https://localhost:8443", "c0.amazonaws.com"}) {
    settings.endpoint = endpoint;
    EXPECT_TRUE(IotSource::check(settings)) << endpoint;
  }
  settings.roleAlias = "../x";
  EXPECT_FALSE(IotSource::check(settings));
  settings.roleAlias = "Cam";
  settings.thingName = "do\nor";
  EXPECT_FALSE(IotSource::check(settings));
}

TEST_F(IotTest, AFileThatIsNotThereIsAskedForAgain) {
  files->texts.erase("/key");
  const auto outcome = start();
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::retryable);
  EXPECT_THAT(outcome->error().message, HasSubstr("The AWS IoT certificate provided no credentials: /key "));
  EXPECT_THAT(outcome->error().message, HasSubstr("; check the path"));
}

TEST_F(IotTest, AFileOfAnotherKindIsNamedAndNobodyIsAsked) {
  for (const auto& [path, text] : {std::pair("/cert", key), std::pair("/key", cert), std::pair("/ca", ""),
                                   std::pair("/key", "SECRETWORD")}) {
    const auto kept = std::exchange(files->texts[path], text);
    const auto outcome = start();
    ASSERT_TRUE(outcome->failed()) << path;
    EXPECT_EQ(outcome->error().kind, ErrorKind::fatal);
    EXPECT_THAT(outcome->error().message, HasSubstr(std::string(path) + " is not a PEM file with a "));
    EXPECT_THAT(outcome->error().message, Not(HasSubstr("SECRETWORD")));
    EXPECT_EQ(transport->count(), 0U);
    files->texts[path] = kept;
  }
}

TEST_F(IotTest, ARefusalSaysWhatToCheck) {
  const auto outcome = start();
  answer(403, R"({"message":"Invalid thing name passed"})");
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::fatal);
  EXPECT_EQ(outcome->error().httpStatus, 403);
  EXPECT_THAT(outcome->error().message, HasSubstr("Invalid thing name passed"));
  EXPECT_THAT(outcome->error().message, HasSubstr("No thing of this name has this certificate"));
  EXPECT_THAT(outcome->error().message, HasSubstr("iot-thing-name"));
}

TEST_F(IotTest, TroubleIsRetryable) {
  auto outcome = start();
  answer(500, "nonsense");
  EXPECT_EQ(outcome->error().kind, ErrorKind::retryable);
  outcome = start();
  answer(302, "");
  EXPECT_EQ(outcome->error().kind, ErrorKind::retryable) << "a portal stands between";
  outcome = start();
  answer(200, "<html>");
  EXPECT_EQ(outcome->error().kind, ErrorKind::retryable);
  outcome = start();
  breakConnection();
  EXPECT_EQ(outcome->error().kind, ErrorKind::retryable);
  outcome = start();
  answer(200, std::string(65 * 1024, ' '));
  EXPECT_EQ(outcome->error().kind, ErrorKind::retryable);
  EXPECT_THAT(outcome->error().message, HasSubstr("64 KiB"));
}

TEST_F(IotTest, ASourceThatIsGoneAsksNoMore) {
  const auto outcome = start();
  source.reset();
  EXPECT_EQ(transport->last()->listener, nullptr);
  EXPECT_FALSE(outcome->result);
}

// --- container ---

class ContainerTest : public CredentialTest {
 protected:
  std::shared_ptr<Outcome> start(std::map<std::string, std::string> variables) {
    source = std::make_unique<ContainerSource>(tools(std::move(variables)));
    auto outcome = fetch(*source);
    settle();
    return outcome;
  }
  std::unique_ptr<ContainerSource> source;
};

TEST_F(ContainerTest, NotSetUpWithoutAnAddress) {
  const auto outcome = start({});
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::notFound);
}

TEST_F(ContainerTest, RelativeIsOnTheAgentAndGoesBeforeFull) {
  const auto outcome = start({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials?id=x"},
                              {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/other"}});
  EXPECT_EQ(lastRequest().method, "GET");
  EXPECT_EQ(lastRequest().url, "http://169.254.170.2/v2/credentials?id=x");
  EXPECT_EQ(header(lastRequest(), "authorization"), "");
  answer(200, endpointAnswer);
  ASSERT_TRUE(outcome->succeeded());
  EXPECT_EQ(outcome->credentials().sessionToken.reveal(), "tk");
  EXPECT_EQ(outcome->credentials().source, "container endpoint");
}

TEST_F(ContainerTest, TheTokenIsReadEachTimeFromItsFile) {
  files->texts["/token"] = "first\n";
  start({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"},
         {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token"},
         {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "other"}});
  EXPECT_EQ(header(lastRequest(), "authorization"), "first");
  answer(200, endpointAnswer);
  files->texts["/token"] = "second";
  fetch(*source);
  settle();
  EXPECT_EQ(header(lastRequest(), "authorization"), "second");
}

TEST_F(ContainerTest, ATokenWithALineBreakIsNotSent) {
  const auto outcome = start({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/x"},
                              {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nevil: b"}});
  ASSERT_TRUE(outcome->failed());
  EXPECT_THAT(outcome->error().message, Not(HasSubstr("evil")));
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(ContainerTest, PlainHttpOnlyToThisMachineAndTheAgents) {
  for (const char* url : {"http://example.com/x", "http://169.254.169.254/x", "ftp://localhost/x",
                          "http://user@localhost/x", "http://127.0.0.1.example.com.x y/", "nonsense"}) {
    const auto outcome = start({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}});
    ASSERT_TRUE(outcome->failed()) << url;
    EXPECT_EQ(outcome->error().kind, ErrorKind::fatal) << url;
  }
  for (const char* url : {"https://example.com/x", "http://127.0.0.9:81/x", "http://[::1]/x",
                          "http://[fd00:ec2::23]/x", "http://localhost:9/x"}) {
    EXPECT_FALSE(start({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}})->result) << url << ": asked";
  }
  EXPECT_TRUE(start({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.com/"}})->failed());
}

TEST_F(ContainerTest, AHostThatOnlyBeginsLikeLoopbackIsRefused) {
  const auto outcome = start({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.example.com/x"}});
  EXPECT_TRUE(outcome->failed());
}

// --- instance metadata ---

class ImdsTest : public CredentialTest {
 protected:
  std::shared_ptr<Outcome> start(std::map<std::string, std::string> variables = {}) {
    source = std::make_unique<ImdsSource>(tools(std::move(variables)));
    return again();
  }
  std::shared_ptr<Outcome> again() {
    auto outcome = fetch(*source);
    settle();
    return outcome;
  }
  void answerAll() {
    answer(200, "TOKEN");
    answer(200, "cam-role\nother");
    answer(200, endpointAnswer);
  }
  std::unique_ptr<ImdsSource> source;
};

TEST_F(ImdsTest, TokenThenRoleThenCredentials) {
  const auto outcome = start();
  EXPECT_EQ(lastRequest().method, "PUT");
  EXPECT_EQ(lastRequest().url, "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(header(lastRequest(), "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(lastRequest().totalTimeout, Seconds(1));
  answer(200, "TOKEN");
  EXPECT_EQ(lastRequest().method, "GET");
  EXPECT_THAT(lastRequest().url, ::testing::EndsWith("/latest/meta-data/iam/security-credentials/"));
  EXPECT_EQ(header(lastRequest(), "x-aws-ec2-metadata-token"), "TOKEN");
  answer(200, "cam-role");
  EXPECT_THAT(lastRequest().url, ::testing::EndsWith("/security-credentials/cam-role"));
  EXPECT_EQ(header(lastRequest(), "x-aws-ec2-metadata-token"), "TOKEN");
  answer(200, endpointAnswer);
  ASSERT_TRUE(outcome->succeeded());
  EXPECT_EQ(outcome->credentials().source, "EC2 instance metadata");
}

TEST_F(ImdsTest, TwoAttemptsThenItIsNoInstance) {
  const auto outcome = start();
  breakConnection();
  EXPECT_FALSE(outcome->result);
  EXPECT_EQ(transport->count(), 2U);
  breakConnection();
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::notFound);
  EXPECT_EQ(transport->count(), 2U);
}

TEST_F(ImdsTest, OnceItWorkedSilenceIsTrouble) {
  const auto outcome = start();
  answerAll();
  ASSERT_TRUE(outcome->succeeded());
  const auto later = again();
  breakConnection();
  breakConnection();
  ASSERT_TRUE(later->failed());
  EXPECT_EQ(later->error().kind, ErrorKind::retryable);
}

TEST_F(ImdsTest, TroubleIsMetByASecondAttempt) {
  const auto outcome = start();
  answer(200, "TOKEN");
  answer(503, "");
  EXPECT_FALSE(outcome->result);
  answer(200, "cam-role");
  answer(200, endpointAnswer);
  EXPECT_TRUE(outcome->succeeded());
}

TEST_F(ImdsTest, NothingThatIsNoRoleGoesIntoAPath) {
  for (const char* role : {"", "a/../b", "a b", "\x01"}) {
    const auto outcome = start();
    answer(200, "TOKEN");
    answer(200, role);
    ASSERT_TRUE(outcome->failed()) << role;
    EXPECT_EQ(outcome->error().kind, ErrorKind::retryable);
  }
  const auto none = start();
  answer(200, "TOKEN");
  answer(404, "");
  EXPECT_EQ(none->error().kind, ErrorKind::notFound) << "an instance without a role";
}

TEST_F(ImdsTest, ATokenThatIsNoneEndsIt) {
  const auto outcome = start();
  answer(200, "two\r\nlines");
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(transport->count(), 1U);
}

TEST_F(ImdsTest, OffOrElsewhereByTheEnvironment) {
  EXPECT_EQ(start({{"AWS_EC2_METADATA_DISABLED", "TRUE"}})->error().kind, ErrorKind::notFound);
  EXPECT_EQ(transport->count(), 0U);
  start({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://localhost:1338/"}});
  EXPECT_EQ(lastRequest().url, "http://localhost:1338/latest/api/token");
  start({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}});
  EXPECT_EQ(lastRequest().url, "http://[fd00:ec2::254]/latest/api/token");
  EXPECT_EQ(start({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense"}})->error().kind, ErrorKind::fatal);
}

// --- web identity ---

class WebIdentityTest : public CredentialTest {
 protected:
  const std::map<std::string, std::string> variables{{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                                                     {"AWS_ROLE_ARN", "arn:aws:iam::1:role/cam"},
                                                     {"AWS_ROLE_SESSION_NAME", "door"}};
};

TEST_F(WebIdentityTest, TheTokenIsTheProofAndNothingIsSigned) {
  files->texts["/token"] = "a.b+c\n";
  WebIdentitySource source(tools(variables));
  const auto outcome = fetch(source);
  settle();
  EXPECT_EQ(lastRequest().method, "POST");
  EXPECT_EQ(lastRequest().url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(lastRequest().body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fcam&"
            "RoleSessionName=door&WebIdentityToken=a.b%2Bc");
  EXPECT_FALSE(lastRequest().prepare);
  answer(200, roleAnswer);
  ASSERT_TRUE(outcome->succeeded());
  EXPECT_EQ(outcome->credentials().source, "web identity token");
}

TEST_F(WebIdentityTest, HalfSetIsAnErrorAndUnsetIsNone) {
  WebIdentitySource unset(tools());
  EXPECT_EQ(fetch(unset)->error().kind, ErrorKind::notFound);
  WebIdentitySource half(tools({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}}));
  const auto outcome = fetch(half);
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::fatal);
  EXPECT_THAT(outcome->error().message, HasSubstr("AWS_ROLE_ARN"));
}

TEST_F(WebIdentityTest, AnEmptyTokenIsNotSent) {
  files->texts["/token"] = " \n";
  WebIdentitySource source(tools(variables));
  const auto outcome = fetch(source);
  settle();
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::retryable);
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(WebIdentityTest, TheServiceIsWhereTheEnvironmentSays) {
  EXPECT_EQ(*stsUrl(tools({{"AWS_ENDPOINT_URL_STS", "https://sts.vpce"}, {"AWS_ENDPOINT_URL", "https://x"}})),
            "https://sts.vpce");
  EXPECT_EQ(*stsUrl(tools({{"AWS_ENDPOINT_URL", "http://localhost:8443"}})), "http://localhost:8443");
  EXPECT_FALSE(stsUrl(tools({{"AWS_ENDPOINT_URL", "http://example.com"}})));
  SourceTools china = tools();
  china.region = "cn-north-1";
  EXPECT_EQ(*stsUrl(china), "https://sts.cn-north-1.amazonaws.com.cn");
  china.variant.dualStack = true;
  EXPECT_EQ(*stsUrl(china), "https://sts.cn-north-1.api.amazonwebservices.com.cn");
  china.region = "nonsense/..";
  EXPECT_FALSE(stsUrl(china));
}

// --- credential file ---

TEST_F(CredentialTest, AFileIsReadAtEachFetch) {
  FileSource source(tools(), "/cam", true);
  files->texts["/cam"] = "CREDENTIALS FIRST sk";
  const auto first = fetch(source);
  settle();
  EXPECT_EQ(first->credentials().accessKey, "FIRST");
  files->texts["/cam"] = "CREDENTIALS SECOND sk";
  const auto second = fetch(source);
  settle();
  EXPECT_EQ(second->credentials().accessKey, "SECOND");
}

TEST_F(CredentialTest, AFileThatIsNotThereIsASourceOnlyWhereItMustBe) {
  FileSource named(tools(), "/cam", true);
  const auto failed = fetch(named);
  settle();
  EXPECT_EQ(failed->error().kind, ErrorKind::retryable);
  FileSource usual(tools(), "/cam", false);
  const auto absent = fetch(usual);
  settle();
  EXPECT_EQ(absent->error().kind, ErrorKind::notFound);
  FileSource unset(tools(), "", true);
  EXPECT_EQ(fetch(unset)->error().kind, ErrorKind::notFound);
}

// --- profiles: what is done with a plan ---

class ProfileSourceTest : public CredentialTest {
 protected:
  std::shared_ptr<Outcome> start(const std::string& config, const std::string& credentials,
                                 std::map<std::string, std::string> variables = {}) {
    files->texts["/home/cam/.aws/config"] = config;
    files->texts["/home/cam/.aws/credentials"] = credentials;
    variables["HOME"] = "/home/cam";
    source = std::make_unique<ProfileSource>(tools(std::move(variables)));
    auto outcome = fetch(*source);
    settle();
    return outcome;
  }
  std::unique_ptr<ProfileSource> source;
};

TEST_F(ProfileSourceTest, Keys) {
  const auto outcome = start("", "[default]\naws_access_key_id=AKID\naws_secret_access_key=sk\n");
  ASSERT_TRUE(outcome->succeeded()) << outcome->error().message;
  EXPECT_EQ(outcome->credentials().accessKey, "AKID");
  EXPECT_EQ(outcome->credentials().source, "profile default");
}

TEST_F(ProfileSourceTest, AProgram) {
  programs->output = R"({"Version":1,"AccessKeyId":"PROC","SecretAccessKey":"sk"})";
  const auto outcome =
      start("[profile cam]\ncredential_process = /opt/give 'a b' --x\n", "", {{"AWS_PROFILE", "cam"}});
  ASSERT_TRUE(outcome->succeeded()) << outcome->error().message;
  EXPECT_EQ(programs->work.jobs()[0]->key, (std::vector<std::string>{"/opt/give", "a b", "--x"}));
  EXPECT_EQ(outcome->credentials().accessKey, "PROC");
}

TEST_F(ProfileSourceTest, ARoleIsTakenWithTheSourceProfilesKeys) {
  const auto outcome = start(
      "[profile cam]\nrole_arn = arn:aws:iam::1:role/cam\nsource_profile = base\nexternal_id = e/1\n"
      "role_session_name = s\nduration_seconds = 900\n",
      "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = sk\n", {{"AWS_PROFILE", "cam"}});
  ASSERT_FALSE(outcome->result);
  const net::Request& request = transport->prepareLast();
  EXPECT_EQ(request.body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fcam&"
            "RoleSessionName=s&DurationSeconds=900&ExternalId=e%2F1");
  EXPECT_THAT(header(request, "authorization"),
              HasSubstr("Credential=AKIDBASE/20260301/eu-west-1/sts/aws4_request"));
  answer(200, roleAnswer);
  ASSERT_TRUE(outcome->succeeded());
  EXPECT_EQ(outcome->credentials().accessKey, "ASIA1");
  EXPECT_EQ(outcome->credentials().source, "profile cam (role)");
}

TEST_F(ProfileSourceTest, TheSecurityTokenServiceIsWhereTheProfileSays) {
  const std::string keys = "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = sk\n";
  start("[default]\nrole_arn = r\nsource_profile = base\nuse_dualstack_endpoint = True\n", keys);
  EXPECT_EQ(lastRequest().url, "https://sts.eu-west-1.api.aws/");
  files->texts["/token"] = "jwt";
  start("[default]\nrole_arn = r\nweb_identity_token_file = /token\nuse_fips_endpoint = true\n", keys);
  EXPECT_EQ(lastRequest().url, "https://sts-fips.eu-west-1.amazonaws.com/");
}

TEST_F(ProfileSourceTest, ItIsSignedForTheRegionOfThatService) {
  const std::string keys = "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = sk\n";
  for (const auto& [url, region] :
       {std::pair("https://sts.us-west-2.amazonaws.com", "us-west-2"),
        std::pair("https://sts.amazonaws.com", "us-east-1"), std::pair("https://sts.example", "eu-west-1")}) {
    start("[default]\nrole_arn = r\nsource_profile = base\n", keys, {{"AWS_ENDPOINT_URL_STS", url}});
    EXPECT_THAT(header(transport->prepareLast(), "authorization"),
                HasSubstr(std::string("/") + region + "/sts/"));
  }
}

TEST_F(ProfileSourceTest, RolesCanBeChained) {
  const auto outcome = start(
      "[default]\nrole_arn = arn:outer\nsource_profile = middle\n"
      "[profile middle]\nrole_arn = arn:inner\ncredential_source = Environment\n",
      "", {{"AWS_ACCESS_KEY_ID", "ENVKEY"}, {"AWS_SECRET_ACCESS_KEY", "sk"}});
  EXPECT_THAT(lastRequest().body, HasSubstr("arn%3Ainner"));
  EXPECT_THAT(header(transport->prepareLast(), "authorization"), HasSubstr("Credential=ENVKEY/"));
  answer(200, roleAnswer);
  EXPECT_THAT(lastRequest().body, HasSubstr("arn%3Aouter"));
  const net::Request& outer = transport->prepareLast();
  EXPECT_THAT(header(outer, "authorization"), HasSubstr("Credential=ASIA1/"));
  EXPECT_EQ(header(outer, "x-amz-security-token"), "tk");
  answer(200, roleAnswer);
  EXPECT_TRUE(outcome->succeeded());
}

TEST_F(ProfileSourceTest, WebIdentity) {
  files->texts["/token"] = "jwt";
  const auto outcome =
      start("[default]\nweb_identity_token_file = /token\nrole_arn = arn:r\nrole_session_name=s\n", "");
  EXPECT_THAT(lastRequest().body, HasSubstr("WebIdentityToken=jwt"));
  answer(200, roleAnswer);
  EXPECT_EQ(outcome->credentials().source, "profile default (web identity)");
}

TEST_F(ProfileSourceTest, ASourceThatIsNotSetUpIsNotPassedOver) {
  const auto outcome = start("[default]\nrole_arn = arn:r\ncredential_source = EcsContainer\n", "");
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::retryable);
}

TEST_F(ProfileSourceTest, WithoutFilesOrHomeItIsNotSetUp) {
  ProfileSource homeless(tools());
  EXPECT_EQ(fetch(homeless)->error().kind, ErrorKind::notFound);
  ProfileSource fileless(tools({{"HOME", "/home/nobody"}}));
  const auto outcome = fetch(fileless);
  settle();
  EXPECT_EQ(outcome->error().kind, ErrorKind::notFound);
}

TEST_F(ProfileSourceTest, ANamedProfileMustBeThere) {
  const auto outcome = start("", "", {{"AWS_PROFILE", "ghost"}});
  ASSERT_TRUE(outcome->failed());
  EXPECT_EQ(outcome->error().kind, ErrorKind::fatal);
  EXPECT_THAT(outcome->error().message, HasSubstr("ghost"));
}

TEST_F(ProfileSourceTest, TheFilesAreWhereTheEnvironmentSays) {
  const Environment environment =
      fakeEnvironment({{"HOME", "/h"}, {"AWS_CONFIG_FILE", "~/c"}, {"AWS_SHARED_CREDENTIALS_FILE", "/k"}});
  EXPECT_EQ(configPath(environment), "/h/c");
  EXPECT_EQ(credentialsPath(environment), "/k");
}

}  // namespace
}  // namespace kvs::aws

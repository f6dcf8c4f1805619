// SPDX-License-Identifier: Apache-2.0
// The texts that credentials come in: the guide's file, JSON, the Security Token Service's XML.
#include <gmock/gmock.h>

#include "aws/credentials/check.h"
#include "aws/credentials/file.h"
#include "aws/credentials/json_credentials.h"
#include "aws/credentials/sts.h"
#include "aws/iso_time.h"

namespace kvs::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const WallTime now = *parseIsoTime("2026-03-01T12:00:00Z");

Result<Credentials> readFileText(std::string_view text) {
  return parseCredentialFile(text, "/etc/cam", now);
}

TEST(CredentialFile, LongTermKeys) {
  const auto credentials = readFileText("CREDENTIALS AKIDEXAMPLE SKEXAMPLE\n");
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->accessKey, "AKIDEXAMPLE");
  EXPECT_EQ(credentials->secretKey.reveal(), "SKEXAMPLE");
  EXPECT_TRUE(credentials->sessionToken.empty());
  EXPECT_EQ(credentials->expiration, std::nullopt);
  EXPECT_EQ(credentials->source, "credential file");
}

TEST(CredentialFile, TemporaryKeysWithAnyBlanks) {
  const auto credentials = readFileText("\r\n CREDENTIALS\tAKID  2026-03-01T13:00:00Z\r\nSK TOKEN==  ");
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->accessKey, "AKID");
  EXPECT_EQ(credentials->secretKey.reveal(), "SK");
  EXPECT_EQ(credentials->sessionToken.reveal(), "TOKEN==");
  EXPECT_EQ(credentials->expiration, now + std::chrono::hours(1));
}

TEST(CredentialFile, RefusedWithinTheGracePeriodOfTheGuide) {
  EXPECT_TRUE(readFileText("CREDENTIALS AKID 2026-03-01T12:00:38Z SK TOKEN"));
  const auto late = readFileText("CREDENTIALS AKID 2026-03-01T12:00:37Z SK TOKEN");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, StatusCode::invalidTokenExpiration);
  EXPECT_THAT(late.error().message, HasSubstr("/etc/cam"));
}

TEST(CredentialFile, WhatIsNoneIsRefusedWithoutRepeatingIt) {
  for (const char* text :
       {"", "CREDENTIALS", "CREDENTIALS SECRETWORD", "credentials AKID SECRETWORD", "AKID SECRETWORD",
        "CREDENTIALS AKID 2026-03-01T13:00:00Z SECRETWORD", "CREDENTIALS AKID tomorrow SECRETWORD TOKEN",
        "CREDENTIALS AKID 2026-03-01T13:00:00Z SECRETWORD TOKEN more", "CREDENTIALS AK\x01ID SECRETWORD"}) {
    const auto refused = readFileText(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error().message, Not(HasSubstr("SECRETWORD")));
  }
}

constexpr const char* iotAnswer =
    R"({"credentials":{"accessKeyId":"ASIA1","secretAccessKey":"sk/long/enough/not/to/be/short",)"
    R"("sessionToken":"tk+==","expiration":"2026-03-01T13:00:00Z"}})";

TEST(JsonCredentials, OfIot) {
  const auto credentials = parseJsonCredentials(iotAnswer, iotNames, "iot");
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->accessKey, "ASIA1");
  EXPECT_EQ(credentials->secretKey.reveal(), "sk/long/enough/not/to/be/short");
  EXPECT_EQ(credentials->sessionToken.reveal(), "tk+==");
  EXPECT_EQ(credentials->expiration, now + std::chrono::hours(1));
  EXPECT_EQ(credentials->source, "iot");
}

TEST(JsonCredentials, OfAProgramNeedNotBeTemporary) {
  const auto credentials =
      parseJsonCredentials(R"({"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"SK"})", processNames, "p");
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->expiration, std::nullopt);
  EXPECT_TRUE(credentials->sessionToken.empty());
}

TEST(JsonCredentials, NonsenseIsRetryableAndNotRepeated) {
  const std::string deep(200, '[');
  for (const std::string& text :
       {std::string(), std::string("nonsense SECRETWORD"), std::string("[]"), std::string("{}"), deep,
        std::string(R"({"credentials":"SECRETWORD"})"), std::string(R"({"credentials":{}})"),
        std::string(R"({"credentials":{"accessKeyId":7,"secretAccessKey":"SECRETWORD","sessionToken":"t",)"
                    R"("expiration":"2026-03-01T13:00:00Z"}})"),
        std::string(R"({"credentials":{"accessKeyId":"A","secretAccessKey":"SECRETWORD","sessionToken":"t",)"
                    R"("expiration":"soon"}})"),
        std::string(R"({"credentials":{"accessKeyId":"A","secretAccessKey":"SECRETWORD",)"
                    R"("expiration":"2026-03-01T13:00:00Z"}})"),
        std::string(R"({"credentials":{"accessKeyId":"A","secretAccessKey":"SECRET\u0000WORD",)"
                    R"("sessionToken":"t","expiration":"2026-03-01T13:00:00Z"}})"),
        std::string(iotAnswer).substr(0, 60)}) {
    const auto refused = parseJsonCredentials(text, iotNames, "AWS IoT");
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, ErrorKind::retryable) << text;
    EXPECT_THAT(refused.error().message, HasSubstr("AWS IoT"));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("SECRET")));
  }
}

TEST(JsonCredentials, EscapesAreReadAndTheLastOfANameCounts) {
  const auto credentials = parseJsonCredentials(
      R"({"Version":1,"AccessKeyId":"OLD","SecretAccessKey":{"a":["x"]},"other":[1,{"AccessKeyId":"NO"}],)"
      R"("\u0041ccessKeyId":"\u0041KI\/D","SecretAccessKey":"S\u002bK\"","SecretAccessKeys":""} )",
      processNames, "p");
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->accessKey, "AKI/D");
  EXPECT_EQ(credentials->secretKey.reveal(), "S+K\"");
}

TEST(JsonCredentials, WhatIsNotOneObjectIsNotTaken) {
  const std::string good = R"({"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"SK"})";
  ASSERT_TRUE(parseJsonCredentials(good, processNames, "p"));
  const auto with = [&](std::string_view field) {
    return good.substr(0, good.size() - 1) + ',' + std::string(field) + '}';
  };
  ASSERT_TRUE(parseJsonCredentials(with("\"a\":[[]]"), processNames, "p"));
  for (const std::string& text :
       {good + "x", good + good, '[' + good + ']', good.substr(0, good.size() - 1), with(""), with("\"a\""),
        with("\"a\":"), with("\"a\":tru"), with("\"a\":01"), with("\"a\":'x'"), with("a:1"),
        with("\"a\":\"\\x\""), with("\"a\":\"\\ud83d\""), with("\"a\":\"\n\""), with("\"a\":\"\xC3(\""),
        with("\"a\":" + std::string(20, '[') + std::string(20, ']')), good + std::string("\0x", 2),
        "\xEF\xBB\xBF" + good}) {
    EXPECT_FALSE(parseJsonCredentials(text, processNames, "p")) << text;
  }
}

TEST(JsonCredentials, AProgramsVersionMustBeOne) {
  for (const char* version : {"2", "\"1\"", "1.0", "null"}) {
    const std::string text =
        R"({"AccessKeyId":"AKID","SecretAccessKey":"SK","Version":)" + std::string(version) + "}";
    EXPECT_FALSE(parseJsonCredentials(text, processNames, "p")) << version;
  }
}

Answer stsAnswer(int status, std::string_view body) {
  Answer answer;
  answer.head.status = status;
  answer.body = body;
  return answer;
}

constexpr const char* roleAnswer =
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
    "<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/a/b</Arn></AssumedRoleUser><Credentials>\n"
    "<AccessKeyId>ASIA2</AccessKeyId><SecretAccessKey>a&amp;b</SecretAccessKey>"
    "<SessionToken>tok&lt;en</SessionToken><Expiration>2026-03-01T13:00:00Z</Expiration>"
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>";

TEST(StsAnswer, Credentials) {
  const auto credentials = parseStsAnswer(stsAnswer(200, roleAnswer), "role");
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->accessKey, "ASIA2");
  EXPECT_EQ(credentials->secretKey.reveal(), "a&b");
  EXPECT_EQ(credentials->sessionToken.reveal(), "tok<en");
  EXPECT_EQ(credentials->expiration, now + std::chrono::hours(1));
}

TEST(StsAnswer, ARefusalSaysWhy) {
  const auto refused = parseStsAnswer(
      stsAnswer(403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not for you</Message></Error>"
                "</ErrorResponse>"),
      "role");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::fatal);
  EXPECT_EQ(refused.error().exception, "AccessDenied");
  EXPECT_THAT(refused.error().message, HasSubstr("not for you"));
  EXPECT_EQ(parseStsAnswer(stsAnswer(503, ""), "role").error().kind, ErrorKind::retryable);
  EXPECT_EQ(parseStsAnswer(stsAnswer(400, "<Code>Throttling</Code>"), "role").error().kind,
            ErrorKind::retryable);
}

TEST(StsAnswer, ARefusalSaysWhatToDoAboutIt) {
  const auto said = [](const std::string& code) {
    return parseStsAnswer(stsAnswer(403, "<Code>" + code + "</Code><Message>m</Message>"), "role")
        .error()
        .message;
  };
  EXPECT_THAT(said("AccessDenied"), HasSubstr("whom it trusts"));
  EXPECT_THAT(said("ExpiredToken"), HasSubstr("renew them"));
  EXPECT_THAT(said("InvalidClientTokenId"), HasSubstr("Check the keys"));
  EXPECT_THAT(said("InvalidIdentityToken"), HasSubstr("Check the token"));
  EXPECT_THAT(said("RegionDisabledException"), HasSubstr("AWS_ENDPOINT_URL_STS"));
}

TEST(StsAnswer, AWrongClockIsNoReasonToGiveUp) {
  Answer answer =
      stsAnswer(403,
                "<Code>SignatureDoesNotMatch</Code><Message>Signature expired: 19700101T000000Z is now "
                "earlier than 20260301T115500Z</Message>");
  answer.head.headers = {{"Date", "Sun, 01 Mar 2026 12:00:00 GMT"}};
  const auto refused = parseStsAnswer(answer, "role");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::auth);
  EXPECT_EQ(refused.error().serverDate, now);
}

TEST(StsAnswer, NonsenseIsRetryable) {
  for (const char* body : {"", "<AccessKeyId>", "{}", "<AccessKeyId>A</AccessKeyId>",
                           "<AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
                           "</SessionToken><Expiration>soon</Expiration>"}) {
    const auto refused = parseStsAnswer(stsAnswer(200, body), "role");
    ASSERT_FALSE(refused) << body;
    EXPECT_EQ(refused.error().kind, ErrorKind::retryable);
  }
}

TEST(XmlText, TakesTheTextOfAnElementAndNothingElse) {
  EXPECT_EQ(xmlText("<a><b>text</b></a>", "b"), WipingString("text"));
  EXPECT_EQ(xmlText("<b></b>", "b"), WipingString(""));
  EXPECT_EQ(xmlText("<b>&quot;&apos;&gt;&amp;lt;</b>", "b"), WipingString("\"'>&lt;"));
  EXPECT_EQ(xmlText("<a><b>text</b></a>", "a"), std::nullopt) << "it has a child";
  EXPECT_EQ(xmlText("<b>text", "b"), std::nullopt);
  EXPECT_EQ(xmlText("<b>&#65;</b>", "b"), std::nullopt);
  EXPECT_EQ(xmlText("<b>&", "b"), std::nullopt);
  EXPECT_EQ(xmlText("<b>" + std::string(40000, 'x') + "</b>", "b"), std::nullopt);
}

}  // namespace
}  // namespace kvs::aws

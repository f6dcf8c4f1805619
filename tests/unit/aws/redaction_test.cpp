// SPDX-License-Identifier: Apache-2.0
// No secret comes back in what a service says, however it is spelled there: neither in errors, which go to
// logs, bus and statistics, nor in acknowledgements.
#include "base/redaction.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "aws/acknowledgement.h"
#include "aws/control_plane.h"
#include "aws/credentials/check.h"
#include "aws/credentials/source.h"
#include "aws/http_call.h"
#include "aws/service_error.h"
#include "aws/sigv4.h"
#include "base/sent_secrets.h"
#include "net/curl_error.h"
#include "net/proxy.h"

namespace kvs::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view token =
    "IQoJb3JpZ2luX2VjEPr//////////wEaCXVzLWVhc3QtMSJGMEQCIGx+3Zq/7kP0aB9cD2eF4gH6iJ8kL0mN2oP4qR6sT8uVAiAw==";
constexpr std::string_view secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

struct Spelling {
  const char* name;
  std::string (*spell)(std::string_view);
};

std::string percent(std::string_view text, const char* format, bool all) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    char number[16];
    std::snprintf(number, sizeof number, format, static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += plain && !all ? std::string(1, c) : std::string(number);
  }
  return out;
}

std::string broken(std::string_view text, std::string_view with, std::size_t every) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && i % every == 0) out += with;
    out += text[i];
  }
  return out;
}

std::string base64(std::string_view text, bool forUrls) {
  const std::string alphabet =
      std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") + (forUrls ? "-_" : "+/");
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k <= text.size() ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

const Spelling spellings[] = {
    {"AsItIs", [](std::string_view t) { return std::string(t); }},
    {"UpperCase",
     [](std::string_view t) {
       std::string out(t);
       std::ranges::transform(out, out.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
       return out;
     }},
    {"PercentUpper", [](std::string_view t) { return percent(t, "%%%02X", false); }},
    {"PercentLower", [](std::string_view t) { return percent(t, "%%%02x", false); }},
    {"PercentAll", [](std::string_view t) { return percent(t, "%%%02X", true); }},
    {"PercentTwice",
     [](std::string_view t) { return percent(percent(t, "%%%02X", false), "%%%02x", false); }},
    {"PlusAsBlank",
     [](std::string_view t) {
       std::string out(t);
       std::ranges::replace(out, '+', ' ');
       return out;
     }},
    {"JsonSlashes",
     [](std::string_view t) {
       std::string out;
       for (const char c : t)
         out += c == '/' ? std::string("\\/") : std::string(1, c);
       return out;
     }},
    {"JsonNumbers", [](std::string_view t) { return percent(t, "\\u%04x", false); }},
    {"JsonNumbersOfAll", [](std::string_view t) { return percent(t, "\\u%04X", true); }},
    {"XmlHex", [](std::string_view t) { return percent(t, "&#x%x;", false); }},
    {"XmlDecimal", [](std::string_view t) { return percent(t, "&#%u;", true); }},
    {"HtmlNames",
     [](std::string_view t) {
       std::string out;
       for (const char c : t)
         out += c == '+' ? "&plus;" : c == '/' ? "&sol;" : std::string(1, c);
       return out;
     }},
    {"InLines", [](std::string_view t) { return broken(t, "\n", 20); }},
    {"InIndentedLines", [](std::string_view t) { return broken(t, "\r\n    ", 7); }},
    {"InEscapedLines", [](std::string_view t) { return broken(t, "\\n", 20); }},
    {"InPieces", [](std::string_view t) { return broken(t, "\" + \"", 5); }},
    {"LetterByLetter", [](std::string_view t) { return broken(t, " ", 1); }},
    {"Base64", [](std::string_view t) { return base64(t, false); }},
    {"Base64ForUrls", [](std::string_view t) { return base64(t, true); }},
    {"Base64BehindAUser", [](std::string_view t) { return base64("user:" + std::string(t), false); }},
    {"Base64BehindAName", [](std::string_view t) { return base64("name:" + std::string(t), false); }},
    {"Base64InPercent", [](std::string_view t) { return percent(base64(t, false), "%%%02X", false); }},
    {"Hex", [](std::string_view t) { return percent(t, "%02x", true); }},
};

/// The longest run of letters and digits that both have, in any case.
std::size_t common(std::string_view text, std::string_view secret) {
  const auto fold = [](std::string_view from) {
    std::string out;
    for (const char c : from) {
      if (std::isalnum(static_cast<unsigned char>(c))) out += static_cast<char>(std::tolower(c));
    }
    return out;
  };
  const std::string a = fold(text);
  const std::string b = fold(secret);
  std::size_t longest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t k = 0; k < b.size(); ++k) {
      std::size_t n = 0;
      while (i + n < a.size() && k + n < b.size() && a[i + n] == b[k + n])
        ++n;
      longest = std::max(longest, n);
    }
  }
  return longest;
}

/// Less than a part of a secret that is worth anything.
constexpr std::size_t nothing = 12;

std::string json(std::string_view text) {
  return nlohmann::json(text).dump();
}

class Repeated : public testing::TestWithParam<Spelling> {
 protected:
  Repeated() {
    request.url = "https://example.com/putMedia";
    Credentials credentials{"AKIDEXAMPLE", Secret(secretKey), Secret(token), std::nullopt, "test", ""};
    EXPECT_TRUE(sign(request, credentials, {"us-west-2"}, WallTime(Seconds(1'700'000'000)), ""));
  }
  static void expectNothingOf(std::string_view said, const std::string& kept) {
    EXPECT_LT(common(kept, said), nothing) << kept;
  }
  /// Both secrets, as they come back.
  std::vector<std::string> said() const { return {GetParam().spell(token), GetParam().spell(secretKey)}; }

  net::Request request;  // what it carries is known while it lives
};

TEST_P(Repeated, InAMessageOfTheService) {
  for (const std::string& secret : said()) {
    const Error error =
        parseErrorAnswer({403, {}}, "{\"message\":" + json("Your token " + secret + " is bad.") + "}",
                         Operation::putMedia, "cam");
    expectNothingOf(secret, error.message);
    EXPECT_THAT(error.message, HasSubstr("Your token "));
    EXPECT_THAT(error.message, HasSubstr("***"));
    EXPECT_THAT(error.message, HasSubstr(" is bad."));
  }
}

TEST_P(Repeated, WhereTheMessageIsCut) {
  for (const std::string& secret : said()) {
    const std::string front(500, 'x');
    const Error error = parseErrorAnswer({403, {}}, "{\"message\":" + json(front + " " + secret) + "}",
                                         Operation::describeStream, "cam");
    expectNothingOf(secret, error.message);
  }
}

TEST_P(Repeated, InHeaders) {
  for (const std::string& secret : said()) {
    const Error error = parseErrorAnswer(
        {400, {{"x-amzn-ErrorType", "Invalid" + secret}, {"x-amzn-RequestId", "id-" + secret}}}, "",
        Operation::createStream, "cam");
    expectNothingOf(secret, error.message);
    expectNothingOf(secret, error.exception);
    expectNothingOf(secret, error.requestId);
  }
}

TEST_P(Repeated, InAnAcknowledgement) {
  for (const std::string& secret : said()) {
    AckParser parser;
    std::vector<Acknowledgement> acks;
    const std::string text = R"({"EventType":"ERROR","ErrorId":5000,"ErrorCode":)" + json(secret) +
                             R"(,"FragmentNumber":)" + json(secret) + "}";
    ASSERT_TRUE(parser.feed(asBytes(text), acks));
    ASSERT_EQ(acks.size(), 1u);
    expectNothingOf(secret, acks[0].errorCode);
    expectNothingOf(secret, acks[0].fragmentNumber);
  }
}

TEST_P(Repeated, BySomebodyWhoSpeaksNoHttp) {
  for (const std::string& secret : said()) {
    expectNothingOf(secret, net::notHttp({true, "host", 443}, asBytes("you said " + secret)).message);
    expectNothingOf(
        secret,
        net::explain({.code = CURLE_RECV_ERROR, .detail = "got " + secret}, {true, "host", 443}).message);
  }
}

TEST_P(Repeated, ByAGiverOfCredentials) {
  for (const std::string& secret : said()) {
    Answer answer;
    answer.head.status = 403;
    answer.body = WipingString("{\"message\":" + json("no to " + secret) + "}");
    expectNothingOf(secret, refusedBy("source", answer, "Check it.").message);
  }
}

TEST_P(Repeated, AsAnEndpoint) {
  for (const std::string& secret : said()) {
    const auto endpoint =
        parseGetDataEndpoint("{\"DataEndpoint\":" + json("http://" + secret + ".example.com") + "}", false);
    if (!endpoint) expectNothingOf(secret, endpoint.error().message);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Repeated, testing::ValuesIn(spellings),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(Redaction, APasswordOfAProxyIsTakenOut) {
  const auto proxy = net::parseProxy("http://me:hunter2%2Fhunter@proxy.test:3128");
  ASSERT_TRUE(proxy);
  EXPECT_EQ(foreignText("407 for hunter2/hunter", 100), "407 for ***");
  EXPECT_EQ(foreignText("407 for Basic " + base64("me:hunter2/hunter", false), 100).find("aHVudGVyMi9o"),
            std::string::npos);
}

TEST(Redaction, LeavesEverythingElseAsItIs) {
  const Secret secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  secret.sent();
  for (const std::string text :
       {"", "User: arn:aws:iam::123456789012:user/cam is not authorized",
        "100% of 50%2F50 \\u00e9 &amp; & &#;", "\xc3\xa9t\xc3\xa9", "wJalrXUtnFE", "%", "\\u", "&#x", "&"})
    EXPECT_EQ(withoutSecrets(text), text);
}

TEST(Redaction, WhatNobodyHoldsAnyMoreIsNotKnown) {
  const std::string text = "wJalrXUtnFEMI/K7MDENG";
  {
    const Secret secret(text);
    const Secret copy = secret;
    secret.sent();
    EXPECT_EQ(withoutSecrets(text), "***");
  }
  EXPECT_EQ(withoutSecrets(text), text);
}

TEST(Redaction, ACopyKeepsASecretKnown) {
  const std::string text = "wJalrXUtnFEMI/K7MDENG";
  Secret copy;
  {
    const Secret secret(text);
    secret.sent();
    copy = secret;
  }
  EXPECT_EQ(withoutSecrets(text), "***");
  copy.wipe();
  EXPECT_EQ(withoutSecrets(text), text);
}

TEST(Redaction, EveryCutOfEverySpellingIsRead) {
  const Secret secret(token);
  secret.sent();
  for (const Spelling& spelling : spellings) {
    const std::string whole = spelling.spell(token.substr(0, 24));
    for (std::size_t size = 0; size <= whole.size(); ++size)
      EXPECT_LE(withoutSecrets(whole.substr(0, size)).size(), size + 3);
  }
}

TEST(Redaction, EveryPartOfTwelveLettersAndDigitsIsTakenOut) {
  const Secret secret(secretKey);
  secret.sent();
  std::string letters;
  std::ranges::copy_if(secretKey, std::back_inserter(letters),
                       [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; });
  for (std::size_t at = 0; at + 12 <= letters.size(); ++at)
    EXPECT_EQ(withoutSecrets("it is " + letters.substr(at, 12) + "!"), "it is ***!") << at;
}

TEST(Redaction, ASecretThatRepeatsItselfIsTakenOutOfATextThatRepeatsIt) {
  const Secret secret(std::string(10'000, 'x'));
  secret.sent();
  EXPECT_EQ(withoutSecrets("it is " + std::string(16'000, 'x')), "it is ***");
}

TEST(Redaction, ManySecretsArePreparedOnceEachWhicheverComesOrGoes) {
  std::size_t prepared = 0;
  const auto count = [&] {
    prepared = 0;
    const auto made = madeOfSentSecrets([&](std::string_view) {
      ++prepared;
      return std::make_shared<const int>();
    });
    return made->size();
  };
  withoutSecrets("those of other tests");
  const std::size_t before = count();
  ASSERT_EQ(prepared, 0u);
  std::vector<Secret> secrets;
  for (int i = 0; i < 100; ++i) {
    secrets.emplace_back("the secret number " + std::to_string(i));
    secrets.back().sent();
  }
  EXPECT_EQ(count(), before + 100);
  EXPECT_EQ(prepared, 100u);
  const Secret another("another secret");
  another.sent();
  EXPECT_EQ(count(), before + 101);
  EXPECT_EQ(prepared, 1u);
  secrets.pop_back();
  EXPECT_EQ(count(), before + 100);
  EXPECT_EQ(prepared, 0u);
}

TEST(ForeignBytes, AreQuotedWhereTheyAreText) {
  EXPECT_EQ(foreignBytes(asBytes("hello\r\nworld\r\n")), "\"hello  world\"");
  EXPECT_EQ(foreignBytes(asBytes(std::string(100, 'x'))), "\"" + std::string(80, 'x') + "\"");
  EXPECT_EQ(foreignBytes(asBytes("\x15\x03")), "the bytes 15 03");
  EXPECT_EQ(foreignBytes(asBytes(std::string(40, '\x01'))),
            "the bytes 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 ...");
}

}  // namespace
}  // namespace kvs::aws

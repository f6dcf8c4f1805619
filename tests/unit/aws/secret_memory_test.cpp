// SPDX-License-Identifier: Apache-2.0
// No memory that is given back holds a secret: this program looks at each block that it deletes. On its own,
// since it has its own operator new.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "aws/credentials/environment.h"
#include "aws/credentials/file.h"
#include "aws/credentials/json_credentials.h"
#include "aws/credentials/profile_plan.h"
#include "aws/credentials/sts.h"
#include "aws/sigv4.h"
#include "base/wiping.h"
#include "net/proxy.h"

namespace {

constexpr std::string_view mark = "SECRETWORD.of.more.than.a.small.string";
bool watching = false;
int found = 0;

void look(const void* memory) noexcept {
  if (!watching || !memory) return;
  const auto* begin = static_cast<const char*>(memory);
  const auto* end = begin + malloc_usable_size(const_cast<void*>(memory));
  if (std::search(begin, end, mark.begin(), mark.end()) != end) ++found;
}

}  // namespace

// Zeroed, so that what is found was written there since.
void* operator new(std::size_t size) {
  if (void* memory = std::calloc(1, size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  look(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace kvs::aws {
namespace {

/// How many blocks that hold the mark `work` gave back.
template <class Work>
int left(Work work) {
  found = 0;
  watching = true;
  work();
  watching = false;
  return found;
}

template <class Text = WipingString>
Text marked(std::string_view before, std::string_view after = {}) {
  Text text(before);
  return text.append(mark).append(after);
}

TEST(SecretMemory, WhatIsLeftWouldBeFound) {
  EXPECT_GT(left([] { marked<std::string>("a plain string keeps "); }), 0);
}

TEST(SecretMemory, OfASecret) {
  EXPECT_EQ(left([] {
              Secret first(mark);
              Secret second(first);
              Secret third(std::move(first));
              second = Secret("short");
              third = second;
              first = Secret(mark);
              second = std::move(first);
            }),
            0);
}

TEST(SecretMemory, OfAGrowingText) {
  EXPECT_EQ(left([] {
              WipingString text(mark);
              WipingBytes bytes;
              for (int i = 0; i < 100; ++i) {
                text.append(mark);
                bytes.insert(bytes.end(), asBytes(mark).begin(), asBytes(mark).end());
              }
            }),
            0);
}

TEST(SecretMemory, OfACredentialFile) {
  const WallTime now(Seconds(1'700'000'000));
  EXPECT_EQ(left([&] {
              EXPECT_TRUE(parseCredentialFile(marked("CREDENTIALS AKID "), "f", now));
              EXPECT_TRUE(parseCredentialFile(marked("CREDENTIALS A 2100-01-01T00:00:00Z s "), "f", now));
              EXPECT_FALSE(parseCredentialFile(marked("CREDENTIALS A B C D E F "), "f", now));
            }),
            0);
}

TEST(SecretMemory, OfProfiles) {
  EXPECT_EQ(left([] {
              const WipingString text = marked("[default]\naws_access_key_id = A\naws_secret_access_key = ",
                                               "\n  more\n[DEFAULT]\nregion = x\n");
              auto sections = parseIni(text, "f");
              ASSERT_TRUE(sections);
              const ProfileFiles files{profilesOfConfig(*sections), std::move(*sections)};
              EXPECT_TRUE(planProfile(files, "default", true));
            }),
            0);
}

TEST(SecretMemory, OfAnAnswerInJson) {
  EXPECT_EQ(left([] {
              const WipingString text =
                  marked(R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":")", R"("})");
              EXPECT_TRUE(parseJsonCredentials(text, processNames, "p"));
              EXPECT_FALSE(parseJsonCredentials(marked(R"({"SecretAccessKey":")"), processNames, "p"));
            }),
            0);
}

TEST(SecretMemory, OfAnAnswerInXml) {
  EXPECT_EQ(left([] {
              Answer answer;
              answer.head.status = 200;
              answer.body = marked("<AccessKeyId>A</AccessKeyId><SecretAccessKey>&lt;",
                                   "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>"
                                   "2100-01-01T00:00:00Z</Expiration>");
              EXPECT_TRUE(parseStsAnswer(answer, "role"));
            }),
            0);
}

TEST(SecretMemory, OfTheEnvironment) {
  EnvironmentProvider provider([](const char* name) -> std::optional<std::string> {
    return std::string_view(name) == "AWS_ACCESS_KEY_ID" ? std::string("A") : std::string(mark);
  });
  EXPECT_EQ(left([&] { EXPECT_TRUE(*provider.atHand()); }), 0);
}

TEST(SecretMemory, OfASignature) {
  EXPECT_EQ(left([] {
              const Credentials credentials{"A", Secret(mark), {}, {}, "source", {}};
              net::Request request;
              request.url = "https://kinesisvideo.eu-west-1.amazonaws.com/describeStream";
              EXPECT_TRUE(sign(request, credentials, {"eu-west-1"}, WallTime(), emptyPayloadHash));
            }),
            0);
}

TEST(SecretMemory, OfASignedSessionToken) {
  net::Request request;  // whoever sends it wipes its headers
  EXPECT_EQ(left([&] {
              const Credentials credentials{"A", Secret("s"), Secret(mark), {}, "source", {}};
              request.url = "https://kinesisvideo.eu-west-1.amazonaws.com/describeStream";
              EXPECT_TRUE(sign(request, credentials, {"eu-west-1"}, WallTime(), emptyPayloadHash));
            }),
            0);
}

TEST(SecretMemory, OfAProxy) {
  EXPECT_EQ(left([] { EXPECT_TRUE(net::parseProxy(marked("http://me:", "@proxy:3128"))); }), 0);
}

}  // namespace
}  // namespace kvs::aws

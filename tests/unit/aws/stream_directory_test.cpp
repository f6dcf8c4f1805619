// SPDX-License-Identifier: Apache-2.0
#include "aws/stream_directory.h"

#include "service_client_fixture.h"

namespace kvs::aws {
namespace {

class StreamDirectoryTest : public ServiceClientFixture {
 protected:
  StreamDirectoryTest() { fetchCredentials(); }
  CallHandle locate() {
    return directory.locate(plane, "cam",
                            [this](const auto& url) { heard.push_back(url.value_or("error")); });
  }
  void answer(const std::string& url) {
    FakeTransport::answer(transport.last(), {200, {}}, R"({"DataEndpoint":")" + url + "\"}");
  }

  ControlPlane plane{client};
  StreamDirectory directory;
  std::vector<std::string> heard;
};

TEST_F(StreamDirectoryTest, WhatIsRememberedIsSaidAtOnce) {
  auto call = locate();
  EXPECT_NE(call, nullptr);
  answer("https://one.example.com");
  EXPECT_EQ(locate(), nullptr);
  EXPECT_EQ(transport.count(), 1u);
  EXPECT_EQ(heard, std::vector<std::string>(2, "https://one.example.com"));
}

TEST_F(StreamDirectoryTest, WhatIsForgottenIsAskedForAgain) {
  auto call = locate();
  answer("https://one.example.com");
  directory.forgetLocation(plane, "cam");
  call = locate();
  answer("https://two.example.com");
  EXPECT_EQ(heard, (std::vector<std::string>{"https://one.example.com", "https://two.example.com"}));
}

TEST_F(StreamDirectoryTest, EachApiHasItsOwnDataEndpoint) {
  auto call = locate();
  answer("https://put.example.com");
  service->api = "GET_MEDIA";
  call = locate();
  answer("https://get.example.com");
  EXPECT_EQ(heard.back(), "https://get.example.com");
  service->api = "PUT_MEDIA";
  EXPECT_EQ(locate(), nullptr);
  EXPECT_EQ(heard.back(), "https://put.example.com");
}

TEST_F(StreamDirectoryTest, DescriptionsAreKeptOfStreamsThatCanBeSentTo) {
  int told = 0;
  const auto describe = [&] { return directory.describe(plane, "cam", [&](const auto&) { ++told; }); };
  auto call = describe();
  FakeTransport::answer(transport.last(), {200, {}},
                        R"({"StreamInfo":{"StreamARN":"arn:1","Status":"CREATING"}})");
  call = describe();
  EXPECT_NE(call, nullptr) << "a stream that is being created is asked about again";
  FakeTransport::answer(transport.last(), {200, {}},
                        R"({"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE"}})");
  EXPECT_EQ(describe(), nullptr);
  EXPECT_EQ(told, 3);
  directory.forgetDescription(plane, "cam");
  EXPECT_NE(describe(), nullptr);
}

TEST(IdentityOf, TellsCredentialsApartAndSaysNothingOfThem) {
  const Credentials one{"AKID", Secret("secret"), Secret(), {}, {}, {}};
  const Credentials other{"AKID", Secret("another"), Secret(), {}, {}, {}};
  EXPECT_EQ(identityOf(one), identityOf(one));
  EXPECT_NE(identityOf(one), identityOf(other));
  EXPECT_EQ(identityOf(one).size(), 64U);
}

TEST(StreamDirectory, IsTheProcessesOwn) {
  EXPECT_EQ(sharedStreamDirectory(), sharedStreamDirectory());
}

}  // namespace
}  // namespace kvs::aws

// SPDX-License-Identifier: Apache-2.0
#include "http/public_url.h"

#include <gtest/gtest.h>

#include "cli/options.h"

namespace kvslocal {
namespace {

const SocketAddress here{"192.0.2.7", 8443};

TEST(ReachedUrl, aHostWithoutAPortStandsForThePortThatWasConnectedTo) {
  EXPECT_EQ(reachedUrl(false, "127.0.0.1", here), "http://127.0.0.1:8443");
  EXPECT_EQ(reachedUrl(true, "localhost", here), "https://localhost:8443");
  EXPECT_EQ(reachedUrl(false, "kvs_local-1", here), "http://kvs_local-1:8443");
  EXPECT_EQ(reachedUrl(false, "[::1]", here), "http://[::1]:8443");
  EXPECT_EQ(reachedUrl(true, "2001:db8::1", here), "https://[2001:db8::1]:8443");
  EXPECT_EQ(reachedUrl(false, "host:", here), "http://host:8443");
  EXPECT_EQ(reachedUrl(false, "host", {"127.0.0.1", 80}), "http://host:80");
}

TEST(ReachedUrl, aPublicNameOfAwsIsReachedWithoutAPort) {
  EXPECT_EQ(reachedUrl(true, "kinesisvideo.eu-central-1.amazonaws.com", here),
            "https://kinesisvideo.eu-central-1.amazonaws.com");
  EXPECT_EQ(reachedUrl(true, "kinesisvideo.eu-central-1.api.aws", here),
            "https://kinesisvideo.eu-central-1.api.aws");
  EXPECT_EQ(reachedUrl(true, "kinesisvideo.eu-central-1.amazonaws.com:8443", here),
            "https://kinesisvideo.eu-central-1.amazonaws.com:8443");
  EXPECT_EQ(reachedUrl(true, "notamazonaws.com", here), "https://notamazonaws.com:8443");
}

TEST(ReachedUrl, aPortThatTheClientNamedStays) {
  EXPECT_EQ(reachedUrl(false, "localhost:9000", here), "http://localhost:9000");
  EXPECT_EQ(reachedUrl(true, "[::1]:9000", here), "https://[::1]:9000");
}

TEST(ReachedUrl, withoutAUsableHostItIsTheAddressOfTheSocket) {
  EXPECT_EQ(reachedUrl(false, std::nullopt, here), "http://192.0.2.7:8443");
  EXPECT_EQ(reachedUrl(true, std::nullopt, {"2001:db8::1", 1}), "https://[2001:db8::1]:1");
  for (const std::string wrong :
       {"", " ", "a b", "user@host", "host/path", "host:port", "host:0", "host:65536", "host:1:2", "[::1",
        "[]", "[::1]x", "[::1]:", "::1%eth0", "a\"b", "\xC3\xA4", ":8443"}) {
    const std::string url = reachedUrl(false, wrong, here);
    EXPECT_EQ(url, wrong == "[::1]:" ? "http://[::1]:8443" : "http://192.0.2.7:8443") << wrong;
  }
}

NothingToDo refusalOf(const std::string& url) {
  std::vector<std::string> words{"kvs-local", "--public-url", url};
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  const Command command = parseCommandLine(static_cast<int>(argv.size()), argv.data());
  const auto* nothing = std::get_if<NothingToDo>(&command);
  return nothing == nullptr ? NothingToDo{} : *nothing;
}

TEST(PublicUrl, isCheckedOnTheCommandLine) {
  for (const char* good : {"http://localhost:9000", "https://kvs.example", "http://[::1]:1"})
    EXPECT_EQ(refusalOf(good).status, 0) << good;
  for (const char* wrong : {"localhost:9000", "ftp://a", "http://", "http://a/b", "http://a:x", "https://a?b",
                            "http://::1", "http://::1:9000", "https://2001:db8::1"})
    EXPECT_EQ(refusalOf(wrong).status, 2) << wrong;
}

}  // namespace
}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
#include "net/request_head.h"

#include <gmock/gmock.h>

namespace kvs::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Request to(const std::string& url, std::vector<Header> headers = {}) {
  Request request;
  request.url = url;
  request.headers = std::move(headers);
  return request;
}

std::string headOf(const Request& request, const std::string& userAgent = {}) {
  const auto head = renderHead(request, userAgent);
  return head ? std::string(*head) : std::string();
}

TEST(RequestHead, SaysWhatIsWanted) {
  EXPECT_EQ(
      headOf(to("https://host.test/a/../%7Eb?c=d", {{"x-amzn-name", "cam"}, {"X-Empty", ""}}), "agent/1"),
      "POST /a/../%7Eb?c=d HTTP/1.1\r\nHost: host.test\r\nUser-Agent: agent/1\r\nAccept: */*\r\n"
      "x-amzn-name: cam\r\nX-Empty:\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(RequestHead, NamesTheHostAsItWasSigned) {
  EXPECT_THAT(headOf(to("http://host.test")), HasSubstr("POST / HTTP/1.1\r\nHost: host.test\r\n"));
  EXPECT_THAT(headOf(to("http://host.test:80/")), HasSubstr("\r\nHost: host.test\r\n"));
  EXPECT_THAT(headOf(to("https://host.test:80/")), HasSubstr("\r\nHost: host.test:80\r\n"));
  EXPECT_THAT(headOf(to("https://[2001:db8::1]:8443/")), HasSubstr("\r\nHost: [2001:db8::1]:8443\r\n"));
}

TEST(RequestHead, WhatTheRequestBringsComesOnce) {
  const std::string head =
      headOf(to("http://a/", {{"host", "b"}, {"user-agent", "mine"}, {"accept", "x/y"}}), "agent/1");
  EXPECT_THAT(head, HasSubstr("\r\nhost: b\r\nuser-agent: mine\r\naccept: x/y\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Host")));
  EXPECT_THAT(head, Not(HasSubstr("agent/1")));
  EXPECT_THAT(head, Not(HasSubstr("Accept")));
}

TEST(RequestHead, NoLineCanBeSmuggledIn) {
  EXPECT_FALSE(renderHead(to("http://a/", {{"X", "a\r\nY: b"}}), {}));
  EXPECT_FALSE(renderHead(to("http://a/", {{"X\nY", "b"}}), {}));
  EXPECT_FALSE(renderHead(to("http://a/", {{"", "b"}}), {}));
  EXPECT_FALSE(renderHead(to("http://a/", {{"X", std::string("a\0b", 3)}}), {}));
  EXPECT_FALSE(renderHead(to("http://a/x\r\nY: b"), {}));
  EXPECT_FALSE(renderHead(to("http://a/x HTTP/1.1"), {}));
  Request odd = to("http://a/");
  odd.method = "POST\r\n";
  EXPECT_FALSE(renderHead(odd, {}));
}

}  // namespace
}  // namespace kvs::net

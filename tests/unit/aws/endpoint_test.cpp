// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint.h"

#include <gtest/gtest.h>

#include "aws/region.h"
#include "aws/url.h"
#include "fake_environment.h"

namespace kvs::aws {
namespace {

const Environment emptyEnvironment = fakeEnvironment({});

TEST(Region, environmentThenPropertyThenDefault) {
  const Environment set = fakeEnvironment({{"AWS_DEFAULT_REGION", "eu-west-1"}});
  EXPECT_EQ(regionFor("us-east-1", set), "eu-west-1");
  EXPECT_EQ(regionFor("us-east-1", emptyEnvironment), "us-east-1");
  EXPECT_EQ(regionFor("", emptyEnvironment), "us-west-2");
}

TEST(Region, names) {
  for (const char* good : {"us-west-2", "cn-north-1", "us-gov-east-1", "ap-southeast-4"}) {
    EXPECT_TRUE(isRegionName(good)) << good;
  }
  for (const char* bad : {"", "US-WEST-2", "us_west_2", "us-west-2.evil.com", "us-west-2/", "2us", "us-west-",
                          "a234567890123456789012345678901234"}) {
    EXPECT_FALSE(isRegionName(bad)) << bad;
  }
}

TEST(PublicHost, tableOfPartitions) {
  struct Row {
    const char* region;
    const char* plain;
    const char* dual;
  };
  const Row rows[] = {
      {"us-west-2", "kinesisvideo.us-west-2.amazonaws.com", "kinesisvideo.us-west-2.api.aws"},
      {"cn-north-1", "kinesisvideo.cn-north-1.amazonaws.com.cn",
       "kinesisvideo.cn-north-1.api.amazonwebservices.com.cn"},
      {"us-gov-west-1", "kinesisvideo-fips.us-gov-west-1.amazonaws.com",
       "kinesisvideo-fips.us-gov-west-1.api.aws"},
      {"us-iso-east-1", "kinesisvideo-fips.us-iso-east-1.c2s.ic.gov",
       "kinesisvideo-fips.us-iso-east-1.api.aws.ic.gov"},
      {"us-isob-east-1", "kinesisvideo-fips.us-isob-east-1.sc2s.sgov.gov",
       "kinesisvideo-fips.us-isob-east-1.api.aws.scloud"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(publicHost(row.region), row.plain);
    EXPECT_EQ(publicHost(row.region, true), row.dual);
  }
}

Result<Endpoint> endpointWith(std::map<std::string, std::string> variables, std::string property = {}) {
  EndpointOptions options;
  options.endpoint = std::move(property);
  options.region = "us-west-2";
  return controlEndpoint(options, fakeEnvironment(std::move(variables)));
}

TEST(ControlEndpoint, orderOfSources) {
  std::map<std::string, std::string> variables{{"CONTROL_PLANE_URI", "https://one"},
                                               {"AWS_ENDPOINT_URL_KINESIS_VIDEO", "https://two"},
                                               {"AWS_ENDPOINT_URL", "https://three"}};
  EXPECT_EQ(endpointWith(variables, "https://zero")->url, "https://zero");
  EXPECT_EQ(endpointWith(variables, "https://zero")->source, "property endpoint");
  for (const char* name : {"CONTROL_PLANE_URI", "AWS_ENDPOINT_URL_KINESIS_VIDEO", "AWS_ENDPOINT_URL"}) {
    const Result<Endpoint> endpoint = endpointWith(variables);
    EXPECT_EQ(endpoint->url, variables[name]);
    EXPECT_EQ(endpoint->source, name);
    variables.erase(name);
  }
  EXPECT_EQ(endpointWith(variables)->url, "https://kinesisvideo.us-west-2.amazonaws.com");
  EXPECT_EQ(endpointWith(variables)->region, "us-west-2");
}

TEST(ControlEndpoint, dualStack) {
  EndpointOptions options;
  options.region = "us-west-2";
  options.dualStack = true;
  EXPECT_EQ(controlEndpoint(options, emptyEnvironment)->url, "https://kinesisvideo.us-west-2.api.aws");
}

TEST(ControlEndpoint, aRegionThatIsNoneIsRefusedAheadOfAnyCall) {
  EndpointOptions options;
  options.region = "us west 2";
  const Result<Endpoint> endpoint = controlEndpoint(options, emptyEnvironment);
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().kind, ErrorKind::fatal);
  EXPECT_NE(endpoint.error().message.find("us west 2"), std::string::npos);
}

TEST(CheckServiceUrl, taken) {
  struct Row {
    const char* given;
    const char* taken;
  };
  const Row rows[] = {
      {"https://host", "https://host"},
      {"https://host/", "https://host"},
      {"https://HOST:8443/", "https://host:8443"},
      {"https://host:443", "https://host"},
      {"http://localhost:8443", "http://localhost:8443"},
      {"http://127.0.0.1:8443/", "http://127.0.0.1:8443"},
      {"http://127.8.9.10", "http://127.8.9.10"},
      {"http://[::1]:8443", "http://[::1]:8443"},
      {"HTTPS://host", "https://host"},
  };
  for (const Row& row : rows) {
    const Result<std::string> url = checkServiceUrl(row.given, "it", false);
    ASSERT_TRUE(url) << row.given << ": " << url.error().message;
    EXPECT_EQ(*url, row.taken);
  }
}

TEST(CheckServiceUrl, refusedWithAReason) {
  struct Row {
    const char* given;
    const char* reason;
  };
  const Row rows[] = {
      {"", "is not an address"},
      {"kinesisvideo.us-west-2.amazonaws.com", "is not an address"},
      {"https://", "is not an address"},
      {"https://ho st", "is not an address"},
      {"https://host\r\nx: y", "is not an address"},
      {"https://host:70000", "is not an address"},
      {"ftp://host", "must begin with https://"},
      {"file:///etc/passwd", "is not an address"},
      {"https://user:pw@host", "holds a user or password"},
      {"https://host/prefix", "a path, query or fragment"},
      {"https://host/?a=b", "a path, query or fragment"},
      {"https://host/#top", "a path, query or fragment"},
      {"http://example.com", "plain http to another machine (example.com)"},
      {"http://128.0.0.1", "plain http to another machine"},
      {"http://127.0.0.1.example.com", "plain http to another machine"},
      {"http://localhost.example.com", "plain http to another machine"},
  };
  for (const Row& row : rows) {
    const Result<std::string> url = checkServiceUrl(row.given, "property endpoint", false);
    ASSERT_FALSE(url) << row.given;
    EXPECT_EQ(url.error().code, StatusCode::invalidArg);
    EXPECT_TRUE(url.error().message.starts_with("property endpoint ")) << url.error().message;
    EXPECT_NE(url.error().message.find(row.reason), std::string::npos)
        << row.given << ": " << url.error().message;
  }
}

TEST(CheckServiceUrl, plainHttpElsewhereOnlyWhenAllowed) {
  EXPECT_EQ(*checkServiceUrl("http://10.0.0.7:8443", "it", true), "http://10.0.0.7:8443");
}

TEST(CheckServiceUrl, tooLong) {
  const std::string url = "https://" + std::string(maxUrlLength, 'a');
  EXPECT_EQ(checkServiceUrl(url, "it", false).error().code, StatusCode::invalidUriLength);
}

TEST(CheckServiceUrl, passwordsAreNotRepeated) {
  const Result<std::string> url = checkServiceUrl("https://user:geheim@host", "it", false);
  EXPECT_EQ(url.error().message.find("geheim"), std::string::npos);
}

TEST(ParseUrl, parts) {
  const std::optional<UrlParts> parts = parseUrl("https://Host:8443/a/./b/../c%20d?x=1&y#z");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->scheme, "https");
  EXPECT_EQ(parts->authority(), "host:8443");
  EXPECT_EQ(parts->path, "/a/c%20d");
  EXPECT_EQ(parts->query, "x=1&y");
  EXPECT_EQ(parts->fragment, "z");
}

}  // namespace
}  // namespace kvs::aws

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

TEST(Region, namesThatAreMadeLikeThoseOfAws) {
  for (const char* good : {"us-west-2", "cn-northwest-1", "us-gov-east-1", "us-isob-west-1", "xx-south-12"}) {
    EXPECT_TRUE(isAwsRegionName(good)) << good;
  }
  for (const char* bad : {"local", "us-wets-2", "us-west", "us-west-", "west-2", "us-west-2a", "us2-west-2",
                          "us-west-two", "uswest2", ""}) {
    EXPECT_FALSE(isAwsRegionName(bad)) << bad;
  }
}

TEST(Region, aMisspeltOneIsToldWithTheOneThatMayBeMeant) {
  const Result<void> wrong = checkAwsRegion("eu-cental-1");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::fatal);
  EXPECT_NE(
      wrong.error().message.find("'eu-cental-1' is not the name of an AWS region. Is eu-central-1 meant?"),
      std::string::npos)
      << wrong.error().message;
  EXPECT_NE(wrong.error().message.find("AWS_DEFAULT_REGION"), std::string::npos);
  EXPECT_EQ(checkAwsRegion("something else").error().message.find("meant?"), std::string::npos);
  EXPECT_EQ(checkAwsRegion("a\nb\x1b").error().message.find_first_of("\n\x1b"), std::string::npos);
}

TEST(Region, anUnknownOneIsDoubtedOnly) {
  EXPECT_TRUE(checkAwsRegion("us-east-9"));
  EXPECT_EQ(doubtAbout("us-east-9"), "This version knows no AWS region 'us-east-9'. Is us-east-1 meant?");
  EXPECT_EQ(doubtAbout("us-east-1"), "");
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
  EXPECT_EQ(publicHost("us-west-2", false, true), "kinesisvideo-fips.us-west-2.amazonaws.com");
  EXPECT_EQ(publicHost("us-west-2", true, true), "kinesisvideo-fips.us-west-2.api.aws");
  EXPECT_EQ(publicHost("us-gov-west-1", false, true), "kinesisvideo-fips.us-gov-west-1.amazonaws.com");
}

TEST(PublicStsHost, asTheAwsCliHasIt) {
  const EndpointVariant dual{true, {}};
  const EndpointVariant fips{{}, true};
  const EndpointVariant both{true, true};
  EXPECT_EQ(publicStsHost("eu-central-1"), "sts.eu-central-1.amazonaws.com");
  EXPECT_EQ(publicStsHost("eu-central-1", {false, false}), "sts.eu-central-1.amazonaws.com");
  EXPECT_EQ(publicStsHost("eu-central-1", dual), "sts.eu-central-1.api.aws");
  EXPECT_EQ(publicStsHost("us-west-2", fips), "sts-fips.us-west-2.amazonaws.com");
  EXPECT_EQ(publicStsHost("us-west-2", both), "sts-fips.us-west-2.api.aws");
  EXPECT_EQ(publicStsHost("cn-north-1"), "sts.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(publicStsHost("cn-north-1", dual), "sts.cn-north-1.api.amazonwebservices.com.cn");
  EXPECT_EQ(publicStsHost("us-gov-west-1", fips), "sts.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(publicStsHost("us-gov-west-1", both), "sts-fips.us-gov-west-1.api.aws");
}

TEST(RegionOfHost, isFoundInAddressesOfAwsOnly) {
  struct Row {
    const char* host;
    const char* region;
  };
  const Row rows[] = {
      {"kinesisvideo.us-west-2.amazonaws.com", "us-west-2"},
      {"kinesisvideo.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {"kinesisvideo.eu-west-1.api.aws", "eu-west-1"},
      {"s-1234abcd.kinesisvideo.eu-central-1.amazonaws.com", "eu-central-1"},
      {"vpce-0a1b-2c3d.kinesisvideo.us-east-1.vpce.amazonaws.com", "us-east-1"},
      {"vpce-0a1b-2c3d-us-east-1a.kinesisvideo.us-east-1.vpce.amazonaws.com", "us-east-1"},
      {"video.us-west-2.example.com", ""},
      {"amazonaws.com", ""},
      {"localhost", ""},
  };
  for (const Row& row : rows)
    EXPECT_EQ(regionOfHost(row.host), row.region) << row.host;
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
  options.variant.dualStack = true;
  EXPECT_EQ(controlEndpoint(options, emptyEnvironment)->url, "https://kinesisvideo.us-west-2.api.aws");
}

TEST(ControlEndpoint, dualStackAndFipsByEnvironmentInAnyCase) {
  const auto hostWith = [](const EndpointVariant& properties, std::map<std::string, std::string> variables) {
    const EndpointOptions options{.region = "us-west-2", .variant = properties};
    return controlEndpoint(options, fakeEnvironment(std::move(variables)))->url;
  };
  for (const char* yes : {"true", "TRUE", "True"}) {
    EXPECT_EQ(hostWith({}, {{"AWS_USE_DUALSTACK_ENDPOINT", yes}}), "https://kinesisvideo.us-west-2.api.aws");
  }
  for (const char* no : {"false", "1", "yes", "truer", "tru"}) {
    EXPECT_EQ(hostWith({}, {{"AWS_USE_DUALSTACK_ENDPOINT", no}}),
              "https://kinesisvideo.us-west-2.amazonaws.com");
  }
  EXPECT_EQ(hostWith({}, {{"AWS_USE_FIPS_ENDPOINT", "true"}}),
            "https://kinesisvideo-fips.us-west-2.amazonaws.com");
  EXPECT_EQ(
      hostWith({false, true}, {{"AWS_USE_DUALSTACK_ENDPOINT", "true"}, {"AWS_USE_FIPS_ENDPOINT", "false"}}),
      "https://kinesisvideo-fips.us-west-2.amazonaws.com")
      << "properties go first";
}

TEST(ControlEndpoint, aRegionOfItsOwnIsALocalServicesRight) {
  const EndpointOptions options{.endpoint = "http://localhost:8443", .region = "local"};
  EXPECT_EQ(controlEndpoint(options, emptyEnvironment)->region, "local");
}

TEST(ControlEndpoint, anotherRegionThanIsSignedForIsTold) {
  const EndpointOptions options{.endpoint = "https://kinesisvideo.eu-west-1.amazonaws.com",
                                .region = "us-west-2"};
  const Result<Endpoint> endpoint = controlEndpoint(options, emptyEnvironment);
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().kind, ErrorKind::fatal);
  EXPECT_NE(
      endpoint.error().message.find("property endpoint is in the region eu-west-1, but requests are signed "
                                    "for us-west-2"),
      std::string::npos)
      << endpoint.error().message;
}

TEST(ControlEndpoint, anUnknownRegionIsDoubted) {
  EXPECT_NE(controlEndpoint({.region = "us-east-9"}, emptyEnvironment)->doubt, "");
  EXPECT_EQ(controlEndpoint({.region = "us-east-1"}, emptyEnvironment)->doubt, "");
}

TEST(Insecure, isPlainHttpToAnotherMachine) {
  EXPECT_TRUE(isInsecure("http://camera.example"));
  EXPECT_FALSE(isInsecure("https://camera.example"));
  EXPECT_FALSE(isInsecure("http://localhost:8443"));
  EXPECT_FALSE(isInsecure("http://[::1]:8443"));
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
      {"https://user:pw@host", "contains a user or password"},
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

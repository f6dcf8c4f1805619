// SPDX-License-Identifier: Apache-2.0
#include "stream/producer_route.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace kvs::stream {
namespace {

aws::Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  };
}
const aws::Environment none = environment({});

TEST(TransportOptionsOf, addressFamilyOfTheGuidesVariables) {
  const auto family = [](std::map<std::string, std::string> variables) {
    return transportOptions({}, environment(std::move(variables)))->addresses;
  };
  using net::AddressFamily;
  EXPECT_EQ(family({}), AddressFamily::any);
  EXPECT_EQ(family({{"AWS_KVS_USE_IPV4", "TRUE"}}), AddressFamily::ipv4);
  EXPECT_EQ(family({{"AWS_KVS_USE_IPV6", "true"}}), AddressFamily::ipv6);
  EXPECT_EQ(family({{"AWS_KVS_USE_IPV4", "true"}, {"AWS_KVS_USE_IPV6", "True"}}), AddressFamily::any);
  EXPECT_EQ(family({{"AWS_KVS_USE_IPV4", "false"}, {"AWS_KVS_USE_IPV6", "true"}}), AddressFamily::ipv6);
}

TEST(TransportOptionsOf, theSettingGoesBeforeTheEnvironment) {
  const aws::Environment set = environment({{"KVSSINK_CA_CERT_PATH", "/env.pem"}});
  EXPECT_EQ(transportOptions({}, set)->caPath, "/env.pem");
  ProducerConfig config;
  config.caPath = "/set.pem";
  EXPECT_EQ(transportOptions(config, set)->caPath, "/set.pem");
}

TEST(TransportOptionsOf, theEnvironmentsCaPlacesInTurn) {
  using Paths = std::vector<std::string>;
  const auto places = [](std::map<std::string, std::string> variables) {
    const auto options = transportOptions({}, environment(std::move(variables)));
    Paths paths{options->caPathName, options->caPath};
    paths.insert(paths.end(), options->moreCaPaths.begin(), options->moreCaPaths.end());
    return paths;
  };
  std::map<std::string, std::string> all{{"KVSSINK_CA_CERT_PATH", "/own.pem"},
                                         {"AWS_CA_BUNDLE", "/aws.pem"},
                                         {"SSL_CERT_FILE", "/file.pem"},
                                         {"SSL_CERT_DIR", "/one:/two::"}};
  EXPECT_EQ(places(all), (Paths{"KVSSINK_CA_CERT_PATH", "/own.pem"}));
  all.erase("KVSSINK_CA_CERT_PATH");
  EXPECT_EQ(places(all), (Paths{"AWS_CA_BUNDLE", "/aws.pem"}));
  all["AWS_CA_BUNDLE"] = "";
  EXPECT_EQ(places(all), (Paths{"SSL_CERT_FILE and SSL_CERT_DIR", "/file.pem", "/one", "/two"}));
  EXPECT_EQ(places({{"SSL_CERT_FILE", "/file.pem"}}), (Paths{"SSL_CERT_FILE", "/file.pem"}));
  EXPECT_EQ(places({{"SSL_CERT_DIR", ":/one"}}), (Paths{"SSL_CERT_DIR", "/one"}));
  EXPECT_EQ(places({{"SSL_CERT_DIR", ":"}}), (Paths{"", ""}));
  EXPECT_EQ(places({}), (Paths{"", ""}));
}

TEST(TransportOptionsOf, theSettingGoesBeforeAllOfTheEnvironmentsCaPlaces) {
  ProducerConfig config;
  config.caPath = "/set.pem";
  const auto options = transportOptions(
      config, environment({{"AWS_CA_BUNDLE", "/aws.pem"}, {"SSL_CERT_FILE", "/f"}, {"SSL_CERT_DIR", "/d"}}));
  EXPECT_EQ(options->caPath, "/set.pem");
  EXPECT_TRUE(options->moreCaPaths.empty());
  EXPECT_EQ(options->caPathName, "property ca-path");
}

TEST(TransportOptionsOf, proxyAndBindAddressAreChecked) {
  ProducerConfig config;
  config.proxy = Secret("http://me:HUSH@proxy.test:3128");
  config.bindAddress = "192.0.2.7";
  const auto good = transportOptions(config, none);
  ASSERT_TRUE(good);
  EXPECT_EQ(good->proxy.address, "http://proxy.test:3128");
  EXPECT_EQ(good->bindAddress, "192.0.2.7");
  config.proxy = Secret("http://me:HUSH@proxy.test");
  EXPECT_EQ(transportOptions(config, none).error().message.find("HUSH@"), std::string::npos);
  config.proxy = Secret();
  config.bindAddress = "192.0.2.7:80";
  EXPECT_EQ(transportOptions(config, none).error().kind, ErrorKind::fatal);
}

TEST(DataEndpointOf, isCheckedLikeTheOther) {
  ProducerConfig config;
  EXPECT_EQ(*dataEndpointOf(config, "us-west-2"), "");
  config.dataEndpoint = "https://vpce-0a-1b.kinesisvideo.us-west-2.vpce.amazonaws.com/";
  EXPECT_EQ(*dataEndpointOf(config, "us-west-2"),
            "https://vpce-0a-1b.kinesisvideo.us-west-2.vpce.amazonaws.com");
  const auto elsewhere = dataEndpointOf(config, "eu-west-1");
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().message.find("property data-endpoint is in the region us-west-2"), 0U);
  config.dataEndpoint = "http://video.example";
  EXPECT_FALSE(dataEndpointOf(config, "us-west-2"));
  config.allowInsecureEndpoint = true;
  EXPECT_TRUE(dataEndpointOf(config, "us-west-2"));
}

TEST(EndpointOptionsOf, areTheSettings) {
  ProducerConfig config;
  config.endpoint = "https://e";
  config.dualStack = true;
  config.fips = false;
  const aws::EndpointOptions options =
      endpointOptions(config, environment({{"AWS_DEFAULT_REGION", "eu-north-1"}}));
  EXPECT_EQ(options.endpoint, "https://e");
  EXPECT_EQ(options.region, "eu-north-1");
  EXPECT_EQ(options.variant.dualStack, true);
  EXPECT_EQ(options.variant.fips, false);
}

}  // namespace
}  // namespace kvs::stream

// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint_finder.h"

#include "credential_fixture.h"

namespace kvs::aws {
namespace {

TEST(VariantInConfig, isTheProfilesInUse) {
  const std::string text =
      "[default]\nuse_dualstack_endpoint = TRUE\n[profile "
      "cam]\nuse_fips_endpoint=true\nuse_dualstack_endpoint = no\n";
  EXPECT_EQ(variantInConfig(text, "default").dualStack, true);
  EXPECT_EQ(variantInConfig(text, "default").fips, std::nullopt);
  EXPECT_EQ(variantInConfig(text, "cam").dualStack, false);
  EXPECT_EQ(variantInConfig(text, "cam").fips, true);
  EXPECT_EQ(variantInConfig(text, "other").dualStack, std::nullopt);
  EXPECT_EQ(variantInConfig("[broken", "default").dualStack, std::nullopt);
}

class EndpointFinderTest : public CredentialTest {
 protected:
  std::shared_ptr<EndpointFinder> finder(std::map<std::string, std::string> variables = {}) {
    variables.try_emplace("HOME", "/h");
    return std::make_shared<EndpointFinder>(
        options, fakeEnvironment(std::move(variables)), files,
        [this](const Endpoint& endpoint) { found.push_back(endpoint.url); });
  }
  EndpointOptions options{.region = "us-west-2"};
  std::vector<std::string> found;
};

TEST_F(EndpointFinderTest, TheFileIsReadOnceForAllWhoAsk) {
  files->texts["/h/.aws/config"] = "[default]\nuse_dualstack_endpoint = true\n";
  const auto finding = finder();
  int told = 0;
  finding->find([&] { ++told; });
  finding->find([&] { ++told; });
  EXPECT_EQ(told, 0) << "a file is the worker's to read";
  settle();
  EXPECT_EQ(told, 2);
  finding->find([&] { ++told; });
  EXPECT_EQ(told, 3) << "at once";
  EXPECT_EQ(files->work.jobs().size(), 1U);
  EXPECT_EQ(found, (std::vector<std::string>{"https://kinesisvideo.us-west-2.api.aws"}));
}

TEST_F(EndpointFinderTest, EnvironmentAndPropertiesGoBeforeTheFile) {
  files->texts["/c"] = "[profile p]\nuse_dualstack_endpoint = true\nuse_fips_endpoint = true\n";
  options.variant.fips = false;
  const auto finding = finder({{"AWS_CONFIG_FILE", "/c"}, {"AWS_PROFILE", "p"}});
  finding->find([] {});
  settle();
  EXPECT_EQ(found, (std::vector<std::string>{"https://kinesisvideo.us-west-2.api.aws"}));
}

TEST_F(EndpointFinderTest, WithoutAFileOrAHomeThePublicNameStands) {
  const auto finding = finder();
  finding->find([] {});
  settle();
  const auto homeless = finder({{"HOME", ""}});
  bool told = false;
  homeless->find([&] { told = true; });
  settle();
  EXPECT_TRUE(told);
  EXPECT_EQ(found, std::vector<std::string>(2, "https://kinesisvideo.us-west-2.amazonaws.com"));
}

TEST_F(EndpointFinderTest, IsNotNeededWhereNothingIsOpen) {
  const Environment none = fakeEnvironment({});
  EXPECT_TRUE(EndpointFinder::isNeeded(options, none));
  EXPECT_FALSE(EndpointFinder::isNeeded({.endpoint = "https://e"}, none));
  EXPECT_FALSE(EndpointFinder::isNeeded({.variant = {true, false}}, none));
  EXPECT_FALSE(EndpointFinder::isNeeded({.variant = {true, std::nullopt}},
                                        fakeEnvironment({{"AWS_USE_FIPS_ENDPOINT", "false"}})));
}

TEST_F(EndpointFinderTest, MayGoWhileTheFileIsRead) {
  auto finding = finder();
  finding->find([] { FAIL(); });
  finding.reset();
  settle();
  EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace kvs::aws

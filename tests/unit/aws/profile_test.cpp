// SPDX-License-Identifier: Apache-2.0
// The shared files: how they are read, and what a profile asks for.
#include <gmock/gmock.h>

#include "aws/credentials/profile_plan.h"

namespace kvs::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string value(const Result<ProfileSections>& sections, const char* section, const char* name) {
  const auto at = sections->find(section);
  if (at == sections->end()) return "(no section)";
  const auto setting = at->second.find(name);
  return setting == at->second.end() ? "(none)" : std::string(setting->second.reveal());
}

TEST(ProfileFile, SectionsSettingsAndComments) {
  const auto read = parseIni(
      "# comment\n; another\n[default]\naws_access_key_id = AKID # not a comment\nAWS_Secret_Access_Key: "
      "s=k:x\n"
      "\n[profile b ]\r\nregion=\teu-west-1 \r\n  # indented comment\nempty =\n",
      "f");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(value(read, "default", "aws_access_key_id"), "AKID # not a comment");
  EXPECT_EQ(value(read, "default", "aws_secret_access_key"), "s=k:x");
  EXPECT_EQ(value(read, "profile b ", "region"), "eu-west-1");
  EXPECT_EQ(value(read, "profile b ", "empty"), "");
}

TEST(ProfileFile, IndentedLinesBelongToTheSettingBefore) {
  const auto read =
      parseIni("[default]\ns3 =\n  max = 1\n  region = us-east-1\nregion = eu\n   west\noutput=x\n", "f");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(value(read, "default", "s3"), "");
  EXPECT_EQ(value(read, "default", "max"), "(none)");
  EXPECT_EQ(value(read, "default", "region"), "eu\nwest");
  EXPECT_EQ(value(read, "default", "output"), "x");
}

TEST(ProfileFile, WhatDefaultSaysCountsInEverySectionThatDoesNotSayIt) {
  const auto read =
      parseIni("[DEFAULT]\nregion = d\n[a]\nx = 1\n[b]\nregion = b\n[DEFAULT]\noutput = o\n", "f");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(value(read, "a", "region"), "d");
  EXPECT_EQ(value(read, "b", "region"), "b");
  EXPECT_EQ(value(read, "b", "output"), "o");
  EXPECT_FALSE(read->contains("DEFAULT"));
  EXPECT_FALSE(parseIni("[DEFAULT]\nx = 1\n[DEFAULT]\nx = 2\n", "f"));
}

TEST(ProfileFile, LinesMayEndAsOnAnySystem) {
  for (const char* text : {"[a]\nx = 1\ny = 2\nz", "[a]\r\nx = 1\r\ny = 2\r\nz", "[a]\rx = 1\ry = 2\rz"}) {
    EXPECT_THAT(parseIni(text, "f").error().message, HasSubstr("f, line 4: ")) << text;
    const auto read = parseIni(std::string_view(text).substr(0, std::string_view(text).size() - 1), "f");
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(value(read, "a", "y"), "2");
  }
}

TEST(ProfileFile, WhatIsWrongIsToldByItsLineWithoutItsText) {
  for (const char* text : {"[default]\nSECRETWORD\n", "[default\nSECRETWORD=1", "x = SECRETWORD\n", "[]\n",
                           "[a]\nSECRETWORD = 1\nSECRETWORD = 2\n", "[a]\n[a]\n", "[a]\n= SECRETWORD\n",
                           "[a\x01]\n", "[a]\ns3 =\n  SECRETWORD\n"}) {
    const auto refused = parseIni(text, "/home/x");
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, ErrorKind::fatal);
    EXPECT_THAT(refused.error().message, HasSubstr("/home/x, line "));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("SECRETWORD")));
  }
}

TEST(ProfileFile, IsBounded) {
  std::string many = "[a]\n";
  for (int i = 0; i < 5000; ++i)
    many += "k" + std::to_string(i) + "=v\n";
  EXPECT_FALSE(parseIni(many, "f"));
}

TEST(ProfileFile, ProfilesOfTheConfigFile) {
  const auto profiles =
      profilesOfConfig(*parseIni("[default]\na=1\n[profile cam]\na=2\n[profile \"big "
                                 "door\"]\na=3\n[preview]\na=4\n[sso-session x]\na=5\n"
                                 "[profile a b]\na=6\n[profile]\na=7\n",
                                 "f"));
  std::vector<std::string> names;
  for (const auto& [name, section] : profiles)
    names.push_back(name);
  EXPECT_THAT(names, ::testing::ElementsAre("big door", "cam", "default"));
}

TEST(ProfileFile, ProfileDefaultGoesBeforeDefault) {
  const auto profiles = profilesOfConfig(*parseIni("[profile default]\na=1\n[default]\na=2\n", "f"));
  EXPECT_EQ(profiles.at("default").at("a").reveal(), "1");
}

Result<ProfilePlan> plan(const std::string& config, const std::string& credentials,
                         const std::string& profile = "default") {
  return planProfile({profilesOfConfig(*parseIni(config, "config")), *parseIni(credentials, "credentials")},
                     profile, profile != "default");
}

template <class How>
const How& as(const Result<ProfilePlan>& plan) {
  return std::get<How>(plan->how);
}

constexpr const char* keysOf = "aws_access_key_id = AKID\naws_secret_access_key = sk\n";

TEST(ProfilePlan, TheOrderWithinAProfile) {
  const std::string process = "credential_process = give\n";
  const std::string role = "role_arn = arn:r\nsource_profile = base\n";
  const std::string base = std::string("[base]\n") + keysOf;
  const std::string web = "role_arn = arn:w\nweb_identity_token_file = /t\n";

  EXPECT_EQ(as<KeysPlan>(plan("[default]\naws_access_key_id=CONFIG\naws_secret_access_key=s\n",
                              std::string("[default]\n") + keysOf))
                .keys.accessKey,
            "AKID")
      << "the credentials file goes before";
  EXPECT_TRUE(std::holds_alternative<KeysPlan>(
      plan("[default]\n" + process, std::string("[default]\n") + keysOf)->how));
  EXPECT_TRUE(std::holds_alternative<ProcessPlan>(plan("[default]\n" + process + keysOf, "")->how))
      << "keys of the config file go behind";
  EXPECT_TRUE(std::holds_alternative<RolePlan>(
      plan("[default]\n" + role + process, base + "[default]\n" + keysOf)->how));
  const auto identity = plan("[default]\n" + web + "source_profile=base\n", base);
  EXPECT_EQ(as<WebIdentity>(identity).tokenPath, "/t");
  EXPECT_EQ(as<WebIdentity>(identity).role.roleArn, "arn:w");
}

TEST(ProfilePlan, KeysMayBeTemporary) {
  const auto made = plan("", std::string("[default]\n") + keysOf + "aws_session_token = tk\n");
  EXPECT_EQ(as<KeysPlan>(made).keys.sessionToken.reveal(), "tk");
}

TEST(ProfilePlan, AProfileMayTakeItsRoleWithItsOwnKeys) {
  const auto made =
      plan(std::string("[profile cam]\nrole_arn=arn:r\nsource_profile=cam\n") + keysOf, "", "cam");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(std::holds_alternative<KeysPlan>(as<RolePlan>(made).identity->how));
}

TEST(ProfilePlan, NamedSources) {
  const auto made = plan("[default]\nrole_arn=arn:r\ncredential_source=Ec2InstanceMetadata\n", "");
  EXPECT_EQ(std::get<NamedSource>(as<RolePlan>(made).identity->how), NamedSource::instance);
}

TEST(ProfilePlan, WhatCannotBeDoneSaysWhatToCorrect) {
  const struct {
    const char* config;
    const char* says;
  } cases[] = {
      {"[default]\nrole_arn=r\n", "source_profile or credential_source"},
      {"[default]\nrole_arn=r\nsource_profile=a\ncredential_source=Environment\n", "both"},
      {"[default]\nrole_arn=r\nsource_profile=ghost\n", "does not exist"},
      {"[default]\nrole_arn=r\nsource_profile=default\n", "refers back to itself"},
      {"[default]\nrole_arn=r\nsource_profile=a\n[profile a]\nrole_arn=s\nsource_profile=b\n"
       "[profile b]\nrole_arn=t\nsource_profile=a\n",
       "refers back to itself"},
      {"[default]\nrole_arn=r\nsource_profile=a\n[profile a]\nregion=x\n", "has no credentials"},
      {"[default]\nrole_arn=r\ncredential_source=Nowhere\n", "Ec2InstanceMetadata"},
      {"[default]\nrole_arn=r\nsource_profile=a\nmfa_serial=arn:m\n[profile a]\n", "MFA"},
      {"[default]\nweb_identity_token_file=/t\n", "role_arn"},
      {"[default]\naws_access_key_id=AKID\n", "aws_secret_access_key"},
      {"[default]\ncredential_process = 'open\n", "quote"},
      {"[default]\nsso_session = x\n", "credential_process"},
  };
  for (const auto& [config, says] : cases) {
    const auto refused = plan(config, "");
    ASSERT_FALSE(refused) << config;
    EXPECT_EQ(refused.error().kind, ErrorKind::fatal) << config;
    EXPECT_THAT(refused.error().message, HasSubstr(says)) << config;
  }
}

TEST(ProfilePlan, NothingThereIsNoSource) {
  EXPECT_EQ(plan("", "").error().kind, ErrorKind::notFound);
  EXPECT_EQ(plan("[default]\nregion = eu-west-1\n", "").error().kind, ErrorKind::notFound);
  EXPECT_EQ(plan("", "", "ghost").error().kind, ErrorKind::fatal) << "the user asked for it";
}

}  // namespace
}  // namespace kvs::aws

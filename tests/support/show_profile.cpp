// SPDX-License-Identifier: Apache-2.0
// Says what our reader of the shared files makes of a profile, for the comparison with other tools:
//   show_profile CONFIG_FILE CREDENTIALS_FILE PROFILE
// One line of JSON: {"how": "keys", "access_key": ..., "token": ...} and the like, or {"error": ...}. It
// prints keys: those of test files.
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "aws/credentials/profile_plan.h"

namespace {

using namespace kvs::aws;
using nlohmann::json;

std::string contentOf(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

json shown(const ProfilePlan& plan);

json show(const KeysPlan& plan) {
  return {{"how", "keys"},
          {"access_key", plan.keys.accessKey},
          {"secret_key", std::string(plan.keys.secretKey.reveal())},
          {"token", std::string(plan.keys.sessionToken.reveal())}};
}
json show(const ProcessPlan& plan) {
  return {{"how", "process"}, {"words", plan.words}};
}
json show(const WebIdentity& plan) {
  return {{"how", "web identity"}, {"role_arn", plan.role.roleArn}, {"token_file", plan.tokenPath}};
}
json show(NamedSource plan) {
  return {{"how", "source"}, {"source", static_cast<int>(plan)}};
}
json show(const RolePlan& plan) {
  return {{"how", "role"}, {"role_arn", plan.role.roleArn}, {"identity", shown(*plan.identity)}};
}
json shown(const ProfilePlan& plan) {
  return std::visit([](const auto& how) { return show(how); }, plan.how);
}

kvs::Result<ProfilePlan> planOf(const char* config, const char* credentials, const std::string& profile) {
  auto sections = parseIni(contentOf(config), config);
  if (!sections) return kvs::fail(sections.error());
  auto keys = parseIni(contentOf(credentials), credentials);
  if (!keys) return kvs::fail(keys.error());
  return planProfile({profilesOfConfig(std::move(*sections)), std::move(*keys)}, profile, true);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto plan = planOf(argv[1], argv[2], argv[3]);
  if (plan) {
    std::cout << shown(*plan) << '\n';
  } else {
    std::cout << json{{"error", plan.error().message},
                      {"absent", plan.error().kind == kvs::ErrorKind::notFound}}
              << '\n';
  }
  return 0;
}

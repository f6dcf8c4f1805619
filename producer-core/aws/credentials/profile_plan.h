// SPDX-License-Identifier: Apache-2.0
// What a profile asks for: a pure decision, in the order in which the AWS CLI looks (role, web identity, keys
// of the credentials file, credential_process, keys of the config file).
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "aws/credentials/profile_file.h"
#include "aws/credentials/web_identity.h"

namespace kvs::aws {

struct ProfilePlan;

/// The keys stand in the profile itself.
struct KeysPlan {
  Credentials keys;
};
/// `credential_process`.
struct ProcessPlan {
  std::vector<std::string> words;
};
/// `credential_source`: one of the other sources of the chain.
enum class NamedSource { environment, instance, container };
/// `role_arn` with `source_profile` or `credential_source`: the role is taken with what `identity` gives.
struct RolePlan {
  RoleRequest role;
  std::shared_ptr<const ProfilePlan> identity;
};

struct ProfilePlan {
  std::variant<KeysPlan, ProcessPlan, WebIdentity, NamedSource, RolePlan> how;
};

/// ErrorKind::notFound when the profile has nothing about credentials, or does not exist and `isNamed` is
/// false (the user did not ask for it); fatal when what it asks for cannot be done, with what to correct.
Result<ProfilePlan> planProfile(const ProfileFiles& files, const std::string& profile, bool isNamed);

}  // namespace kvs::aws

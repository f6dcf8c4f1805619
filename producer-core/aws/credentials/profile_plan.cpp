// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/profile_plan.h"

#include <algorithm>
#include <charconv>

#include "aws/credentials/check.h"

namespace kvs::aws {
namespace {

using Plan = Result<ProfilePlan>;

class Planner {
 public:
  explicit Planner(const ProfileFiles& files) : files_(files) {}

  Plan plan(const std::string& profile) {
    visited_.push_back(profile);
    const ProfileSection all = merged(profile);
    return asksForRole(all) ? planRole(profile, all) : planOwn(profile, all);
  }

  bool exists(const std::string& profile) const {
    return files_.config.contains(profile) || files_.credentials.contains(profile);
  }

 private:
  static std::string text(const ProfileSection& section, const char* name) {
    const auto at = section.find(name);
    return at == section.end() ? std::string() : std::string(at->second.reveal());
  }
  static bool has(const ProfileSection& section, const char* name) { return section.contains(name); }

  static tl::unexpected<Error> wrong(const std::string& profile, const std::string& why) {
    return sourceMisused("The AWS profile '" + profile + "' " + why);
  }

  /// What both files say of a profile; the credentials file goes before.
  ProfileSection merged(const std::string& profile) const {
    ProfileSection all;
    for (const auto* file : {&files_.credentials, &files_.config}) {
      const auto at = file->find(profile);
      if (at != file->end()) all.insert(at->second.begin(), at->second.end());
    }
    return all;
  }

  static bool asksForRole(const ProfileSection& all) {
    return has(all, "role_arn") && !has(all, "web_identity_token_file");
  }
  static bool hasKeys(const ProfileSection& all) {
    return has(all, "aws_access_key_id") || has(all, "aws_secret_access_key");
  }

  static RoleRequest roleOf(const ProfileSection& all) {
    RoleRequest role{text(all, "role_arn"), text(all, "role_session_name"), text(all, "external_id"), {}};
    const std::string duration = text(all, "duration_seconds");
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(duration.data(), duration.data() + duration.size(), seconds);
    if (error == std::errc() && end == duration.data() + duration.size()) role.duration = Seconds(seconds);
    return role;
  }

  Plan planRole(const std::string& profile, const ProfileSection& all) {
    const bool fromProfile = has(all, "source_profile");
    const bool fromSource = has(all, "credential_source");
    if (fromProfile && fromSource)
      return wrong(profile, "has both source_profile and credential_source; remove one.");
    if (!fromProfile && !fromSource)
      return wrong(profile, "has a role_arn but no source_profile or credential_source; add one.");
    if (has(all, "mfa_serial"))
      return wrong(profile,
                   "requires a code from an MFA device (mfa_serial), which nobody can enter here; use "
                   "another profile.");
    Plan identity = fromSource ? planNamedSource(profile, text(all, "credential_source"))
                               : planSourceProfile(profile, text(all, "source_profile"));
    if (!identity) return identity;
    return ProfilePlan{RolePlan{roleOf(all), std::make_shared<const ProfilePlan>(std::move(*identity))}};
  }

  static Plan planNamedSource(const std::string& profile, const std::string& source) {
    if (source == "Environment") return ProfilePlan{NamedSource::environment};
    if (source == "Ec2InstanceMetadata") return ProfilePlan{NamedSource::instance};
    if (source == "EcsContainer") return ProfilePlan{NamedSource::container};
    return wrong(
        profile,
        "names an unknown credential_source; it can be Environment, Ec2InstanceMetadata or EcsContainer.");
  }

  /// A profile may name itself, where it holds keys beside the role.
  Plan planSourceProfile(const std::string& profile, const std::string& source) {
    if (!exists(source))
      return wrong(profile,
                   "names a source_profile that does not exist; correct the name, or add that profile.");
    const ProfileSection all = merged(source);
    const bool seen = std::find(visited_.begin(), visited_.end(), source) != visited_.end();
    if (seen && (source != profile || !hasKeys(all)))
      return wrong(
          profile,
          "refers back to itself through source_profile; name a profile there that has credentials.");
    Plan plan = hasKeys(all) ? planOwn(source, all) : this->plan(source);
    if (!plan && plan.error().kind == ErrorKind::notFound)
      return wrong(profile,
                   "names a source_profile that has no credentials; add them there, or name another.");
    return plan;
  }

  /// Everything but a role.
  Plan planOwn(const std::string& profile, const ProfileSection& all) const {
    if (has(all, "web_identity_token_file")) {
      if (!has(all, "role_arn"))
        return wrong(profile, "has a web_identity_token_file but no role_arn; add it.");
      return ProfilePlan{WebIdentity{text(all, "web_identity_token_file"), roleOf(all)}};
    }
    if (auto keys = keysIn(files_.credentials, profile)) return *std::move(keys);
    if (has(all, "credential_process")) {
      auto words = splitCommand(text(all, "credential_process"));
      if (!words) return fail(words.error());
      return ProfilePlan{ProcessPlan{std::move(*words)}};
    }
    if (auto keys = keysIn(files_.config, profile)) return *std::move(keys);
    if (has(all, "sso_session") || has(all, "sso_start_url")) {
      return wrong(profile,
                   "uses IAM Identity Center, which needs a login; set credential_process to a program that "
                   "prints credentials.");
    }
    return notConfigured("the profile '" + profile + "' has no credentials");
  }

  static std::optional<Plan> keysIn(const std::map<std::string, ProfileSection>& file,
                                    const std::string& profile) {
    const auto at = file.find(profile);
    if (at == file.end() || !has(at->second, "aws_access_key_id")) return std::nullopt;
    if (!has(at->second, "aws_secret_access_key"))
      return wrong(profile, "has aws_access_key_id but no aws_secret_access_key; add it.");
    Credentials keys;
    keys.accessKey = text(at->second, "aws_access_key_id");
    keys.secretKey = at->second.at("aws_secret_access_key");
    for (const char* token : {"aws_session_token", "aws_security_token"}) {  // the last that is there counts
      if (has(at->second, token)) keys.sessionToken = at->second.at(token);
    }
    return ProfilePlan{KeysPlan{std::move(keys)}};
  }

  const ProfileFiles& files_;
  std::vector<std::string> visited_;
};

}  // namespace

Result<ProfilePlan> planProfile(const ProfileFiles& files, const std::string& profile, bool isNamed) {
  Planner planner(files);
  if (planner.exists(profile)) return planner.plan(profile);
  if (isNamed)
    return sourceMisused(
        "AWS_PROFILE names the profile '" + profile.substr(0, 64) +
        "', which neither the config file nor the credentials file has; correct the variable, or add that "
        "profile.");
  return notConfigured("there is no profile '" + profile + "' in the shared config and credentials files");
}

}  // namespace kvs::aws

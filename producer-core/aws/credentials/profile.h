// SPDX-License-Identifier: Apache-2.0
// Credentials of a profile in the files that every AWS tool reads: AWS_PROFILE in AWS_CONFIG_FILE and
// AWS_SHARED_CREDENTIALS_FILE (default: profile `default` in ~/.aws/config and ~/.aws/credentials). The
// files are read at each fetch.
#pragma once

#include <memory>
#include <optional>

#include "aws/credentials/profile_plan.h"
#include "aws/credentials/source.h"

namespace kvs::aws {

/// The profile in use and whether the user named it.
struct ProfileName {
  std::string text;
  bool isNamed = false;
};
ProfileName profileName(const Environment& environment);

/// The two paths, `~` resolved; empty where there is no home.
std::string configPath(const Environment& environment);
std::string credentialsPath(const Environment& environment);

class ProfileSource final : public Source {
 public:
  using Source::Source;
  std::string_view name() const override { return "shared config and credentials files"; }

 private:
  void begin() override;
  void decide(const ProfileFiles& files);
  /// `done` hears of what `plan` gives; errors of files, programs and calls end the fetch.
  void carryOut(const ProfilePlan& plan, Callback done);
  void carryOut(const KeysPlan& plan, const Callback& done);
  void carryOut(const ProcessPlan& plan, const Callback& done);
  void carryOut(const WebIdentity& plan, const Callback& done);
  void carryOut(NamedSource plan, const Callback& done);
  void carryOut(const RolePlan& plan, const Callback& done);
  void assume(const RolePlan& plan, Credentials identity, const Callback& done);

  ProfileFiles files_;  // while they are read
  std::string profile_;
  std::optional<SourceTools>
      forRoles_;  // with what the config file says of the Security Token Service's name
  std::shared_ptr<const ProfilePlan> plan_;
  std::unique_ptr<CredentialProvider> inner_;
};

}  // namespace kvs::aws

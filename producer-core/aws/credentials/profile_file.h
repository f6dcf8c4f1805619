// SPDX-License-Identifier: Apache-2.0
// The files that every AWS tool reads, ~/.aws/config and ~/.aws/credentials: pure functions from their texts
// to profiles (AWS SDKs and Tools Reference Guide, "Shared config and credentials files"). Where the guide is
// silent they are read as the AWS CLI reads them; a test compares.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace kvs::aws {

/// Settings by name, names in lower case. A value that is a block of its own (indented lines) is kept empty:
/// no setting that a producer reads is one.
using ProfileSection = std::map<std::string, Secret>;
/// Sections by the name in their brackets, as it stands there.
using ProfileSections = std::map<std::string, ProfileSection>;

struct ProfileFiles {
  std::map<std::string, ProfileSection> config;       ///< by profile: [default], [profile NAME]
  std::map<std::string, ProfileSection> credentials;  ///< by profile: [NAME]
};

/// `path` names the file in the error, which is fatal and repeats nothing of a value: a line that is neither
/// section, setting, comment nor continuation; a section or a setting that stands twice; more than 4,096
/// settings.
Result<ProfileSections> parseIni(std::string_view text, const std::string& path);

/// The profiles of the config file: [default], [profile NAME] and [profile "NAME"]; a section of another
/// kind is none.
std::map<std::string, ProfileSection> profilesOfConfig(ProfileSections sections);

}  // namespace kvs::aws

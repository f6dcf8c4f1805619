// SPDX-License-Identifier: Apache-2.0
// A role's credentials for a token that somebody else issued: EKS service accounts and the like. The token's
// file is read each time, since its owner renews it.
#pragma once

#include "aws/credentials/sts.h"

namespace kvs::aws {

struct WebIdentity {
  std::string tokenPath;
  RoleRequest role;
};

/// From AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME. ErrorKind::notFound when the
/// first is not set, fatal when it is and the second is not.
Result<WebIdentity> webIdentityFrom(const Environment& environment);

class WebIdentitySource final : public Source {
 public:
  /// Takes what the environment says at each fetch.
  explicit WebIdentitySource(SourceTools tools) : Source(std::move(tools)), name_("web identity token") {}
  /// Takes what a profile says.
  WebIdentitySource(SourceTools tools, WebIdentity identity, std::string name)
      : Source(std::move(tools)), fixed_(std::move(identity)), name_(std::move(name)) {}
  std::string_view name() const override { return name_; }

 private:
  void begin() override;

  const std::optional<WebIdentity> fixed_;
  const std::string name_;
};

}  // namespace kvs::aws

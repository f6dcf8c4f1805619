// SPDX-License-Identifier: Apache-2.0
// Credentials of a container's role, from the endpoint that ECS, EKS Pod Identity or Greengrass names in
// the environment (AWS SDKs and Tools Reference Guide, "Container credential provider").
#pragma once

#include "aws/credentials/source.h"

namespace kvs::aws {

class ContainerSource final : public Source {
 public:
  using Source::Source;
  std::string_view name() const override { return "container endpoint"; }

 private:
  void begin() override;
  void askForCredentials(const std::string& url, Secret token);

  /// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI on 169.254.170.2, else AWS_CONTAINER_CREDENTIALS_FULL_URI: https
  /// anywhere, http to this machine and to the container agents' addresses only.
  Result<std::string> url() const;
};

}  // namespace kvs::aws

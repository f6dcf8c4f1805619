// SPDX-License-Identifier: Apache-2.0
// Credentials for a device's X.509 certificate, from the AWS IoT credentials provider over mutual TLS
// (guide, "Controlling access to Kinesis Video Streams resources using AWS IoT").
#pragma once

#include "aws/credentials/settings.h"
#include "aws/credentials/source.h"

namespace kvs::aws {

class IotSource final : public Source {
 public:
  IotSource(SourceTools tools, IotSettings settings)
      : Source(std::move(tools)), settings_(std::move(settings)) {}
  std::string_view name() const override { return "AWS IoT certificate"; }

  /// What is wrong with the settings, found without asking anybody: something missing, an endpoint that is
  /// no host.
  static Result<void> check(const IotSettings& settings);

 private:
  void begin() override;
  /// Reads a file that must hold a PEM block of that kind (RFC 7468): "CERTIFICATE" or "PRIVATE KEY".
  void readPem(const std::string& path, std::string_view kind, std::function<void(WipingString)> next);
  void askForCredentials();
  void take(const Answer& answer);

  const IotSettings settings_;
  net::TlsIdentity identity_;  // while its files are read
};

}  // namespace kvs::aws

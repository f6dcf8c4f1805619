// SPDX-License-Identifier: Apache-2.0
// Credentials of an EC2 instance's role from its metadata service, version 2 (EC2 User Guide, "Use the
// Instance Metadata Service to access instance metadata"). Asked last: on any other machine nobody answers,
// so a call waits one second, and is made twice at most.
#pragma once

#include "aws/credentials/source.h"

namespace kvs::aws {

class ImdsSource final : public Source {
 public:
  using Source::Source;
  std::string_view name() const override { return "EC2 instance metadata"; }

 private:
  using Next = void (ImdsSource::*)(const Answer&);

  void begin() override;
  Result<std::string> findService() const;
  void call(std::string method, const std::string& path, Next next);
  void attempt(const std::string& method, const std::string& path, Next next, int attemptsLeft);
  void takeToken(const Answer& answer);
  void takeRole(const Answer& answer);
  void takeCredentials(const Answer& answer);
  void nobodyThere(const Error& error);
  /// There is no such service, or no role; once there was, it is in trouble.
  void absent(std::string why);

  std::string service_;  // scheme://host[:port]
  Secret token_;
  bool worked_ = false;
};

}  // namespace kvs::aws

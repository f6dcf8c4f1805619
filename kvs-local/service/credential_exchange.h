// SPDX-License-Identifier: Apache-2.0
// One request for temporary credentials (`--credentials`), as AWS IoT, a container's agent, an instance's
// metadata service and the Security Token Service answer it.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "service/call_exchange.h"
#include "service/credential_issuer.h"
#include "service/sigv4.h"

namespace kvslocal {

/// What the requests for credentials share.
struct CredentialHost {
  const VerifierConfig& verifier;
  const Clock& clock;
  CredentialIssuer& issuer;
  std::string metadataToken;  ///< of the instance metadata service; empty: none was asked for
};

class CredentialExchange final : public CallExchange {
 public:
  CredentialExchange(CredentialHost& host, HttpHead head, std::unique_ptr<CallGate> gate);

  /// Whether the request is one for this handler.
  static bool knows(const HttpHead& head);

 private:
  HttpReply refuseSize() override;
  [[nodiscard]] std::string operation() const override;
  void answer() override { reply(makeAnswer()); }

  HttpReply makeAnswer();
  HttpReply answerIot();
  HttpReply answerContainer();
  HttpReply answerMetadataToken();
  HttpReply answerMetadata(const std::string& operation);
  HttpReply answerAssumeRole(const std::string& action);
  [[nodiscard]] std::string field(const std::string& name) const;

  CredentialHost& host_;
};

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4, the verifying side: is this request signed, with our key, over exactly the headers
// that it says? (AWS General Reference, "Create a signed AWS API request".)
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/credential_issuer.h"
#include "service/service_error.h"

namespace kvslocal {

struct KeyPair {
  std::string accessKey;
  std::string secretKey;
  std::string sessionToken;  ///< empty: none may be sent
};

struct VerifierConfig {
  const CredentialIssuer* issuer = nullptr;  ///< null: no key but the next
  std::optional<KeyPair> key;                ///< nothing: every request passes (`--no-auth`)
  std::string region;                        ///< the scope's region must be this one; empty: any
  std::string service = "kinesisvideo";
  std::chrono::minutes tolerance{5};
};

/// The values that may stand for the payload in a PutMedia request, whose body nobody can know beforehand.
std::vector<std::string> streamingPayloadHashes();

/// The part of verifySignature() that needs no payload: all but the signature itself.
std::optional<ServiceError> verifyHead(const VerifierConfig& config, const HttpHead& head, WallTime now);

/// Nothing when the request may pass with the configured key, or with one that was issued and has not
/// expired, else the exception to answer with. `payloadHashes` are the values that may stand for the payload
/// in the canonical request; a sent x-amz-content-sha256 must be one of them.
std::optional<ServiceError> verifySignature(const VerifierConfig& config, const HttpHead& head,
                                            const std::vector<std::string>& payloadHashes, WallTime now);

/// The canonical request over `signedHeaders` (lower case). A sentence when one of them was not sent.
Result<std::string> canonicalRequest(const HttpHead& head, const std::vector<std::string>& signedHeaders,
                                     const std::string& payloadHash);

/// The signature, hex. `date` is YYYYMMDD, `scope` is date/region/service/aws4_request.
std::string signature(const std::string& secretKey, const std::string& amzDate, const std::string& scope,
                      const std::string& canonical);

}  // namespace kvslocal

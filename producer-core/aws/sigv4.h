// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4 (AWS General Reference, "Signing AWS API requests"): pure functions from a
// request, credentials and a time to an authorization header. The steps stand here one by one, so
// that tests can compare each with what another signer makes of the same request.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials/credentials.h"
#include "base/error.h"
#include "base/time.h"
#include "base/wiping.h"
#include "net/transport.h"

namespace kvs::aws {

struct SigningScope {
  std::string region;
  std::string service = "kinesisvideo";
};

/// SHA-256 of nothing: the payload hash of PutMedia, whose body is not known when it is signed.
inline constexpr std::string_view emptyPayloadHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Lower-case hex of SHA-256.
std::string sha256Hex(std::string_view text);

/// Signs `request` in place: sets x-amz-date, x-amz-security-token (temporary credentials only) and
/// authorization, taking away those of an earlier signature. Signed are host, content-type and every
/// x-amz... header; never those that a transport or a proxy may change. `now` is the wall clock as the
/// service sees it (corrected, where the machine's is off). Fails (invalidArg, fatal) on an address that is
/// none or a header with control characters.
Result<void> sign(net::Request& request, const Credentials& credentials, const SigningScope& scope,
                  WallTime now, std::string_view payloadHash);

/// Step 1. `signedHeaders` is the list for the authorization header: "content-type;host;x-amz-date".
struct CanonicalRequest {
  WipingString text;  ///< with the session token in it
  std::string signedHeaders;
};
Result<CanonicalRequest> canonicalRequest(const net::Request& request, std::string_view payloadHash);

/// "20260130T235959Z"; its first eight characters are the scope's date.
std::string amzDate(WallTime time);

/// Step 2. `date` is amzDate().
std::string stringToSign(std::string_view amzDate, const SigningScope& scope,
                         std::string_view canonicalRequest);

/// Step 3, over the text of step 2: lower-case hex. Derived keys are wiped.
std::string signature(const Secret& secretKey, std::string_view date, const SigningScope& scope,
                      std::string_view text);

}  // namespace kvs::aws

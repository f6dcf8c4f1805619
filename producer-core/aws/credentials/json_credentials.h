// SPDX-License-Identifier: Apache-2.0
// Credentials that come as a JSON object: from AWS IoT, a container's or an instance's endpoint, or a
// program. They differ only in the names of the fields. Inside the room only.
#pragma once

#include <string_view>

#include "aws/credentials/credentials.h"
#include "base/error.h"

namespace kvs::aws {

struct JsonNames {
  const char* object;  ///< the field that holds the rest; null: the answer itself
  const char* accessKey;
  const char* secretKey;
  const char* sessionToken;
  const char* expiration;
  bool versioned;  ///< there must be a "Version" of 1
  bool temporary;  ///< token and expiration must be there
};

/// AWS IoT credentials provider (guide, "Test the AWS IoT credentials with your Kinesis video stream").
inline constexpr JsonNames iotNames{
    "credentials", "accessKeyId", "secretAccessKey", "sessionToken", "expiration", false, true};
/// Container and instance endpoints.
inline constexpr JsonNames endpointNames{nullptr, "AccessKeyId", "SecretAccessKey", "Token", "Expiration",
                                         false,   true};
/// A `credential_process` (AWS SDKs and Tools Reference Guide, "Process credential provider").
inline constexpr JsonNames processNames{
    nullptr, "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", true, false};

/// Reads and checks an answer. `source` goes into Credentials::source and names it in the error, which
/// repeats nothing of the answer.
Result<Credentials> parseJsonCredentials(std::string_view answer, const JsonNames& names,
                                         std::string_view source);

}  // namespace kvs::aws

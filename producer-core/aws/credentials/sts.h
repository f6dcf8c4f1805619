// SPDX-License-Identifier: Apache-2.0
// The two calls of the Security Token Service that change one identity into a role's credentials: pure
// builders of requests and the reader of answers (AWS STS API Reference, AssumeRole and
// AssumeRoleWithWebIdentity; query protocol, answers in XML).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials/source.h"

namespace kvs::aws {

/// The role that is wanted.
struct RoleRequest {
  std::string roleArn;
  std::string sessionName;          ///< empty: one is made of the time
  std::string externalId;           ///< empty: not sent
  std::optional<Seconds> duration;  ///< nothing: the role's own, an hour
};

/// Where the service is: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, else the region's own. Fatal error where
/// an address is none, or is plain http to another machine.
Result<std::string> stsUrl(const SourceTools& tools);

/// AssumeRole, signed with `identity` just before it is sent.
Result<net::Request> assumeRoleRequest(const SourceTools& tools, const RoleRequest& role,
                                       Credentials identity);

/// AssumeRoleWithWebIdentity: the token is the proof, nothing is signed.
Result<net::Request> webIdentityRequest(const SourceTools& tools, const RoleRequest& role,
                                        std::string_view token);

/// The credentials in an answer, or its refusal as an Error: ErrorKind::auth with serverDate where the clock
/// is to blame.
Result<Credentials> parseStsAnswer(const Answer& answer, std::string_view source);

/// The text of the first element of that name, with XML's own entities resolved; nothing when there is none,
/// when it has children, or when it is longer than 32 KiB.
std::optional<WipingString> xmlText(std::string_view xml, std::string_view element);

}  // namespace kvs::aws

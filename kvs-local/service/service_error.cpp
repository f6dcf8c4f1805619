// SPDX-License-Identifier: Apache-2.0
#include "service/service_error.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"

namespace kvslocal {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 13> statuses{{
    {"NotAuthorizedException", 401},
    {"AccessDeniedException", 403},
    {"ExpiredTokenException", 403},
    {"InvalidSignatureException", 403},
    {"MissingAuthenticationTokenException", 403},
    {"SignatureDoesNotMatch", 403},
    {"UnrecognizedClientException", 403},
    {"ResourceNotFoundException", 404},
    {"UnknownOperationException", 404},
    {"RequestEntityTooLargeException", 413},
    {"InternalFailure", 500},
    {"ServiceUnavailable", 503},
    {"ServiceUnavailableException", 503},
}};

}  // namespace

int statusOfException(std::string_view name) {
  const auto* found =
      std::find_if(statuses.begin(), statuses.end(), [&](const auto& entry) { return entry.first == name; });
  return found == statuses.end() ? 400 : found->second;
}

HttpReply errorReply(const ServiceError& error, int status) {
  const std::string body =
      R"({"__type":)" + jsonString(error.name) + R"(,"Message":)" + jsonString(error.message) + '}';
  return {status, {{"Content-Type", "application/json"}, {"x-amzn-ErrorType", error.name}}, body};
}

HttpReply errorReply(const ServiceError& error) {
  return errorReply(error, statusOfException(error.name));
}

HttpReply refusalOf(int status, const std::string& why) {
  return errorReply({status == 408 ? "RequestTimeoutException" : "BadRequest", why}, status);
}

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
// Exceptions of the service, and the answers that carry them.
#pragma once

#include <string>
#include <string_view>

#include "http/http_types.h"

namespace kvslocal {

/// An exception of the service: its name decides the HTTP status.
struct ServiceError {
  std::string name;
  std::string message;
};

/// The HTTP status of a service exception; 400 for a name that is not known.
int statusOfException(std::string_view name);

/// The answer that carries an exception: x-amzn-ErrorType, `__type` and `Message`.
HttpReply errorReply(const ServiceError& error);
/// The same with a status of its own (faults).
HttpReply errorReply(const ServiceError& error, int status);

/// What every answer of the service calls its request by.
inline constexpr const char* requestIdHeader = "x-amzn-RequestId";

/// The answer to a request that HTTP refuses, with the names that the service gives to such ones.
HttpReply refusalOf(int status, const std::string& why);

}  // namespace kvslocal

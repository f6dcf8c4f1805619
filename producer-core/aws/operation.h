// SPDX-License-Identifier: Apache-2.0
// An operation of a service's API: a plain value, so that each client brings its own.
#pragma once

#include <string_view>

#include "base/status.h"

namespace kvs::aws {

struct Operation {
  enum class Plane {
    control,  ///< asked of the service itself, which knows all its streams
    data,     ///< asked of the data endpoint of one stream, which may be the wrong one
  };

  std::string_view name;  ///< as the service writes it; also the path of its address
  StatusCode failure =
      StatusCode::unknown;  ///< the guide's code for "this call failed" without a better word
  Plane plane = Plane::control;

  static const Operation describeStream, createStream, tagStream, getDataEndpoint, putMedia;
};

inline constexpr Operation Operation::describeStream{"describeStream", StatusCode::describeStreamFailed};
inline constexpr Operation Operation::createStream{"createStream", StatusCode::createStreamFailed};
inline constexpr Operation Operation::tagStream{"tagStream", StatusCode::tagStreamFailed};
inline constexpr Operation Operation::getDataEndpoint{"getDataEndpoint", StatusCode::getDataEndpointFailed};
inline constexpr Operation Operation::putMedia{"putMedia", StatusCode::putMediaFailed, Plane::data};

}  // namespace kvs::aws

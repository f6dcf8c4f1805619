// SPDX-License-Identifier: Apache-2.0
#include "aws/control_plane.h"

#include <utility>

namespace kvs::aws {

CallHandle ControlPlane::describeStream(std::string_view streamName,
                                        Callback<StreamDescription> callback) const {
  return client_->call<StreamDescription>(
      {Operation::describeStream, std::string(streamName), describeStreamBody(streamName)},
      parseDescribeStream, std::move(callback));
}

CallHandle ControlPlane::createStream(const CreateStreamInput& input, Callback<std::string> callback) const {
  return client_->call<std::string>({Operation::createStream, input.name, createStreamBody(input)},
                                    parseCreateStream, std::move(callback));
}

CallHandle ControlPlane::tagStream(std::string_view streamArn, const Tags& tags,
                                   Callback<void> callback) const {
  return client_->call<void>(
      {Operation::tagStream, std::string(streamArn), tagStreamBody(streamArn, tags)},
      [](std::string_view) { return Result<void>(); }, std::move(callback));
}

CallHandle ControlPlane::getDataEndpoint(std::string_view streamName, Callback<std::string> callback) const {
  const Service& service = client_->service();
  const auto parse = [allowInsecure = service.allowInsecure](std::string_view body) {
    return parseGetDataEndpoint(body, allowInsecure);
  };
  return client_->call<std::string>(
      {Operation::getDataEndpoint, std::string(streamName), getDataEndpointBody(streamName, service.api)},
      parse, std::move(callback));
}

}  // namespace kvs::aws

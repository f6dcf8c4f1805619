// SPDX-License-Identifier: Apache-2.0
// The control plane's four calls that a producer makes: describe, create, tag, data endpoint. Pure
// builders and parsers of JSON; ServiceClient does the rest.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/call.h"
#include "aws/limits.h"
#include "aws/service_client.h"
#include "base/error.h"
#include "base/time.h"

namespace kvs::aws {

enum class StreamStatus { creating, active, updating, deleting };

struct StreamDescription {
  std::string name;
  std::string arn;
  std::string version;
  StreamStatus status = StreamStatus::creating;
  std::chrono::hours retention{};  ///< 0: nothing is kept, no PERSISTED comes
  std::string mediaType;
  std::string kmsKeyId;
  std::string deviceName;
  std::optional<WallTime> creationTime;
};

struct CreateStreamInput {
  std::string name;
  std::string mediaType;  ///< "video/h264,audio/aac"; empty: not sent
  std::chrono::hours retention{};
  std::string kmsKeyId;    ///< empty: the service's own key
  std::string deviceName;  ///< empty: not sent
  Tags tags;
};

// Bodies of requests. Texts that are not UTF-8 are repaired, not refused: see limits.h.
std::string describeStreamBody(std::string_view streamName);
std::string createStreamBody(const CreateStreamInput& input);
std::string tagStreamBody(std::string_view streamArn, const Tags& tags);
/// `api` is the service's word for what the endpoint is wanted for: "PUT_MEDIA".
std::string getDataEndpointBody(std::string_view streamName, std::string_view api);

// Bodies of 200 answers, from anyone: bounded in depth, unknown fields ignored. What cannot be used is
// a retryable error (invalidDescribeResponse, invalidCreateResponse, getDataEndpointFailed).
Result<StreamDescription> parseDescribeStream(std::string_view body);
Result<std::string> parseCreateStream(std::string_view body);
/// The data endpoint, checked as checkServiceUrl() does.
Result<std::string> parseGetDataEndpoint(std::string_view body, bool allowInsecure);

/// Used on the loop. Every callback is as ServiceClient::call() says.
class ControlPlane {
 public:
  template <class T>
  using Callback = ServiceClient::Callback<T>;

  explicit ControlPlane(std::shared_ptr<const ServiceClient> client) : client_(std::move(client)) {}
  const ServiceClient& client() const { return *client_; }

  [[nodiscard]] CallHandle describeStream(std::string_view streamName,
                                          Callback<StreamDescription> callback) const;
  /// Gives the ARN. StatusCode::resourceInUse means that somebody created it first: describe it.
  [[nodiscard]] CallHandle createStream(const CreateStreamInput& input, Callback<std::string> callback) const;
  [[nodiscard]] CallHandle tagStream(std::string_view streamArn, const Tags& tags,
                                     Callback<void> callback) const;
  /// Gives the address, scheme://host[:port], of the data endpoint for the service's API.
  [[nodiscard]] CallHandle getDataEndpoint(std::string_view streamName, Callback<std::string> callback) const;

 private:
  const std::shared_ptr<const ServiceClient> client_;
};

}  // namespace kvs::aws

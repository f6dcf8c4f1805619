// SPDX-License-Identifier: Apache-2.0
// The control plane's four calls that a producer makes: describe, create, tag, data endpoint. Pure
// builders and parsers, and a thin caller that signs, sends through net::Transport and parses. It
// retries nothing and keeps nothing: that is for the stream's machine.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/call.h"
#include "aws/credentials/credentials.h"
#include "aws/endpoint.h"
#include "aws/limits.h"
#include "base/error.h"
#include "base/time.h"
#include "net/transport.h"

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
/// For APIName PUT_MEDIA.
std::string getDataEndpointBody(std::string_view streamName);

// Bodies of 200 answers, from anyone: bounded in depth, unknown fields ignored. What cannot be used is
// a retryable error (invalidDescribeResponse, invalidCreateResponse, getDataEndpointFailed).
Result<StreamDescription> parseDescribeStream(std::string_view body);
Result<std::string> parseCreateStream(std::string_view body);
/// The data endpoint, checked as checkServiceUrl() does.
Result<std::string> parseGetDataEndpoint(std::string_view body, bool allowInsecure);

struct ControlPlaneOptions {
  Endpoint endpoint;
  std::string userAgent;                  ///< empty: the transport's own
  Milliseconds connectTimeout{5000};      ///< property connection-timeout
  Milliseconds completionTimeout{10000};  ///< property completion-timeout
  bool allowInsecure = false;             ///< data endpoints by plain http to other machines
};

/// Lives and is used on the loop's thread; `transport` and `clock` must outlive its calls. `clock` is the
/// wall clock requests are signed by: one that is corrected by the service's Date where the machine's is off.
/// Each callback comes once, on the loop, never from inside the function that started the call. Every
/// failure is an Error as parseErrorAnswer() makes it.
class ControlPlane {
 public:
  template <class T>
  using Callback = std::function<void(Result<T>)>;
  using CallHandle = aws::CallHandle;

  ControlPlane(net::Transport& transport, const Clock& clock, ControlPlaneOptions options)
      : transport_(transport), clock_(clock), options_(std::move(options)) {}

  const Endpoint& endpoint() const { return options_.endpoint; }
  /// Where calls go from now on.
  void moveTo(Endpoint endpoint) { options_.endpoint = std::move(endpoint); }

  [[nodiscard]] CallHandle describeStream(std::string_view streamName, Credentials credentials,
                                          Callback<StreamDescription> callback);
  /// Gives the ARN. StatusCode::resourceInUse means that somebody created it first: describe it.
  [[nodiscard]] CallHandle createStream(const CreateStreamInput& input, Credentials credentials,
                                        Callback<std::string> callback);
  [[nodiscard]] CallHandle tagStream(std::string_view streamArn, const Tags& tags, Credentials credentials,
                                     Callback<void> callback);
  /// Gives the data endpoint's address, scheme://host[:port].
  [[nodiscard]] CallHandle getDataEndpoint(std::string_view streamName, Credentials credentials,
                                           Callback<std::string> callback);

 private:
  net::Transport& transport_;
  const Clock& clock_;
  ControlPlaneOptions options_;
};

}  // namespace kvs::aws

// SPDX-License-Identifier: Apache-2.0
// What the service has said about streams, for all of a process who ask: so a restart of a hundred elements
// is no burst of calls.
#pragma once

#include <memory>
#include <string>

#include "aws/control_plane.h"
#include "aws/shared_answers.h"

namespace kvs::aws {

/// The answers that `client` is given about that stream. It needs credentials.
StreamKey keyOf(const ServiceClient& client, const std::string& stream);

/// A digest that tells credentials apart and says nothing about them.
std::string identityOf(const Credentials& credentials);

/// Used on the loop; outlives the handles that it gives. What is remembered is said at once, before the
/// function returns, which then gives no handle; else the service is asked through `plane`, whose client
/// needs credentials. Others may wait for the same answer when whoever asked has gone.
class StreamDirectory {
 public:
  template <class T>
  using Callback = ControlPlane::Callback<T>;

  [[nodiscard]] CallHandle describe(const ControlPlane& plane, const std::string& stream,
                                    Callback<StreamDescription> callback);
  /// The description was wrong, or is too old.
  void forgetDescription(const ControlPlane& plane, const std::string& stream);

  [[nodiscard]] CallHandle locate(const ControlPlane& plane, const std::string& stream,
                                  Callback<std::string> callback);
  /// The data endpoint was refused, or not reached.
  void forgetLocation(const ControlPlane& plane, const std::string& stream);

 private:
  /// Of streams that can be sent to. Not for ever: their retention may be changed.
  SharedAnswers<StreamDescription> descriptions_{
      std::chrono::minutes(5), [](const StreamDescription& stream) {
        return stream.status == StreamStatus::active || stream.status == StreamStatus::updating;
      }};
  /// Data endpoints, until they are refused.
  SharedAnswers<std::string> locations_{std::chrono::hours(24 * 365),
                                        [](const std::string&) { return true; }};
};

/// The process's own; a forked child has another.
std::shared_ptr<StreamDirectory> sharedStreamDirectory();

}  // namespace kvs::aws

// SPDX-License-Identifier: Apache-2.0
// What the shared config file says about endpoints (guide, "Use IPv6 with Kinesis Video Streams"). It is
// a file, so the worker reads it, before the first call is made.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials/files.h"
#include "aws/credentials/profile_file.h"
#include "aws/endpoint.h"

namespace kvs::aws {

/// use_dualstack_endpoint and use_fips_endpoint.
EndpointVariant variantOf(const ProfileSection& profile);

/// The same of the profile in the config file's text; nothing of a text that can't be read.
EndpointVariant variantInConfig(std::string_view text, const std::string& profile);

/// Finds the control plane's address once. Used on the loop; owned by a shared_ptr.
class EndpointFinder : public std::enable_shared_from_this<EndpointFinder> {
 public:
  using Then = std::function<void()>;

  /// `options` have been checked by controlEndpoint(). `found` is called once, before any of find()'s.
  EndpointFinder(EndpointOptions options, Environment environment, std::shared_ptr<FileReader> files,
                 std::function<void(Endpoint)> found)
      : options_(std::move(options)),
        environment_(std::move(environment)),
        files_(std::move(files)),
        found_(std::move(found)) {}

  /// Whether the file can change anything: no address is named, and not all is said by property or
  /// environment.
  static bool isNeeded(const EndpointOptions& options, const Environment& environment);

  /// Calls `then` when the address is known; at once when it is.
  void find(Then then);

 private:
  void take(std::string_view text);

  EndpointOptions options_;
  const Environment environment_;
  const std::shared_ptr<FileReader> files_;
  std::function<void(Endpoint)> found_;  // null when told
  CallHandle call_;
  std::vector<Then> waiting_;
};

}  // namespace kvs::aws

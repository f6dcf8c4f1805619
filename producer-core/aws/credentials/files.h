// SPDX-License-Identifier: Apache-2.0
// How sources read files: on the worker, bounded, the text wiped when it was used. An interface, so that
// a test needs neither files nor threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "aws/call.h"
#include "base/error.h"
#include "base/wiping.h"
#include "net/loop.h"

namespace kvs::aws {

/// Largest file taken: credentials, profiles, certificates and tokens are all far smaller.
inline constexpr std::size_t maxCredentialFile = 256 * 1024;

class FileReader {
 public:
  using Callback = std::function<void(Result<WipingString>)>;
  virtual ~FileReader() = default;

  /// Called on the loop; the callback comes on the loop, once, never from inside this function.
  /// ErrorKind::notFound when there is no such file, retryable when it cannot be read, is no file, or is
  /// larger than maxCredentialFile.
  [[nodiscard]] virtual CallHandle read(std::string path, Callback callback) = 0;
};

/// Reads on Loop::worker() and answers on `loop`.
std::shared_ptr<FileReader> workerFiles(std::shared_ptr<net::Loop> loop);

}  // namespace kvs::aws

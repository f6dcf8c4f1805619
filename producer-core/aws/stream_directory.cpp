// SPDX-License-Identifier: Apache-2.0
#include "aws/stream_directory.h"

#include <unistd.h>

#include "aws/sigv4.h"
#include "base/of_process.h"
#include "base/wiping.h"

namespace kvs::aws {

namespace {

class Directories {
 public:
  Mutex& mutex() KVS_RETURN_MUTEX(mutex_) { return mutex_; }

  std::shared_ptr<StreamDirectory> own() KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    if (owner_ != getpid()) {
      // What a parent has under way in its own is never answered here, nor may it be cancelled.
      all_.push_back(std::make_shared<StreamDirectory>());
      owner_ = getpid();
    }
    return all_.back();
  }

 private:
  Mutex mutex_{"stream directories"};
  /// This process's behind its parents'.
  std::vector<std::shared_ptr<StreamDirectory>> all_ KVS_GUARDED_BY(mutex_);
  pid_t owner_ KVS_GUARDED_BY(mutex_) = 0;
};

}  // namespace

StreamKey keyOf(const ServiceClient& client, const std::string& stream) {
  const Service& service = client.service();
  return {service.endpoint.url, service.endpoint.region, identityOf(client.credentials()), stream,
          service.api};
}

std::string identityOf(const Credentials& credentials) {
  WipingString text(credentials.accessKey);
  text.append("\n").append(credentials.secretKey.reveal());
  return sha256Hex(text);
}

std::shared_ptr<StreamDirectory> sharedStreamDirectory() {
  return ofProcess<Directories>().own();
}

}  // namespace kvs::aws

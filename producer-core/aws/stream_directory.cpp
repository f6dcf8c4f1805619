// SPDX-License-Identifier: Apache-2.0
#include "aws/stream_directory.h"

#include <pthread.h>
#include <unistd.h>

#include <mutex>

#include "aws/sigv4.h"
#include "base/immortal.h"
#include "base/wiping.h"

namespace kvs::aws {

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
  struct Slot {
    std::mutex mutex;  // held across fork(), so that a child finds it free
    std::vector<std::shared_ptr<StreamDirectory>> directories;  // of this process behind its parents'
    pid_t owner = 0;
  };
  static Immortal<Slot> slot;
  [[maybe_unused]] static const int registered =
      pthread_atfork([] { slot->mutex.lock(); }, [] { slot->mutex.unlock(); }, [] { slot->mutex.unlock(); });
  const std::lock_guard lock(slot->mutex);
  if (slot->owner != getpid()) {
    // What a parent has under way in its own is never answered here, nor may it be cancelled.
    slot->directories.push_back(std::make_shared<StreamDirectory>());
    slot->owner = getpid();
  }
  return slot->directories.back();
}

}  // namespace kvs::aws

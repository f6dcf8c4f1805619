// SPDX-License-Identifier: Apache-2.0
#include "aws/stream_directory.h"

#include <unistd.h>

#include <utility>
#include <vector>

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

template <class T>
CallHandle answerFrom(SharedAnswers<T>& answers, const ControlPlane& plane, const std::string& stream,
                      const typename SharedAnswers<T>::Start& start, ControlPlane::Callback<T> callback) {
  const StreamKey key = keyOf(plane.client(), stream);
  const Clock& clock = *plane.client().service().clock;
  if (auto known = answers.recall(key, clock.now())) {
    callback(*std::move(known));
    return nullptr;
  }
  return answers.ask(key, clock, start, std::move(callback));
}

}  // namespace

CallHandle StreamDirectory::describe(const ControlPlane& plane, const std::string& stream,
                                     Callback<StreamDescription> callback) {
  const auto start = [&](auto answered) { return plane.describeStream(stream, std::move(answered)); };
  return answerFrom<StreamDescription>(descriptions_, plane, stream, start, std::move(callback));
}

void StreamDirectory::forgetDescription(const ControlPlane& plane, const std::string& stream) {
  descriptions_.forget(keyOf(plane.client(), stream));
}

CallHandle StreamDirectory::locate(const ControlPlane& plane, const std::string& stream,
                                   Callback<std::string> callback) {
  const auto start = [&](auto answered) { return plane.getDataEndpoint(stream, std::move(answered)); };
  return answerFrom<std::string>(locations_, plane, stream, start, std::move(callback));
}

void StreamDirectory::forgetLocation(const ControlPlane& plane, const std::string& stream) {
  locations_.forget(keyOf(plane.client(), stream));
}

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

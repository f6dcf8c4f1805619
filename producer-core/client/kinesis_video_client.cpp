// SPDX-License-Identifier: Apache-2.0
#include "client/kinesis_video_client.h"

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "client/registration.h"

namespace kvs::client {

namespace {

using RegistrationPtr = std::shared_ptr<Registration>;

/// The registrations, and who finds them. No source is waited for with the lock held.
class Client final : public KinesisVideoClient {
 public:
  explicit Client(std::shared_ptr<Producer> producer) : producer_(std::move(producer)) {}
  ~Client() override { (void)stopAllMediaSources(); }

  Result<void> registerMediaSource(std::shared_ptr<MediaSource> source,
                                   std::shared_ptr<MediaSourceListener> listener) override;
  Result<void> startMediaSource(const MediaSource& source) override;
  Result<void> stopMediaSource(const MediaSource& source) override;
  Result<bool> unregisterMediaSource(const MediaSource& source, Milliseconds drain) override;
  Result<void> startAllMediaSources() override;
  Result<void> stopAllMediaSources() override;
  std::vector<std::shared_ptr<MediaSource>> mediaSources() const override;
  Result<MediaSourceStatus> status(const MediaSource& source) const override;
  Result<StreamStats> stats(const MediaSource& source) const override;

 private:
  Result<RegistrationPtr> find(const MediaSource& source) const KVS_EXCLUDES(mutex_);
  std::vector<RegistrationPtr> all() const KVS_EXCLUDES(mutex_);
  bool add(const RegistrationPtr& registration) KVS_EXCLUDES(mutex_);

  const std::shared_ptr<Producer> producer_;
  mutable Mutex mutex_{"client"};
  std::vector<RegistrationPtr> registrations_ KVS_GUARDED_BY(mutex_);
};

auto isOf(const MediaSource& source) {
  return [&source](const RegistrationPtr& one) { return one->source().get() == &source; };
}

tl::unexpected<Error> registeredAlready() {
  return fail(StatusCode::invalidArg, ErrorKind::fatal,
              "The media source is registered already; unregister it first.");
}

tl::unexpected<Error> notRegistered() {
  return fail(StatusCode::invalidArg, ErrorKind::fatal,
              "The media source is not registered with this client; register it first.");
}

Result<void> Client::registerMediaSource(std::shared_ptr<MediaSource> source,
                                         std::shared_ptr<MediaSourceListener> listener) {
  if (!source) return fail(StatusCode::invalidArg, ErrorKind::fatal, "There is no media source to register.");
  if (find(*source)) return registeredAlready();
  const auto made = Registration::create(*producer_, std::move(source), std::move(listener));
  if (!made) return fail(made.error());
  if (!add(*made)) return registeredAlready();  // by another thread, meanwhile
  return {};
}

bool Client::add(const RegistrationPtr& registration) {
  const Lock lock(mutex_);
  if (std::ranges::any_of(registrations_, isOf(*registration->source()))) return false;
  registrations_.push_back(registration);
  return true;
}

Result<void> Client::startMediaSource(const MediaSource& source) {
  const auto registration = find(source);
  if (!registration) return fail(registration.error());
  return (*registration)->start();
}

Result<void> Client::stopMediaSource(const MediaSource& source) {
  const auto registration = find(source);
  if (!registration) return fail(registration.error());
  return (*registration)->stop();
}

Result<bool> Client::unregisterMediaSource(const MediaSource& source, Milliseconds drain) {
  const auto registration = find(source);
  if (!registration) return fail(registration.error());
  if (auto stopped = (*registration)->stop(); !stopped) return fail(stopped.error());
  {
    const Lock lock(mutex_);
    if (std::erase(registrations_, *registration) == 0) return notRegistered();  // another thread drains it
  }
  return (*registration)->drain(drain);
}

Result<void> Client::startAllMediaSources() {
  Result<void> outcome;
  for (const RegistrationPtr& registration : all()) {
    if (registration->status().state == MediaSourceState::running) continue;
    if (auto started = registration->start(); !started && outcome) outcome = std::move(started);
  }
  return outcome;
}

Result<void> Client::stopAllMediaSources() {
  const auto registrations = all();
  for (const RegistrationPtr& registration : registrations)
    registration->requestStop();
  Result<void> outcome;
  for (const RegistrationPtr& registration : registrations) {
    if (auto stopped = registration->stop(); !stopped && outcome) outcome = std::move(stopped);
  }
  return outcome;
}

std::vector<std::shared_ptr<MediaSource>> Client::mediaSources() const {
  std::vector<std::shared_ptr<MediaSource>> sources;
  for (const RegistrationPtr& registration : all())
    sources.push_back(registration->source());
  return sources;
}

Result<MediaSourceStatus> Client::status(const MediaSource& source) const {
  const auto registration = find(source);
  if (!registration) return fail(registration.error());
  return (*registration)->status();
}

Result<StreamStats> Client::stats(const MediaSource& source) const {
  const auto registration = find(source);
  if (!registration) return fail(registration.error());
  return (*registration)->stats();
}

Result<RegistrationPtr> Client::find(const MediaSource& source) const {
  const Lock lock(mutex_);
  const auto found = std::ranges::find_if(registrations_, isOf(source));
  if (found != registrations_.end()) return *found;
  return notRegistered();
}

std::vector<RegistrationPtr> Client::all() const {
  const Lock lock(mutex_);
  return registrations_;
}

}  // namespace

}  // namespace kvs::client

namespace kvs {

Result<std::unique_ptr<KinesisVideoClient>> KinesisVideoClient::create(ProducerConfig config) {
  auto producer = Producer::create(std::move(config));
  if (!producer) return fail(std::move(producer.error()));
  return create(std::move(*producer));
}

std::unique_ptr<KinesisVideoClient> KinesisVideoClient::create(std::shared_ptr<Producer> producer) {
  return std::make_unique<client::Client>(std::move(producer));
}

}  // namespace kvs

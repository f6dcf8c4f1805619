// SPDX-License-Identifier: Apache-2.0
#include "upload/setup.h"

#include <utility>

namespace kvs::upload {

Setup::Setup(const StreamConfig& config, Service service, const LoopTasks& tasks, const StreamSide& stream,
             TimeOfDay& timeOfDay, Reports& reports, Tell tell)
    : config_(config),
      service_(std::move(service)),
      controlPlane_(service_.client),
      tasks_(tasks),
      stream_(stream),
      timeOfDay_(timeOfDay),
      reports_(reports),
      tell_(std::move(tell)),
      receivedIsFinal_(config.retention == std::chrono::hours(0)) {}

void Setup::fetchCredentials(bool renew) {
  service_.client->fetchCredentials(tasks_.guarded(
      [this, renew](const Result<aws::ServiceClient::Taken>& taken) { fetched(renew, taken); }));
}

void Setup::fetched(bool renew, const Result<aws::ServiceClient::Taken>& taken) {
  if (!taken) {
    timeOfDay_.heed(taken.error());
    reports_.noteError(taken.error());
    if (!renew) return tell_(event::CallFailed{taken.error()});
    reports_.log.log(LogLevel::warning, Room::stream,
                     [] { return "the credentials are due for renewal, and there are no new ones yet"; });
    return tell_(event::RenewalFailed{taken.error(), service_.client->hasGoodCredentials()});
  }
  if (*taken) reports_.credentialsTaken(**taken);
  reports_.log.log(LogLevel::debug, Room::stream, [this] {
    const aws::Credentials& now = service_.client->credentials();
    return "credentials from " + now.source + (now.passedOver.empty() ? "" : "; not used: " + now.passedOver);
  });
  warnIfInsecure(service_.client->service().endpoint.url);
  tell_(event::CredentialsFetched{});
}

/// Reported once, as soon as it is known.
void Setup::warnIfInsecure(const std::string& url) {
  if (!aws::isInsecure(url) || std::exchange(insecureReported_, true)) return;
  reports_.warn(
      {StatusCode::invalidArg, ErrorKind::retryable,
       url + " is plain http to another machine, which allow-insecure-endpoint permits: anyone on the "
             "way can read the media and the session token. Use this for trials only."});
}

template <class T, class Use>
aws::ServiceClient::Callback<T> Setup::answer(Use use) {
  return tasks_.guarded([this, use = std::move(use)](const Result<T>& result) {
    call_.reset();
    if (!result) return failed(result.error());
    if constexpr (std::is_void_v<T>) {
      use();
    } else {
      use(*result);
    }
  });
}

void Setup::failed(const Error& error) {
  timeOfDay_.heed(error);
  // No trouble yet: a stream may have to be created.
  reports_.log.log(LogLevel::info, Room::stream, [&] { return error.message; });
  tell_(event::CallFailed{error});
}

void Setup::describe() {
  // Asked for again, the answer was wrong or is too old.
  if (std::exchange(wasDescribed_, true)) service_.directory->forgetDescription(controlPlane_, config_.name);
  call_ = service_.directory->describe(
      controlPlane_, config_.name,
      answer<aws::StreamDescription>([this](const auto& description) { described(description); }));
}

void Setup::described(const aws::StreamDescription& description) {
  using Status = event::Described::Status;
  arn_ = description.arn;
  receivedIsFinal_ = description.retention == std::chrono::hours(0);
  reports_.log.log(LogLevel::debug, Room::aws, [&] {
    return "the stream exists, and keeps media for " + std::to_string(description.retention.count()) +
           " hours";
  });
  switch (description.status) {
    case aws::StreamStatus::creating:
      return tell_(event::Described{Status::creating});
    case aws::StreamStatus::deleting:
      return tell_(event::Described{Status::deleting});
    case aws::StreamStatus::active:
    case aws::StreamStatus::updating:
      return tell_(event::Described{Status::usable});
  }
}

void Setup::create(bool incomplete) {
  const StreamSide::Formats formats = stream_.formats();
  const bool none = formats.contentType.empty();
  if (none || (!formats.areComplete && !incomplete)) return tell_(event::FormatsMissing{none});
  aws::CreateStreamInput input;
  input.name = config_.name;
  input.mediaType = formats.contentType;
  input.retention = config_.retention;
  input.kmsKeyId = config_.kmsKeyId;
  input.tags.insert(config_.tags.begin(), config_.tags.end());
  call_ = controlPlane_.createStream(
      input, answer<std::string>([this](const std::string&) { tell_(event::Created{}); }));
}

void Setup::tag() {
  const aws::Tags tags(config_.tags.begin(), config_.tags.end());
  call_ = controlPlane_.tagStream(arn_, tags, answer<void>([this] { tell_(event::Tagged{}); }));
}

void Setup::locate() {
  if (!service_.dataEndpoint.empty()) return useGivenEndpoint();
  if (!dataEndpoint_.empty()) service_.directory->forgetLocation(controlPlane_, config_.name);
  call_ = service_.directory->locate(
      controlPlane_, config_.name, answer<std::string>([this](const auto& endpoint) { located(endpoint); }));
}

/// Asked for again, it was refused or not reached, and there is no other.
void Setup::useGivenEndpoint() {
  const std::string& endpoint = service_.dataEndpoint;
  if (std::exchange(dataEndpoint_, {}).empty()) return located(endpoint);
  tell_(event::NoOtherEndpoint{{StatusCode::putMediaFailed, ErrorKind::notFound,
                                endpoint + " (data-endpoint) does not serve the stream '" + config_.name +
                                    "'. Check the address, and that the stream exists."}});
}

void Setup::located(const std::string& endpoint) {
  dataEndpoint_ = endpoint;
  reports_.log.log(LogLevel::info, Room::aws, [&] { return "the data endpoint is " + endpoint; });
  reports_.located(endpoint);
  warnIfInsecure(endpoint);
  tell_(event::Located{});
}

}  // namespace kvs::upload

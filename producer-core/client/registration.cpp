// SPDX-License-Identifier: Apache-2.0
#include "client/registration.h"

#include <exception>
#include <system_error>
#include <utility>

namespace kvs::client {

Result<std::shared_ptr<Registration>> Registration::create(Producer& producer,
                                                           std::shared_ptr<MediaSource> source,
                                                           std::shared_ptr<MediaSourceListener> listener) {
  MediaSourceInfo info = source->info();
  std::shared_ptr<Registration> made(new Registration(std::move(source), listener));
  auto stream = producer.createStream(std::move(info.stream), std::move(listener));
  if (!stream) return fail(std::move(stream.error()));
  made->stream_ = std::move(*stream);
  auto sink = StreamSink::create(*made->stream_, std::move(info.tracks));
  if (!sink) return fail(std::move(sink.error()));
  made->sink_ = std::move(*sink);
  return made;
}

Result<void> Registration::start() {
  if (isOnOwnThread()) {
    return fail(StatusCode::invalidArg, ErrorKind::fatal,
                "A media source cannot be started from its own thread, which has to end first; start it from "
                "another one.");
  }
  const Lock control(control_);
  if (status().state == MediaSourceState::running) {
    return fail(StatusCode::invalidArg, ErrorKind::fatal,
                "The media source of the stream '" + stream_->name() + "' is running already.");
  }
  if (thread_.joinable()) thread_.join();  // its run() has returned
  if (std::exchange(ranBefore_, true)) sink_->beginAgain();
  return startThread();
}

Result<void> Registration::startThread() {
  try {
    thread_ = std::thread([this, token = beginRun()] { run(token); });
    return {};
  } catch (const std::system_error& thrown) {
    const Error error{StatusCode::notEnoughMemory, ErrorKind::retryable,
                      "No thread can be started for the media source of the stream '" + stream_->name() +
                          "' (" + thrown.what() + "); raise the limit of threads, or start it later."};
    const Lock lock(mutex_);
    status_ = {MediaSourceState::failed, error};
    return fail(error);
  }
}

std::stop_token Registration::beginRun() {
  const Lock lock(mutex_);
  stop_ = std::stop_source();
  status_ = {MediaSourceState::running, {}};
  stream_->interrupt(false);
  return stop_.get_token();
}

void Registration::requestStop() {
  const Lock lock(mutex_);
  if (status_.state != MediaSourceState::running) return;
  stop_.request_stop();
  stream_->interrupt(true);  // whoever waits for room
}

bool Registration::isOnOwnThread() const {
  const Lock lock(mutex_);
  return runner_ == std::this_thread::get_id();
}

Result<void> Registration::stop() {
  if (isOnOwnThread()) {
    return fail(StatusCode::invalidArg, ErrorKind::fatal,
                "A media source cannot be stopped from its own run(), which may simply return.");
  }
  const Lock control(control_);
  requestStop();
  if (thread_.joinable()) thread_.join();
  return {};
}

bool Registration::drain(Milliseconds timeout) {
  const bool whole = stream_->drain(timeout);
  stream_->stop();
  return whole;
}

MediaSourceStatus Registration::status() const {
  const Lock lock(mutex_);
  return status_;
}

void Registration::run(std::stop_token stop) {
  {
    const Lock lock(mutex_);
    runner_ = std::this_thread::get_id();
  }
  report({MediaSourceState::running, {}});
  const auto ran = runGuarded(std::move(stop));
  stream_->endOfStream();  // what it gave last is sent, whether or not it goes on some day
  MediaSourceStatus over{MediaSourceState::stopped, {}};
  if (!ran) over = {MediaSourceState::failed, ran.error()};
  {
    const Lock lock(mutex_);
    status_ = over;
  }
  report(over);
  const Lock lock(mutex_);
  runner_ = {};
}

Result<void> Registration::runGuarded(std::stop_token stop) {
  try {
    return source_->run(*sink_, std::move(stop));
  } catch (const std::exception& thrown) {
    return fail(StatusCode::internalError, ErrorKind::fatal,
                "The media source of the stream '" + stream_->name() + "' has failed: " + thrown.what());
  } catch (...) {
    return fail(StatusCode::internalError, ErrorKind::fatal,
                "The media source of the stream '" + stream_->name() +
                    "' has failed with an exception that is no std::exception.");
  }
}

void Registration::report(const MediaSourceStatus& status) const {
  if (listener_) listener_->onMediaSourceStatus(status);
}

}  // namespace kvs::client

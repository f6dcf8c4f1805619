// SPDX-License-Identifier: Apache-2.0
#include "pads/flow.h"

#include <utility>

namespace kvs::gst {

std::shared_ptr<Stream> Flow::stream() const {
  const Lock lock(mutex_);
  return stream_;
}

void Flow::open() {
  {
    const Lock lock(mutex_);
    failure_.reset();
  }
  gate_.open();
}

void Flow::setStream(std::shared_ptr<Stream> stream) {
  const Lock lock(mutex_);
  stream_.swap(stream);
}

void Flow::close() {
  gate_.close();
  interrupt();
}

void Flow::interrupt() {
  const Lock order(interruptMutex_);
  const auto stream = this->stream();
  if (gate_.interrupt() && stream) stream->interrupt(true);
}

void Flow::endInterrupt() {
  const Lock order(interruptMutex_);
  const auto stream = this->stream();
  if (gate_.endInterrupt() && stream) stream->interrupt(false);
}

void Flow::fail(ErrorCode code, const Error& error) {
  const auto opening = gate_.claimFailure();
  if (!opening) return gate_.awaitFailed();
  const auto stream = this->stream();
  {
    const Lock lock(mutex_);
    failure_ = Failure{code, error};
  }
  reporter_.postFailure(code, error);
  const Lock order(interruptMutex_);
  if (gate_.failed(*opening) && stream) stream->interrupt(true);  // who waits for another pad waits in vain
}

std::optional<Flow::Failure> Flow::failure() const {
  const Lock lock(mutex_);
  return failure_;
}

}  // namespace kvs::gst

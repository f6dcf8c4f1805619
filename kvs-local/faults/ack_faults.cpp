// SPDX-License-Identifier: Apache-2.0
#include "faults/ack_faults.h"

#include <utility>

namespace kvslocal {

std::vector<Ack> AckFaults::pass(const Ack& ack) {
  if (ack.timecodeMs) lastTimecodeMs_ = *ack.timecodeMs;
  if (silent_) return {};
  std::vector<Ack> passing;
  if (swapping_ && ack.event == AckEvent::persisted) {
    if (!held_) {
      held_ = ack;
      return {};
    }
    passing = {ack, *std::exchange(held_, std::nullopt)};
  } else {
    passing = {ack};
  }
  std::vector<Ack> all;
  for (const Ack& one : passing)
    all.insert(all.end(), times_, one);
  return all;
}

std::vector<Ack> AckFaults::rest() {
  if (silent_ || !held_) return {};
  return std::vector<Ack>(times_, *std::exchange(held_, std::nullopt));
}

Ack AckFaults::stray(std::chrono::milliseconds distance) const {
  return {AckEvent::persisted, lastTimecodeMs_ + distance.count(), fragmentNumberText(1), 0, {}};
}

std::string oversizedAck(std::uint64_t bytes) {
  const std::string head = R"({"EventType":"PADDING","Padding":")";
  const std::string tail = R"("})";
  const std::uint64_t frame = head.size() + tail.size();
  return head + std::string(bytes > frame ? bytes - frame : 0, 'x') + tail;
}

}  // namespace kvslocal

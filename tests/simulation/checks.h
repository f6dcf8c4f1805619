// SPDX-License-Identifier: Apache-2.0
// The promises: nothing accepted is missing without a word, nothing out of order, and numbers add up.
#pragma once

#include <string>
#include <vector>

#include "base/corrected_clock.h"
#include "fake_service.h"
#include "producer.h"
#include "source.h"

namespace kvs::sim {

/// Hears everything that the application is told.
struct Witness final : StreamListener {
  Witness(const Clock& theClock, bool retentionIsZero) : clock(theClock), receivedIsFinal(retentionIsZero) {}

  const Clock& clock;
  const bool receivedIsFinal;
  const CorrectedClock* wall = nullptr;
  std::vector<FragmentLost> losses;
  std::vector<Nanoseconds> corrections;  ///< of the clock, when each was told
  std::vector<TimePoint> finals;         ///< of acknowledgements that make a fragment durable
  std::uint64_t drained = 0;
  std::uint64_t closed = 0;
  std::vector<std::string> broken;

  void onFragmentLost(const FragmentLost& lost) override {
    alive();
    losses.push_back(lost);
    corrections.push_back(wall ? wall->moved() : Nanoseconds{0});
  }
  /// What was lost before anybody knew the time was told by the wrong one.
  std::vector<FragmentLost> byTheRightTime() const {
    std::vector<FragmentLost> right = losses;
    for (std::size_t i = 0; i < right.size(); ++i)
      right[i].start += wall->moved() - corrections[i];
    return right;
  }
  void onDrained() override {
    alive();
    ++drained;
  }
  void onStreamClosed() override { ++closed; }
  void onError(const Error& error) override { broken.push_back("the stream ended: " + error.message); }
  void onFragmentAck(const FragmentAck& ack) override {
    alive();
    const auto last = receivedIsFinal ? FragmentAck::Type::received : FragmentAck::Type::persisted;
    if (ack.type == last) finals.push_back(clock.now());
  }
  void onConnection(const ConnectionChange&) override { alive(); }

 private:
  void alive() {
    if (closed > 0) broken.push_back("an event after the stream was closed");
  }
};

void judgeFrames(const Source& source, const Witness& witness, const test::FakeService& service,
                 const StreamStats& stats, std::vector<std::string>& broken);
void judgeStats(const Source& source, const Witness& witness, const test::FakeService& service,
                const StreamStats& stats, std::vector<std::string>& broken);

}  // namespace kvs::sim

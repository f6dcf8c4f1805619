// SPDX-License-Identifier: Apache-2.0
// The faults of a PutMedia session, as a filter between it and its client: those before the answer's head,
// and those that come due while it streams. The session behind it knows nothing of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "faults/ack_faults.h"
#include "faults/faults.h"
#include "faults/quotas.h"
#include "service/media_session.h"

namespace kvslocal {

class FaultyMedia final : public MediaFilter, public std::enable_shared_from_this<FaultyMedia> {
 public:
  /// `exchange` is there until close().
  FaultyMedia(EventLoop& loop, const Clock& clock, Exchange& exchange, MediaAnswer& outer, std::string stream,
              std::vector<Fault> faults);

  void begin() override;
  void take(ByteView bytes, MonoTime arrival) override;
  void takeEnd() override;
  void close() override;

  void accept(const Headers& headers) override;
  void refuse(const HttpReply& reply) override;
  void acknowledge(const Ack& ack) override;
  void finish(Ending ending) override;
  void pull(std::size_t most) override;
  [[nodiscard]] std::optional<MonoTime> waitingSince() const override;

 private:
  enum class Phase : std::uint8_t {
    starting,   ///< or delayed
    withheld,   ///< the answer's head, until a late status is due: what comes is thrown away
    streaming,  ///< from the head of the answer
    over,
  };

  void beginInner();
  void checkFaults();
  void actOn(const FaultAction& action);
  void end(Ending ending);
  void stall(std::chrono::milliseconds duration);
  void readSlowly(std::uint64_t bytesPerSecond);
  void passPull();
  void tick();
  void after(Timer& timer, std::chrono::milliseconds delay, void (FaultyMedia::*due)());
  [[nodiscard]] bool timed() const;

  struct Seen {
    std::uint64_t bytes = 0;
    std::uint64_t fragments = 0;  ///< whole ones
    bool insideFragment = false;
    MonoTime began;
    MonoTime lastByte;
    [[nodiscard]] FaultProgress progress(MonoTime now) const;
  };

  /// How the body is read.
  struct Reading {
    std::optional<TokenBucket> slow;  ///< no faster
    std::size_t mostAtOnce = Exchange::anySize;
    std::optional<std::size_t> wanted;  ///< by the session, when it can be passed on
    bool taking = false;                ///< a piece: the session may ask for more before it is done with it
    bool paused = false;
    bool stalled = false;  ///< for ever
    MonoTime resumed;      ///< when the last pause ended
  };

  const Clock& clock_;
  Exchange& exchange_;
  std::string stream_;
  std::vector<Fault> faults_;  ///< that have not been met
  std::optional<std::chrono::seconds> dateOffset_;
  Phase phase_ = Phase::starting;
  Seen seen_;
  AckFaults ackFaults_;
  Reading reading_;
  std::unique_ptr<Timer> tick_;
  std::unique_ptr<Timer> pause_;
};

}  // namespace kvslocal

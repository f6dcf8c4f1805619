// SPDX-License-Identifier: Apache-2.0
// The service's quotas (`--quotas`) as filters before what it does: a session that sends too fast is read
// more slowly, and a call that comes too often is refused.
#pragma once

#include <memory>
#include <string>

#include "faults/quotas.h"
#include "service/call_exchange.h"
#include "service/media_session.h"

namespace kvslocal {

class PacedMedia final : public MediaFilter, public std::enable_shared_from_this<PacedMedia> {
 public:
  PacedMedia(EventLoop& loop, CallQuota& calls, MediaAnswer& outer, std::string stream);

  void begin() override;
  void take(ByteView bytes, MonoTime arrival) override;
  void close() override;
  void acknowledge(const Ack& ack) override;
  void pull(std::size_t most) override;

 private:
  CallQuota& calls_;
  std::string stream_;
  SessionPace pace_;
  std::size_t bytes_ = 0;        ///< since the last pull
  std::uint64_t fragments_ = 0;  ///< since the last pull
  std::unique_ptr<Timer> pause_;
};

class QuotaGate final : public CallGate {
 public:
  explicit QuotaGate(CallQuota& calls) : calls_(calls) {}
  void admit(const WaitingCall& call) override;

 private:
  CallQuota& calls_;
};

}  // namespace kvslocal

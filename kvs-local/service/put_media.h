// SPDX-License-Identifier: Apache-2.0
// One PutMedia session as the service serves it: admission, the rules of Ingest fed with the body,
// acknowledgements out, and the clocks of a session. It asks for more of the body when the disk keeps up.
// Faults and quotas are not in here: they are filters between it and its client.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "service/ingest.h"
#include "service/media_session.h"
#include "service/put_media_headers.h"
#include "service/service_error.h"
#include "service/session_table.h"
#include "service/stream_table.h"
#include "service/trace.h"
#include "store/media_store.h"

namespace kvslocal {

struct SessionRules {
  std::chrono::milliseconds creating{0};  ///< how long a new stream takes no media
  std::chrono::seconds longest{45 * 60};
  std::chrono::seconds silence{30};  ///< that ends a session
  std::chrono::seconds idle{10};     ///< that is acknowledged, once
  bool strictEnd = false;
  std::optional<std::chrono::milliseconds> minFragmentDuration;
};

/// What the sessions of a server share.
struct SessionHost {
  EventLoop& loop;
  const Clock& clock;
  StreamTable& streams;
  SessionTable& sessions;
  MediaStore& store;
  Trace* trace;  ///< null: none was asked for
  SessionRules rules;
};

class PutMedia final : public MediaSession,
                       public std::enable_shared_from_this<PutMedia>,
                       private IngestSink {
 public:
  PutMedia(const SessionHost& host, MediaAnswer& answer, PutMediaHeaders headers);

  void begin() override;
  void take(ByteView bytes, MonoTime arrival) override;
  void takeEnd() override;
  void close() override;
  void fail(const SessionEnd& end) override;
  void leaveStream() override;

 private:
  enum class Phase : std::uint8_t { starting, streaming, ending, over };

  void header(const StreamHeader& header) override;
  std::uint64_t openFragment(const FragmentSummary& begun) override;
  void append(ByteView bytes) override;
  void seal(const FragmentSummary& summary) override;
  void discard() override;
  void ack(const Ack& ack) override;
  void blockSeen(const BlockSeen& block) override;

  std::optional<ServiceError> admit() const;
  void pullWhenDiskKeepsUp();
  void onSealed(const FragmentSummary& summary, const Result<void>& stored);
  void endIfSettled();
  void tick();
  void checkClocks();

  const SessionHost& host_;
  MediaAnswer& answer_;
  PutMediaHeaders headers_;
  Phase phase_ = Phase::starting;
  std::int64_t retentionHours_ = 0;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<DiskSession> disk_;
  std::unique_ptr<Timer> tick_;
  std::unique_ptr<Timer> diskPause_;
  MonoTime began_;
  MonoTime arrival_{};           ///< of the piece that is being taken
  std::uint64_t unsettled_ = 0;  ///< fragments whose place on disk is not known yet
  bool idleSaid_ = false;        ///< since the last byte
  std::optional<Ack> lastAck_;   ///< the ERROR that waits for the fragments before it
};

}  // namespace kvslocal

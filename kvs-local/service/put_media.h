// SPDX-License-Identifier: Apache-2.0
// One PutMedia session: head checks, the ingest rules fed with the body, acknowledgements out, the clocks of
// a session (45 minutes, silence), quotas and faults.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "faults/ack_faults.h"
#include "http/http_connection.h"
#include "service/ingest.h"
#include "service/put_media_headers.h"
#include "service/server_context.h"
#include "store/disk_session.h"

namespace kvslocal {

class PutMedia : public RequestHandler, public std::enable_shared_from_this<PutMedia>, private IngestSink {
 public:
  PutMedia(ServerContext& context, const HttpConnection::Ptr& connection, HttpHead head);

  void start() override;
  void onBody(ByteView bytes, MonoTime arrival) override;
  void onEnd() override;
  void onClosed() override;

  /// Ends the session with an ERROR acknowledgement.
  void end(std::uint32_t errorId);

 private:
  enum class Phase { starting, withheld, streaming, ending, over };

  void header(const StreamHeader& header) override;
  std::uint64_t openFragment() override;
  void append(ByteView bytes) override;
  void seal(const FragmentSummary& summary) override;
  void discard() override;
  void ack(const Ack& ack) override;
  void blockSeen(const BlockSeen& block) override;

  std::optional<ServiceError> admit();
  bool meetFirstFaults();
  void openSession();
  void takeEarly();
  void refuse(const HttpReply& reply);
  void onSealed(const FragmentSummary& summary, const Result<void>& stored);
  void sendAck(const Ack& ack);
  void endIfSettled();
  void release();
  void leaveStream();

  void tick();
  void scheduleTick();
  void checkClocks();
  void checkPace(std::size_t bytes);
  [[nodiscard]] bool diskIsBehind() const;
  void pauseFor(std::chrono::milliseconds delay);
  void checkFaults();
  void feed(ByteView bytes);
  void actOn(const FaultAction& action);
  [[nodiscard]] FaultProgress progress() const;

  ServerContext& context_;
  std::weak_ptr<HttpConnection> connection_;
  HttpHead head_;
  PutMediaHeaders headers_;
  std::string stream_;
  std::int64_t retentionHours_ = 0;
  Phase phase_ = Phase::starting;

  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<DiskSession> disk_;
  SessionPace pace_;
  std::unique_ptr<Timer> tick_;
  std::unique_ptr<Timer> pause_;
  std::vector<Fault> faults_;
  std::optional<FaultAction> lateStatus_;

  Bytes early_;  ///< body that came with the head while the session waits to be opened
  bool endedEarly_ = false;
  MonoTime began_{};
  MonoTime lastByte_{};
  std::uint64_t bodyBytes_ = 0;
  std::uint64_t fragmentsPaced_ = 0;
  std::uint64_t unsettled_ = 0;  ///< fragments whose place on disk is not known yet
  bool idleTold_ = false;
  bool reading_ = true;
  bool stalled_ = false;  ///< by a fault, for ever
  AckFaults ackFaults_;
  std::optional<TokenBucket> slow_;  ///< reads no faster, by a fault
  std::optional<Ack> lastAck_;       ///< the ERROR that waits for the fragments before it
};

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
// One PutMedia request from its opening to its end: the exchange, its body, and the acknowledgements
// that settle fragments in the log. It decides nothing: what happened goes to its owner.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/acknowledgement.h"
#include "aws/service_client.h"
#include "base/log.h"
#include "upload/session_body.h"

namespace kvs::upload {

class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual void onSessionAnswered() = 0;
  virtual void onSessionAck(const aws::Acknowledgement& ack, std::optional<SentFragment> fragment) = 0;
  virtual void onSessionSent(const SentFragment& /*fragment*/) {}  ///< without acknowledgements
  virtual void onSessionPaced(TimePoint when) = 0;
  virtual void onSessionBodyEnd(bool headerChanged) = 0;
  /// The answer has ended, and nothing was left to do but to end the session: see isConfirmed().
  virtual void onSessionOver() = 0;
  virtual void onSessionEnd(std::optional<Error> error) = 0;
  virtual void onSessionNote(LogLevel level, std::string text) = 0;
};

/// Lives on the loop's thread. After close() its owner hears nothing more.
class Session final : private aws::StreamedCallListener,
                      private BodyObserver,
                      public std::enable_shared_from_this<Session> {
 public:
  struct Config {
    SessionBody::Config body;
    std::string streamName;
    bool receivedIsFinal = false;  ///< retention 0: no PERSISTED will come
  };

  /// `sent`: guarded by the store's lock.
  Session(Config config, store::StreamStore& store, SentMedia& sent, FragmentPacer& pacer, const Clock& clock,
          SessionOwner& owner);

  void start(const aws::ServiceClient& client, net::Request request);
  /// There may be more to send.
  void resume();
  void finish(SessionBody::Finish how);
  /// Without acknowledgements: its owner has noted that the fragment was sent.
  void settled(const SentFragment& fragment) { body_.settle(fragment.id); }
  /// Drops the connection; also from inside a call to the owner.
  void close();

  /// The service's time now, by the answer's Date.
  std::optional<WallTime> serverDate() const;
  /// Every fragment in it is settled, and its body has ended; or its answer, when the body was about to.
  bool isConfirmed() const { return (body_.hasEnded() || over_) && body_.sent().empty(); }
  std::uint64_t bytesSent() const { return call_ ? call_->bytesSent() : 0; }
  /// How long the longest fragment is that was sent, or begun, and is not settled.
  Nanoseconds longestUnacknowledged() const { return body_.longestSent(); }
  /// Since when the service has owed a word on the oldest fragment: from its last word on, or from the
  /// fragment's beginning or end. Nothing when all is settled.
  std::optional<TimePoint> unacknowledgedSince() const;

 private:
  void onAccepted(const net::ResponseHead& head) override;
  void onData(ByteView data) override;
  void onRefused(Error error) override;
  void onEnd(Result<void> result) override;
  void onPaced(TimePoint when) override;
  void onFragmentSent(const SentFragment& fragment) override;
  void onBodyEnd(bool headerChanged) override;

  void settle(const aws::Acknowledgement& ack);
  bool settles(const aws::Acknowledgement& ack) const;

  Config config_;
  const Clock& clock_;
  SessionOwner* owner_;
  SessionBody body_;
  std::unique_ptr<aws::StreamedCall> call_;
  std::optional<WallTime> acceptedDate_;  // the service's, when it accepted the session
  TimePoint acceptedAt_{};
  aws::AckParser parser_;
  std::vector<aws::Acknowledgement> acks_;
  TimePoint lastAck_{};
  bool over_ = false;
};

}  // namespace kvs::upload

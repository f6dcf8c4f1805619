// SPDX-License-Identifier: Apache-2.0
// Keeps the one session that a stream may have: opens it at the log's cursor, ends it, settles what its
// acknowledgements say of fragments, and leaves the log ready for the next one. What it sees goes to the
// life, which decides. Part of the Uploader; lives on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/ack_error.h"
#include "aws/acknowledgement.h"
#include "aws/service_client.h"
#include "producer.h"
#include "store/stream_store.h"
#include "upload/dump.h"
#include "upload/life_action.h"
#include "upload/life_event.h"
#include "upload/pacer.h"
#include "upload/reports.h"
#include "upload/session.h"
#include "upload/stream_side.h"
#include "upload/time_of_day.h"
#include "upload/timers.h"
#include "upload/upload_state.h"

namespace kvs::upload {

class SessionKeeper final : private SessionOwner {
 public:
  using Tell = std::function<void(Event)>;

  /// `state`: guarded by the store's lock.
  SessionKeeper(const StreamConfig& config, aws::ServiceClient& client, store::StreamStore& store,
                UploadState& state, const LoopTasks& tasks, StreamSide& stream, TimeOfDay& timeOfDay,
                Reports& reports, Tell tell);

  /// What a session needs to know beside the log.
  struct Target {
    std::string dataEndpoint;
    bool receivedIsFinal = false;
    bool isReconnect = false;
  };
  void open(const Target& target);
  void observe();
  void finish(const action::FinishSession& how);
  void close(bool deadHost);
  /// There may be more to send.
  void resume();

  void refuse(const action::RefuseFragment& what);
  void stripTags(const action::StripTags& what);
  /// Tells the life where the log has run empty.
  void checkEmpty();

 private:
  void onSessionAnswered() override;
  void onSessionAck(const aws::Acknowledgement& ack, std::optional<SentFragment> fragment) override;
  void onSessionSent(const SentFragment& fragment) override;
  void onSessionPaced(TimePoint when) override;
  void onSessionBodyEnd(bool headerChanged) override;
  void onSessionOver() override { checkConfirmed(); }
  void onSessionEnd(std::optional<Error> error) override;
  void onSessionNote(LogLevel level, std::string text) override;

  std::optional<Session::Config> configAtCursor(const Target& target, WallTime& epochStart);
  std::shared_ptr<Session> newSession(Session::Config config);
  void count(const aws::Acknowledgement& ack, bool isKnown) KVS_REQUIRES(store_.mutex());
  void refused(const aws::Acknowledgement& ack, const std::optional<SentFragment>& fragment,
               FragmentAck news);
  Error refusalOf(const aws::Acknowledgement& ack, const aws::AckError& known);
  void persisted(const SentFragment& sent, const store::LogTotals& held);
  void checkConfirmed();
  Nanoseconds silence(TimePoint now) const;
  std::optional<Nanoseconds> credentialsLife() const;
  const Clock& clock() const { return *client_.service().clock; }

  const StreamConfig& config_;
  aws::ServiceClient& client_;
  store::StreamStore& store_;
  UploadState& state_ KVS_GUARDED_BY(store_.mutex());
  const LoopTasks& tasks_;
  StreamSide& stream_;
  TimeOfDay& timeOfDay_;
  Reports& reports_;
  const Tell tell_;
  const std::optional<Dump> dump_;  ///< where copies of what is sent are wanted

  FragmentPacer pacer_;
  LoopTimer pace_;
  std::shared_ptr<Session> session_;
  bool receivedIsFinal_ = false;
  bool confirmed_ = false;  ///< the session is, and the life has been told
};

}  // namespace kvs::upload

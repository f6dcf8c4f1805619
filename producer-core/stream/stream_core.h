// SPDX-License-Identifier: Apache-2.0
// The shell around the machine: it carries the machine's actions out (calls, sessions, timers) and
// brings what became of them back as events. It lives on the loop; streaming threads only put frames
// into the buffer and wake it. Kept alive by its Stream and, while it winds up, by the loop's tasks.
#pragma once

#include <atomic>
#include <concepts>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "aws/control_plane.h"
#include "aws/service_client.h"
#include "aws/stream_directory.h"
#include "base/corrected_clock.h"
#include "intake/dropped_run.h"
#include "intake/ingest.h"
#include "net/lag_histogram.h"
#include "net/loop.h"
#include "producer.h"
#include "stream/notifier.h"
#include "stream/source_watch.h"
#include "upload/dump.h"
#include "upload/life.h"
#include "upload/session.h"

namespace kvs::stream {

/// What the streams of a Producer share.
struct ProducerContext {
  explicit ProducerContext(ProducerConfig theConfig)
      : config(std::move(theConfig)),
        clock(config.clock
                  ? std::make_shared<CorrectedClock>(*config.clock)
                  : std::shared_ptr<CorrectedClock>(std::shared_ptr<void>(), &correctedSystemClock())) {}

  ProducerConfig config;
  std::shared_ptr<CorrectedClock> clock;  ///< of the application's, or the process's, which all others share
  std::shared_ptr<net::Loop> loop;
  std::shared_ptr<aws::Service> service;
  std::shared_ptr<aws::StreamDirectory> directory = std::make_shared<aws::StreamDirectory>();
  std::shared_ptr<store::StorageBudget> storage;
};

class StreamCore final : public net::Ready, private upload::SessionOwner {
 public:
  StreamCore(std::shared_ptr<ProducerContext> context, StreamConfig config,
             std::shared_ptr<Notifier> notifier, std::uint64_t seed);
  ~StreamCore() override;

  // --- any thread ---
  void start();
  const StreamConfig& config() const { return config_; }
  Result<void> setTrack(TrackConfig track);
  Result<FrameFate> put(const Frame& frame);
  Result<void> putMetadata(Tag tag, bool persistent) {
    return ingest_.putMetadata(std::move(tag), persistent);
  }
  void changeSource(std::uint32_t number) { ingest_.changeSource(number); }
  void expectTrack(std::uint32_t number);
  void endTrack(std::uint32_t number);
  void removeTrack(std::uint32_t number);
  void putGap(std::uint32_t number, Nanoseconds pts, Nanoseconds duration);
  bool takeKeyFrameRequest(std::uint32_t number);
  Result<void> putEvent(FragmentEvent event);
  void flush();
  void interrupt(bool on);
  void endOfStream();
  bool drain(Milliseconds timeout);
  void stop();
  /// stop(), and no more events to the application.
  void abandon();
  StreamStats stats() const;

 private:
  // --- the loop's thread ---
  void onReady() override;
  void dispatch(upload::Event event);
  void perform(const upload::Action& action);
  void perform(const upload::action::FetchCredentials&);
  void perform(const upload::action::Describe&);
  void perform(const upload::action::Create&);
  void perform(const upload::action::TagStream&);
  void perform(const upload::action::Locate&);
  void perform(const upload::action::OpenSession&);
  void perform(const upload::action::FinishSession&);
  void perform(const upload::action::CloseSession&);
  void perform(const upload::action::RefuseFragment&);
  void perform(const upload::action::StripTags&);
  void perform(const upload::action::SetTimer&);
  void watchProgress(Milliseconds patience);
  net::Loop::TimerId& timerOf(upload::Timer timer);
  void perform(const upload::action::CancelTimer&);
  void perform(const upload::action::Tell&);
  void perform(const upload::action::Warn&);
  void perform(const upload::action::Fail&);
  void perform(const upload::action::ReportReady&);
  void perform(const upload::action::ReportDrained&);
  void perform(const upload::action::ReportStopped&);

  void onSessionAnswered() override;
  void onSessionAck(const aws::Acknowledgement& ack, std::optional<upload::SentFragment> fragment) override;
  void onSessionSent(const upload::SentFragment& fragment) override;
  void onSessionPaced(TimePoint when) override;
  void onSessionBodyEnd(bool headerChanged) override;
  void onSessionOver() override { checkConfirmed(); }
  void onSessionEnd(std::optional<Error> error) override;
  void onSessionNote(LogLevel level, std::string text) override;

  void fetched(bool renew, const Result<aws::ServiceClient::Taken>& taken);
  void described(const aws::StreamDescription& description);
  void takeGivenEndpoint(const std::string& endpoint);
  void located(const std::string& endpoint);
  void warnIfInsecure(const std::string& url);
  void warnIfLate();
  template <class T>
  aws::ServiceClient::Callback<T> answer(std::function<void(T)> onSuccess);
  bool openSessionNow();
  bool goOnWithOldCredentials() const;
  void tellCorrection(const Error& error,
                      intake::Timeline::Correct which = intake::Timeline::Correct::unseen);
  void takeUpTime(intake::Timeline::Correct which);
  void tellTaken(const aws::ServiceClient::Taken& taken);
  void handOverBeforeExpiry();
  void watchSession();
  bool sourceIsPaused(TimePoint now) const;
  Nanoseconds staleAfter(TimePoint now) const;
  Nanoseconds silenceOfService(TimePoint now) const;
  void checkConfirmed();
  void settlePersisted(const upload::SentFragment& fragment);
  void rewind(const upload::Session& ended, bool deadHost);
  void closeLog();
  void tellFate(FrameFate fate, const Frame& frame);
  void tellDropped(const std::optional<FramesDropped>& dropped);
  void tellUntold();
  void tellWarning(const Error& error);
  void follow(const intake::IngestOutcome& outcome);
  void watchOrder();
  void tellPressure();
  static FragmentLost lossOf(const store::Fragment& fragment, FragmentLost::Reason reason, bool unconfirmed);
  LossCount& lossCountOf(store::LossReason reason);
  void checkEmpty();
  void publishState();
  void noteError(const Error& error);
  void after(net::Loop::TimerId& timer, Milliseconds delay, std::function<void()> task);
  void forget(net::Loop::TimerId& timer);
  /// `makeText` runs only where somebody listens.
  template <std::invocable MakeText>
  void note(LogLevel level, MakeText&& makeText) const {
    logger_.log(level, Room::stream, makeText);
  }
  void note(LogLevel level, std::string_view text) const {
    logger_.log(level, Room::stream, [text] { return text; });
  }
  std::optional<upload::Dump> makeDump() const;
  net::Loop& loop() const { return *context_->loop; }

  const std::shared_ptr<ProducerContext> context_;
  const std::shared_ptr<aws::ServiceClient> client_;
  const aws::ControlPlane controlPlane_;
  const StreamConfig config_;
  const std::shared_ptr<Notifier> notifier_;
  const Clock& clock_;
  const Logger logger_;
  const std::optional<upload::Dump> dump_;  ///< where copies of what is sent are wanted
  StreamBuffer buffer_;
  intake::Ingest ingest_;

  std::atomic<bool> closeWanted_{false};  ///< only the fragment under the cursor stands in the way
  std::atomic<bool> orderDue_{false};     ///< the loop looks after units that wait for other tracks
  std::atomic<bool> ending_{false};       ///< end of stream was asked for
  SourceWatch source_;                    ///< of frames appended
  intake::DroppedRun dropped_;            ///< frames not taken since the last one that was
  std::atomic<bool> pressureTold_{false};
  std::atomic<bool> latencyTold_{false};
  net::LagHistogram ackDelays_;  ///< from a fragment's first frame to its last acknowledgement

  // The loop's own:
  upload::Life life_;
  std::deque<upload::Event> events_;
  bool dispatching_ = false;
  bool dataTold_ = false;
  bool openWhenData_ = false;
  bool describedBefore_ = false;
  bool insecureTold_ = false;
  bool latenessTold_ = false;
  bool createWanted_ = false;
  bool createOverdue_ = false;
  bool closed_ = false;
  bool confirmedTold_ = false;  ///< that the session is
  bool sessionFailed_ = false;  ///< the next session is a reconnect
  bool receivedIsFinal_ = false;
  upload::FragmentPacer pacer_;
  std::string arn_;
  std::string dataEndpoint_;
  aws::CallHandle call_;
  std::shared_ptr<upload::Session> session_;
  net::Loop::TimerId retryTimer_ = 0;
  net::Loop::TimerId sessionTimer_ = 0;
  net::Loop::TimerId progressTimer_ = 0;
  net::Loop::TimerId paceTimer_ = 0;
  net::Loop::TimerId watchTimer_ = 0;
  net::Loop::TimerId orderTimer_ = 0;
  net::Loop::TimerId burstTimer_ = 0;
  net::Loop::TimerId createTimer_ = 0;
  net::Loop::TimerId expiryTimer_ = 0;
};

}  // namespace kvs::stream

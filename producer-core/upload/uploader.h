// SPDX-License-Identifier: Apache-2.0
// The shell around a stream's life: it carries out what the life asks for, with Setup, SessionKeeper and
// timers, and reports to the life what became of it. It decides nothing. Part of its stream; lives on the
// loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "producer.h"
#include "store/stream_store.h"
#include "upload/life.h"
#include "upload/reports.h"
#include "upload/session_keeper.h"
#include "upload/setup.h"
#include "upload/stream_side.h"
#include "upload/time_of_day.h"
#include "upload/timers.h"
#include "upload/upload_state.h"

namespace kvs::upload {

/// One perform() for each action, beside what the stream calls.
class Uploader {
 public:
  /// `owner` keeps the uploader alive, and all that is given by reference lives as long as it. `state`:
  /// guarded by the store's lock.
  Uploader(const StreamConfig& config, LifeConfig life, std::uint64_t seed, Setup::Service service,
           store::StreamStore& store, UploadState& state, const net::Ready& owner, StreamSide& stream,
           Reports& reports);

  /// Something happened. One event at a time: what an action brings at once waits for the actions before it.
  void tell(Event event);
  /// There may be more to send.
  void resume();
  void checkEmpty() { keeper_.checkEmpty(); }
  const LoopTasks& tasks() const { return tasks_; }

 private:
  void perform(const action::FetchCredentials& fetch) { setup_.fetchCredentials(fetch.renew); }
  void perform(const action::Describe&) { setup_.describe(); }
  void perform(const action::Create& create) { setup_.create(create.incomplete); }
  void perform(const action::TagStream&) { setup_.tag(); }
  void perform(const action::Locate&) { setup_.locate(); }
  void perform(const action::AbandonCall&) { setup_.abandon(); }

  void perform(const action::OpenSession& open);
  void perform(const action::FinishSession& finish) { keeper_.finish(finish); }
  void perform(const action::CloseSession& close) { keeper_.close(close.deadHost); }
  void perform(const action::Observe&) { keeper_.observe(); }
  void perform(const action::RefuseFragment& refuse) { keeper_.refuse(refuse); }
  void perform(const action::StripTags& strip) { keeper_.stripTags(strip); }

  void perform(const action::SetTimer& set) { timers_.set(set.timer, set.delay); }
  void perform(const action::CancelTimer& cancel) { timers_.cancel(cancel.timer); }

  void perform(const action::ReportChange& report);
  void perform(const action::ReportStale& stale) { reports_.report(news::ConnectionStale{stale.silence}); }
  void perform(const action::Warn& warn);
  void perform(const action::Fail& fail);
  void perform(const action::ReportReady&) { reports_.report(news::StreamReady{}); }
  void perform(const action::ReportDrained&);
  void perform(const action::ReportStopped&);

  bool hasSendable();
  void publishState();

  store::StreamStore& store_;
  UploadState& state_ KVS_GUARDED_BY(store_.mutex());
  StreamSide& stream_;
  Reports& reports_;
  const std::shared_ptr<aws::ServiceClient> client_;
  const LoopTasks tasks_;
  const net::Ready& owner_;
  TimeOfDay timeOfDay_;
  Life life_;
  TimerSet<Timer, timerCount> timers_;
  Setup setup_;
  SessionKeeper keeper_;

  std::deque<Event> events_;
  bool isTelling_ = false;
  bool knowsOfData_ = false;  ///< the life does
  /// Of the life, as the state says it.
  State publishedLife_ = State::configuring;
  unsigned publishedAttempt_ = 0;
};

}  // namespace kvs::upload

// SPDX-License-Identifier: Apache-2.0
// A session's beginning and end. What its acknowledgements do is in session_keeper_acks.cpp.
#include "upload/session_keeper.h"

#include <algorithm>
#include <utility>

#include "aws/put_media.h"
#include "base/redaction.h"

namespace kvs::upload {

namespace {

std::optional<Dump> dumpOf(const StreamConfig& config, const Reports& reports) {
  if (config.dumpFolder.empty()) return std::nullopt;
  return Dump(config.dumpFolder, config.name, reports.warner());
}

}  // namespace

SessionKeeper::SessionKeeper(const StreamConfig& config, aws::ServiceClient& client,
                             store::StreamStore& store, UploadState& state, const LoopTasks& tasks,
                             StreamSide& stream, TimeOfDay& timeOfDay, Reports& reports, Tell tell)
    : config_(config),
      client_(client),
      store_(store),
      state_(state),
      tasks_(tasks),
      stream_(stream),
      timeOfDay_(timeOfDay),
      reports_(reports),
      tell_(std::move(tell)),
      dump_(dumpOf(config, reports)),
      pacer_(config.maxFragmentsPerSecond),
      pace_(tasks) {}

void SessionKeeper::open(const Target& target) {
  timeOfDay_.takeUp();
  WallTime epochStart;
  auto config = configAtCursor(target, epochStart);
  if (!config) return tell_(event::NothingToSend{});
  if (dump_) config->body.tap = dump_->newSession();
  reports_.log.log(LogLevel::debug, Room::net,
                   [&] { return "opening a session with " + withoutSecrets(target.dataEndpoint); });
  net::Request request = aws::putMediaRequest(
      {target.dataEndpoint, config_.name,
       config_.absoluteFragmentTimes ? aws::TimecodeType::absolute : aws::TimecodeType::relative, epochStart,
       config_.fragmentAcks});
  request.profile =
      config_.streamingType == StreamingType::offline ? net::Profile::bulk : net::Profile::realtime;
  if (const auto taken = client_.takeUpCredentials()) reports_.credentialsTaken(*taken);
  receivedIsFinal_ = target.receivedIsFinal;
  confirmed_ = false;
  session_ = newSession(std::move(*config));
  session_->start(client_, std::move(request));
  tell_(event::SessionOpened{credentialsLife()});
}

/// With the lock, since that guards what the session counts.
std::shared_ptr<Session> SessionKeeper::newSession(Session::Config config) {
  SessionOwner& owner = *this;
  const Lock lock(store_.mutex());
  return std::make_shared<Session>(std::move(config), store_, state_.sent, pacer_, clock(), owner);
}

/// Of a session that begins with the fragment at the cursor; nothing where there is none that may be sent.
std::optional<Session::Config> SessionKeeper::configAtCursor(const Target& target, WallTime& epochStart) {
  Session::Config config;
  const Lock lock(store_.mutex());
  const store::FragmentRecord* next = store_.feed().ahead().record;
  if (!next) return std::nullopt;
  const auto& fragment = next->content;
  config.body = {fragment->header, fragment->epoch, config_.absoluteFragmentTimes, config_.fragmentAcks};
  config.streamName = config_.name;
  config.receivedIsFinal = target.receivedIsFinal;
  epochStart = fragment->epoch->start();
  ++state_.sessions.sessions;
  if (target.isReconnect) ++state_.sessions.reconnects;
  state_.lastProgress = clock().now();
  return config;
}

std::optional<Nanoseconds> SessionKeeper::credentialsLife() const {
  const auto& expiration = client_.credentials().expiration;
  if (!expiration) return std::nullopt;
  return *expiration - clock().wallNow();
}

void SessionKeeper::resume() {
  if (session_) session_->resume();
}

void SessionKeeper::finish(const action::FinishSession& how) {
  if (how.endTag) stream_.closeFragment();
  if (!session_) return;  // there was nothing to send, which the life is about to hear
  using Finish = SessionBody::Finish;
  session_->finish(how.everything ? Finish::everything : how.burst ? Finish::complete : Finish::fragment);
  checkConfirmed();
}

void SessionKeeper::close(bool deadHost) {
  pace_.cancel();
  const auto session = std::exchange(session_, nullptr);
  if (session) session->close();
  if (session) {
    const Lock lock(store_.mutex());
    // What the service has confirmed is sent again only where it may have died since; without
    // acknowledgements that is where it did not end the session in good order.
    const bool doubtful = deadHost || !config_.fragmentAcks;
    store_.rewind(session->isConfirmed(), doubtful ? config_.replayDuration : Seconds(0));
  }
  reports_.reportNoted();
}

// --- looking at it ---

void SessionKeeper::observe() {
  if (!session_) return;
  reports_.watchLoop();
  const TimePoint now = clock().now();
  const StreamSide::Pause pause = stream_.pause();
  event::Observed seen;
  seen.silence = silence(now);
  seen.longestFragment = session_->longestUnacknowledged();
  seen.bytesSent = session_->bytesSent();
  seen.sourcePause = pause.lasts;
  seen.longestPause = pause.longest;
  seen.sourceHeldBack = pause.isHeldBack;
  tell_(seen);
}

/// Since the service's last word on what was sent; 0 where it owes none.
Nanoseconds SessionKeeper::silence(TimePoint now) const {
  const auto since = config_.fragmentAcks ? session_->unacknowledgedSince() : std::nullopt;
  return since ? now - *since : Nanoseconds{0};
}

/// Called from inside the transport's read: noted now, acted on by the loop.
void SessionKeeper::onSessionPaced(TimePoint when) {
  pace_.set(std::max(when - clock().now(), Nanoseconds{0}), [this] { resume(); });
}

void SessionKeeper::onSessionBodyEnd(bool headerChanged) {
  tasks_.post([this, ending = std::weak_ptr(session_), headerChanged] {
    if (!session_ || ending.lock() != session_) return;
    if (headerChanged) tell_(event::HeaderChanged{});
    checkConfirmed();
  });
}

void SessionKeeper::onSessionEnd(std::optional<Error> error) {
  reports_.log.log(LogLevel::debug, Room::net,
                   [&] { return "the session has ended" + (error ? ": " + error->message : std::string()); });
  if (error) timeOfDay_.heed(*error);
  tell_(event::SessionEnded{std::move(error)});
}

void SessionKeeper::onSessionNote(LogLevel level, std::string text) {
  reports_.log.log(level, Room::stream, [&] { return text; });
}

void SessionKeeper::checkConfirmed() {
  if (!session_ || !session_->isConfirmed() || std::exchange(confirmed_, true)) return;
  tell_(event::SessionConfirmed{});
}

}  // namespace kvs::upload

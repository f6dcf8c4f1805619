// SPDX-License-Identifier: Apache-2.0
// The side of the shell that runs on the loop: events in, actions out, and the steps up to ready.
#include <algorithm>

#include "stream/stream_core.h"

namespace kvs::stream {

namespace {
constexpr Seconds formatPatience{5};  // what linked pads without caps are given at the start

/// Where the service asked for more patience than it is given.
std::string waitAskedFor(const ConnectionChange& change) {
  const auto asked = change.reason ? change.reason->retryAfter : std::nullopt;
  if (!asked || *asked <= change.delay) return {};
  const bool isLongest = *asked >= std::chrono::hours(24);  // nothing greater is kept
  return " It asked to be left alone for " +
         std::to_string(std::chrono::duration_cast<Seconds>(*asked).count()) +
         (isLongest ? " s or more" : " s") + ", which is more than is granted.";
}
}  // namespace

void StreamCore::onReady() {
  if (closeWanted_.exchange(false, std::memory_order_acquire) && session_) {
    dispatch(upload::event::SessionEnded{
        Error{StatusCode::storeOutOfMemory, ErrorKind::retryable,
              "The fragment being sent fills the storage; the session was closed to "
              "make room. Give the stream more storage, or a faster link."}});
  }
  if (orderTimer_ == 0 && orderDue_.load()) watchOrder();
  if (openWhenData_ && openSessionNow()) openWhenData_ = false;
  if (!dataTold_) {
    const bool any = [this] {
      const std::lock_guard lock(buffer_.mutex);
      return !buffer_.feed->isEmpty();
    }();
    if (any) {
      dataTold_ = true;
      notifier_->tell([](StreamListener& listener) { listener.onDataAvailable(); },
                      Notifier::Weight::mayBeDropped);
      dispatch(upload::event::DataAvailable{});
    }
  }
  if (session_) session_->resume();
}

/// Units that wait for another track go when that has taken too long. One timer, and only while any waits.
void StreamCore::watchOrder() {
  const auto due = ingest_.deadline();
  if (!due) {
    orderDue_.store(false);
    // One that came to wait just now has found the flag set, and woke nobody.
    if (!ingest_.deadline() || orderDue_.exchange(true)) return;
    return loop().wake(*this);
  }
  const Nanoseconds delay = std::max(*due - clock_.now(), Nanoseconds{0});
  after(orderTimer_, std::chrono::ceil<Milliseconds>(delay), [this] {
    const intake::IngestOutcome outcome = ingest_.expire();
    watchOrder();
    follow(outcome);
  });
}

/// One event at a time: what an action brings at once waits for the actions before it.
void StreamCore::dispatch(upload::Event event) {
  events_.push_back(std::move(event));
  if (std::exchange(dispatching_, true)) return;
  const auto self = shared_from_this();
  while (!events_.empty()) {
    const upload::Event next = std::move(events_.front());
    events_.pop_front();
    for (const upload::Action& action : life_.on(next, clock_.now()))
      perform(action);
    publishState();
  }
  dispatching_ = false;
}

void StreamCore::perform(const upload::Action& action) {
  std::visit([this](const auto& which) { perform(which); }, action);
}

void StreamCore::publishState() {
  const std::lock_guard lock(buffer_.mutex);
  buffer_.state = life_.state();
  buffer_.stats.attempt = life_.attempts();
  buffer_.changed.notify_all();
}

// --- the steps up to ready ---

void StreamCore::perform(const upload::action::FetchCredentials& wanted) {
  client_->fetchCredentials([weak = weak_from_this(), this, renew = wanted.renew](const auto& taken) {
    if (const auto self = weak.lock()) fetched(renew, taken);
  });
}

void StreamCore::fetched(bool renew, const Result<aws::ServiceClient::Taken>& taken) {
  if (!taken) {
    tellCorrection(taken.error());
    noteError(taken.error());
    if (renew && goOnWithOldCredentials()) return dispatch(upload::event::CredentialsFetched{});
    return dispatch(upload::event::CallFailed{taken.error()});
  }
  tellTaken(*taken);
  note(LogLevel::debug, [this] {
    const std::string& others = client_->credentials().passedOver;
    return "credentials from " + client_->credentials().source +
           (others.empty() ? "" : "; not used: " + others);
  });
  warnIfInsecure(context_->service->endpoint.url);
  dispatch(upload::event::CredentialsFetched{});
}

bool StreamCore::goOnWithOldCredentials() const {
  note(LogLevel::warning,
       [] { return std::string("the credentials are due for renewal, and there are no new ones yet"); });
  return client_->hasGoodCredentials();
}

/// Told once, as soon as it is known.
void StreamCore::warnIfInsecure(const std::string& url) {
  if (!aws::isInsecure(url) || std::exchange(insecureTold_, true)) return;
  const Error error{StatusCode::invalidArg, ErrorKind::retryable,
                    url +
                        " is plain http to another machine, which allow-insecure-endpoint permits: anyone on "
                        "the way can read the media and the session token. Use this for trials only."};
  tellWarning(error);
}

void StreamCore::perform(const upload::action::Describe&) {
  aws::StreamDirectory& directory = *context_->directory;
  // Asked for again, the answer was wrong or is too old.
  if (std::exchange(describedBefore_, true)) directory.forgetDescription(controlPlane_, config_.name);
  call_ = directory.describe(
      controlPlane_, config_.name,
      answer<aws::StreamDescription>([this](const auto& description) { described(description); }));
}

void StreamCore::described(const aws::StreamDescription& description) {
  using Status = upload::event::Described::Status;
  arn_ = description.arn;
  receivedIsFinal_ = description.retention == std::chrono::hours(0);
  logger_.log(LogLevel::debug, Room::aws, [&] {
    return "the stream exists, and keeps media for " + std::to_string(description.retention.count()) +
           " hours";
  });
  switch (description.status) {
    case aws::StreamStatus::creating:
      return dispatch(upload::event::Described{Status::creating});
    case aws::StreamStatus::deleting:
      return dispatch(upload::event::Described{Status::deleting});
    case aws::StreamStatus::active:
    case aws::StreamStatus::updating:
      return dispatch(upload::event::Described{Status::usable});
  }
}

/// A stream is created with its media type, so this waits for the first track, and a while for the others
/// that were announced.
void StreamCore::perform(const upload::action::Create&) {
  const std::string contentType = ingest_.contentType();
  if (contentType.empty() || (ingest_.awaitsFormat() && !createOverdue_)) {
    createWanted_ = true;
    if (contentType.empty() || createTimer_ != 0) return;
    return after(createTimer_, formatPatience, [this] {
      createOverdue_ = true;
      if (std::exchange(createWanted_, false) && life_.state() == upload::State::creating)
        perform(upload::action::Create{});
    });
  }
  forget(createTimer_);
  aws::CreateStreamInput input;
  input.name = config_.name;
  input.mediaType = contentType;
  input.retention = config_.retention;
  input.kmsKeyId = config_.kmsKeyId;
  input.tags.insert(config_.tags.begin(), config_.tags.end());
  call_ = controlPlane_.createStream(
      input, answer<std::string>([this](const std::string&) { dispatch(upload::event::Created{}); }));
}

void StreamCore::perform(const upload::action::TagStream&) {
  const aws::Tags tags(config_.tags.begin(), config_.tags.end());
  const auto weak = weak_from_this();
  call_ = controlPlane_.tagStream(arn_, tags, [weak, this](const Result<void>& tagged) {
    const auto self = weak.lock();
    if (!self) return;
    call_.reset();
    if (tagged) return dispatch(upload::event::Tagged{});
    tellCorrection(tagged.error());
    dispatch(upload::event::CallFailed{tagged.error()});
  });
}

void StreamCore::perform(const upload::action::Locate&) {
  if (!context_->config.dataEndpoint.empty()) return takeGivenEndpoint(context_->config.dataEndpoint);
  aws::StreamDirectory& directory = *context_->directory;
  if (!dataEndpoint_.empty()) directory.forgetLocation(controlPlane_, config_.name);
  call_ = directory.locate(controlPlane_, config_.name,
                           answer<std::string>([this](const auto& endpoint) { located(endpoint); }));
}

/// Asked for again, it was refused or not reached, and there is no other: whether the stream is still there,
/// the control plane says.
void StreamCore::takeGivenEndpoint(const std::string& endpoint) {
  if (std::exchange(dataEndpoint_, {}).empty()) return located(endpoint);
  dispatch(upload::event::CallFailed{Error{StatusCode::putMediaFailed, ErrorKind::notFound,
                                           endpoint + " (data-endpoint) does not serve the stream '" +
                                               config_.name +
                                               "'. Check the address, and that the stream exists."}});
}

void StreamCore::located(const std::string& endpoint) {
  dataEndpoint_ = endpoint;
  logger_.log(LogLevel::info, Room::aws, [&] { return "the data endpoint is " + endpoint; });
  {
    const std::lock_guard lock(buffer_.mutex);
    buffer_.stats.dataEndpoint = endpoint;
  }
  warnIfInsecure(endpoint);
  dispatch(upload::event::Located{});
}

template <class T>
aws::ServiceClient::Callback<T> StreamCore::answer(std::function<void(T)> onSuccess) {
  return [weak = weak_from_this(), this, onSuccess = std::move(onSuccess)](Result<T> result) {
    const auto self = weak.lock();
    if (!self) return;
    call_.reset();
    if (result) return onSuccess(std::move(*result));
    const Error error = std::move(result.error());
    tellCorrection(error);
    note(LogLevel::info, [&] { return error.message; });  // no trouble yet: a stream may have to be created
    dispatch(upload::event::CallFailed{error});
  };
}

/// A refusal may have corrected the clock.
void StreamCore::tellCorrection(const Error& error, intake::Timeline::Correct which) {
  if (error.kind != ErrorKind::clock) return;
  takeUpTime(which);
  tellWarning(error);
}

/// Also what other streams have learnt.
void StreamCore::takeUpTime(intake::Timeline::Correct which) {
  const std::lock_guard lock(buffer_.mutex);
  buffer_.timeline.correct(context_->clock->moved(), which);
  for (store::FragmentLog* log : buffer_.feed->logs())
    log->correct(context_->clock->moved(), which);
}

// --- telling ---

void StreamCore::perform(const upload::action::Tell& tell) {
  const ConnectionChange& change = tell.change;
  if (change.reason) noteError(*change.reason);
  if (change.state == ConnectionState::disconnected) sessionFailed_ = true;
  const std::string asked = waitAskedFor(change);
  note(asked.empty() ? LogLevel::info : LogLevel::warning, [&] {
    std::string text(life_.state() == upload::State::waiting
                         ? "waiting " + std::to_string(change.delay.count()) + " ms"
                         : std::string(upload::stateName(life_.state())));
    if (change.reason) text += ": " + change.reason->message + asked;
    return text;
  });
  notifier_->tell([change](StreamListener& listener) { listener.onConnection(change); });
}

void StreamCore::perform(const upload::action::Warn& warn) {
  noteError(warn.error);
  tellWarning(warn.error);
}

void StreamCore::tellWarning(const Error& error) {
  notifier_->tell([error](StreamListener& listener) { listener.onWarning(error); });
}

void StreamCore::perform(const upload::action::Fail& failed) {
  noteError(failed.error);
  note(LogLevel::error, [&] { return failed.error.message; });
  {
    const std::lock_guard lock(buffer_.mutex);
    buffer_.ended = failed.error;
  }
  closeLog();  // before the error, behind which few go on to read
  notifier_->tell([error = failed.error](StreamListener& listener) { listener.onError(error); });
}

void StreamCore::perform(const upload::action::ReportReady&) {
  notifier_->tell([](StreamListener& listener) { listener.onStreamReady(); });
}

void StreamCore::perform(const upload::action::ReportDrained&) {
  ending_.store(false);
  notifier_->tell([](StreamListener& listener) { listener.onDrained(); });
}

void StreamCore::perform(const upload::action::ReportStopped&) {
  closed_ = true;
  call_.reset();
  for (auto* timer : {&retryTimer_, &sessionTimer_, &progressTimer_, &paceTimer_, &watchTimer_, &orderTimer_,
                      &createTimer_, &burstTimer_}) {
    forget(*timer);
  }
  closeLog();
  tellPressure();
  notifier_->tell([](StreamListener& listener) { listener.onStreamClosed(); });
}

/// What is left goes nowhere any more, and is told.
void StreamCore::closeLog() {
  {
    const std::lock_guard lock(buffer_.mutex);
    buffer_.feed->rewind();
    for (store::FragmentLog* log : buffer_.feed->logs()) {
      log->seal();
      log->dropAll(store::LossReason::stopped);
      log->forgetKept();
    }
    buffer_.changed.notify_all();
  }
  ingest_.leaveMetadata();
  tellDropped(dropped_.end());
  tellUntold();
}

void StreamCore::noteError(const Error& error) {
  const std::lock_guard lock(buffer_.mutex);
  buffer_.stats.lastError = error.message;
  buffer_.stats.lastErrorCode = error.code;
  buffer_.stats.lastErrorAt = clock_.wallNow();
}

// --- timers ---

void StreamCore::perform(const upload::action::SetTimer& set) {
  if (set.timer == upload::Timer::progress) return watchProgress(set.delay);
  after(timerOf(set.timer), set.delay,
        [this, which = set.timer] { dispatch(upload::event::TimerFired{which}); });
}

net::Loop::TimerId& StreamCore::timerOf(upload::Timer timer) {
  switch (timer) {
    case upload::Timer::retry:
      return retryTimer_;
    case upload::Timer::session:
      return sessionTimer_;
    case upload::Timer::burst:
      return burstTimer_;
    case upload::Timer::progress:
      break;
  }
  return progressTimer_;
}

/// As long as bytes leave there is progress: on a slow link a fragment may take longer to send than the
/// service may take to answer, and sending it again from its start would never end.
void StreamCore::watchProgress(Milliseconds patience) {
  const std::uint64_t before = session_ ? session_->bytesSent() : 0;
  after(progressTimer_, patience, [this, patience, before] {
    if (session_ && session_->bytesSent() > before) return watchProgress(patience);
    dispatch(upload::event::TimerFired{upload::Timer::progress});
  });
}

void StreamCore::perform(const upload::action::CancelTimer& cancelled) {
  forget(timerOf(cancelled.timer));
}

void StreamCore::after(net::Loop::TimerId& timer, Milliseconds delay, std::function<void()> task) {
  forget(timer);
  const auto weak = weak_from_this();
  timer = loop().at(clock_.now() + delay, [weak, &timer, task = std::move(task)] {
    const auto self = weak.lock();
    if (!self) return;
    timer = 0;
    task();
  });
}

void StreamCore::forget(net::Loop::TimerId& timer) {
  if (timer != 0) loop().cancel(std::exchange(timer, 0));
}

}  // namespace kvs::stream

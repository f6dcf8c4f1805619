// SPDX-License-Identifier: Apache-2.0
#include "upload/uploader.h"

#include <string>
#include <utility>

namespace kvs::upload {

namespace {

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

Uploader::Uploader(const StreamConfig& config, LifeConfig life, std::uint64_t seed, Setup::Service service,
                   store::StreamStore& store, UploadState& state, const net::Ready& owner, StreamSide& stream,
                   Reports& reports)
    : store_(store),
      state_(state),
      stream_(stream),
      reports_(reports),
      client_(service.client),
      tasks_(*client_->service().loop, owner),
      owner_(owner),
      timeOfDay_(*client_->service().clock, stream, reports),
      life_(life, seed),
      timers_(tasks_, [this](Timer timer) { tell(event::TimerFired{timer}); }),
      setup_(config, std::move(service), tasks_, stream, timeOfDay_, reports,
             [this](Event event) { tell(std::move(event)); }),
      keeper_(config, *client_, store, state, tasks_, stream, timeOfDay_, reports,
              [this](Event event) { tell(std::move(event)); }) {}

/// Where the log was empty, what comes next is new to the life.
void Uploader::tell(Event event) {
  if (std::holds_alternative<event::LogEmpty>(event) || std::holds_alternative<event::NothingToSend>(event)) {
    knowsOfData_ = false;
  }
  events_.push_back(std::move(event));
  if (std::exchange(isTelling_, true)) return;
  const auto self = owner_.shared_from_this();
  for (; !events_.empty(); events_.pop_front()) {
    for (const Action& action : life_.on(events_.front(), client_->service().clock->now()))
      std::visit([this](const auto& which) { perform(which); }, action);
    publishState();
  }
  isTelling_ = false;
}

/// Takes the lock only where something has changed, which is seldom.
void Uploader::publishState() {
  const State life = life_.state();
  const unsigned attempt = life_.attempts();
  if (life == publishedLife_ && attempt == publishedAttempt_) return;
  publishedLife_ = life;
  publishedAttempt_ = attempt;
  const Lock lock(store_.mutex());
  state_.life = life;
  state_.attempt = attempt;
  store_.changed();
}

void Uploader::resume() {
  if (!knowsOfData_ && hasSendable()) {
    knowsOfData_ = true;
    reports_.report(news::DataAvailable{});
    tell(event::DataAvailable{});
  }
  keeper_.resume();
}

bool Uploader::hasSendable() {
  const Lock lock(store_.mutex());
  return store_.feed().ahead().record != nullptr;
}

void Uploader::perform(const action::OpenSession& open) {
  keeper_.open({setup_.dataEndpoint(), setup_.receivedIsFinal(), open.isReconnect});
}

void Uploader::perform(const action::ReportChange& report) {
  const ConnectionChange& change = report.change;
  if (change.reason) reports_.noteError(*change.reason);
  const std::string asked = waitAskedFor(change);
  reports_.log.log(asked.empty() ? LogLevel::info : LogLevel::warning, Room::stream, [&] {
    std::string text(life_.state() == State::waiting
                         ? "waiting " + std::to_string(change.delay.count()) + " ms"
                         : std::string(stateName(life_.state())));
    if (change.reason) text += ": " + change.reason->message + asked;
    return text;
  });
  reports_.report(change);
}

void Uploader::perform(const action::Warn& warn) {
  reports_.noteError(warn.error);
  reports_.warn(warn.error);
}

void Uploader::perform(const action::Fail& fail) {
  reports_.noteError(fail.error);
  reports_.log.log(LogLevel::error, Room::stream, [&] { return fail.error.message; });
  stream_.onFailed(fail.error);  // before the error, behind which few go on to read
  reports_.report(news::StreamFailed{fail.error});
}

void Uploader::perform(const action::ReportDrained&) {
  stream_.onDrained();
  reports_.report(news::Drained{});
}

void Uploader::perform(const action::ReportStopped&) {
  stream_.onStopped();
  reports_.reportPressure(Nanoseconds{0});  // nothing is left
  reports_.report(news::StreamClosed{});
}

}  // namespace kvs::upload

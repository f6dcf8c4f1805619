// SPDX-License-Identifier: Apache-2.0
#include "upload/session.h"

#include <algorithm>
#include <utility>

#include "aws/service_error.h"

namespace kvs::upload {

Session::Session(Config config, store::StreamStore& store, SentMedia& sent, FragmentPacer& pacer,
                 const Clock& clock, SessionOwner& owner)
    : config_(std::move(config)),
      clock_(clock),
      owner_(&owner),
      body_(config_.body, store, sent, pacer, clock, *this) {}

void Session::start(const aws::ServiceClient& client, net::Request request) {
  request.source = &body_;
  lastAck_ = clock_.now();
  call_ = client.open({aws::Operation::putMedia, config_.streamName, std::move(request)}, *this);
}

void Session::resume() {
  body_.resume();
  if (call_) call_->resume();
}

void Session::finish(SessionBody::Finish how) {
  body_.finish(how);
  resume();
}

void Session::close() {
  owner_ = nullptr;
  call_.reset();
}

std::optional<TimePoint> Session::unacknowledgedSince() const {
  if (body_.sent().empty()) return std::nullopt;
  const SentFragment& oldest = body_.sent().front();
  return std::max({oldest.begun, oldest.left, lastAck_});
}

void Session::onAccepted(const net::ResponseHead& head) {
  if (!owner_) return;
  acceptedDate_ = aws::parseHttpDate(net::findHeader(head.headers, "date"));
  acceptedAt_ = lastAck_ = clock_.now();
  body_.accepted();
  owner_->onSessionAnswered();
}

void Session::onRefused(Error error) {
  const auto self = shared_from_this();
  if (owner_) owner_->onSessionEnd(std::move(error));
}

void Session::onData(ByteView data) {
  const auto self = shared_from_this();
  acks_.clear();
  if (const auto parsed = parser_.feed(data, acks_); !parsed && owner_) {
    owner_->onSessionNote(LogLevel::warning, parsed.error().message);
  }
  for (const auto& ack : std::exchange(acks_, {})) {
    if (!owner_) return;
    settle(ack);
  }
}

void Session::onEnd(Result<void> result) {
  const auto self = shared_from_this();
  if (!owner_) return;
  // However the service lets go of what we were letting go of, it is no failure.
  if (body_.sent().empty() && body_.isEnding()) {
    over_ = true;
    return owner_->onSessionOver();
  }
  if (result && !config_.body.acknowledged && body_.hasEnded()) {  // all of it was taken
    return owner_->onSessionSent(body_.sent().back());
  }
  owner_->onSessionEnd(result ? std::nullopt : std::optional(std::move(result.error())));
}

void Session::onPaced(TimePoint when) {
  if (owner_) owner_->onSessionPaced(when);
}

void Session::onFragmentSent(const SentFragment& fragment) {
  if (owner_) owner_->onSessionSent(fragment);
}

std::optional<WallTime> Session::serverDate() const {
  if (!acceptedDate_) return std::nullopt;
  return *acceptedDate_ + (clock_.now() - acceptedAt_);
}

void Session::onBodyEnd(bool headerChanged) {
  if (owner_) owner_->onSessionBodyEnd(headerChanged);
}

bool Session::settles(const aws::Acknowledgement& ack) const {
  using Type = aws::Acknowledgement::Type;
  return ack.type == Type::persisted || ack.type == Type::error ||
         (ack.type == Type::received && config_.receivedIsFinal);
}

/// An acknowledgement belongs to its session: it is matched with what this one has sent.
void Session::settle(const aws::Acknowledgement& ack) {
  lastAck_ = clock_.now();
  std::optional<SentFragment> fragment;
  if (ack.timecode) {
    const auto it = std::ranges::find(body_.sent(), *ack.timecode, &SentFragment::timecode);
    if (it != body_.sent().end()) fragment = *it;
  }
  if (fragment && settles(ack)) body_.settle(fragment->id);
  owner_->onSessionAck(ack, fragment);
}

}  // namespace kvs::upload

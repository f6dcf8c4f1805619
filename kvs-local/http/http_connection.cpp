// SPDX-License-Identifier: Apache-2.0
#include "http/http_connection.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace kvslocal {
namespace {

constexpr std::chrono::seconds lingerTime{2};
constexpr std::chrono::seconds holdTime{120};

bool waitsForContinue(const HttpHead& head) {
  return toLower(head.header("expect").value_or("")) == "100-continue";
}

}  // namespace

HttpConnection::HttpConnection(EventLoop& loop, const Clock& clock, std::unique_ptr<Socket> socket,
                               HttpConfig config)
    : loop_(loop),
      clock_(clock),
      socket_(std::move(socket)),
      timer_(loop.makeTimer()),
      config_(std::move(config)) {}

void HttpConnection::start(std::function<void()> gone) {
  gone_ = std::move(gone);
  request_.since = Clock::mono();
  closeAfter(config_.request);
  socket_->handshake([self = shared_from_this()](bool good) {
    if (!good) return self->close();
    self->beginRequest();
    self->proceed();
  });
}

Standing HttpConnection::standing() const {
  using Rank = Standing::Rank;
  const Rank rank = request_.trusted ? Rank::trusted : phase_ == Phase::idle ? Rank::idle : Rank::unproven;
  return {rank, request_.since};
}

// ---- requests in

void HttpConnection::beginRequest() {
  request_ = {};
  request_.id = makeRequestId();
  request_.since = Clock::mono();
  phase_ = Phase::idle;
  answer_ = Answer();
  reader_.begin();
  closeAfter(config_.idle);
}

void HttpConnection::pull(std::size_t most) {
  if (phase_ != Phase::request || request_.ended) return;
  request_.wanted = std::max<std::size_t>(most, 1);
  sayContinue();
  // Not from inside the caller, who may be in the midst of its own work.
  if (!busy_.taking) loop_.post([self = shared_from_this()] { self->proceed(); });
}

void HttpConnection::sayContinue() {
  if (std::exchange(request_.continued, true) || !waitsForContinue(reader_.head())) return;
  answer_.add("HTTP/1.1 100 Continue\r\n\r\n");
  writeMore();
}

/// Takes apart what was read for as long as somebody wants it, then reads more.
void HttpConnection::proceed() {
  if (busy_.taking || busy_.reading) return;
  busy_.taking = true;
  while (wantsPart() && takePart()) {
  }
  busy_.taking = false;
  if (wantsPart() || phase_ == Phase::over) readMore();
}

bool HttpConnection::wantsPart() const {
  const bool reading = phase_ == Phase::idle || phase_ == Phase::request;
  return reading && !request_.ended && (!handler_ || request_.wanted > 0);
}

bool HttpConnection::takePart() {
  if (phase_ == Phase::idle && !reader_.empty()) {
    phase_ = Phase::request;
    request_.since = Clock::mono();
    timer_->start(config_.request, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->refuse(408, "The request did not end in time");
    });
  }
  const auto part = reader_.next(handler_ ? request_.wanted : anySize);
  if (!part) {
    refuse(400, part.error());
    return false;
  }
  if (part->kind == HttpPart::Kind::nothing) return !reader_.empty();
  if (part->kind == HttpPart::Kind::head) handler_ = config_.route(reader_.head());
  request_.wanted = 0;
  const auto handler = handler_;  // which may end the exchange, and with it itself
  if (part->kind == HttpPart::Kind::head) handler->start(*this);
  if (part->kind == HttpPart::Kind::body) handler->onBody(part->body, reader_.arrival());
  if (part->kind == HttpPart::Kind::end) {
    request_.ended = true;
    timer_->cancel();
    handler->onEnd();
  }
  return true;
}

void HttpConnection::refuse(int status, const std::string& why) {
  log::info(socket_->name() + ": " + why);
  dropHandler();
  if (answer_.begun()) return depart(Departure::close);
  reply(config_.refusal(status, why));
}

void HttpConnection::trust() {
  request_.trusted = true;
  if (!request_.ended) timer_->cancel();
}

void HttpConnection::readMore() {
  if (busy_.reading || busy_.taking) return;
  if (phase_ == Phase::over && request_.after == Departure::freeze) return;
  const auto room = reader_.room();
  const std::size_t most = request_.wanted > 0 ? request_.wanted : anySize;
  busy_.reading = true;
  socket_->readSome(room.data(), std::min(room.size(), most),
                    [self = shared_from_this()](std::size_t bytes) { self->onRead(bytes); });
}

void HttpConnection::onRead(std::size_t bytes) {
  busy_.reading = false;
  if (phase_ == Phase::closed) return;
  if (bytes == 0 && phase_ == Phase::over && busy_.writing) return;  // who sends no more may still read
  if (bytes == 0) return close();
  reader_.filled(bytes, Clock::mono());
  if (phase_ == Phase::over) reader_.throwAway();
  proceed();
}

// ---- answers out

void HttpConnection::reply(HttpReply answer) {
  if (phase_ != Phase::request || answer_.begun()) return;
  const bool keep = request_.ended && reader_.head().keepAlive && !request_.after;
  addHead(answer.status, answer.headers, answer.body.size(), keep);
  const std::size_t length = answer.body.size();
  answer_.setBody(std::make_unique<TextSource>(std::move(answer.body)), length);
  dropHandler();
  if (!keep) return leave(request_.after.value_or(Departure::close));
  writeMore();
}

void HttpConnection::stream(int status, Headers headers, std::unique_ptr<BodySource> body,
                            std::optional<std::uint64_t> length) {
  if (phase_ != Phase::request || answer_.begun()) return;
  if (!request_.ended) sayContinue();
  addHead(status, headers, length, reader_.head().keepAlive);
  answer_.setBody(std::move(body), length);
  writeMore();
}

void HttpConnection::addHead(int status, const Headers& headers, std::optional<std::uint64_t> length,
                             bool keep) {
  Headers all{{config_.requestIdHeader, request_.id}};
  all.insert(all.end(), headers.begin(), headers.end());
  answer_.add(renderHead(status, all, length, clock_.wall(), !keep));
}

void HttpConnection::writeMore() {
  if (busy_.writing || phase_ == Phase::closed) return;
  busy_.writing = true;
  const auto state = answer_.next();
  busy_.writing = state == Answer::State::bytes;
  if (state == Answer::State::bytes) {
    if (!request_.timed() || phase_ == Phase::over)
      closeAfter(config_.idle);  // if the client takes none of it
    socket_->writeAll(answer_.bytes(),
                      [self = shared_from_this()](std::size_t bytes) { self->onWritten(bytes); });
  } else if (state != Answer::State::later) {
    onAnswerLeft(state == Answer::State::ended);
  }
}

void HttpConnection::onWritten(std::size_t bytes) {
  busy_.writing = false;
  if (phase_ == Phase::closed) return;
  if (bytes == 0) return close();
  if (!request_.timed()) timer_->cancel();
  writeMore();
}

void HttpConnection::onAnswerLeft(bool whole) {
  if (phase_ != Phase::over) {
    dropHandler();
    if (phase_ == Phase::closed) return;
    const bool keep = whole && request_.ended && reader_.head().keepAlive && !request_.after;
    if (!keep) return leave(request_.after.value_or(Departure::close));
    beginRequest();
    return proceed();
  }
  if (request_.after == Departure::close) socket_->shutdownSend();
  closeAfter(request_.after == Departure::close ? lingerTime : holdTime);
}

// ---- endings

void HttpConnection::depart(Departure how) {
  dropHandler();
  if (phase_ == Phase::closed) return;
  answer_.cutOff();
  if (how != Departure::reset) return leave(how);
  socket_->reset();
  forget();
}

/// What was given to write leaves first.
void HttpConnection::leave(Departure how) {
  dropHandler();
  if (how == Departure::reset) return depart(how);
  if (phase_ == Phase::closed) return;
  phase_ = Phase::over;
  request_.after = how;
  request_.wanted = 0;
  closeAfter(config_.idle);  // if what was written before never leaves
  writeMore();
  if (phase_ == Phase::over) readMore();
}

void HttpConnection::dropHandler() {
  if (const auto handler = std::exchange(handler_, nullptr)) handler->onClosed();
}

void HttpConnection::close() {
  dropHandler();
  if (phase_ == Phase::closed) return;
  socket_->close();
  forget();
}

void HttpConnection::forget() {
  phase_ = Phase::closed;
  answer_.cutOff();
  timer_->cancel();
  loop_.post([self = shared_from_this()] { self->gone_(); });
}

void HttpConnection::closeAfter(std::chrono::milliseconds delay) {
  timer_->start(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->close();
  });
}

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
#include "http/http_connection.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/log.h"

namespace kvslocal {
namespace {

// A connection that says little costs little; one that fills its buffer gets a larger one.
constexpr std::size_t leastRead = 4 * 1024;
constexpr std::size_t mostRead = 64 * 1024;
constexpr std::size_t maxWaiting = 4 * 1024 * 1024;  // of answers to a client that does not read them
constexpr std::chrono::seconds lingerTime{2};
constexpr std::chrono::seconds abandonTime{120};

}  // namespace

std::string makeRequestId() {
  static thread_local std::mt19937_64 generator{std::random_device{}()};
  constexpr const char* digits = "0123456789abcdef";
  std::string id;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id += '-';
    id += digits[generator() % 16];
  }
  return id;
}

HttpConnection::HttpConnection(EventLoop& loop, const Clock& clock, std::unique_ptr<Socket> socket,
                               Router router, HttpConfig config)
    : loop_(loop),
      clock_(clock),
      socket_(std::move(socket)),
      timer_(loop.makeTimer()),
      router_(std::move(router)),
      config_(std::move(config)) {}

void HttpConnection::start(std::function<void()> gone) {
  gone_ = std::move(gone);
  since_ = Clock::mono();
  closeAfter(config_.request);
  socket_->handshake([self = shared_from_this()](bool good) {
    if (!good) return self->close();
    self->beginRequest();
    self->readMore();
  });
}

void HttpConnection::beginRequest() {
  requestId_ = makeRequestId();
  requestBegun_ = false;
  requestEnded_ = false;
  trusted_ = false;
  dateOffset_ = std::chrono::seconds(0);
  since_ = Clock::mono();
  closeAfter(config_.idle);
  if (inputBytes_ == 0 && !readUnderWay_) {
    input_ = Bytes(leastRead);
    filled_ = false;
  }
  // The parser lives in this object and is replaced only outside feed(): `this` outlives its callbacks.
  HttpParserEvents events;
  events.head = [this](const HttpHead& head) {
    head_ = head;
    handler_ = router_(shared_from_this(), head);
    handler_->start();
  };
  events.body = [this](ByteView body) {
    if (const auto handler = handler_) handler->onBody(body, arrival_);
  };
  events.end = [this] {
    requestEnded_ = true;
    if (!discarding_) timer_->cancel();  // what is answered already has another end
    if (const auto handler = handler_) handler->onEnd();
  };
  parser_ = std::make_unique<HttpParser>(std::move(events));
}

void HttpConnection::onFirstByte() {
  if (requestBegun_) return;
  requestBegun_ = true;
  since_ = Clock::mono();
  timer_->start(config_.request, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->onRequestTimeout();
  });
}

void HttpConnection::onRequestTimeout() {
  if (closed_ || discarding_ || requestEnded_ || trusted_) return;
  log::info(peer() + ": a request took too long");
  dropHandler();
  reply(config_.refusal(408, "The request did not end in time"));
}

void HttpConnection::trust() {
  trusted_ = true;
  if (!requestEnded_) timer_->cancel();
}

Standing HttpConnection::standing() const {
  if (trusted_) return Standing::trusted;
  return parser_ && !requestBegun_ ? Standing::idle : Standing::unproven;
}

void HttpConnection::readMore() {
  if (readUnderWay_ || paused_ || closed_ || feeding_) return;
  if (!discarding_ && requestEnded_) return;  // the answer is being made
  const bool full = inputBytes_ == input_.size();
  if (full || (filled_ && input_.size() < mostRead)) input_.resize(std::max(input_.size() * 2, leastRead));
  readUnderWay_ = true;
  const std::size_t room = input_.size() - inputBytes_;
  socket_->readSome(input_.data() + inputBytes_, std::min(room, readLimit_.value_or(room)),
                    [self = shared_from_this()](std::size_t bytes) { self->onRead(bytes); });
}

void HttpConnection::onRead(std::size_t bytes) {
  arrival_ = Clock::mono();
  readUnderWay_ = false;
  if (closed_) return;
  if (bytes == 0) {
    dropHandler();
    return close();
  }
  filled_ = inputBytes_ + bytes == input_.size();
  inputBytes_ = discarding_ ? 0 : inputBytes_ + bytes;
  feedParser();
  readMore();
}

void HttpConnection::feedParser() {
  if (feeding_ || discarding_ || closed_ || inputBytes_ == 0) return;
  onFirstByte();
  feeding_ = true;
  const auto taken = parser_->feed(ByteView(input_.data(), inputBytes_));
  feeding_ = false;
  if (!taken) {
    log::info(peer() + ": " + taken.error());
    dropHandler();
    reply(config_.refusal(400, taken.error()));
    return;
  }
  std::copy(input_.begin() + static_cast<std::ptrdiff_t>(*taken),
            input_.begin() + static_cast<std::ptrdiff_t>(inputBytes_), input_.begin());
  inputBytes_ -= *taken;
}

void HttpConnection::reply(const HttpReply& answer) {
  if (closed_) return;
  const auto limit = std::exchange(replyLimit_, std::nullopt);
  const bool keep = requestEnded_ && head_.keepAlive && !limit;
  send(renderOwnHead(answer.status, answer.headers, answer.body.size(), keep) +
       answer.body.substr(0, limit.value_or(answer.body.size())));
  endExchange(keep);
}

void HttpConnection::beginReply(int status, const Headers& headers) {
  send(renderOwnHead(status, headers, std::nullopt, head_.keepAlive));
}

std::string HttpConnection::renderOwnHead(int status, const Headers& headers,
                                          std::optional<std::size_t> length, bool keep) {
  Headers all{{config_.requestIdHeader, requestId_}};
  all.insert(all.end(), headers.begin(), headers.end());
  return renderHead(status, all, length, answerDate(), !keep);
}

void HttpConnection::sendContinue(const HttpHead& head) {
  if (toLower(head.header("expect").value_or("")) == "100-continue") send("HTTP/1.1 100 Continue\r\n\r\n");
}

void HttpConnection::send(std::string_view bytes) {
  if (closed_ || finAfterWrites_) return;
  waiting_ += bytes;
  if (waiting_.size() > maxWaiting) {  // not from inside the caller, who may be in the midst of its own work
    finAfterWrites_ = true;
    return loop_.post([self = shared_from_this()] { self->reset(); });
  }
  writeMore();
}

void HttpConnection::writeMore() {
  if (writeUnderWay_ || closed_) return;
  if (waiting_.empty()) {
    if (finAfterWrites_) socket_->shutdownSend();
    return;
  }
  inFlight_ = std::exchange(waiting_, {});
  writeUnderWay_ = true;
  socket_->writeAll(inFlight_, [self = shared_from_this()](std::size_t bytes) { self->onWritten(bytes); });
}

void HttpConnection::onWritten(std::size_t bytes) {
  writeUnderWay_ = false;
  if (closed_) return;
  if (bytes == 0) {
    dropHandler();
    return close();
  }
  writeMore();
  if (nextWaits_ && !writeUnderWay_) nextRequest();
}

void HttpConnection::endExchange(bool keep) {
  dropHandler();
  if (closed_) return;
  if (!keep || !requestEnded_ || !head_.keepAlive) return lingerAndClose();
  // Not from inside the parser that is still at work: the next request gets a new one.
  loop_.post([self = shared_from_this()] { self->nextRequest(); });
}

// A client that sends request after request and reads no answer must not make them heap up here.
void HttpConnection::nextRequest() {
  if (closed_ || discarding_) return;
  nextWaits_ = writeUnderWay_;
  if (nextWaits_) return closeAfter(config_.idle);
  paused_ = false;
  beginRequest();
  feedParser();
  readMore();
}

void HttpConnection::lingerAndClose() {
  dropHandler();
  discarding_ = true;
  paused_ = false;
  finAfterWrites_ = true;
  closeAfter(lingerTime);
  writeMore();
  readMore();
}

void HttpConnection::abandon(bool reading) {
  dropHandler();
  discarding_ = true;
  paused_ = !reading;
  closeAfter(abandonTime);
  readMore();
}

void HttpConnection::reset() {
  dropHandler();
  if (closed_) return;
  socket_->reset();
  forget();
}

void HttpConnection::pauseReading() {
  paused_ = true;
}

void HttpConnection::resumeReading() {
  paused_ = false;
  readMore();
}

void HttpConnection::dropHandler() {
  if (const auto handler = std::exchange(handler_, nullptr)) handler->onClosed();
}

void HttpConnection::close() {
  dropHandler();
  if (closed_) return;
  socket_->close();
  forget();
}

void HttpConnection::forget() {
  closed_ = true;
  timer_->cancel();
  loop_.post([self = shared_from_this()] { self->gone_(); });
}

void HttpConnection::closeAfter(std::chrono::milliseconds delay) {
  timer_->start(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->close();
  });
}

}  // namespace kvslocal

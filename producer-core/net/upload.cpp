// SPDX-License-Identifier: Apache-2.0
#include "net/upload.h"

#include <sys/epoll.h>

#include <array>
#include <utility>

#include "net/curl_options.h"
#include "net/request_head.h"

namespace kvs::net {

namespace {
constexpr std::size_t kPassBytes = 64 * 1024;  // of one body in one pass of the loop
constexpr std::size_t kReceive = 16 * 1024;    // no record of TLS holds more
constexpr std::size_t kMaxRefusal = 64 * 1024;
constexpr Milliseconds kRefusalPatience{500};

/// For what a proxy says beside its status.
std::size_t discard(char*, std::size_t size, std::size_t count, void*) noexcept {
  return size * count;
}
}  // namespace

void Upload::resume() {
  if (waiting_ || reading_) queue();
}

void Upload::proceed() {
  proceedQueued_ = false;
  waiting_ = false;
  if (watched_ != 0) send();
}

CURLcode Upload::setOwnOptions() {
  auto head = renderHead(request_, engine_->options().userAgent);
  if (!head) return CURLE_BAD_FUNCTION_ARGUMENT;
  outgoing_.setHead(std::move(*head));
  return CurlOptions(easy_.get())
      .set(CURLOPT_CONNECT_ONLY, 1L)
      .set(CURLOPT_HTTPPROXYTUNNEL, 1L)  // whom it does not lead to the host, it can't be sent through
      .set(CURLOPT_FRESH_CONNECT, 1L)
      .set(CURLOPT_HEADERFUNCTION, &discard)
      .set(CURLOPT_WRITEFUNCTION, &discard)
      .result();
}

void Upload::onDone(CURLcode code) {
  if (code != CURLE_OK) return endWith(code);
  connected();
  socket_ = ConnectedSocket(easy_.get(), place_.https);
  receive();  // what came before anything was asked
  if (end_) return;
  watch(EPOLLIN);
  queue();  // the source is not to be asked while libcurl's messages are read: it may let go of the exchange
}

bool Upload::deliverBody() {
  if (!data_.empty()) listener_->onData(std::exchange(data_, {}));
  return true;
}

void Upload::onClose() {
  engine_->loop().cancel(std::exchange(patience_, 0));
  watch(0);
  outgoing_.drop();
}

void Upload::watch(std::uint32_t events) {
  if (std::exchange(watched_, events) == events) return;
  Loop& loop = engine_->loop();
  // The callback stays as it is where only the events change.
  if (loop.watch(socket_.fd(), events)) return;
  if (!loop.watch(socket_.fd(), events, [this](std::uint32_t came) { onEvents(came); }))
    end(fail(failureOf(CURLE_OUT_OF_MEMORY)));
}

void Upload::onEvents(std::uint32_t events) {
  const auto keep = shared_from_this();
  if (end_) return;
  if (events & ~std::uint32_t{EPOLLOUT}) receive();
  if (events & EPOLLOUT) send();
}

// --- the request ---

/// Until the source or the socket has no more, or this body's share of the pass is used up.
void Upload::send() {
  const auto keep = shared_from_this();  // the source may let go of the exchange
  std::size_t share = kPassBytes;
  while (flush()) {
    if (share == 0) return queue();
    if (!fill(share)) return;
  }
}

/// False where nothing more can be sent now.
bool Upload::flush() {
  if (end_ || !request_.source) return false;
  if (refused()) {  // a refused body is not wanted
    watch(EPOLLIN);
    return false;
  }
  if (!outgoing_.empty()) {
    const auto moved = socket_.send(outgoing_.left());
    outgoing_.sent(moved.bytes);
    if (moved.code != CURLE_OK && moved.code != CURLE_AGAIN) {
      onSendError(moved);
      return false;
    }
    outgoing_.keep();
  }
  const bool goesOn = outgoing_.empty() && socket_.hasRoom();
  watch(goesOn ? EPOLLIN : EPOLLIN | EPOLLOUT);
  return goesOn;
}

/// Asks the source for at most `share` bytes, and takes what it gave off it. False where there is nothing.
bool Upload::fill(std::size_t& share) {
  if (bodyEnded_) return false;
  const auto room = engine_->scratch().first(share);
  reading_ = true;
  const BodyRead read = request_.source->read(room);
  reading_ = false;
  if (!request_.source) return false;
  if (read.state == BodyRead::State::end) {
    bodyEnded_ = true;
    outgoing_.setLastChunk();
    return true;
  }
  waiting_ = read.state == BodyRead::State::wait || read.bytes == 0;
  if (waiting_) return false;
  outgoing_.setChunk(std::array{ByteView(room.first(read.bytes))});
  share -= read.bytes;
  return true;
}

void Upload::queue() {
  if (!std::exchange(proceedQueued_, true)) engine_->wantProceed(shared_from_this());
}

/// A peer that closes says before why, as a rule.
void Upload::onSendError(const ConnectedSocket::Moved& moved) {
  while (!end_ && receive()) {
  }
  if (!refused()) endWithError(failureOf(moved.code, moved.osError));
}

// --- the answer ---

/// Whether something came.
bool Upload::receive() {
  std::array<std::byte, kReceive> room;
  const auto moved = socket_.receive(room);
  if (moved.code == CURLE_AGAIN) return false;
  if (moved.code != CURLE_OK) {
    endWithError(failureOf(moved.code, moved.osError));
  } else if (moved.bytes > 0) {
    take(ByteView(room).first(moved.bytes));
    return true;
  } else if (answer_.isWholeAtClose()) {
    end({});
  } else {
    endWithError(closedEarly(place_, answer_.hasHead()));
  }
  return false;
}

void Upload::take(ByteView came) {
  const bool hadHead = answer_.hasHead();
  const std::size_t before = data_.size();
  const AnswerReader::State state = answer_.feed(came, data_);
  received_ += data_.size() - before;
  if (answer_.hasHead() && !hadHead) onHead();
  if (data_.size() > before) news();
  if (state == AnswerReader::State::broken) return endWithError(answer_.error(place_));
  if (state == AnswerReader::State::complete || (refused() && received_ >= kMaxRefusal)) end({});
}

void Upload::onHead() {
  news();
  if (!refused()) return;
  Loop& loop = engine_->loop();
  patience_ = loop.at(loop.clock().now() + kRefusalPatience, [this] {
    patience_ = 0;
    end({});
  });
}

/// The status of a refusal says all; that its text is cut, or the connection is reset behind it, must not
/// hide it.
void Upload::endWithError(Error error) {
  end(refused() ? Result<void>() : fail(std::move(error)));
}

}  // namespace kvs::net

// SPDX-License-Identifier: Apache-2.0
#include "net/curl_transfer.h"

#include <openssl/crypto.h>

#include <cerrno>
#include <utility>

#include "net/curl_engine.h"

namespace kvs::net {

namespace {
constexpr std::size_t kPassBytes = 64 * 1024;    // of one body in one pass of the loop
constexpr std::size_t kMaxAnswer = 1024 * 1024;  // of a call
constexpr std::size_t kMaxRefusal = 64 * 1024;   // of the text that comes with a refused upload
constexpr Milliseconds kRefusalPatience{500};    // for that text to be complete
}  // namespace

CurlTransfer::CurlTransfer(std::shared_ptr<CurlEngine> engine, Request request, ExchangeListener& listener)
    : engine_(std::move(engine)),
      request_(std::move(request)),
      listener_(&listener),
      upload_(request_.source != nullptr) {}

/// Session tokens and the like travel in headers, a web identity's in the body.
CurlTransfer::~CurlTransfer() {
  for (Header& header : request_.headers)
    OPENSSL_cleanse(header.value.data(), header.value.size());
  OPENSSL_cleanse(request_.body.data(), request_.body.size());
}

// --- what the exchange asks for ---

void CurlTransfer::start() {
  auto place = placeOf(request_.url);
  if (!place) return end(fail(place.error()));
  place_ = std::move(*place);
  if (!place_.https || bringsAuthorities()) return engine_->enterGate(shared_from_this());
  engine_->trust().whenLoaded([self = shared_from_this()](const Result<void>& loaded) {
    if (!self->listener_) return;
    if (!loaded) return self->end(loaded);
    self->engine_->enterGate(self);
  });
}

void CurlTransfer::resume() {
  if (!(paused_ || reading_) || std::exchange(resumeQueued_, true)) return;
  engine_->wantResume(shared_from_this());
}

void CurlTransfer::holdAnswer() {
  answerHeld_ = isDownload();
}

void CurlTransfer::resumeAnswer() {
  if (std::exchange(answerHeld_, false)) news();
}

std::uint64_t CurlTransfer::bytesSent() const {
  curl_off_t onWire = 0;
  if (easy_) curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &onWire);
  return uploaded_.sent(easy_ ? static_cast<std::uint64_t>(onWire) : finalWireBytes_);
}

void CurlTransfer::abandon() {
  listener_ = nullptr;
  request_.source = nullptr;
  engine_->wantClose(shared_from_this());
}

// --- what the engine asks for ---

CurlTransfer* CurlTransfer::of(CURL* easy) {
  char* transfer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  return reinterpret_cast<CurlTransfer*>(transfer);
}

void CurlTransfer::begin() {
  if (!listener_) return engine_->leaveGate(*this);
  if (const auto prepare = std::exchange(request_.prepare, {})) {
    const auto prepared = prepare(request_);
    if (!listener_) return;  // destroyed meanwhile
    if (!prepared) return end(fail(prepared.error()));
  }
  easy_.reset(curl_easy_init());
  const CURLcode set = easy_ ? setOptions() : CURLE_OUT_OF_MEMORY;
  if (set != CURLE_OK) return end(fail(failureOf(set)));
  if (engine_->multi().add(easy_.get()) != CURLM_OK) return end(fail(failureOf(CURLE_OUT_OF_MEMORY)));
  added_ = true;
}

void CurlTransfer::unpause() {
  resumeQueued_ = false;
  const bool wasPaused = paused_ || answerPaused_;
  if (!easy_ || end_ || !wasPaused) return;
  paused_ = answerPaused_ = false;
  curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
}

void CurlTransfer::onWants(curl_socket_t fd, int what) noexcept {
  if (!upload_ || !added_ || !connected_ || end_) return;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) {
    readSocket_ = fd;
    stoppedReading_ = false;
  } else if (fd == readSocket_ && !bodyEnded_) {
    stoppedReading_ = true;
    news();
  }
}

void CurlTransfer::onDone(CURLcode code) {
  if (code == CURLE_OK && head_.isComplete()) return end({});
  if (!connected_) engine_->doubt().failed(place_.text());
  end(fail(failureOf(code == CURLE_OK ? CURLE_GOT_NOTHING : code)));
}

void CurlTransfer::deliver() {
  newsQueued_ = false;
  judgeSilentEnd();
  if (head_.isComplete() && listener_ && !std::exchange(headDelivered_, true))
    listener_->onHead(head_.head());
  deliverData();
  if (answerHeld_ || !listener_) return;
  if (answerPaused_ && !std::exchange(resumeQueued_, true)) engine_->wantResume(shared_from_this());
  if (!end_ || endDelivered_) return;
  endDelivered_ = true;
  close();
  listener_->onEnd(*end_);
}

void CurlTransfer::deliverData() {
  if (!data_.empty() && listener_) listener_->onData(std::exchange(data_, {}));
  if (!downloaded_.empty() && listener_ && !answerHeld_) listener_->onData(std::exchange(downloaded_, {}));
}

void CurlTransfer::close() {
  engine_->leaveGate(*this);
  engine_->loop().cancel(std::exchange(patience_, 0));
  request_.source = nullptr;
  if (!easy_) return;
  curl_off_t onWire = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &onWire);
  finalWireBytes_ = static_cast<std::uint64_t>(onWire);
  if (std::exchange(added_, false)) engine_->multi().remove(easy_.get());
  easy_.reset();
  headers_.reset();
  resolve_.reset();
}

// --- what libcurl tells ---

bool CurlTransfer::onHeaderLine(std::string_view line) {
  // libcurl takes the status line of another version, too.
  if (line.starts_with("HTTP/") && !line.starts_with("HTTP/1.")) {
    end(fail(notHttp(place_, asBytes(line))));
    return false;
  }
  const bool wasComplete = head_.isComplete();
  if (!head_.take(line)) {
    end(fail(strangeAnswer(place_, "it has more than 64 KiB of headers")));
    return false;
  }
  if (head_.isComplete() && !wasComplete) onHeadComplete();
  return true;
}

void CurlTransfer::onHeadComplete() {
  news();
  framing_ = ResponseBody(head_.head());
  if (!upload_) {
    // libcurl would take all that comes until the end of the connection.
    if (framing_.state() == ResponseBody::State::broken)
      end(fail(strangeAnswer(place_, "its Content-Length is no number")));
    return;
  }
  if (framing_.state() != ResponseBody::State::open) return endUpload();
  if (!refused()) return;
  Loop& loop = engine_->loop();
  patience_ = loop.at(loop.clock().now() + kRefusalPatience, [this] {
    patience_ = 0;
    end({});
  });
}

CurlTransfer::Take CurlTransfer::onBody(ByteView raw) {
  if (end_) return Take::all;
  if (!head_.isComplete()) {
    end(fail(notHttp(place_, raw)));
    return Take::all;
  }
  if (!upload_) return isDownload() ? onDownloadBody(raw) : onCallBody(raw);
  const std::size_t before = data_.size();
  framing_.feed(raw, data_);
  received_ += data_.size() - before;
  if (data_.size() > before) news();
  if (framing_.state() != ResponseBody::State::open || (refused() && received_ > kMaxRefusal)) endUpload();
  return Take::all;
}

CurlTransfer::Take CurlTransfer::onCallBody(ByteView raw) {
  received_ += raw.size();
  if (received_ > kMaxAnswer) {
    end(fail(StatusCode::serviceUnknownError, ErrorKind::retryable,
             place_.text() + " answered with more than 1 MiB"));
    return Take::none;
  }
  data_.insert(data_.end(), raw.begin(), raw.end());
  news();
  return Take::all;
}

CurlTransfer::Take CurlTransfer::onDownloadBody(ByteView raw) {
  if (answerHeld_ || downloaded_.size() >= kPassBytes) {
    answerPaused_ = true;
    news();  // once this pass has given what waits, libcurl goes on
    return Take::later;
  }
  downloaded_.insert(downloaded_.end(), raw.begin(), raw.end());
  news();
  return Take::all;
}

void CurlTransfer::endUpload() {
  if (framing_.state() == ResponseBody::State::broken && !refused()) {
    return end(fail(strangeAnswer(place_, {})));
  }
  end({});
}

std::size_t CurlTransfer::onRead(std::span<std::byte> room) {
  // A refused body is not wanted, and after the end nobody gives one.
  if (!request_.source || end_ || refused()) return CURL_READFUNC_PAUSE;
  reading_ = true;
  const BodyRead read = request_.source->read(room.first(std::min(room.size(), kPassBytes)));
  reading_ = false;
  if (read.state == BodyRead::State::end) {
    bodyEnded_ = true;
    return 0;
  }
  if (read.state == BodyRead::State::wait || read.bytes == 0) {
    paused_ = true;
    return CURL_READFUNC_PAUSE;
  }
  uploaded_.onRead(read.bytes);
  return read.bytes;
}

int CurlTransfer::onConnected() {
  connected_ = true;
  engine_->leaveGate(*this);
  return CURL_PREREQFUNC_OK;
}

void CurlTransfer::judgeSilentEnd() {
  if (!stoppedReading_ || end_ || !listener_) return;
  const bool whole = head_.isComplete() && framing_.atClose() == ResponseBody::State::complete;
  end(whole ? Result<void>() : fail(closedEarly(place_, head_.isComplete())));
}

void CurlTransfer::end(Result<void> result) {
  if (end_) return;
  // The status of a refused upload says all; that its text is cut, or the connection is reset behind
  // it, must not hide it.
  end_ = upload_ && refused() ? Result<void>() : std::move(result);
  news();
}

void CurlTransfer::news() {
  if (!std::exchange(newsQueued_, true)) engine_->wantDeliver(shared_from_this());
}

Error CurlTransfer::failureOf(CURLcode code) {
  if (socketError_ == EMFILE || socketError_ == ENFILE) return outOfDescriptors(place_);
  long osError = 0;
  long proxyStatus = 0;
  if (easy_) curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &proxyStatus);
  if (easy_ && code == CURLE_COULDNT_CONNECT) curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &osError);
  return explain({.code = code,
                  .detail = errorText_.data(),
                  .osError = static_cast<int>(osError),
                  .connected = connected_,
                  .reached = connected_ || socketAsked_,
                  .proxyStatus = connected_ ? 0 : proxyStatus,
                  .proxy = place_.local ? std::string_view() : engine_->options().proxy.address,
                  .addresses = engine_->options().addresses,
                  .patience = connected_ ? request_.totalTimeout : request_.connectTimeout},
                 place_);
}

}  // namespace kvs::net

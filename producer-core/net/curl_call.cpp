// SPDX-License-Identifier: Apache-2.0
#include "net/curl_call.h"

#include <utility>

#include "net/curl_options.h"
#include "net/request_head.h"
#include "net/response_body.h"

namespace kvs::net {

namespace {
constexpr std::size_t kPassBytes = 64 * 1024;    // of a download in one pass of the loop
constexpr std::size_t kMaxAnswer = 1024 * 1024;  // of a call
constexpr long kDownloadBuffer = 64 * 1024;
}  // namespace

void CurlCall::holdAnswer() {
  answerHeld_ = isDownload();
}

void CurlCall::resumeAnswer() {
  if (std::exchange(answerHeld_, false)) news();
}

void CurlCall::proceed() {
  resumeQueued_ = false;
  if (!easy_ || end_ || !std::exchange(answerPaused_, false)) return;
  curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
}

void CurlCall::onDone(CURLcode code) {
  if (code == CURLE_OK && head_.isComplete()) return end({});
  endWith(code == CURLE_OK ? CURLE_GOT_NOTHING : code);
}

bool CurlCall::deliverBody() {
  if (!data_.empty()) listener_->onData(std::exchange(data_, {}));
  if (!downloaded_.empty() && listener_ && !answerHeld_) listener_->onData(std::exchange(downloaded_, {}));
  if (answerHeld_ || !listener_) return false;
  if (answerPaused_ && !std::exchange(resumeQueued_, true)) engine_->wantProceed(shared_from_this());
  return true;
}

// --- the handle ---

CURLcode CurlCall::setOwnOptions() {
  auto headers = headerList();
  if (!headers) return CURLE_BAD_FUNCTION_ARGUMENT;
  headers_ = std::move(*headers);
  CurlOptions options(easy_.get());
  options.set(CURLOPT_HTTPHEADER, headers_.get())
      .set(CURLOPT_HTTP09_ALLOWED, 1L)  // what is no HTTP comes as a body, and can be quoted
      .set(CURLOPT_FOLLOWLOCATION, 0L)
      .set(CURLOPT_HEADERFUNCTION, &CurlCall::headerCallback)
      .set(CURLOPT_HEADERDATA, this)
      .set(CURLOPT_WRITEFUNCTION, &CurlCall::writeCallback)
      .set(CURLOPT_WRITEDATA, this)
      .set(CURLOPT_PREREQFUNCTION, &CurlCall::connectedCallback)
      .set(CURLOPT_PREREQDATA, this);
  if (isDownload()) {
    options.set(CURLOPT_BUFFERSIZE, kDownloadBuffer);
  } else {
    options.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.totalTimeout.count()));
  }
  setBody(options);
  return options.result();
}

void CurlCall::setBody(CurlOptions& options) {
  if (request_.method == "HEAD") {
    options.set(CURLOPT_NOBODY, 1L);
  } else if (request_.method != "GET" || !request_.body.empty()) {
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()))
        .set(CURLOPT_POSTFIELDS, request_.body.data());
    if (request_.method != "POST") options.set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

std::optional<CurlList> CurlCall::headerList() const {
  CurlList list;
  bool good = isPlain(request_.method);
  for (const Header& header : request_.headers) {
    good = good && isPlain(header.name) && isPlain(header.value) && !header.name.empty();
    WipingString line(header.name);
    // The first is libcurl's notation for a header without a value.
    line.append(header.value.empty() ? ";" : ": ").append(header.value);
    good = good && append(list, line);
  }
  // A name with nothing behind the colon keeps libcurl from adding its own.
  if (findHeader(request_.headers, "Content-Type").empty()) good = good && append(list, "Content-Type:");
  good = good && append(list, "Expect:");
  if (!good) return std::nullopt;
  return list;
}

// --- what libcurl tells ---

bool CurlCall::onHeaderLine(std::string_view line) {
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
  if (!head_.isComplete() || wasComplete) return true;
  news();
  // libcurl would take all that comes until the end of the connection.
  if (ResponseBody(head_.head()).state() == ResponseBody::State::broken)
    end(fail(strangeAnswer(place_, "its Content-Length is no number")));
  return true;
}

CurlCall::Take CurlCall::onBody(ByteView raw) {
  if (end_) return Take::all;
  if (!head_.isComplete()) {
    end(fail(notHttp(place_, raw)));
    return Take::all;
  }
  return isDownload() ? onDownloadBody(raw) : onCallBody(raw);
}

CurlCall::Take CurlCall::onCallBody(ByteView raw) {
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

CurlCall::Take CurlCall::onDownloadBody(ByteView raw) {
  if (answerHeld_ || downloaded_.size() >= kPassBytes) {
    answerPaused_ = true;
    news();  // once this pass has given what waits, libcurl goes on
    return Take::later;
  }
  downloaded_.insert(downloaded_.end(), raw.begin(), raw.end());
  news();
  return Take::all;
}

std::size_t CurlCall::headerCallback(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  return guarded(
      [&] {
        return of(self).onHeaderLine({data, size * count}) ? size * count : std::size_t{0};
      },
      std::size_t{0});
}

std::size_t CurlCall::writeCallback(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  return guarded(
      [&] {
        const ByteView raw = asBytes({data, size * count});
        switch (of(self).onBody(raw)) {
          case Take::all:
            return raw.size();
          case Take::later:
            return std::size_t{CURL_WRITEFUNC_PAUSE};
          case Take::none:
            break;
        }
        return std::size_t{0};
      },
      std::size_t{0});
}

int CurlCall::connectedCallback(void* self, char*, char*, int, int) noexcept {
  return guarded(
      [&] {
        of(self).connected();
        return int{CURL_PREREQFUNC_OK};
      },
      int{CURL_PREREQFUNC_ABORT});
}

}  // namespace kvs::net

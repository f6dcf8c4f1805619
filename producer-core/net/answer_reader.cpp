// SPDX-License-Identifier: Apache-2.0
#include "net/answer_reader.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "net/curl_error.h"

namespace kvs::net {

namespace {
constexpr std::string_view kProtocol = "HTTP/1.";
constexpr std::string_view kTooLong = "it has more than 64 KiB of headers";

/// RFC 9110, 5.6.2.
bool isToken(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  const auto allowed = [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || marks.find(c) != marks.npos;
  };
  return !text.empty() && std::ranges::all_of(text, allowed);
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

/// "HTTP/1.1 200", and nothing or a blank and the reason behind it; also of HTTP/1.0.
bool isStatusLine(std::string_view line) {
  constexpr std::size_t size = 12;
  if (line.size() < size || (line[7] != '0' && line[7] != '1') || line[8] != ' ') return false;
  const std::string_view status = line.substr(9, 3);
  return std::ranges::all_of(status, isDigit) && status[0] != '0' &&
         (line.size() == size || line[size] == ' ');
}

/// A name, at once followed by a colon; so no line that is folded, either.
bool isHeaderLine(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != line.npos && isToken(line.substr(0, colon));
}

/// Without its end: LF, or CR LF.
std::string_view withoutEnd(std::string_view line) {
  line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}
}  // namespace

AnswerReader::State AnswerReader::feed(ByteView came, WipingBytes& body) {
  ByteView rest = came;
  if (state_ == State::head) takeHead(rest);
  if (state_ != State::body) return state_;
  switch (framing_.feed(rest, body)) {
    case ResponseBody::State::open:
      break;
    case ResponseBody::State::complete:
      state_ = State::complete;
      break;
    case ResponseBody::State::broken:
      breakOff({});
  }
  return state_;
}

Error AnswerReader::error(const Place& place) const {
  return speaksHttp_ ? strangeAnswer(place, why_) : notHttp(place, asBytes(line_));
}

void AnswerReader::takeHead(ByteView& rest) {
  while (state_ == State::head && !rest.empty()) {
    const auto end = std::ranges::find(rest, std::byte{'\n'});
    const bool isWhole = end != rest.end();
    const auto size = static_cast<std::size_t>(end - rest.begin()) + (isWhole ? 1 : 0);
    line_ += asText(rest.first(size));
    rest = rest.subspan(size);
    if (atStatusLine_ && !mayBeStatusLine()) {
      speaksHttp_ = false;
      line_ += asText(rest);
      return breakOff({});
    }
    if (line_.size() > ResponseHeadReader::kMaxSize) return breakOff(kTooLong);
    if (!isWhole) return;
    takeLine(line_);
    line_.clear();
  }
}

bool AnswerReader::mayBeStatusLine() const {
  const std::string_view begin = std::string_view(line_).substr(0, kProtocol.size());
  return begin == kProtocol.substr(0, begin.size());
}

void AnswerReader::takeLine(std::string_view line) {
  const std::string_view text = withoutEnd(line);
  if (text.find_first_of(std::string_view("\r\0", 2)) != text.npos)
    return breakOff("a line of its head has a control character");
  if (std::exchange(atStatusLine_, false)) {
    if (!isStatusLine(text)) return breakOff("its status line has no version or status of HTTP/1.1");
  } else if (!text.empty() && !isHeaderLine(text)) {
    return breakOff("a line of its head is no header");
  }
  if (!lines_.take(line)) return breakOff(kTooLong);
  if (text.empty()) endOfHead();
}

void AnswerReader::endOfHead() {
  atStatusLine_ = true;  // behind an interim answer
  if (head().status == 101) return breakOff("it switches to a protocol that was not asked for");
  if (!hasHead()) return;
  framing_ = ResponseBody(head());
  state_ = framing_.state() == ResponseBody::State::complete ? State::complete : State::body;
  if (framing_.state() == ResponseBody::State::broken) breakOff("its Content-Length is no number");
}

void AnswerReader::breakOff(std::string_view why) {
  state_ = State::broken;
  why_ = why;
}

}  // namespace kvs::net

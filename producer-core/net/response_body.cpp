// SPDX-License-Identifier: Apache-2.0
#include "net/response_body.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace kvs::net {

namespace {
constexpr int kMaxSizeDigits = 15;  // of a chunk's size in hex: far above anything sensible

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool endsWithChunked(std::string_view codings) {
  constexpr std::string_view kChunked = "chunked";
  return codings.size() >= kChunked.size() &&
         strncasecmp(codings.end() - kChunked.size(), kChunked.data(), kChunked.size()) == 0;
}

/// Whether all headers of the name say the same.
bool agree(const std::vector<Header>& headers, std::string_view name) {
  const std::string_view first = findHeader(headers, name);
  return std::ranges::all_of(headers, [&](const Header& header) {
    return header.value == first || findHeader({header}, name).empty();
  });
}
}  // namespace

ResponseBody::ResponseBody(const ResponseHead& head) {
  const std::string_view length = findHeader(head.headers, "Content-Length");
  if (head.status == 204 || head.status == 304) {
    state_ = State::complete;
  } else if (endsWithChunked(findHeader(head.headers, "Transfer-Encoding"))) {
    framing_ = Framing::chunked;
  } else if (!length.empty()) {
    framing_ = Framing::length;
    const auto [end, error] = std::from_chars(length.begin(), length.end(), left_);
    if (error != std::errc() || end != length.end() || !agree(head.headers, "Content-Length")) {
      state_ = State::broken;
    } else if (left_ == 0) {
      state_ = State::complete;
    }
  }
}

ResponseBody::State ResponseBody::feed(ByteView raw, WipingBytes& out) {
  while (!raw.empty() && state_ == State::open) {
    std::size_t taken = raw.size();
    if (framing_ == Framing::chunked) {
      taken = feedChunked(raw, out);
    } else {
      if (framing_ == Framing::length) taken = std::min<std::uint64_t>(taken, left_);
      out.insert(out.end(), raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(taken));
      left_ -= taken;
      if (framing_ == Framing::length && left_ == 0) state_ = State::complete;
    }
    raw = raw.subspan(taken);
  }
  return state_;
}

std::size_t ResponseBody::feedChunked(ByteView raw, WipingBytes& out) {
  const char c = static_cast<char>(raw.front());
  switch (part_) {
    case Part::data: {
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(raw.size(), left_));
      out.insert(out.end(), raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(taken));
      left_ -= taken;
      if (left_ == 0) part_ = Part::dataEnd;
      return taken;
    }
    case Part::dataEnd:
      if (c == '\n')
        part_ = Part::size;
      else if (c != '\r')
        state_ = State::broken;
      return 1;
    case Part::size:
    case Part::extension:
      feedSizeLine(c);
      return 1;
    case Part::trailer:
      feedTrailer(c);
      return 1;
  }
  return 1;
}

void ResponseBody::feedSizeLine(char c) {
  if (c == '\n') return endOfSizeLine();
  if (part_ == Part::extension) return;
  const int digit = hexDigit(c);
  if (digit >= 0 && ++sizeDigits_ <= kMaxSizeDigits) {
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  } else if (sizeDigits_ > 0 && (c == ';' || c == '\r' || c == ' ' || c == '\t')) {
    part_ = Part::extension;
  } else {
    state_ = State::broken;
  }
}

void ResponseBody::endOfSizeLine() {
  if (sizeDigits_ == 0) {
    state_ = State::broken;
    return;
  }
  part_ = left_ == 0 ? Part::trailer : Part::data;
  sizeDigits_ = 0;
  lineLength_ = 0;
}

void ResponseBody::feedTrailer(char c) {
  if (c == '\n') {
    if (lineLength_ == 0) state_ = State::complete;
    lineLength_ = 0;
  } else if (c != '\r') {
    ++lineLength_;
  }
}

}  // namespace kvs::net

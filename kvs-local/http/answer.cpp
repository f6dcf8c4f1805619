// SPDX-License-Identifier: Apache-2.0
#include "http/answer.h"

#include <algorithm>
#include <utility>

namespace kvslocal {
namespace {

constexpr std::size_t writeSize = 64 * 1024;

}  // namespace

void Answer::setBody(std::unique_ptr<BodySource> source, std::optional<std::uint64_t> length) {
  source_ = std::move(source);
  left_ = length;
  begun_ = true;
}

void Answer::cutOff() {
  if (source_ || !begun_) finish(State::broken);
}

Answer::State Answer::next() {
  fill();
  inFlight_ = std::exchange(waiting_, {});
  return inFlight_.empty() ? state_ : State::bytes;
}

void Answer::fill() {
  std::string piece;
  while (source_ && waiting_.size() < writeSize) {
    piece.clear();
    switch (source_->next(piece)) {
      case BodySource::Next::piece:
        take(piece);
        break;
      case BodySource::Next::later:
        return;
      case BodySource::Next::end:
        if (!left_) waiting_ += renderChunk({});
        return finish(left_.value_or(0) == 0 ? State::ended : State::broken);
      case BodySource::Next::broken:
        return finish(State::broken);
    }
  }
}

void Answer::take(std::string_view piece) {
  if (piece.empty()) return;  // an empty chunk would end the body
  if (!left_) {
    waiting_ += renderChunk(piece);
  } else if (piece.size() <= *left_) {
    waiting_ += piece;
    *left_ -= piece.size();
  } else {
    finish(State::broken);
  }
}

void Answer::finish(State how) {
  state_ = how;
  begun_ = true;
  source_.reset();
}

BodySource::Next TextSource::next(std::string& piece) {
  if (at_ == text_.size()) return Next::end;
  piece = text_.substr(at_, writeSize);
  at_ += piece.size();
  return Next::piece;
}

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
// What RapidJSON reads from and writes to when it parses a text in place, within the text's bounds: its own
// stream trusts a terminator, and its check of UTF-8 reads on behind one. Inside the room only.
#pragma once

#include <cstddef>
#include <span>

namespace kvs::aws {

/// RapidJSON's stream concept. At the end it gives zeros, which the parser takes for the text's end, as often
/// as it is asked. What is written, which is never longer than what was read, stays within the text.
class InPlaceStream {
 public:
  using Ch = char;

  explicit InPlaceStream(std::span<char> text) : text_(text) {}

  Ch Peek() const { return read_ < text_.size() ? text_[read_] : '\0'; }
  Ch Take() {
    const Ch c = Peek();
    if (read_ < text_.size()) ++read_;
    return c;
  }
  std::size_t Tell() const { return read_; }

  Ch* PutBegin() {
    written_ = read_;
    return text_.data() + written_;
  }
  void Put(Ch c) {
    if (written_ < text_.size()) text_[written_++] = c;
  }
  std::size_t PutEnd(Ch* begin) { return static_cast<std::size_t>(text_.data() + written_ - begin); }
  void Flush() {}

 private:
  std::span<char> text_;
  std::size_t read_ = 0;
  std::size_t written_ = 0;
};

}  // namespace kvs::aws

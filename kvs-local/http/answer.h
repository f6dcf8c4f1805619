// SPDX-License-Identifier: Apache-2.0
// An answer on its way out: its head, and the body as its source gives it. It holds no more than one write. A
// connection owns one for each exchange; no socket is in here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.h"

namespace kvslocal {

class Answer {
 public:
  enum class State : std::uint8_t {
    bytes,   ///< bytes() are to be written, and next() asked again when they have left
    later,   ///< nothing is there now
    ended,   ///< all of it was given out
    broken,  ///< its source gave up, or did not keep to the announced length
  };

  /// Bytes that stand in no body: interim answers and heads.
  void add(std::string_view bytes) { waiting_ += bytes; }
  /// The body that follows, in chunks if `length` is not known.
  void setBody(std::unique_ptr<BodySource> source, std::optional<std::uint64_t> length);
  /// Drops the source: what was added before still leaves.
  void cutOff();
  /// Whether the answer has a body, which may have been given out already.
  [[nodiscard]] bool begun() const { return begun_; }

  State next();
  [[nodiscard]] const std::string& bytes() const { return inFlight_; }

 private:
  void fill();
  void take(std::string_view piece);
  void finish(State how);

  std::string waiting_;
  std::string inFlight_;
  std::unique_ptr<BodySource> source_;
  std::optional<std::uint64_t> left_;  ///< of a body whose length was announced
  bool begun_ = false;
  State state_ = State::later;  ///< when there are no bytes
};

/// The body that is there already.
class TextSource final : public BodySource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  Next next(std::string& piece) override;

 private:
  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
// How far a MatroskaReader has come: what its parts share.
#pragma once

#include <cstdint>
#include <string>

#include "matroska/matroska_handler.h"

namespace kvslocal {

enum class ReadStatus : std::uint8_t { ok, malformed, stopped };

class ReaderState {
 public:
  explicit ReaderState(MatroskaHandler& handler) : handler_(handler) {}

  [[nodiscard]] ReadStatus status() const { return status_; }
  [[nodiscard]] bool reading() const { return status_ == ReadStatus::ok; }
  [[nodiscard]] const std::string& error() const { return error_; }
  /// Of the body, up to here.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  ByteView advance(ByteView in, std::size_t count) {
    offset_ += count;
    return in.subspan(count);
  }

  void fail(const std::string& sentence) {
    if (status_ != ReadStatus::ok) return;
    status_ = ReadStatus::malformed;
    error_ = sentence + " (at byte " + std::to_string(offset_) + " of the body)";
  }
  /// Calls the handler unless reading has ended: after an error or a stop it hears nothing more.
  template <typename... Parameters, typename... Arguments>
  void tell(bool (MatroskaHandler::*event)(Parameters...), const Arguments&... arguments) {
    if (status_ == ReadStatus::ok && !(handler_.*event)(arguments...)) status_ = ReadStatus::stopped;
  }

 private:
  MatroskaHandler& handler_;
  ReadStatus status_ = ReadStatus::ok;
  std::string error_;
  std::uint64_t offset_ = 0;
};

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
// PutMedia's acknowledgements: JSON objects one after another, split anywhere by the network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/time.h"

namespace kvs::aws {

struct Acknowledgement {
  enum class Type { buffering, received, persisted, error, idle };
  Type type = Type::idle;
  std::optional<Milliseconds>
      timecode;                ///< of the fragment, as it was sent; may be missing in error and idle
  std::string fragmentNumber;  ///< the service's, a decimal of any length; may be empty
  std::optional<int> errorId;  ///< of Type::error; ackError() says what it means
  std::string errorCode;       ///< the error's name, where the service sent it
};

/// Turns the response's bytes into acknowledgements. Holds at most one object, of at most maxObjectSize.
class AckParser {
 public:
  static constexpr std::size_t maxObjectSize = limits::ackLength.kept;

  /// Appends to `out` what `data` completes. The first thing in it that is no acknowledgement is the
  /// result's error (retryable; invalidAckSegmentLength, invalidAckValueEnd, invalidAckType); what
  /// follows it is read all the same, so an error may be told and passed over (guide, 0x5200004d-51).
  Result<void> feed(ByteView data, std::vector<Acknowledgement>& out);

 private:
  void take(char c, std::vector<Acknowledgement>& out, std::optional<Error>& firstError);
  void takeBetween(char c, std::optional<Error>& firstError);
  void endObject(std::vector<Acknowledgement>& out, std::optional<Error>& firstError);
  void startOver();

  std::string object_;  // from its '{' on
  int depth_ = 0;
  bool inString_ = false;
  bool escaped_ = false;
  bool lost_ = false;  // all up to the next '{' is the rest of something broken, told already
};

}  // namespace kvs::aws

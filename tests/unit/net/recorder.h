// SPDX-License-Identifier: Apache-2.0
// What tests of a Transport are written with: a listener that remembers, a body that is fed by hand.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "await.h"
#include "net/transport.h"

namespace kvs::net::test {

/// Remembers what an exchange told. The members may be read after `ended`, or on the loop.
class Recorder : public ExchangeListener {
 public:
  void onHead(const ResponseHead& response) override {
    head = response;
    headSeen.raise();
    if (then) then("head");
  }
  void onData(ByteView bytes) override {
    data += asText(bytes);
    if (then) then("data");
  }
  void onEnd(Result<void> outcome) override {
    ++ends;
    result = std::move(outcome);
    endedAt = std::chrono::steady_clock::now();
    if (then) then("end");
    ended.raise();
  }

  bool succeeded() const { return result && result->has_value(); }
  const Error& error() const { return result->error(); }

  std::optional<ResponseHead> head;
  std::string data;
  std::optional<Result<void>> result;
  int ends = 0;
  std::chrono::steady_clock::time_point endedAt;
  Signal headSeen;
  Signal ended;
  std::function<void(std::string_view)> then;  ///< called behind each of the three, with its name
};

/// A body made of parts given by the test; waits when there are none. On the loop's thread only.
class HandFedBody : public BodySource {
 public:
  BodyRead read(std::span<std::byte> room) override {
    if (onRead) onRead();
    if (parts.empty()) return {finished ? BodyRead::State::end : BodyRead::State::wait};
    std::string& part = parts.front();
    const std::size_t taken = std::min(room.size(), part.size());
    std::memcpy(room.data(), part.data(), taken);
    part.erase(0, taken);
    if (part.empty()) parts.pop_front();
    return {BodyRead::State::data, taken};
  }

  std::deque<std::string> parts;
  bool finished = false;
  std::function<void()> onRead;
};

}  // namespace kvs::net::test

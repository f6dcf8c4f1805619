// SPDX-License-Identifier: Apache-2.0
// A PutMedia session and its answer, as they see each other. Between the two, filters may stand: each is a
// session to the client's side and an answer to the session's. All calls come on the loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/exchange.h"
#include "service/ack.h"

namespace kvslocal {

/// An ERROR acknowledgement that ends a session.
struct SessionEnd {
  std::uint32_t errorId = 0;
  std::string errorCode;  ///< empty: the published name
  bool named = true;      ///< it names the open fragment
};

/// What comes to a session.
class MediaSession {
 public:
  virtual ~MediaSession() = default;
  /// Accepts the session or refuses it. Called once, before anything else.
  virtual void begin() = 0;
  /// A piece of the body, which was asked for.
  virtual void take(ByteView bytes, MonoTime arrival) = 0;
  virtual void takeEnd() = 0;
  /// The connection broke, or the answer is over. It may be called again.
  virtual void close() = 0;

  virtual void fail(const SessionEnd& end) = 0;
  /// Lets another session of the stream be opened while this one goes on.
  virtual void leaveStream() = 0;
};

/// What a session answers.
class MediaAnswer {
 public:
  enum class Ending : std::uint8_t {
    whole,  ///< the connection may serve another request
    last,   ///< whole, and the connection is closed
    cut,    ///< the connection is closed without the end of the answer
  };

  virtual ~MediaAnswer() = default;
  virtual void accept(const Headers& headers) = 0;
  virtual void refuse(const HttpReply& reply) = 0;
  virtual void acknowledge(const Ack& ack) = 0;
  /// A text in the place of an acknowledgement.
  virtual void write(const std::string& text) = 0;
  virtual void finish(Ending ending) = 0;

  /// Asks for the next piece of the body: one take() or takeEnd() follows.
  virtual void pull(std::size_t most) = 0;
  /// Since when the client is waited for; nothing while its body is not read.
  [[nodiscard]] virtual std::optional<MonoTime> waitingSince() const = 0;
};

/// Passes everything on. What a filter is there for, it does in place of that.
class MediaFilter : public MediaSession, public MediaAnswer {
 public:
  explicit MediaFilter(MediaAnswer& outer) : outer_(outer) {}
  /// The session behind it. Called once, before begin().
  void setInner(std::shared_ptr<MediaSession> inner) { inner_ = std::move(inner); }

  void begin() override { inner_->begin(); }
  void take(ByteView bytes, MonoTime arrival) override { inner_->take(bytes, arrival); }
  void takeEnd() override { inner_->takeEnd(); }
  void close() override { inner_->close(); }
  void fail(const SessionEnd& end) override { inner_->fail(end); }
  void leaveStream() override { inner_->leaveStream(); }

  void accept(const Headers& headers) override { outer_.accept(headers); }
  void refuse(const HttpReply& reply) override { outer_.refuse(reply); }
  void acknowledge(const Ack& ack) override { outer_.acknowledge(ack); }
  void write(const std::string& text) override { outer_.write(text); }
  void finish(Ending ending) override { outer_.finish(ending); }
  void pull(std::size_t most) override { outer_.pull(most); }
  [[nodiscard]] std::optional<MonoTime> waitingSince() const override { return outer_.waitingSince(); }

 protected:
  [[nodiscard]] MediaSession& inner() { return *inner_; }
  [[nodiscard]] MediaAnswer& outer() { return outer_; }

 private:
  MediaAnswer& outer_;
  std::shared_ptr<MediaSession> inner_;
};

}  // namespace kvslocal

// SPDX-License-Identifier: Apache-2.0
// One request and its answer, as a handler sees them. Both bodies go piece by piece, and neither side runs
// ahead of the other: nothing is read from the client that the handler has not asked for, and a source of an
// answer is not asked for more than the client reads. All of it happens on the loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "http/event_loop.h"
#include "http/http_types.h"

namespace kvslocal {

/// Where the body of an answer comes from. The connection owns it, and drops it when the answer is over or
/// the client is gone.
class BodySource {
 public:
  enum class Next : std::uint8_t {
    piece,   ///< there was something
    later,   ///< nothing is there yet; Exchange::wake() when there is
    end,     ///< the body is whole
    broken,  ///< it cannot be made whole: the connection is closed, so that the client sees it
  };
  virtual ~BodySource() = default;
  /// Puts the next piece into `piece`, of whatever size is at hand; 64 KiB is a good one.
  virtual Next next(std::string& piece) = 0;
};

/// What becomes of a connection.
enum class Departure : std::uint8_t {
  close,   ///< FIN behind what was written; what comes is read and thrown away for a while, so that no RST
           ///< overtakes it
  hold,    ///< stays open, and what comes is thrown away
  freeze,  ///< stays open, and nothing is read
  reset,   ///< RST
};

class Exchange {
 public:
  /// As much of the body as is at hand.
  static constexpr std::size_t anySize = ~std::size_t{0};

  virtual ~Exchange() = default;

  /// Asks for the next piece of the body, of at most `most` bytes: one call of onBody() or onEnd() follows,
  /// later. A client that waits for 100 Continue gets it, at the first time and before a streamed answer.
  virtual void pull(std::size_t most = anySize) = 0;
  /// The request is signed as it should be: its time is no longer limited, and its connection does not give
  /// way to one of which nothing is known.
  virtual void trust() = 0;

  /// The whole answer, of any size. The handler's part is over.
  virtual void reply(HttpReply answer) = 0;
  /// The answer's head, and where its body comes from; in chunks, unless its length is known. If the source
  /// ends before the request does, the connection is closed.
  virtual void stream(int status, Headers headers, std::unique_ptr<BodySource> body,
                      std::optional<std::uint64_t> length = {}) = 0;
  /// The source that had nothing has something.
  virtual void wake() = 0;
  /// Ends the exchange now. What is written already leaves first, unless it is a reset.
  virtual void depart(Departure how) = 0;
  /// What follows the end of a streamed answer, in place of the next request.
  virtual void departAfterAnswer(Departure how) = 0;

  [[nodiscard]] virtual const std::string& requestId() const = 0;
  [[nodiscard]] virtual Peer& peer() = 0;
};

/// Serves one request.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  /// Called once, before anything else. The exchange is there until onClosed().
  virtual void start(Exchange& exchange) = 0;
  /// A piece of the body that was asked for; `arrival` is when the socket read that brought it returned.
  virtual void onBody(ByteView bytes, MonoTime arrival) = 0;
  virtual void onEnd() = 0;
  /// The answer has left, or the connection broke: the last call.
  virtual void onClosed() = 0;
};

}  // namespace kvslocal

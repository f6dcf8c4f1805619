// SPDX-License-Identifier: Apache-2.0
// Faults on purpose: a file of rules says which requests meet trouble, when, and which (docs/kvs-local.md,
// "Faults"). This is the data and the choosing; what an action does is done where the request is served.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/http_types.h"

namespace kvslocal {

enum class FaultKind : std::uint8_t {
  status,        ///< answer with an HTTP status and an exception
  delay,         ///< answer, but later
  reset,         ///< TCP RST
  fin,           ///< TCP FIN without the end of the response
  endBody,       ///< end the response's body and keep the TCP connection
  noAcks,        ///< acknowledge nothing from now on
  stall,         ///< read nothing
  error,         ///< an ERROR acknowledgement, which ends the session
  malformedAck,  ///< send a text where an acknowledgement belongs
  refuse,        ///< RST, and nobody listens for a while
  slowRead,      ///< read no faster than a rate
  date,          ///< the answer's Date is off
  cutShort,      ///< the answer ends in its midst
  oversized,     ///< an answer, or an acknowledgement, of so many bytes
  repeatAcks,    ///< each acknowledgement several times from now on
  swapAcks,      ///< PERSISTED in pairs, the younger first, from now on
  strayAck,      ///< PERSISTED for a fragment that was never sent
  endpoint,      ///< getDataEndpoint answers with another address
};

/// When within a PutMedia session: every condition that is set must hold. None set: at once.
struct FaultTrigger {
  std::uint64_t afterBytes = 0;        ///< bytes of body
  std::uint64_t afterFragments = 0;    ///< whole fragments
  std::chrono::milliseconds after{0};  ///< since the request's head
  std::chrono::milliseconds idle{0};   ///< since the last byte of body
  [[nodiscard]] bool immediate() const;
  [[nodiscard]] bool timed() const { return after.count() > 0 || idle.count() > 0; }
};

struct FaultAction {
  FaultKind kind = FaultKind::status;
  int status = 503;
  std::string error;  ///< the exception's name
  std::string message;
  Headers headers;
  std::chrono::milliseconds duration{0};  ///< of delay, refuse; of stall (0: for ever); strayAck's distance
  std::chrono::seconds dateOffset{0};
  std::uint64_t bytes = 0;           ///< of cutShort and oversized
  std::uint64_t bytesPerSecond = 0;  ///< of slowRead
  std::uint64_t times = 2;           ///< of repeatAcks
  std::uint32_t errorId = 0;
  std::string errorCode;  ///< empty: the published name
  bool named = true;      ///< an ERROR names the open fragment
  std::string text;       ///< of malformedAck
  std::string url;        ///< of endpoint
  bool reading = true;    ///< endBody: go on reading and throwing away
};

struct Fault {
  FaultTrigger trigger;
  FaultAction action;
};

/// What a session has come to, for its triggers.
struct FaultProgress {
  std::uint64_t bytes = 0;
  std::uint64_t fragments = 0;
  std::chrono::milliseconds age{0};
  std::chrono::milliseconds idle{0};
};

/// A Date that is off by `offset`, unless there is one.
void addDate(Headers& headers, WallTime now, const std::optional<std::chrono::seconds>& offset);

bool isDue(const FaultTrigger& trigger, const FaultProgress& progress);

/// Draws of a rule that meets a share of its requests only, at moments of its own: the same for one seed
/// everywhere.
class FaultDice {
 public:
  FaultDice(std::uint64_t seed, double share) : random_(seed), share_(share) {}
  /// Whether the next request is met.
  bool meets() { return unit() < share_; }
  /// Each condition that is set becomes a moment from 1 up to it.
  FaultTrigger draw(FaultTrigger most);

 private:
  /// In [0, 1).
  double unit() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  std::uint64_t upTo(std::uint64_t most);

  std::mt19937_64 random_;
  double share_;
};

/// The rules of one file. Each counts the requests that match it.
class FaultBook {
 public:
  FaultBook() = default;
  /// The file's text. A sentence that names the rule and the field when it is wrong.
  static Result<FaultBook> parse(const std::string& json);

  /// The faults that this request meets. `operation` is a control-plane operation, "putMedia", or
  /// "connection" for an accepted connection of which nothing more is known.
  std::vector<Fault> match(const std::string& operation, const std::string& stream);

 private:
  struct Rule {
    std::string operation;  ///< empty: any
    std::string stream;     ///< empty: any
    std::uint64_t from = 1;
    std::uint64_t times = 1;  ///< 0: always
    std::uint64_t seen = 0;
    std::optional<FaultDice> dice;  ///< without them every request in the window is met
    Fault fault;
  };
  friend struct FaultBookParser;
  std::vector<Rule> rules_;
};

}  // namespace kvslocal

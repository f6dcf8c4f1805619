// SPDX-License-Identifier: Apache-2.0
// What acknowledgements may suffer on their way out of a session (docs/kvs-local.md, "Faults"): silence,
// repetition, wrong order, company of fragments that were never sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "service/ack.h"

namespace kvslocal {

class AckFaults {
 public:
  /// From now on nothing is acknowledged.
  void silence() { silent_ = true; }
  /// From now on each acknowledgement comes so often; 0 counts as 1.
  void repeat(std::uint64_t times) { times_ = times == 0 ? 1 : times; }
  /// From now on PERSISTED ones come in pairs, the younger first.
  void swap() { swapping_ = true; }

  /// The acknowledgements to send in place of this one, in order.
  std::vector<Ack> pass(const Ack& ack);
  /// What was held back for a pair that never came: it is sent when the session ends.
  std::vector<Ack> rest();
  /// PERSISTED for a fragment that nobody sent, `distance` after the last one that was named.
  [[nodiscard]] Ack stray(std::chrono::milliseconds distance) const;

 private:
  bool silent_ = false;
  bool swapping_ = false;
  std::uint64_t times_ = 1;
  std::optional<Ack> held_;
  std::int64_t lastTimecodeMs_ = 0;
};

/// An acknowledgement's text with a field that fills it up to `bytes`; no event that anybody knows.
std::string oversizedAck(std::uint64_t bytes);

}  // namespace kvslocal

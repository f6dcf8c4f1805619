// SPDX-License-Identifier: Apache-2.0
// Any bytes through the Matroska reader and the ingest rules, for tests.
#include <algorithm>

#include "ingest.h"
#include "matroska_reader.h"

namespace kvslocal {
namespace {

/// Checks that effects come in an order that a disk could follow.
class StrictSink final : public IngestSink {
 public:
  void header(const StreamHeader&) override {}
  std::uint64_t openFragment() override {
    require(!open_);
    open_ = true;
    return ++counter_;
  }
  void append(ByteView) override { require(open_); }
  void seal(const FragmentSummary&) override { close(); }
  void discard() override { close(); }
  void ack(const Ack&) override {}
  void blockSeen(const BlockSeen&) override { require(open_); }

 private:
  static void require(bool holds) {
    if (!holds) __builtin_trap();
  }
  void close() {
    require(open_);
    open_ = false;
  }
  bool open_ = false;
  std::uint64_t counter_ = 0;
};

}  // namespace

void fuzzMatroskaReader(ByteView input) {
  if (input.empty()) return;
  const std::size_t split = input[0] % 64U + 1U;
  input = input.subspan(1);
  StrictSink sink;
  IngestConfig config;
  config.relative = (split & 1U) != 0;
  Ingest ingest(config, sink);
  while (!input.empty()) {
    const std::size_t count = std::min(split, input.size());
    if (!ingest.feed(input.first(count), WallTime{})) break;
    input = input.subspan(count);
  }
  ingest.finish(WallTime{});
  ingest.abort();
}

}  // namespace kvslocal

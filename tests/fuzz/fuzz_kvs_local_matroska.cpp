// SPDX-License-Identifier: Apache-2.0
// The body of PutMedia, in one piece and in the pieces that the input chooses: the reader and the rules
// behind it say the same of both, in an order that a disk can follow. And the reading of what is stored.
#include "kvs_local_input.h"
#include "matroska/block_rewrite.h"
#include "service/ingest.h"

namespace {

using namespace kvslocal;
using fuzz::require;

constexpr WallTime now{std::chrono::milliseconds(1'700'000'000'000)};

/// Keeps what a session did, and checks the order of it.
class StrictSink final : public IngestSink {
 public:
  void header(const StreamHeader& header) override { key += headerKey(header); }
  std::uint64_t openFragment(const FragmentSummary&) override {
    require(!open_, "one fragment at a time");
    open_ = true;
    return ++counter_;
  }
  void append(ByteView bytes) override {
    require(open_, "bytes belong to a fragment");
    stored.insert(stored.end(), bytes.begin(), bytes.end());
  }
  void seal(const FragmentSummary& summary) override {
    require(summary.tags.size() <= IngestLimits{}.maxTags, "no more tags than allowed");
    require(summary.firstTime <= summary.lastTime, "a fragment's times are in order");
    close();
  }
  void discard() override { close(); }
  void ack(const Ack& ack) override { told += toJson(ack) + '\n'; }
  void blockSeen(const BlockSeen&) override { require(open_, "blocks belong to a fragment"); }

  std::string key;
  std::string told;
  Bytes stored;

 private:
  void close() {
    require(open_, "only what was opened is closed");
    open_ = false;
  }
  bool open_ = false;
  std::uint64_t counter_ = 0;
};

void run(const std::vector<Bytes>& pieces, bool relative, StrictSink& sink) {
  IngestConfig config;
  config.relative = relative;
  if (relative) config.limits.minFragmentDuration = std::chrono::seconds(1);
  Ingest ingest(config, sink);
  for (const Bytes& piece : pieces) {
    if (!ingest.feed(piece, now)) break;
  }
  ingest.finish(now);
  ingest.abort();
}

void readStored(ByteView fragment) {
  const auto blocks = listBlocks(fragment);
  const auto scaled = scaleBlocks(fragment, 10);
  if (!blocks || !scaled) return;
  const auto again = listBlocks(*scaled);
  require(again && again->size() == blocks->size(), "a scaled fragment has the same blocks");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const fuzz::CutInput input(data + 1, size - 1);
  if (data[0] % 4 == 3) {
    readStored(input.whole());
    return 0;
  }
  const bool relative = data[0] % 2 == 1;
  StrictSink whole;
  run({Bytes(input.whole().begin(), input.whole().end())}, relative, whole);
  StrictSink cut;
  run(input.pieces(), relative, cut);
  require(cut.told == whole.told, "a cut changes no acknowledgement");
  require(cut.key == whole.key, "a cut changes no header");
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A buffer, an ingest and clocks that the test moves: all of a stream but its network.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "h264_frames.h"
#include "intake/ingest.h"
#include "matroska_reader.h"
#include "sim_clock.h"
#include "upload/session_body.h"

namespace kvs::stream::test {

using kvs::test::accessUnit;
using kvs::test::annexB;
using kvs::test::frameNumber;
using kvs::test::lengthPrefixed;
using kvs::test::ReadSession;

inline TrackFormat h264Track() {
  TrackFormat track;
  track.inputFraming.kind = media::NalFraming::Kind::annexB;
  return track;
}

class StreamFixture : public testing::Test, protected upload::BodyObserver {
 protected:
  struct Options {
    std::size_t chunks = 64;
    std::size_t leastChunks = 0;
    Nanoseconds bufferDuration = Seconds(120);
    Nanoseconds leastDuration{0};
    StreamingType type = StreamingType::realtime;
    Milliseconds scale{1};
    TimestampSource source = TimestampSource::automatic;
    std::optional<WallTime> start;
    SilentTrack silentTrack = SilentTrack::fill;
    std::uint64_t enoughBytes = 40'000'000;
  };
  StreamFixture() : StreamFixture(Options()) {}
  explicit StreamFixture(Options options)
      : storage(std::make_shared<store::StorageBudget>(options.chunks * store::chunkSize,
                                                       options.leastChunks * store::chunkSize)),
        store({storage, options.bufferDuration, options.leastDuration}, pool),
        state(store.log(),
              {options.scale, options.source, options.start, options.type == StreamingType::offline}),
        ingest(ingestConfig(options), store, state, clock) {}

  static intake::IngestConfig ingestConfig(const Options& options) {
    intake::IngestConfig config;
    config.streamingType = options.type;
    config.timestampSource = options.source;
    intake::SequencerConfig& sequencer = config.sequencer;
    sequencer.silentTrack = options.silentTrack;
    sequencer.fragmenter.enoughBytes = options.enoughBytes;
    if (options.type == StreamingType::offline) {
      sequencer.keepsAll = true;
      sequencer.fragmenter.enough = Seconds(10);
      sequencer.interleaver.mediaTimeout = Seconds(10);
    }
    sequencer.header.timecodeScale = options.scale;
    sequencer.header.muxingApp = sequencer.header.writingApp = "test";
    sequencer.header.segmentUid[0] = std::byte{1};
    return config;
  }

  /// Says what the track's frames are; one that is not there yet is added.
  Result<void> set(intake::TrackPtr& track, TrackKind kind, TrackFormat format) {
    if (!track) track = *ingest.addTrack(kind);
    return ingest.setFormat(*track, std::move(format));
  }
  Result<void> setVideo(TrackFormat format) { return set(camera, TrackKind::video, std::move(format)); }
  Result<void> setAudio(TrackFormat format) { return set(microphone, TrackKind::audio, std::move(format)); }
  Result<void> setData(TrackFormat format) { return set(sensor, TrackKind::data, std::move(format)); }
  void video() { ASSERT_TRUE(setVideo(h264Track())); }
  void remove(intake::TrackPtr& track) { ingest.remove(*std::exchange(track, nullptr)); }

  Frame frame(Nanoseconds pts, bool key, Nanoseconds duration = Milliseconds(100)) const {
    Frame made;
    made.pts = pts;
    made.key = key;
    made.duration = duration;
    return made;
  }

  intake::IngestOutcome put(const intake::TrackPtr& track, Frame made, ByteView bytes) {
    made.payload = Pieces(&bytes, 1);
    const auto outcome = ingest.put(*track, made);
    EXPECT_TRUE(outcome) << outcome.error().message;
    noteStart();
    return outcome ? *outcome : intake::IngestOutcome{};
  }
  intake::IngestOutcome put(const Frame& made, ByteView bytes) {
    return put(camera ? camera : microphone, made, bytes);
  }
  /// The next frame of an Annex-B camera; its number rises by one.
  FrameFate put(Nanoseconds pts, bool key, std::size_t size = 64) {
    return put(frame(pts, key), annexB(accessUnit(key, nextNumber++, size))).fate;
  }
  /// `groups` of ten frames a second, `frames` a group.
  void putGroups(int groups, int frames = 20, std::size_t size = 64) {
    for (int i = 0; i < groups * frames; ++i) {
      EXPECT_EQ(put(nextPts, i % frames == 0, size), FrameFate::accepted);
      nextPts += Milliseconds(100);
    }
  }

  StreamStats stats() const {
    StreamStats all;
    static_cast<IntakeCounts&>(all) = state.stats;
    static_cast<StoreCounts&>(all) = store.counts();
    static_cast<SentCounts&>(all) = sent.counts;
    return all;
  }
  /// Which fragments were reported as lost.
  const std::vector<store::FragmentId>& lost() {
    const Lock lock(store.mutex());
    for (const FragmentLost& one : store.takeLosses())
      lost_.push_back(starts_.at(one.start));
    return lost_;
  }
  void noteStart() {
    const Lock lock(store.mutex());
    const store::FragmentRecord* newest = store.log().newest();
    if (newest && newest->content)
      starts_[newest->content->epoch->wallTime(newest->content->firstTicks)] = newest->id;
  }

  /// The headers and epochs of the fragments that the log has, each once, in order.
  std::vector<store::SharedHeader> headers() const {
    std::vector<store::SharedHeader> all;
    for (const store::FragmentRecord& fragment : store.log().fragments()) {
      if (!fragment.content) continue;
      const auto& header = fragment.content->header;
      if (std::ranges::find(all, header) == all.end()) all.push_back(header);
    }
    return all;
  }
  std::vector<store::SharedEpoch> epochs() const {
    std::vector<store::SharedEpoch> all;
    for (const store::FragmentRecord& fragment : store.log().fragments()) {
      if (!fragment.content) continue;
      const auto& epoch = fragment.content->epoch;
      if (std::ranges::find(all, epoch) == all.end()) all.push_back(epoch);
    }
    return all;
  }

  /// What is not said is as the first fragment has it.
  upload::SessionBody::Config complete(upload::SessionBody::Config config) const {
    if (!config.header) config.header = headers().at(0);
    if (!config.epoch) config.epoch = epochs().at(0);
    return config;
  }
  std::unique_ptr<upload::SessionBody> body(const upload::SessionBody::Config& config = {}) {
    upload::BodyObserver& observer = *this;
    return std::make_unique<upload::SessionBody>(complete(config), store, sent, pacer, clock, observer);
  }
  /// All that can be read now, `piece` bytes at a time.
  Bytes readAll(upload::SessionBody& from, std::size_t piece = 4096) {
    Bytes all, room(piece);
    from.resume();
    for (;;) {
      last = from.read(room);
      if (last.state != net::BodyRead::State::data) return all;
      EXPECT_GT(last.bytes, 0u);
      EXPECT_LE(last.bytes, piece);
      all.insert(all.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(last.bytes));
    }
  }
  static ReadSession parse(ByteView bytes, bool whole = true) {
    ReadSession session;
    kvs::test::MatroskaReader reader(session);
    reader.feed(bytes);
    EXPECT_EQ(reader.error(), "");
    EXPECT_TRUE(!whole || reader.atBoundary());
    return session;
  }
  static std::vector<std::uint64_t> numbers(const ReadSession& session) {
    std::vector<std::uint64_t> all;
    for (const auto& cluster : session.clusters) {
      for (const auto& block : cluster.blocks)
        all.push_back(frameNumber(block.payload).value_or(~std::uint64_t{0}));
    }
    return all;
  }
  static std::vector<std::uint64_t> range(std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> all;
    for (; from < to; ++from)
      all.push_back(from);
    return all;
  }

  void onPaced(TimePoint when) override { pacedUntil = when; }
  void onBodyEnd(bool headerChanged) override {
    ++ends;
    endedByHeader = headerChanged;
  }

  kvs::test::SimClock clock;
  store::ChunkPool pool;
  std::shared_ptr<store::StorageBudget> storage;
  store::StreamStore store;
  intake::IntakeState state;
  upload::SentMedia sent;
  intake::Ingest ingest;
  upload::FragmentPacer pacer{0};
  intake::TrackPtr camera, microphone, sensor;  ///< null: the stream has no such track
  std::uint64_t nextNumber = 0;
  Nanoseconds nextPts{std::chrono::hours(1000)};
  net::BodyRead last{};
  std::optional<TimePoint> pacedUntil;
  int ends = 0;
  bool endedByHeader = false;

 private:
  std::map<WallTime, store::FragmentId> starts_;
  std::vector<store::FragmentId> lost_;
};

}  // namespace kvs::stream::test
